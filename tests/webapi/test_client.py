from __future__ import annotations

import pickle

import httpx
import pytest

from webapi.client import Client, connect
from webapi.errors import ApiAway, ApiRefused, NotOurApi
from worker.settings import Settings


def test_lists_follow_their_pages(client, monkeypatch):
    monkeypatch.setattr("webapi.client.PAGE", 2)
    assert [one.name for one in client.concepts()][-2:] == ["Rock", "tiny"]
    assert len(list(client.concepts())) == 7
    assert [one.id for one in client.concepts("moods", q="a")] == ["calm", "sad"]
    assert [one.id for one in client.children("rock")] == ["metal", "punk"]
    assert [one.distance for one in client.descendants("rock", depth=2)] == [1, 1, 2]
    assert [one.track.id for one in client.tracks_of("rock")] == ["track-0", "track-1", "track-2", "track-3"]


def test_every_resource_has_its_method(client):
    assert [one.id for one in client.collections()] == ["genres", "moods", "fresh"]
    assert client.concept("metal").parent.name == "Rock"
    assert [one.id for one in client.ancestry("death-metal").items] == ["rock", "metal"]
    assert client.neighbours("rock", limit=1)[0].outgoing == 0.8
    assert client.track("track-0").title == "Song 0"
    assert {one.id for one in client.concepts_of("track-2")} == {"rock", "jazz"}
    assert client.hierarchy(below="rock").roots[0].children[0].id == "metal"
    assert len(client.hierarchy(shape="flat").items) == 6
    assert client.live()
    assert [check.ok for check in client.ready().checks] == [True, True]


def test_a_rebuild_is_asked_for_watched_and_cancelled(client):
    job = client.rebuild({"collection": "moods"}, idempotency_key="once")
    assert client.rebuild({"collection": "moods"}, idempotency_key="once").id == job.id
    with pytest.raises(ApiRefused) as refused:
        client.rebuild({"collection": "moods"})
    assert (refused.value.status, refused.value.active_job) == (409, str(job.id))
    seen = []
    for state in client.watch(str(job.id), every_s=0.001):
        seen.append(state.state)
        if len(seen) == 1:
            client.cancel(str(job.id))
    assert seen == ["queued", "cancelled"]
    assert [one.id for one in client.jobs("moods")] == [job.id]


def test_watching_waits_for_a_graph_that_comes_back(client, graph):
    job = client.rebuild({})
    graph.change(str(job.id), state="succeeded", result_version=1)
    graph.away = True
    watched = client.watch(str(job.id), every_s=0.001, patience_s=0.2)
    with pytest.raises(ApiRefused, match="does not answer"):
        next(watched)


def test_a_refusal_names_the_fields(client):
    with pytest.raises(ApiRefused, match="colour") as refused:
        client.rebuild({"colour": "red"})
    assert refused.value.code == "invalid_request"
    again = pickle.loads(pickle.dumps(refused.value))  # noqa: S301  made a line above
    assert str(again) == str(refused.value)


def test_no_api_says_how_to_start_one():
    with Client("http://127.0.0.1:9", timeout_s=1) as client, pytest.raises(ApiAway, match="audio-concepts up"):
        client.collections()


@pytest.mark.parametrize("answer", [httpx.Response(200, text="<html>"), httpx.Response(500, json={"oops": 1})])
def test_another_server_at_the_address_is_recognised(answer):
    transport = httpx.MockTransport(lambda _request: answer)
    with Client("http://127.0.0.1", transport=transport) as client, pytest.raises(NotOurApi, match="API_PORT"):
        client.collections()


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:81"), ("::", "http://127.0.0.1:81"), ("::1", "http://[::1]:81")],
)
def test_the_client_of_the_settings_asks_where_the_api_listens(host, url, tmp_path):
    with connect(Settings(_env_file=None, home=tmp_path, api_host=host, api_port=81)) as client:
        assert client.base_url == url
