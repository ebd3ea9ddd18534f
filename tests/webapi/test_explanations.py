"""Explanations over HTTP: what a worker wrote, by version; and what to do where there is nothing yet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from webapi.client import Client
from webapi.errors import ApiRefused
from webapi.factory import Options, create_app
from worker.answers.explanation import Explained, explanation_name
from worker.cli import tracks_commands
from worker.cli.answers_commands import BARS
from worker.jobs.builds import Builds

FILES = {"vectors": "v.safetensors", "calibration": "c.json"}
TREE = ("death-metal", "jazz", "metal", "punk", "rock", "script-alert-1-script")
RISES_AT_S = 15


@pytest.fixture
def builds(tmp_path):
    return Builds(tmp_path, "genres")


@pytest.fixture
def http(graph, rung, builds, tmp_path):
    """An API with a data folder in which track-0 was explained: rock in its second half."""
    version = graph.published["genres"] = replace(graph.published["genres"], files=FILES)
    graph.kept["genres", 1] = version, *graph.kept["genres", 1][1:]
    starts = np.arange(37) * 0.752
    scores = np.full((37, len(TREE)), 0.1)
    scores[starts >= RISES_AT_S, TREE.index("rock")] = 0.9
    found = Explained(
        track_id="track-0",
        concept_ids=TREE,
        scores=scores.mean(axis=0),
        probabilities=np.array([0.01, np.nan, 0.02, 0.03, 0.7, 0.04]),
        window_scores=scores,
        starts_s=starts,
        window_s=2.992,
        duration_s=30.0,
    )
    builds.place(explanation_name(FILES, TREE, "track-0"), found.save)
    return create_app(graph, rung.append, Options(check_every_s=0.02, data=tmp_path)).test_client()


def test_a_concept_over_the_seconds_of_a_track(http):
    told = http.get("/tracks/track-0/explanations/rock")
    assert told.status_code == 200, told.json
    assert (told.json["concept"]["name"], told.json["track"]["title"], told.json["version"]) == ("Rock", "Song 0", 1)
    assert told.json["probability"] == 0.7
    assert (told.json["curve"]["step_s"], len(told.json["curve"]["scores"])) == (0.25, 120)
    [passage] = told.json["passages"]
    assert passage["start_s"] == pytest.approx(RISES_AT_S + 1, abs=1.5)
    assert (passage["end_s"], passage["score"] > 0.8) == (30.0, True)
    assert told.json["windows"][1] == {"start_s": 0.752, "end_s": 3.744, "score": 0.1}


def test_the_strongest_concepts_come_first(http):
    told = http.get("/tracks/track-0/explanations?limit=2").json
    assert [(one["concept"]["id"], one["probability"]) for one in told["items"]] == [("rock", 0.7), ("jazz", None)]
    assert told["items"][1]["passages"] == []


@pytest.mark.parametrize("path", ["/tracks/track-0/explanations", "/tracks/track-0/explanations/rock"])
def test_what_a_version_says_of_a_track_is_not_sent_twice(path, http):
    tag = http.get(path).headers["ETag"]
    assert http.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert http.get(f"{path}?version=1").status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("track-9/explanations/rock", 404, "unknown_track"),
        ("track-0/explanations/nobody", 404, "unknown_concept"),
        ("track-0/explanations/tiny", 409, "no_vector"),
        ("track-1/explanations/rock", 409, "not_explained"),
        ("track-1/explanations", 409, "not_explained"),
        ("track-0/explanations/calm", 409, "not_explained"),
        ("track-0/explanations/new-one", 404, "not_published"),
        ("track-0/explanations/rock?version=7", 404, "unknown_version"),
        ("track-0/explanations?collection=nowhere", 404, "unknown_collection"),
    ],
)
def test_what_cannot_be_told_says_why_and_what_to_do(path, status, code, http):
    told = http.get(f"/tracks/{path}")
    assert (told.status_code, told.json["code"]) == (status, code)
    assert "too_few_tracks" in told.json["detail"] if code == "no_vector" else True
    assert "POST /jobs/explanation" in told.json["detail"] if code == "not_explained" else True


def test_a_damaged_file_is_named(http, builds):
    (builds.folder / explanation_name(FILES, TREE, "track-0")).write_bytes(b"no")
    told = http.get("/tracks/track-0/explanations/rock")
    assert (told.status_code, told.json["code"]) == (409, "explanation_damaged")


def test_listening_is_a_job_of_one_step_for_the_current_version(http, rung, graph):
    asked = http.post("/jobs/explanation", json={"tracks": ["track-1", "track-0", "track-1"], "collection": "genres"})
    assert (asked.status_code, asked.json["kind"]) == (202, "explanation")
    assert asked.headers["Location"] == f"/jobs/{asked.json['id']}"
    assert asked.json["parameters"] == {"tracks": ["track-1", "track-0"], "version": 1}
    assert [(one.name, one.queue) for one in rung] == [("explain", "gpu")]
    assert [one["label"] for one in http.get(asked.headers["Location"]).json["stages"]] == ["Listening for seconds"]
    assert len(graph.jobs_by_id) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"tracks": ["track-0", "track-9"]}, 404, "unknown_track"),
        ({"tracks": ["track-0"], "collection": "fresh"}, 404, "not_published"),
        ({"tracks": []}, 422, "invalid_request"),
    ],
)
def test_a_request_that_nobody_could_serve_makes_no_job(body, status, code, http, graph):
    told = http.post("/jobs/explanation", json=body)
    assert (told.status_code, told.json["code"]) == (status, code)
    assert graph.jobs_by_id == {}


def test_the_client_asks_and_reads(http):
    import httpx

    with Client("http://127.0.0.1", transport=httpx.WSGITransport(app=http.application)) as client:
        assert client.explain("track-0", "rock").passages[0].end_s == 30.0
        assert client.explanations("track-0", limit=1).items[0].concept.id == "rock"
        with pytest.raises(ApiRefused, match="nobody has listened"):
            client.explain("track-1", "rock")
        assert client.request_explanation(["track-1"]).kind == "explanation"


@pytest.fixture
def run(http, monkeypatch):
    """`audio-concepts explain`, in front of the same API."""
    import httpx

    commands = typer.Typer()
    tracks_commands.register(commands)
    transport = httpx.WSGITransport(app=http.application)
    monkeypatch.setattr(tracks_commands, "_client", lambda: Client("http://127.0.0.1", transport=transport))
    return lambda *words: CliRunner().invoke(commands, ["explain", *words], catch_exceptions=False)


def test_people_get_the_passages_of_each_concept_and_the_curve_of_one(run):
    lines = run("track-0", "--top", "2").stdout.splitlines()
    assert lines[0] == "Song 0"
    assert [line.split()[-1] for line in lines[2::2]] == ["Rock", "Jazz"]
    assert "above 0.5: 0:1" in lines[3]
    assert lines[5].strip() == "never above 0.5"
    one = run("track-0", "--concept", "rock").stdout.splitlines()
    assert set(one[-1].strip()) <= set(BARS)
    assert len(one[-1].strip()) == 60


def test_another_refusal_than_that_nobody_has_listened_is_passed_on(run):
    with pytest.raises(ApiRefused, match="nobody"):
        run("track-0", "--concept", "nobody")
