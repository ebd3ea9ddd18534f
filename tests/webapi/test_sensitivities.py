"""Sensitivities over HTTP: what a worker measured, by version; and what to do where there is nothing yet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from webapi.client import Client
from webapi.errors import ApiRefused
from webapi.factory import Options, create_app
from worker.answers.sensed import Sensed, TagSensitivity, sensed_name
from worker.jobs.builds import Builds
from worker.jobs.kinds import DRAWS, HEARD

FILES = {"vectors": "v.safetensors"}
FOUND = Sensed(
    "rock",
    120,
    DRAWS,
    {"file:///gone.mp3": "file_missing"},
    (
        TagSensitivity("rock", 1.0, 2.5, 0.001, 0.002, 0.01, 0.02),
        TagSensitivity("jazz", 0.0, -1.5, 0.001, 0.002, 0.2, 0.4),
    ),
)


@pytest.fixture
def builds(tmp_path):
    return Builds(tmp_path, "genres")


@pytest.fixture
def http(graph, rung, builds, tmp_path):
    """An API with a data folder in which the tags of rock were measured."""
    version = graph.published["genres"] = replace(graph.published["genres"], files=FILES)
    graph.kept["genres", 1] = version, *graph.kept["genres", 1][1:]
    builds.place_json(FOUND.plain(), name=sensed_name(FILES, "rock", HEARD, DRAWS))
    return create_app(graph, rung.append, Options(check_every_s=0.02, data=tmp_path)).test_client()


def test_the_tags_of_a_concept_strongest_first(http):
    told = http.get("/concepts/rock/sensitivity")
    assert told.status_code == 200, told.json
    assert (told.json["concept"]["name"], told.json["version"], told.json["windows"]) == ("Rock", 1, 120)
    assert [(one["tag"], one["magnitude"], one["called"]) for one in told.json["tags"]] == [
        ("rock", 2.5, True),
        ("jazz", -1.5, False),
    ]
    assert told.json["failed"] == {"file:///gone.mp3": "file_missing"}
    assert http.get("/concepts/rock/sensitivity", headers={"If-None-Match": told.headers["ETag"]}).status_code == 304
    assert http.get("/concepts/rock/sensitivity?version=1").json["tags"] == told.json["tags"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("nobody/sensitivity", 404, "unknown_concept"),
        ("tiny/sensitivity", 409, "no_vector"),
        ("jazz/sensitivity", 409, "not_sensed"),
        ("calm/sensitivity", 409, "not_sensed"),
        ("new-one/sensitivity", 404, "not_published"),
        ("rock/sensitivity?version=7", 404, "unknown_version"),
    ],
)
def test_what_cannot_be_told_says_why_and_what_to_do(path, status, code, http):
    told = http.get(f"/concepts/{path}")
    assert (told.status_code, told.json["code"]) == (status, code)
    assert "POST /jobs/sensitivity" in told.json["detail"] if code == "not_sensed" else True


@pytest.mark.parametrize("content", [b"no", b"{}", b'{"format": 9}', b'{"format": 1, "tags": [{}]}', b"[]"])
def test_a_damaged_file_is_named(content, http, builds):
    (builds.folder / sensed_name(FILES, "rock", HEARD, DRAWS)).write_bytes(content)
    told = http.get("/concepts/rock/sensitivity")
    assert (told.status_code, told.json["code"]) == (409, "sensitivity_damaged")


def test_measuring_is_a_job_of_one_step_for_the_current_version(http, rung, graph):
    asked = http.post("/jobs/sensitivity", json={"concepts": ["rock", "jazz", "rock"], "collection": "genres"})
    assert (asked.status_code, asked.json["kind"]) == (202, "sensitivity")
    assert asked.json["parameters"] == {"concepts": ["rock", "jazz"], "version": 1}
    assert [(one.name, one.queue) for one in rung] == [("sense", "gpu")]
    assert [one["label"] for one in http.get(asked.headers["Location"]).json["stages"]] == ["Asking the network's tags"]
    assert len(graph.jobs_by_id) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"concepts": ["rock", "nobody"]}, 404, "unknown_concept"),
        ({"concepts": ["tiny"]}, 409, "no_vector"),
        ({"concepts": ["rock"], "collection": "fresh"}, 404, "not_published"),
        ({"concepts": []}, 422, "invalid_request"),
    ],
)
def test_a_request_that_nobody_could_serve_makes_no_job(body, status, code, http, graph):
    told = http.post("/jobs/sensitivity", json=body)
    assert (told.status_code, told.json["code"]) == (status, code)
    assert graph.jobs_by_id == {}


def test_the_client_asks_and_reads(http):
    import httpx

    with Client("http://127.0.0.1", transport=httpx.WSGITransport(app=http.application)) as client:
        assert client.sensitivity("rock").tags[0].called
        with pytest.raises(ApiRefused, match="nobody has measured"):
            client.sensitivity("jazz")
        assert client.request_sensitivity(["jazz"]).kind == "sensitivity"
