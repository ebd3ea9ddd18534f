from __future__ import annotations

import itertools
import threading
import time
from types import SimpleNamespace

import pytest

from cypher.errors import HierarchyInvalid, UnknownConcept
from cypher.model import Collection, Concept, Edge
from webapi import stores
from webapi.copies import make_copy
from webapi.errors import GraphResting, NoCopy
from webapi.factory import Options, create_app
from webapi.snapshot import Keeper
from webapi.stores import Fuse

GENRES = Collection("genres", "Genres", is_default=True, version=1, concepts=3)


def concepts(*ids: str) -> list[Concept]:
    return [Concept(id=one, name=one, collection="genres") for one in ids]


def settle(check, seconds: float = 20.0):
    """Wait until something holds."""
    until = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < until, "it never came"
        time.sleep(0.01)
    return found


def test_a_copy_is_the_same_in_every_order_of_what_was_read():
    members, edges = concepts("a", "b", "c"), [Edge("a", None), Edge("b", "a", 0.5), Edge("c", "b", 0.4)]
    one, other = make_copy(GENRES, None, members, edges), make_copy(GENRES, None, members[::-1], edges[::-1])
    assert one == other
    assert one.descendants == {"a": 2, "b": 1, "c": 0}
    assert one.ancestors("c") == ["a", "b"]
    assert list(one.below(None, 9)) == [(1, "a"), (2, "b"), (3, "c")]


@pytest.mark.parametrize(
    "edges",
    [
        [Edge("a", "b"), Edge("b", "a")],
        [Edge("a", "a")],
        [Edge("a", None), Edge("nobody", "a")],
        [Edge("a", "nobody")],
        [Edge("a", "b")],
    ],
)
def test_edges_that_are_no_tree_are_refused(edges):
    with pytest.raises(HierarchyInvalid):
        make_copy(GENRES, None, concepts("a", "b", "c"), edges)


def test_a_copy_names_what_it_does_not_have():
    with pytest.raises(UnknownConcept, match="nobody"):
        make_copy(GENRES, None, concepts("a"), []).concept("nobody")


def test_an_answer_is_not_sent_again_to_whom_has_it(http):
    for path in ("/hierarchy", "/concepts", "/concepts/rock", "/concepts/rock/ancestry", "/concepts/rock/children",
                 "/concepts/rock/descendants"):  # fmt: skip
        first = http.get(path)
        assert first.headers["Hierarchy-Version"] == "1"
        again = http.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert http.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_new_version_has_a_new_etag(http, graph):
    first = http.get("/hierarchy")
    graph.publish("genres", [Edge("rock", None)])
    settle(lambda: http.get("/hierarchy", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200)
    assert http.get("/hierarchy").json["concepts"] == 1


def test_newly_imported_concepts_appear_without_a_new_version(http, graph):
    first = http.get("/concepts")
    graph.library.concepts["genres"].append(Concept("late", "late", "genres"))
    settle(lambda: any(one["id"] == "late" for one in http.get("/concepts").json["items"]))
    assert http.get("/concepts").headers["ETag"] != first.headers["ETag"]
    assert http.get("/hierarchy").json["version"] == 1


def test_an_unchanged_version_is_not_read_again(http, graph):
    http.get("/hierarchy")
    settle(lambda: http.get("/hierarchy") and graph.calls.count("collections") >= 5)
    assert graph.calls.count("tree") == 2  # one for each published collection


def test_tree_reads_go_on_while_neo4j_is_away_and_say_that_they_are_stale(http, graph):
    fresh = http.get("/concepts/death-metal/ancestry")
    graph.away = True
    stale = settle(lambda: (found := http.get("/concepts/death-metal/ancestry")).json["stale"] and found)
    assert stale.status_code == 200
    assert stale.json["items"] == fresh.json["items"]
    assert stale.json["age_s"] > 0
    assert stale.headers["Hierarchy-Stale"].startswith("age=")
    assert stale.headers["ETag"] != fresh.headers["ETag"]
    for path in ("/hierarchy", "/concepts", "/concepts/rock", "/concepts/rock/children", "/collections"):
        assert http.get(path).status_code == 200
    for path in ("/concepts/rock/neighbours", "/concepts/rock/tracks", "/tracks/track-0", "/jobs", "/health/ready"):
        assert http.get(path).status_code == 503
    graph.away = False
    settle(lambda: http.get("/concepts/death-metal/ancestry").json["stale"] is False)
    settle(lambda: http.get("/health/ready").status_code == 200)


def test_a_torn_tree_is_never_served(http, graph):
    graph.torn = True
    answer = http.get("/hierarchy")
    assert (answer.status_code, answer.json["code"]) == (503, "no_copy")
    assert "does not add up" in answer.json["detail"]
    assert http.get("/concepts?collection=fresh").status_code == 200
    graph.torn = False
    settle(lambda: http.get("/hierarchy").status_code == 200)
    graph.torn = True
    graph.publish("genres", [Edge("rock", None)])
    settle(lambda: http.get("/hierarchy").json["stale"])
    assert http.get("/hierarchy").json["version"] == 1
    assert http.get("/hierarchy?collection=moods").json["stale"] is False
    assert "genres" in http.get("/health/ready").json["detail"]


def test_reads_stay_fast_while_neo4j_hangs(http, graph):
    http.get("/hierarchy")
    graph.slow_s = 1.5
    time.sleep(0.05)
    waits = []
    until = time.monotonic() + 3.2
    while time.monotonic() < until:
        began = time.monotonic()
        assert http.get("/concepts/rock/ancestry").status_code == 200
        waits.append(time.monotonic() - began)
    waits.sort()
    assert waits[int(len(waits) * 0.99)] < 0.5
    assert waits[-1] < 1.2, "somebody waited for the call that hangs"


def test_one_call_a_second_tries_whether_neo4j_is_back(graph, monkeypatch):
    now = 0.0
    monkeypatch.setattr(stores, "time", SimpleNamespace(monotonic=lambda: now))
    fuse = Fuse(graph, rest_s=1.0)
    graph.away = True
    for _ in range(20):
        with pytest.raises((GraphResting, Exception)):
            fuse.ask(lambda stores: stores.ping())
    assert graph.calls.count("ping") == 1
    graph.away = False
    now = 1.1
    fuse.ask(lambda stores: stores.ping())
    fuse.ask(lambda stores: stores.ping())
    assert graph.calls.count("ping") == 3


def test_nothing_is_asked_before_the_first_request(graph, rung):
    create_app(graph, rung.append)
    assert graph.calls == []


def test_many_first_requests_read_each_tree_once(graph, rung):
    graph.slow_s = 0.05
    app = create_app(graph, rung.append, Options(check_every_s=60))
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(app.test_client().get("/hierarchy").status_code))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 12
    assert graph.calls.count("tree") == 2


