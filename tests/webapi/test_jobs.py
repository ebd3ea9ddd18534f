from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cypher.model import Progress
from worker.jobs.requests import STAGES


def test_a_rebuild_is_accepted_with_its_place_and_rung_for(http, rung):
    answer = http.post("/jobs/rebuild", json={"preset": "poster"})
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/jobs/{answer.json['id']}"
    assert answer.json["collection"] == {"id": "genres", "name": "Genres"}
    assert answer.json["parameters"]["min_tracks"] == 39
    assert [stage["name"] for stage in answer.json["stages"]] == [stage.name for stage in STAGES]
    assert answer.json["stages"][1]["label"] == "Listening"
    assert answer.json["stage"] == STAGES[0].name
    assert [step.name for step in rung] == [STAGES[0].name]
    assert http.get(answer.headers["Location"]).json == answer.json


def test_a_dry_run_answers_with_a_plan_and_makes_no_job(http, rung):
    answer = http.post("/jobs/rebuild?dry_run=true", json={"backbone": "logmel"})
    assert answer.status_code == 200
    plan = answer.json
    assert (plan["collection"], plan["version"]) == ({"id": "genres", "name": "Genres"}, 1)
    assert {"id": "rock", "name": "Rock"} in plan["concepts"]["changed"]
    assert plan["tracks"] == {"total": 5, "new": None, "unheard": 5, "failed_before": 0, "heard": 0, "basis": None}
    assert [stage["name"] for stage in plan["stages"]] == [stage.name for stage in STAGES]
    assert (plan["expected_s"], plan["active_job"], plan["nothing_to_do"]) == (None, None, False)
    assert rung == []
    assert http.get("/jobs").json["items"] == []
    fresh = http.post("/jobs/rebuild?dry_run=true", json={"collection": "fresh"}).json
    assert (fresh["version"], [one["id"] for one in fresh["concepts"]["new"]]) == (None, ["new-one"])


def test_a_dry_run_names_the_rebuild_that_is_in_the_way_and_refuses_what_a_rebuild_would(http):
    active = http.post("/jobs/rebuild", json={}).json["id"]
    assert http.post("/jobs/rebuild?dry_run=true", json={}).json["active_job"] == active
    assert http.post("/jobs/rebuild?dry_run=true", json={"collection": "nobody"}).status_code == 404
    assert http.post("/jobs/rebuild?dry_run=true", json={"seed": -1}).status_code == 422


def test_no_body_asks_for_the_default_rebuild_of_the_default_collection(http):
    answer = http.post("/jobs/rebuild")
    assert answer.status_code == 202
    assert answer.json["parameters"]["preset"] == "default"


def test_a_rival_is_told_which_job_is_in_its_way(http):
    first = http.post("/jobs/rebuild", json={}).json["id"]
    rival = http.post("/jobs/rebuild", json={})
    assert rival.status_code == 409
    assert rival.json["active_job"] == first
    assert rival.json["code"] == "rebuild_active"
    assert http.post("/jobs/rebuild", json={"collection": "moods"}).status_code == 202


def test_the_same_key_gives_the_same_job_and_another_request_is_refused(http):
    first = http.post("/jobs/rebuild", json={}, headers={"Idempotency-Key": "k1"})
    again = http.post("/jobs/rebuild", json={}, headers={"Idempotency-Key": "k1"})
    assert (again.status_code, again.json["id"]) == (202, first.json["id"])
    other = http.post("/jobs/rebuild", json={"seed": 5}, headers={"Idempotency-Key": "k1"})
    assert (other.status_code, other.json["code"]) == (409, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["", "two words", "x" * 201, "é"])
def test_an_unfit_key_is_refused(http, key):
    answer = http.post("/jobs/rebuild", json={}, headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["where"] == "idempotency_key"


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"preset": "other"}, "preset"),
        ({"seed": -1}, "seed"),
        ({"seed": "0"}, "seed"),
        ({"min_similarity": 1.5}, "min_similarity"),
        ({"colour": "red"}, "colour"),
        ({"collection": ""}, "collection"),
    ],
)
def test_a_request_that_does_not_fit_names_the_field(http, rung, body, where):
    answer = http.post("/jobs/rebuild", json=body)
    assert answer.status_code == 422
    assert [one["where"] for one in answer.json["errors"]] == [where]
    assert rung == []


def test_a_rebuild_of_an_unknown_collection_is_refused(http, rung):
    answer = http.post("/jobs/rebuild", json={"collection": "nobody"})
    assert (answer.status_code, answer.json["code"]) == (404, "unknown_collection")
    assert rung == []


def test_a_bell_that_is_not_heard_is_no_error_of_the_client(graph):
    from webapi.factory import create_app

    def broken(_step):
        raise ConnectionError("no route to the broker")

    for ring in (broken, lambda _step: False):
        http = create_app(graph, ring).test_client()
        answer = http.post("/jobs/rebuild", json={})
        assert answer.status_code == 202
        http.post(f"/jobs/{answer.json['id']}/cancel")


