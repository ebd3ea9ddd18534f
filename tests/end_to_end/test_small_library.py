"""From rendered music to a hierarchy over HTTP: real API, real workers on both queues, real Redis and Neo4j."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile

from cypher.loader import load_query
from tests.conftest import free_ports, opened
from webapi import schemas
from webapi.client import Client
from webapi.errors import ApiAway, ApiRefused
from webapi.schemas.evaluations import EvaluationList
from worker.stack import roster

pytestmark = pytest.mark.stack

COLLECTION = "timbre-and-form"
REQUEST = {"collection": COLLECTION, "min_tracks": 20, "random_sets": 199}


@pytest.fixture
def settings(clean_graph, tmp_path):
    return clean_graph.model_copy(update={"data_dir": tmp_path / "data", "device": "cpu", "api_port": free_ports(1)[0]})


@pytest.fixture
def graph(settings):
    with opened(settings) as graph:
        yield graph


@pytest.fixture
def servers(settings, graph, tmp_path):
    """The API and both workers by the stack's own command lines, on the test's Neo4j and Redis."""
    assert graph is not None
    processes = []
    for one in roster.chosen(("worker-gpu", "worker-cpu", "api")):
        with (tmp_path / f"{one.name}.log").open("wb") as log:
            command = one.command(settings, None)
            environment = roster.child_environment(settings)
            processes.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=tmp_path))
    yield f"http://127.0.0.1:{settings.api_port}"
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def client(servers):
    with Client(servers) as made:
        until = time.monotonic() + 60
        while True:
            try:
                assert made.ready().status == "ready"
            except (ApiAway, ApiRefused):
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)
            else:
                break
        yield made


def command_line(settings, *arguments):
    """Run `audio-concepts` as a user would; returns the finished process."""
    return subprocess.run(
        [sys.executable, "-m", "worker.cli.main", *arguments],
        env=roster.child_environment(settings) | {"AUDIO_CONCEPTS_HOME": str(settings.home), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=Path(__file__).parents[2],
    )


def wait_for_end(client, job):
    return list(client.watch(str(job.id), every_s=0.3))[-1]


def soon(holds, seconds=20.0):
    until = time.monotonic() + seconds
    while not (is_so := holds()) and time.monotonic() < until:
        time.sleep(0.2)
    return is_so


def chain_by_query(graph, name):
    rows = graph.runner.run(load_query("ancestors_of_name"), name=name)
    return [(row["id"], row["distance"]) for row in sorted(rows, key=lambda row: row["distance"])]


def test_from_music_to_an_ancestry_that_http_and_cypher_agree_on(small, settings, graph, client):
    imported = command_line(
        settings,
        *("import", "--audio", str(small.audio), "--playlists", str(small.playlists[COLLECTION])),
        *("--collection", "Timbre and form", "--json"),
    )
    assert imported.returncode == 0, imported.stderr
    assert soon(lambda: [one.id for one in client.collections()] == [COLLECTION]), "the API looks once a second"

    job = client.rebuild(REQUEST, idempotency_key="first")
    assert client.rebuild(REQUEST, idempotency_key="first").id == job.id
    with pytest.raises(ApiRefused) as refused:
        client.rebuild(REQUEST)
    assert (refused.value.status, refused.value.active_job) == (409, str(job.id))

    done = wait_for_end(client, job)
    assert (done.state, done.error) == ("succeeded", None)
    assert done.result_version == 1
    assert [stage.name for stage in done.stages][:3] == ["scan", "activations", "vectors"]
    published = done.steps[-1].result
    assert published["activations"] == {"computed": small.tracks, "reused": 0, "failed": {}}

    kept = [one for one in client.concepts(COLLECTION) if one.status == "kept"]
    assert len(kept) >= 8
    deepest = 0
    for concept in kept:
        over_http = client.ancestry(concept.id)
        above = sorted(((step.id, step.distance) for step in over_http.items), key=lambda pair: pair[1])
        assert over_http.version == 1
        assert above == chain_by_query(graph, concept.name)
        deepest = max(deepest, len(above))
    assert deepest >= 1
    assert list(client.tracks_of(kept[0].id))

    again_without_work(small, settings)
    tagged_without_a_server(small, settings)
    explained_as_it_is_tagged(small, settings, client)
    sensed_as_by_the_command(settings, client)
    uploaded_and_heard(client, settings)
    judged_by_the_command(small, settings, client)


def again_without_work(library, settings):
    """`audio-concepts rebuild --watch`: nothing is computed again, the version stays."""
    changes = [text for name in ("min_tracks", "random_sets") for text in ("--set", f"{name}={REQUEST[name]}")]
    again = command_line(settings, "rebuild", "--collection", COLLECTION, *changes, "--watch", "--json")
    assert again.returncode == 0, again.stderr
    summary = json.loads(again.stdout)
    assert (summary["state"], summary["version"], summary["unchanged"]) == ("succeeded", 1, True)
    assert summary["activations"] == {"computed": 0, "reused": library.tracks, "failed": {}}


def tagged_without_a_server(library, settings):
    """`audio-concepts tag` on two files, one of them no music."""
    rows = json.loads(library.manifest.read_text())
    song = library.target / rows[0]["file"]
    noise = settings.data / "noise.txt"
    noise.write_bytes(os.urandom(2000))
    tagged = command_line(settings, "tag", str(song), str(noise), "--json")
    assert tagged.returncode == 1
    good, bad = json.loads(tagged.stdout)["files"]
    assert {one["name"] for one in good["concepts"][:5]} & set(rows[0]["concepts"])
    assert bad["error"]["code"] == "not_audio"


def explained_as_it_is_tagged(library, settings, client):
    """The API tells the same seconds of a track as `audio-concepts tag --timeline` of its file."""
    song = library.target / json.loads(library.manifest.read_text())[0]["file"]
    tagged = command_line(settings, "tag", str(song), "--timeline", "--json")
    told = json.loads(tagged.stdout)["files"][0]["concepts"]
    track = next(
        link.track.id
        for concept in told
        for link in client.tracks_of(concept["id"])
        if link.track.uri == song.resolve().as_uri()
    )
    with pytest.raises(ApiRefused, match="POST /jobs/explanation"):
        client.explain(track, told[0]["id"])
    explained = command_line(settings, "explain", track, "--collection", COLLECTION, "--json")
    assert explained.returncode == 0, explained.stderr
    strongest = client.explanations(track, collection=COLLECTION).items
    assert [one.model_dump(mode="json") for one in strongest] == json.loads(explained.stdout)["items"]
    assert [one.concept.id for one in strongest] == [one["id"] for one in told]
    for one in told:
        found = client.explain(track, one["id"]).model_dump()
        assert {name: found[name] for name in ("score", "probability", "curve", "passages", "windows")} == {
            name: one[name] for name in ("score", "probability", "curve", "passages", "windows")
        }
    again = wait_for_end(client, client.request_explanation([track], COLLECTION))
    assert again.steps[0].result == {"computed": 0, "reused": 1, "failures": {}}


def sensed_as_by_the_command(settings, client):
    """The API tells the same sensitivities of a concept as `audio-concepts sensitivity`."""
    concept = client.hierarchy(COLLECTION).roots[0].id
    with pytest.raises(ApiRefused, match="POST /jobs/sensitivity"):
        client.sensitivity(concept)
    done = wait_for_end(client, client.request_sensitivity([concept], COLLECTION))
    assert (done.state, done.steps[0].result) == ("succeeded", {"computed": 1, "reused": 0, "failures": {}})
    found = client.sensitivity(concept)
    told = json.loads(command_line(settings, "sensitivity", concept, "--collection", COLLECTION, "--json").stdout)
    assert [one.model_dump(exclude={"called"}) for one in found.tags] == told["tags"]
    assert (found.windows, found.draws) == (told["windows"], told["draws"])


def uploaded_and_heard(client, settings):
    """A file sent over HTTP is a track that can be listened to; one without sound is none."""
    sound = settings.data / "a new tone.wav"
    soundfile.write(sound, 0.2 * np.sin(np.arange(16_000 * 60) * 0.1), 16_000)
    sent = command_line(settings, "upload", str(sound), str(settings.data / "noise.txt"), "--json")
    assert sent.returncode == 1, sent.stderr
    new, noise = json.loads(sent.stdout)
    assert (new["is_new"], noise["error"]["code"]) == (True, "not_audio")
    heard = httpx.get(f"{client.base_url}/tracks/{new['track']}/audio")
    assert (heard.status_code, heard.content) == (200, sound.read_bytes())


def judged_by_the_command(library, settings, client):
    """`audio-concepts evaluate` judges the very tree that is published, and the API serves what it found."""
    taxonomy = str(library.target / "taxonomy.json")
    judged = command_line(
        settings, "evaluate", "--collection", COLLECTION, "--reference", taxonomy, "--seeds", "1", "--json"
    )
    assert judged.returncode == 0, judged.stderr
    record = json.loads(judged.stdout)
    published = client.get("/hierarchy", schemas.Hierarchy, {"collection": COLLECTION, "shape": "flat"})
    parents = {one.id: one.parent.id if one.parent else None for one in published.items}
    assert {one["child"]: one["parent"] for one in record["edges"]} == parents
    [listed] = client.get("/evaluations", EvaluationList, {"collection": COLLECTION}).items
    assert (listed.id, listed.version) == (record["id"], 1)