def test_who_waits_for_the_first_copy_waits_no_longer_than_promised(graph):
    graph.slow_s = 1.0
    keeper = Keeper(Fuse(graph), graph, check_every_s=1.0, first_wait_s=0.1)
    began = time.monotonic()
    with pytest.raises(NoCopy):
        keeper.shelf()
    assert time.monotonic() - began < 0.5


def test_no_answer_mixes_two_versions(graph, rung):
    """Every version is a chain whose names carry its number; readers on threads, publications in between."""
    length = 40

    def publish(version: int) -> None:
        members = [Concept(f"c{n}", f"v{version} c{n}", "genres", status="kept") for n in range(length)]
        order = list(range(length)) if version % 2 else list(range(length))[::-1]
        chain = [f"c{n}" for n in order]
        edges = [Edge(chain[0], None), *(Edge(b, a, 0.5) for a, b in itertools.pairwise(chain))]
        graph.publish("genres", edges, members)

    publish(2)
    app = create_app(graph, rung.append, Options(check_every_s=0.001))
    wrong, seen, done = [], set(), threading.Event()

    def read(path: str) -> None:
        http = app.test_client()
        while not done.is_set():
            answer = http.get(path).json
            said = answer["items"] + ([answer["concept"]] if "concept" in answer else [])
            versions = {one["name"].split()[0] for one in said} | {f"v{answer['version']}"}
            seen.add(answer["version"])
            if len(versions) > 1:
                wrong.append((path, versions))

    paths = ["/concepts?limit=200", "/hierarchy?shape=flat", "/concepts/c5/ancestry", "/concepts/c20/ancestry"]
    threads = [threading.Thread(target=read, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for version in range(3, 23):
        publish(version)
        time.sleep(0.03)
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(seen) > 5


def test_who_heard_of_a_publication_waits_for_it_even_when_reading_is_slow(graph):
    keeper = Keeper(Fuse(graph), graph, check_every_s=60.0, patience_s=0.05)
    assert keeper.shelf().collection("genres").copy.hierarchy.version == 1
    graph.publish("genres", [Edge("rock", None)])
    graph.slow_s = 0.3
    assert keeper.shelf().collection("genres").copy.hierarchy.version == 1
    keeper.notice("genres", 2)
    assert keeper.shelf().collection("genres").copy.hierarchy.version == 2