def test_progress_shows_each_stage_with_its_time_left(http, graph):
    job_id = http.post("/jobs/rebuild", json={}).json["id"]
    job = graph.job(job_id)
    began = datetime.now(UTC) - timedelta(seconds=10)
    steps = list(job.steps)
    steps[0] = replace(steps[0], state="succeeded", started_at=began, finished_at=began + timedelta(seconds=2),
                       progress=Progress(7, 7, "concepts"))  # fmt: skip
    steps[1] = replace(steps[1], state="running", started_at=began, attempts=1, progress=Progress(25, 100, "tracks"))
    shard = replace(steps[1], id="shard", shard=1, state="queued", started_at=None, progress=Progress(0, 100, "tracks"))
    graph.change(job_id, state="running", steps=(*steps[:2], shard, *steps[2:]))
    answer = http.get(f"/jobs/{job_id}").json
    scan, listening, vectors = answer["stages"][:3]
    assert (scan["state"], scan["wall_s"], scan["eta_s"]) == ("succeeded", 2.0, None)
    assert (listening["state"], listening["steps"], listening["done"], listening["total"]) == ("running", 2, 25, 200)
    assert listening["eta_s"] == pytest.approx(70, abs=3)
    assert (vectors["state"], vectors["total"], vectors["eta_s"]) == ("queued", None, None)
    assert answer["stage"] == "activations"
    assert answer["steps"][1]["eta_s"] == pytest.approx(30, abs=2)


def test_a_step_that_began_again_is_judged_by_its_last_attempt_and_the_servers_clock(http, graph):
    job_id = http.post("/jobs/rebuild", json={}).json["id"]
    job = graph.job(job_id)
    read = datetime(2026, 5, 1, tzinfo=UTC)
    steps = [replace(job.steps[0], state="succeeded", started_at=read, finished_at=read)]
    listening = replace(
        job.steps[1],
        state="running",
        attempts=2,
        started_at=read - timedelta(hours=1),
        attempt_at=read - timedelta(seconds=10),
        progress=Progress(20, 100, "tracks"),
    )
    expected = {stage.name: 3.0 for stage in STAGES}
    graph.change(job_id, state="running", steps=(*steps, listening, *job.steps[2:]), expected=expected, read_at=read)
    answer = http.get(f"/jobs/{job_id}").json
    assert (answer["stages"][1]["rate"], answer["stages"][1]["eta_s"]) == (2.0, 40.0)
    assert (answer["steps"][1]["rate"], answer["steps"][1]["eta_s"]) == (2.0, 40.0)
    assert answer["eta_s"] == pytest.approx(40.0 + 3.0 * (len(STAGES) - 2))


def test_a_job_keeps_who_asked_for_it(http):
    answer = http.post("/jobs/rebuild", json={}, headers={"X-Author": "Zo%C3%AB"})
    assert answer.json["author"] == "Zoë"
    assert http.get("/jobs").json["items"][0]["author"] == "Zoë"
    again = http.post("/jobs/rebuild", json={"collection": "moods"})
    assert again.json["author"] == ""


def test_a_job_that_ended_badly_is_queued_again_and_rung_for(http, graph, rung):
    job_id = http.post("/jobs/rebuild", json={}).json["id"]
    refused = http.post(f"/jobs/{job_id}/retry")
    assert (refused.status_code, refused.json["code"]) == (409, "job_state_conflict")
    graph.change(job_id, state="failed", error_code="disk_full", error_message="the disk is full")
    rung.clear()
    answer = http.post(f"/jobs/{job_id}/retry")
    assert (answer.status_code, answer.json["state"], answer.json["error"]) == (202, "queued", None)
    assert answer.headers["Location"] == f"/jobs/{job_id}"
    assert [step.name for step in rung] == [STAGES[0].name]
    assert http.post(f"/jobs/{uuid.uuid4()}/retry").status_code == 404


def test_a_retry_is_told_which_rebuild_is_in_its_way(http):
    first = http.post("/jobs/rebuild", json={}).json["id"]
    http.post(f"/jobs/{first}/cancel")
    rival = http.post("/jobs/rebuild", json={}).json["id"]
    answer = http.post(f"/jobs/{first}/retry")
    assert (answer.status_code, answer.json["active_job"]) == (409, rival)


def test_a_failed_job_says_why(http, graph):
    job_id = http.post("/jobs/rebuild", json={}).json["id"]
    graph.change(job_id, state="failed", error_code="disk_full", error_message="the disk is full")
    answer = http.get(f"/jobs/{job_id}").json
    assert answer["error"] == {"code": "disk_full", "message": "the disk is full"}
    assert answer["stage"] is None


