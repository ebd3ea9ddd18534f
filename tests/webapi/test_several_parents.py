"""A version in which a concept has several parents: the tree stays, and nothing below or above is forgotten."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import networkx as nx
import pytest
import rdflib
from rdflib.namespace import SKOS

from cypher.errors import HierarchyInvalid
from cypher.model import Collection, Concept, Edge
from webapi.copies import make_copy
from webapi.factory import Options, create_app
from webapi.snapshot import Held
from webapi.translate import concept as told

pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

GENRES = Collection("genres", "Genres", is_default=True, version=1, concepts=5)
FURTHER = Edge("death-metal", "jazz", 0.85, 0.05, support=0.9, further=True)


@pytest.fixture
def library(library):
    """Death metal is below metal, and a little below jazz; metal and jazz are alike both ways."""
    return replace(
        library,
        edges={**library.edges, "genres": [*library.edges["genres"], FURTHER]},
        similar=[*library.similar, ("jazz", "metal", 0.6), ("metal", "jazz", 0.7), ("jazz", "death-metal", 0.9)],
    )


def names(answer):
    return [one["name"] for one in answer.json["items"]]


def concepts(*ids):
    return [Concept(id=one, name=one, collection="genres") for one in ids]


def test_the_ways_up_and_the_ways_down_agree():
    edges = [
        Edge("a", None),
        Edge("b", "a", 0.5),
        Edge("c", None),
        Edge("d", "b", 0.9),
        Edge("d", "c", 0.95, further=True),
        Edge("e", "d", 0.6),
        Edge("e", "c", 0.6, further=True),
    ]
    copy = make_copy(GENRES, None, concepts("a", "b", "c", "d", "e"), edges)
    assert copy == make_copy(GENRES, None, concepts("e", "d", "c", "b", "a"), edges[::-1])
    assert copy.ancestors("e") == ["a", "b", "d"]
    assert copy.above("e") == {"a", "b", "c", "d"}
    assert copy.descendants == {one: sum(one in copy.above(other) for other in "abcde") for one in "abcde"}
    assert list(copy.below("c", 9)) == [(1, "d"), (1, "e")]
    assert list(copy.below("c", 1)) == [(1, "d"), (1, "e")]
    assert list(copy.below(None, 9)) == [(1, "a"), (1, "c"), (2, "b"), (3, "d"), (4, "e")]
    assert [one for one, _ in copy.children_of("c")] == ["d", "e"]
    assert copy.depth == {"a": 1, "c": 1, "b": 2, "d": 3, "e": 4}


def test_a_concept_that_lost_its_primary_parent_has_the_most_similar_one_left():
    edges = [Edge("a", None), Edge("b", None), Edge("c", "b", 0.6, further=True), Edge("c", "a", 0.5, further=True)]
    copy = make_copy(GENRES, None, concepts("a", "b", "c"), edges)
    assert copy.parents("c") == ["b", "a"]
    assert [one.primary for one in told(Held(copy, 0.0, stale=False), "c").parents] == [True, False]


def test_a_further_parent_that_nobody_knows_is_refused():
    with pytest.raises(HierarchyInvalid, match="nobody"):
        make_copy(GENRES, None, concepts("a"), [Edge("a", None), Edge("a", "nobody", further=True)])


def test_a_concept_names_all_its_parents_and_the_tree_keeps_one(http):
    found = http.get("/concepts/death-metal").json
    assert found["parent"] == {"id": "metal", "name": "metal"}
    assert [(one["name"], one["primary"], one["similarity"]) for one in found["parents"]] == [
        ("metal", True, 0.9),
        ("Jazz", False, 0.85),
    ]
    assert found["parents"][1]["support"] == 0.9
    above = http.get("/concepts/death-metal/ancestry")
    assert names(above) == ["Rock", "metal"]
    assert above.json["others"] == [{"id": "jazz", "name": "Jazz"}]
    assert http.get("/concepts/death-metal/path/jazz").json["ancestor"] is None  # the way through the tree


def test_below_a_further_parent_hangs_the_concept_too(http):
    assert names(http.get("/concepts/jazz/children")) == ["death metal", "<script>alert(1)</script>"]
    first = http.get("/concepts/jazz/children?limit=1").json
    assert names(http.get(f"/concepts/jazz/children?after={first['next']}")) == ["<script>alert(1)</script>"]
    assert "death metal" in names(http.get("/concepts/jazz/descendants"))
    assert http.get("/concepts/jazz").json["descendants"] == 2
    assert http.get("/concepts/rock").json["descendants"] == 3


def test_the_hierarchy_shows_every_concept_once(http, library):
    flat = http.get("/hierarchy?shape=flat").json["items"]
    assert len(flat) == len({edge.child for edge in library.edges["genres"]})
    assert {one["id"]: [label["id"] for label in one["further"]] for one in flat}["death-metal"] == ["jazz"]
    assert http.get("/hierarchy").text.count('"death-metal"') == 1


def test_exports_hold_every_edge(http, library):
    edges = {(edge.child, edge.parent) for edge in library.edges["genres"] if edge.parent is not None}
    drawn = nx.read_graphml(io.BytesIO(http.get("/hierarchy?format=graphml").data))
    assert {(child, parent) for parent, child in drawn.edges} == edges
    assert drawn.edges["jazz", "death-metal"]["further"] is True
    for format_ in ("turtle", "json-ld"):
        graph = rdflib.Graph().parse(data=http.get(f"/hierarchy?format={format_}").data, format=format_)
        broader = {tuple(str(end).rpartition("/")[2] for end in ends) for ends in graph.subject_objects(SKOS.broader)}
        assert broader == edges
    for part in ("", "&below=jazz"):
        rows = list(csv.DictReader(io.StringIO(http.get(f"/hierarchy?format=csv{part}").text)))
        row = next(one for one in rows if one["id"] == "death-metal")
        assert row["further_parents"] == "jazz"
        assert row["path"] == "Rock > metal > death metal"


def test_a_plain_tree_is_exported_as_ever(http):
    assert "further" not in http.get("/hierarchy?format=csv&collection=moods").text
    assert "further" not in http.get("/hierarchy?format=graphml&collection=moods").text


def test_neighbours_say_where_they_stand(http):
    found = {one["id"]: one["relation"] for one in http.get("/concepts/jazz/neighbours").json["items"]}
    assert found == {"death-metal": "below", "metal": "correlated", "rock": None}
    assert http.get("/concepts/metal/neighbours").json["items"][0]["relation"] == "above"


@pytest.mark.stack
def test_the_graph_keeps_which_parent_is_the_primary_one(real_graph):
    found = real_graph.hierarchy.tree("genres")
    parents = {edge.parent: edge.further for edge in found[2] if edge.child == "death-metal"}
    assert parents == {"metal": False, "jazz": True}
    assert [one for one, _, _ in real_graph.hierarchy.ancestors("death-metal")] == ["jazz", "metal", "rock"]
    assert not real_graph.versions.hand_edits("genres")
    http = create_app(real_graph, [].append, Options(check_every_s=0.5)).test_client()
    assert [one["primary"] for one in http.get("/concepts/death-metal").json["parents"]] == [True, False]
