"""Versions over HTTP: listed, read by number, compared, activated and refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cypher.model import Edge
from webapi.archive import Archive
from webapi.errors import ApiRefused
from webapi.stores import Fuse

FLAT = [Edge(one, None) for one in ("rock", "metal", "death-metal", "punk", "jazz")]
READS = (
    "/hierarchy?",
    "/hierarchy?below=rock&",
    "/concepts?",
    "/concepts/rock?",
    "/concepts/rock/ancestry?",
    "/concepts/rock/children?",
    "/concepts/rock/descendants?",
)


@pytest.fixture
def second(graph):
    """A second version: everything at the top, one concept out of the tree."""
    return graph.publish("genres", FLAT)


@pytest.fixture
def waiting(graph):
    """A candidate above the first version."""
    return graph.publish("genres", FLAT, held="80 % of its edges moved")


@pytest.mark.usefixtures("second")
def test_versions_are_listed_newest_first(http):
    answer = http.get("/hierarchy/versions").json
    assert answer["collection"] == {"id": "genres", "name": "Genres"}
    assert (answer["current"], answer["waiting"]) == (2, None)
    assert [(one["version"], one["state"], one["is_current"]) for one in answer["items"]] == [
        (2, "published", True),
        (1, "published", False),
    ]
    assert http.get("/hierarchy/versions?collection=fresh").json["items"] == []
    assert http.get("/hierarchy/versions?collection=nobody").status_code == 404


@pytest.mark.usefixtures("second")
@pytest.mark.parametrize("path", READS)
def test_every_read_of_the_tree_takes_a_version_and_says_which_it_is(http, path):
    old, new = http.get(f"{path}version=1"), http.get(f"{path}version=2")
    assert (old.status_code, new.status_code) == (200, 200)
    assert (old.json["version"], old.headers["Hierarchy-Version"]) == (1, "1")
    assert old.headers["ETag"] != new.headers["ETag"]
    again = http.get(f"{path}version=1", headers={"If-None-Match": old.headers["ETag"]})
    assert (again.status_code, again.headers["Cache-Control"]) == (304, "max-age=86400, immutable")
    assert http.get(f"{path}version=7").status_code == 404
    assert http.get(f"{path}version=0").status_code == 422


@pytest.mark.usefixtures("second")
def test_a_version_by_its_number_shows_its_own_tree(http):
    assert [one["id"] for one in http.get("/concepts/rock/children?version=1").json["items"]] == ["metal", "punk"]
    assert http.get("/concepts/rock/children?version=2").json["items"] == []
    assert [one["id"] for one in http.get("/concepts/death-metal/ancestry?version=1").json["items"]] == [
        "rock",
        "metal",
    ]
    assert http.get("/concepts/script-alert-1-script?version=2").json["parent"] is None
    assert http.get("/hierarchy?version=1&below=calm&collection=genres").status_code == 404


def test_a_concept_that_a_version_does_not_know_is_named(http, graph):
    graph.publish("genres", FLAT, graph.library.concepts["genres"][:5])
    answer = http.get("/concepts/tiny/children?version=2")
    assert (answer.status_code, answer.json["code"]) == (404, "unknown_concept")


@pytest.mark.usefixtures("second")
def test_a_version_that_was_read_is_answered_while_neo4j_is_away(http, graph):
    first = http.get("/hierarchy?version=1")
    graph.away = True
    again = http.get("/hierarchy?version=1")
    assert (again.status_code, again.json["stale"], again.headers["ETag"]) == (200, False, first.headers["ETag"])
    assert http.get("/hierarchy?version=2").status_code == 503


def test_the_archive_keeps_what_was_asked_for_last(graph):
    graph.publish("genres", FLAT)
    graph.publish("genres", FLAT[:3])
    archive, collection = Archive(Fuse(graph), kept=2), graph.collection("genres")
    for version in (1, 2, 1, 3, 1, 2):
        assert archive.version(collection, version).copy.collection.version == version
    assert graph.calls.count("tree") == 4


@pytest.mark.usefixtures("second")
@pytest.mark.parametrize("path", ["/concepts/rock/neighbours", "/concepts/rock/tracks"])
def test_links_of_a_version_whose_links_were_swept_are_gone_and_say_so(http, graph, path):
    assert http.get(f"{path}?version=2").json["items"] == http.get(path).json["items"]
    graph.kept["genres", 1] = (replace(graph.kept["genres", 1][0], staging=None), *graph.kept["genres", 1][1:])
    answer = http.get(f"{path}?version=1")
    assert (answer.status_code, answer.json["code"]) == (410, "staging_gone")
    assert "version 1" in answer.json["detail"]
    assert http.get("/hierarchy/versions").json["items"][1]["has_links"] is False
    assert http.get(f"{path}?version=9").status_code == 404


# --- comparing -------------------------------------------------------------------------------------------------------


def test_a_difference_names_what_moved_what_is_new_and_what_is_gone(http, graph):
    edges = [Edge("rock", None), Edge("metal", "jazz", 0.4), Edge("death-metal", "metal"), Edge("punk", "rock"),
             Edge("jazz", None), Edge("tiny", "jazz", 0.3)]  # fmt: skip
    graph.publish("genres", edges)
    found = http.get("/hierarchy/diff?from=1&to=2").json
    assert (found["from_version"], found["to_version"], found["common"], found["moved_share"]) == (1, 2, 5, 0.2)
    assert found["moved"] == [
        {
            "id": "metal",
            "name": "metal",
            "before": [{"id": "rock", "name": "Rock"}],
            "after": [{"id": "jazz", "name": "Jazz"}],
        }
    ]
    assert found["new"] == [{"id": "tiny", "name": "tiny"}]
    assert found["gone"] == [{"id": "script-alert-1-script", "name": "<script>alert(1)</script>"}]
    back = http.get("/hierarchy/diff?from=2&to=1").json
    assert ([one["id"] for one in back["new"]], [one["id"] for one in back["gone"]]) == (
        ["script-alert-1-script"],
        ["tiny"],
    )
    same = http.get("/hierarchy/diff?from=2").json
    assert (same["to_version"], same["moved"], same["new"], same["gone"]) == (2, [], [], [])


def test_what_cannot_be_compared_is_refused(http):
    assert http.get("/hierarchy/diff?from=1&to=9").json["code"] == "unknown_version"
    assert http.get("/hierarchy/diff?to=1").status_code == 422
    assert http.get("/hierarchy/diff?from=1&collection=fresh").json["code"] == "not_published"


# --- activating and refusing -----------------------------------------------------------------------------------------


def test_an_older_version_comes_back_as_a_new_one(client, second):
    before = client.hierarchy(version=1).sha256
    client.author = "Zoë"
    made = client.activate("genres", 1, expected=2, note="the second was flat")
    assert (made.current.version, made.current.restores, made.current.origin) == (3, 1, "activation")
    assert (made.current.author, made.current.note) == ("Zoë", "the second was flat")
    shown = client.hierarchy()
    assert (shown.version, shown.sha256, made.current.sha256) == (3, before, before)
    assert client.activate("genres", 1).current.version == 3
    assert client.versions().current == 3
    assert second.version == 2


@pytest.mark.usefixtures("second")
def test_activation_asks_which_version_was_looked_at(http, client):
    answer = http.get("/collections/genres/current-version")
    assert (answer.headers["ETag"], answer.json["current"]["version"]) == ('"2"', 2)
    with pytest.raises(ApiRefused, match="at version 2, not 1") as refused:
        client.activate("genres", 1, expected=1)
    assert (refused.value.status, refused.value.code) == (412, "version_moved")
    path = "/collections/genres/current-version"
    for wrong in ("2", 'W/"2"', '"two"'):
        assert http.put(path, json={"version": 1}, headers={"If-Match": wrong}).status_code == 422
    assert http.put(path, json={"version": 1}, headers={"If-Match": "*"}).headers["ETag"] == '"3"'
    assert http.put(path, json={"version": 9}).json["code"] == "unknown_version"
    assert http.put("/collections/nobody/current-version", json={"version": 1}).status_code == 404
    assert http.get("/collections/fresh/current-version").json["code"] == "not_published"


def test_a_candidate_is_listed_read_by_its_number_and_activated_under_it(client, waiting):
    found = client.versions()
    assert (found.current, found.waiting, found.items[0].reason) == (1, 2, "80 % of its edges moved")
    assert client.hierarchy().version == 1
    assert client.hierarchy(version=2).sha256 == waiting.sha256
    assert client.activate("genres", 2).current.version == 2
    assert client.hierarchy().version == 2
    assert client.versions().waiting is None


def test_a_candidate_is_not_kept_by_browsers_while_it_may_still_be_refused(http, waiting):
    answer = http.get(f"/hierarchy?version={waiting.version}")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert http.get("/hierarchy?version=1").headers["Cache-Control"] == "max-age=86400, immutable"


def test_a_refused_candidate_cannot_be_activated_any_more(client, waiting):
    refused = client.refuse(waiting.version, reason="too flat")
    assert (refused.state, refused.reason, refused.has_links) == ("refused", "too flat", False)
    for act in (lambda: client.activate("genres", 2), lambda: client.refuse(2), lambda: client.refuse(1)):
        with pytest.raises(ApiRefused) as conflict:
            act()
        assert (conflict.value.status, conflict.value.code) == (409, "version_state_conflict")
    assert client.hierarchy(version=2).concepts == 5


def test_what_each_version_costs_is_counted_on_request(http):
    assert http.get("/hierarchy/versions").json["items"][0]["cost"] is None
    cost = http.get("/hierarchy/versions?costs=true").json["items"][0]["cost"]
    assert (cost["assessments"], cost["similarities"], cost["links"]) == (6, 4, 6)
    assert cost["bytes"] > 0
