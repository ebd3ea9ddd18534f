"""Files of sound over HTTP: what is taken lies in quarantine and a job knows of it, what is not leaves nothing."""

from __future__ import annotations

import hashlib
import stat

import httpx
import pytest

from cypher.errors import GraphUnavailable
from webapi.client import Client
from webapi.factory import Options, create_app
from worker.jobs.quarantine import Quarantine

SOUND = bytes(range(256)) * 40
MOST = 1 << 16


@pytest.fixture
def http(graph, rung, tmp_path):
    options = Options(check_every_s=0.02, data=tmp_path, upload_bytes=MOST)
    return create_app(graph, rung.append, options).test_client()


@pytest.fixture
def files(tmp_path):
    """A function that lists everything in quarantine."""
    return lambda: sorted((tmp_path / "quarantine").glob("*"))


def send(http, data=SOUND, content_type="audio/flac", **more):
    return http.post("/tracks", data=data, content_type=content_type, **more)


def test_a_file_lies_in_quarantine_and_a_job_knows_what_it_is(http, files, rung):
    told = http.post("/tracks?title=Air", data=SOUND, content_type="audio/flac", headers={"X-Author": "ada"})
    assert told.status_code == 202, told.json
    [file] = files()
    assert file.read_bytes() == SOUND
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (told.json["kind"], told.json["author"]) == ("admission", "ada")
    assert told.json["parameters"] == {
        "file": file.name, "sha256": hashlib.sha256(SOUND).hexdigest(), "bytes": len(SOUND), "title": "Air"
    }  # fmt: skip
    assert told.headers["Location"] == f"/jobs/{told.json['id']}"
    assert [(one.name, one.queue) for one in rung] == [("admit", "cpu")]


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ({"content_type": "text/html"}, 415, "not_sound"),
        ({"content_type": ""}, 415, "not_sound"),
        ({"data": b"x" * (MOST + 1)}, 413, "request_entity_too_large"),
        ({"environ_overrides": {"CONTENT_LENGTH": str(MOST + 1)}}, 413, "request_entity_too_large"),
        ({"query_string": {"collection": "nowhere"}}, 404, "unknown_collection"),
        ({"query_string": {"name": "x"}}, 422, "invalid_request"),
    ],
)
def test_what_is_not_taken_leaves_nothing(how, status, code, http, files):
    told = send(http, **how)
    assert (told.status_code, told.json["code"]) == (status, code)
    assert told.content_type == "application/problem+json"
    assert files() == []
    assert http.get("/jobs").json["items"] == []


@pytest.mark.parametrize("how", [{"headers": {"Transfer-Encoding": "chunked"}}, {"data": b""}])
def test_a_length_is_wanted_before_anything_is_read(how, http, files):
    told = send(http, **how)
    assert (told.status_code, files()) == (411, [])


def test_a_body_that_ends_early_leaves_nothing(http, files, graph):
    told = send(http, environ_overrides={"CONTENT_LENGTH": str(len(SOUND) + 1)})
    assert (told.status_code, files(), graph.jobs_by_id) == (400, [], {})


def test_without_a_job_there_is_no_file(http, files, graph, monkeypatch):
    def away(*_args, **_kwargs):
        raise GraphUnavailable("away")

    monkeypatch.setattr(graph, "request", away)
    assert (send(http).status_code, files()) == (503, [])


def test_a_deployment_without_a_folder_or_a_size_takes_nothing(graph, rung, tmp_path):
    for options in (Options(upload_bytes=MOST), Options(data=tmp_path)):
        told = send(create_app(graph, rung.append, options).test_client())
        assert (told.status_code, told.json["code"]) == (403, "uploads_closed")


def test_more_than_may_wait_is_refused(http, files, monkeypatch):
    monkeypatch.setattr("worker.jobs.quarantine.MOST_WAITING_BYTES", 2 * len(SOUND))
    assert [send(http).status_code for _ in range(3)] == [202, 202, 507]
    assert len(files()) == 2


def test_a_full_disk_is_said_before_anything_is_written(http, files, monkeypatch):
    monkeypatch.setattr("worker.jobs.quarantine.RESERVE_BYTES", 1 << 62)
    told = send(http)
    assert (told.status_code, told.json["code"], files()) == (507, "disk_full", [])


def test_names_of_received_files_are_only_those_made_here(tmp_path):
    for name in ("../x", "a" * 31, "A" * 32, ""):
        with pytest.raises(ValueError, match="no name"):
            Quarantine(tmp_path).path(name)


def test_the_client_sends_a_file(http, files, tmp_path):
    (tmp_path / "My song.flac").write_bytes(SOUND)
    with Client("http://127.0.0.1", transport=httpx.WSGITransport(app=http.application)) as client:
        job = client.upload_track(tmp_path / "My song.flac")
    assert job.parameters["title"] == "My song"
    assert files()[0].read_bytes() == SOUND