def test_jobs_come_newest_first_and_page(http):
    ids = []
    for _ in range(5):
        job_id = http.post("/jobs/rebuild", json={}).json["id"]
        http.post(f"/jobs/{job_id}/cancel")
        ids.append(job_id)
    seen, after = [], ""
    while True:
        answer = http.get(f"/jobs?limit=2{after}").json
        seen += [one["id"] for one in answer["items"]]
        if answer["next"] is None:
            break
        after = f"&after={answer['next']}"
    assert seen == ids[::-1]
    assert http.get("/jobs?state=running").json == {"items": [], "next": None}
    assert http.get("/jobs?collection=moods").json["items"] == []


def test_cancelling_is_accepted_and_may_be_repeated(http):
    job_id = http.post("/jobs/rebuild", json={}).json["id"]
    for _ in range(2):
        answer = http.post(f"/jobs/{job_id}/cancel")
        assert (answer.status_code, answer.json["state"]) == (202, "cancelled")


@pytest.mark.parametrize("path", [f"/jobs/{uuid.UUID(int=7)}", "/jobs/not-a-uuid", "/jobs/rebuild/cancel"])
def test_a_job_that_is_not_there_is_a_404(http, path):
    assert http.get(path).status_code in {404, 405}
    assert http.get(path).content_type == "application/problem+json"


def test_get_of_rebuild_does_not_collide_with_a_job(http):
    answer = http.get("/jobs/rebuild")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_a_cursor_of_another_list_is_refused(http):
    after = http.get("/concepts?limit=1").json["next"]
    assert http.get(f"/jobs?after={after}").json["code"] == "bad_cursor"


def test_who_hears_of_a_publication_reads_the_new_tree(graph, rung):
    """Even when the copy was confirmed a moment ago and would not be looked at for an hour."""
    from webapi.factory import Options, create_app

    http = create_app(graph, rung.append, Options(check_every_s=3600)).test_client()
    assert http.get("/hierarchy").json["version"] == 1
    job_id = http.post("/jobs/rebuild", json={}).json["id"]
    graph.publish("genres", graph.library.edges["genres"][:1])
    assert http.get("/hierarchy").json["version"] == 1
    graph.change(job_id, state="succeeded", result_version=2)
    assert http.get(f"/jobs/{job_id}").json["result_version"] == 2
    assert http.get("/hierarchy").json["version"] == 2


# --- schedules and the queue


def test_a_schedule_is_set_shown_and_removed(http):
    body = {"at": "03:30", "days": ["mon", "thu"], "settings": {"min_tracks": 5}}
    made = http.put("/schedules/moods", json=body, headers={"X-Author": "zo%C3%AB"})
    assert made.status_code == 200
    assert made.json["collection"] == {"id": "moods", "name": "Moods"}
    assert (made.json["says"], made.json["author"]) == ("at 03:30 UTC on mon, thu", "zoë")
    assert made.json["request"] == {"preset": "default", "settings": {"min_tracks": 5}}
    assert made.json["next_at"].endswith("T03:30:00Z")
    assert http.get("/schedules/moods").json == made.json
    assert [one["collection"]["id"] for one in http.get("/schedules").json["items"]] == ["moods"]
    assert http.delete("/schedules/moods").status_code == 204
    assert http.get("/schedules/moods").json["code"] == "unknown_schedule"
    assert http.delete("/schedules/moods").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"every_h": 0},
        {"every_h": 5, "at": "03:00"},
        {"at": "24:00"},
        {"every_h": 5, "days": ["mon"]},
        {"at": "03:00", "days": ["someday"]},
        {"every_h": 5, "settings": {"colour": "red"}},
        {"every_h": 5, "settings": {"min_tracks": 1}},
    ],
)
def test_a_schedule_that_does_not_fit_is_refused(http, body):
    answer = http.put("/schedules/moods", json=body)
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")


def test_a_schedule_of_an_unknown_collection_is_refused(http):
    assert http.put("/schedules/nobody", json={"every_h": 24}).json["code"] == "unknown_collection"


def test_the_queue_says_what_waits_what_was_set_aside_and_who_looks_after_it(graph, rung):
    from webapi.factory import create_app
    from worker.jobs.queue import BrokerState

    entry = {"queue": "cpu", "why": "no JSON", "at": "2026-05-01T00:00:00+00:00", "entry": "<script>"}
    state = BrokerState({"gpu": 0, "cpu": 2}, 7, (entry,))
    answer = create_app(graph, rung.append, broker=lambda: state).test_client().get("/queue").json
    assert (answer["waiting"], answer["set_aside"]) == ({"gpu": 0, "cpu": 2}, 7)
    assert answer["latest_set_aside"][0]["why"] == "no JSON"
    assert (answer["reaper"]["holder"], answer["reaper"]["held"]) == ("reaper@test", True)
    away = create_app(graph, rung.append).test_client().get("/queue").json
    assert (away["broker"], away["waiting"]) == ("no broker", {})
