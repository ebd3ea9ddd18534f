"""Server-sent events of a job: whole states, resumed by id, bounded in number."""

from __future__ import annotations

import json
import threading
import uuid
from dataclasses import replace

import pytest

from cypher.model import Progress
from webapi import schemas
from webapi.errors import TooManyStreams
from webapi.factory import Options, create_app
from webapi.streams import Streams, event_id


def events(text: str | bytes) -> list[tuple[str, dict]]:
    """(id, job) of each event in a stream's text."""
    text = text.decode() if isinstance(text, bytes) else text
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields:
            assert fields["event"] == "job"
            found.append((fields["id"], json.loads(fields["data"])))
    return found


@pytest.fixture
def job_id(http):
    return http.post("/jobs/rebuild", json={}).json["id"]


def test_a_stream_shows_every_state_and_ends_with_the_job(http, graph, job_id):
    stream = http.get(f"/jobs/{job_id}/events")
    assert (stream.status_code, stream.mimetype) == (200, "text/event-stream")
    chunks = iter(stream.response)
    seen = [next(chunks), next(chunks)]
    first = replace(graph.job(job_id).steps[0], state="running", progress=Progress(1, 2, "concepts"))
    graph.change(job_id, state="running", steps=(first, *graph.job(job_id).steps[1:]))
    seen.append(next(chunks))
    graph.change(job_id, state="succeeded", result_version=2)
    seen += list(chunks)
    found = events(b"".join(seen))
    assert [job["state"] for _, job in found] == ["queued", "running", "succeeded"]
    assert found[1][1]["stages"][0]["done"] == 1
    assert len({one for one, _ in found}) == 3


def test_who_comes_back_hears_only_what_is_new_and_after_the_end_nothing(http, graph, job_id):
    stream = http.get(f"/jobs/{job_id}/events")
    chunks = iter(stream.response)
    next(chunks)
    ((first_id, _),) = events(next(chunks))
    stream.close()
    graph.change(job_id, state="failed", error_code="disk_full", error_message="full")
    again = http.get(f"/jobs/{job_id}/events", headers={"Last-Event-ID": first_id})
    ((last_id, job),) = events(again.text)
    assert job["error"]["code"] == "disk_full"
    over = http.get(f"/jobs/{job_id}/events", headers={"Last-Event-ID": last_id})
    assert (over.status_code, over.data) == (204, b"")


def test_a_job_that_is_not_there_has_no_stream(http):
    assert http.get(f"/jobs/{uuid.uuid4()}/events").status_code == 404


def test_beyond_the_bound_the_answer_is_503_and_a_closed_stream_makes_room(graph, rung):
    http = create_app(graph, rung.append, Options(streams=2)).test_client()
    job_id = http.post("/jobs/rebuild", json={}).json["id"]
    streams = [http.get(f"/jobs/{job_id}/events") for _ in range(2)]
    refused = http.get(f"/jobs/{job_id}/events")
    assert (refused.status_code, refused.json["code"]) == (503, "too_many_streams")
    assert refused.headers["Retry-After"]
    assert http.get(f"/jobs/{job_id}").status_code == 200
    next(iter(streams[0].response))
    streams[0].close()
    assert http.get(f"/jobs/{job_id}/events").status_code == 200
    streams[1].close()


def test_the_id_of_an_event_does_not_follow_the_clock(http, job_id):
    job = schemas.Job.model_validate(http.get(f"/jobs/{job_id}").json)
    later = job.model_copy(
        update={"eta_s": 5.0, "stages": [one.model_copy(update={"wall_s": 9.0}) for one in job.stages]}
    )
    assert event_id(later) == event_id(job)
    assert event_id(job.model_copy(update={"state": "running"})) != event_id(job)


def test_a_silent_stream_says_that_it_is_there_and_an_absent_graph_does_not_end_it(http, graph, job_id):
    job = schemas.Job.model_validate(http.get(f"/jobs/{job_id}").json)
    looks = iter(range(1000))

    def look():
        if next(looks) > 3:
            graph.away = True
        graph.job(job_id)
        return job

    stream = Streams(1).open(look, event_id(job), every_s=0.001, heartbeat_s=0.0, longest_s=0.2)
    said = "".join(stream)
    assert ": still here" in said
    assert ": Neo4j does not answer" in said
    assert events(said) == []


def test_places_are_given_back_whatever_happens():
    places = Streams(1)
    never_begun = places.open(lambda: None, "")
    with pytest.raises(TooManyStreams):
        places.open(lambda: None, "")
    never_begun.close()
    never_begun.close()
    with pytest.raises(ZeroDivisionError):
        list(places.open(lambda: 1 / 0, ""))
    places.open(lambda: None, "").close()


def test_the_client_watches_by_events_and_falls_back_to_asking(client, graph):
    job = client.rebuild({})
    threading.Timer(0.3, lambda: graph.change(str(job.id), state="succeeded", result_version=2)).start()
    before = graph.calls.count("job")
    assert [one.state for one in client.watch(str(job.id))][-1] == "succeeded"
    assert graph.calls.count("job") > before
