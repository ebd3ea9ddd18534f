from __future__ import annotations

import csv
import io

import networkx as nx
import pytest
import rdflib
from rdflib.compare import isomorphic
from rdflib.namespace import SKOS

# rdflib's own reader of JSON-LD makes one.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

FORMATS = {
    "turtle": "text/turtle",
    "json-ld": "application/ld+json",
    "graphml": "application/graphml+xml",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
}


def tree_of(library, collection="genres"):
    return {(edge.child, edge.parent) for edge in library.edges[collection] if edge.parent is not None}


def read_skos(http, format_):
    answer = http.get(f"/hierarchy?format={format_}")
    assert answer.status_code == 200
    return rdflib.Graph().parse(data=answer.data, format="turtle" if format_ == "turtle" else "json-ld")


def name(address):
    from urllib.parse import unquote

    return unquote(str(address).rpartition("/")[2])


@pytest.mark.parametrize("format_", ["turtle", "json-ld"])
def test_skos_holds_the_tree_and_comes_back_equal(http, library, format_):
    graph = read_skos(http, format_)
    broader = {(name(a), name(b)) for a, b in graph.subject_objects(SKOS.broader)}
    assert broader == tree_of(library)
    labels = {name(a): str(b) for a, b in graph.subject_objects(SKOS.prefLabel)}
    kept = {one.id: one.name for one in library.concepts["genres"] if one.status == "kept"}
    assert labels == kept
    tops = {name(a) for a in graph.subjects(SKOS.topConceptOf)}
    assert tops == {"rock", "jazz"}


def test_both_forms_of_skos_say_the_same(http):
    first, second = (read_skos(http, one) for one in ("turtle", "json-ld"))
    assert isomorphic(first, second)


def test_the_integrity_conditions_hold_also_across_kinds(http, graph, library):
    from dataclasses import replace

    mixed = [replace(one, kind="mood") if one.id in {"metal", "punk"} else one for one in library.concepts["genres"]]
    graph.publish("genres", library.edges["genres"], mixed)
    found = read_skos(http, "turtle")
    while not list(found.triples((None, SKOS.related, None))):  # the copy is renewed in a moment
        found = read_skos(http, "turtle")
    related = {(name(a), name(b)) for a, b in found.subject_objects(SKOS.related)}
    assert related == {("metal", "rock"), ("punk", "rock"), ("death-metal", "metal")}
    for one, other in found.subject_objects(SKOS.related):  # S27
        assert other not in found.transitive_objects(one, SKOS.broader)
        assert one not in found.transitive_objects(other, SKOS.broader)
    concepts, schemes = (set(found.subjects(rdflib.RDF.type, kind)) for kind in (SKOS.Concept, SKOS.ConceptScheme))
    assert not concepts & schemes  # S9
    for one in concepts:  # S14
        assert len(list(found.objects(one, SKOS.prefLabel))) == 1


def test_networkx_opens_the_graphml_with_equal_counts(http, library):
    found = nx.read_graphml(io.BytesIO(http.get("/hierarchy?format=graphml").data))
    assert set(found.edges) == {(parent, child) for child, parent in tree_of(library)}
    assert found.number_of_nodes() == len(library.edges["genres"])
    assert found.edges["rock", "metal"]["similarity"] == 0.8
    assert found.nodes["script-alert-1-script"]["name"] == "<script>alert(1)</script>"


def test_a_table_has_a_row_a_concept_parents_first(http, library):
    rows = list(csv.DictReader(io.StringIO(http.get("/hierarchy?format=csv").text)))
    assert len(rows) == len(library.edges["genres"])
    assert [row["path"] for row in rows if row["id"] == "death-metal"] == ["Rock > metal > death metal"]
    seen = set()
    for row in rows:
        assert not row["parent"] or row["parent"] in seen
        seen.add(row["id"])


def test_parquet_holds_the_same_rows(http):
    pq = pytest.importorskip("pyarrow.parquet")
    table = pq.read_table(io.BytesIO(http.get("/hierarchy?format=parquet").data)).to_pylist()
    rows = list(csv.DictReader(io.StringIO(http.get("/hierarchy?format=csv").text)))
    assert [row["id"] for row in table] == [row["id"] for row in rows]
    assert {row["id"]: row["similarity"] for row in table}["metal"] == 0.8


def test_exports_say_how_sure_an_edge_is(http, graph, library):
    from dataclasses import replace

    sure = [
        replace(edge, margin_error=0.02, support=0.97, direction=0.5) if edge.child == "metal" else edge
        for edge in library.edges["genres"]
    ]
    graph.publish("genres", sure, library.concepts["genres"])
    while http.get("/hierarchy?format=csv").headers["Hierarchy-Version"] != "2":
        pass
    edge = nx.read_graphml(io.BytesIO(http.get("/hierarchy?format=graphml").data)).edges["rock", "metal"]
    assert (edge["margin_error"], edge["support"], edge["direction"]) == (0.02, 0.97, 0.5)
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(http.get("/hierarchy?format=csv").text))}
    assert [rows["metal"][name] for name in ("margin_error", "support", "direction")] == ["0.02", "0.97", "0.5"]
    assert rows["punk"]["margin_error"] == rows["punk"]["support"] == rows["rock"]["direction"] == ""


def test_names_cannot_leave_their_string(http, graph, library):
    from dataclasses import replace

    hostile = '=1+1"\\ <b> \x0b\n> . \u2028 Ω 🎻'
    changed = [replace(one, name=hostile) if one.id == "jazz" else one for one in library.concepts["genres"]]
    graph.publish("genres", library.edges["genres"], changed)
    while http.get("/hierarchy?format=csv").headers["Hierarchy-Version"] != "2":
        pass
    for format_ in ("turtle", "json-ld"):
        labels = {name(a): str(b) for a, b in read_skos(http, format_).subject_objects(SKOS.prefLabel)}
        assert labels["jazz"] == hostile
    nodes = nx.read_graphml(io.BytesIO(http.get("/hierarchy?format=graphml").data)).nodes
    assert nodes["jazz"]["name"].startswith('=1+1"\\ <b> \ufffd')
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(http.get("/hierarchy?format=csv").text, newline=""))}
    assert rows["jazz"]["name"] == "'" + hostile


@pytest.mark.parametrize(("format_", "media_type"), FORMATS.items())
def test_the_format_is_chosen_by_accept_or_by_name(http, format_, media_type):
    named = http.get(f"/hierarchy?format={format_}")
    asked = http.get("/hierarchy", headers={"Accept": media_type})
    assert named.mimetype == asked.mimetype == media_type
    assert named.data == asked.data
    assert "Accept" in named.headers["Vary"]
    assert http.get("/hierarchy").mimetype == "application/json"


def test_an_export_has_an_etag_of_its_own(http):
    first = http.get("/hierarchy?format=csv")
    assert first.headers["ETag"] != http.get("/hierarchy?format=turtle").headers["ETag"]
    again = http.get("/hierarchy?format=csv", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_part_of_the_tree_is_exported_with_its_top_at_the_top(http):
    rows = list(csv.DictReader(io.StringIO(http.get("/hierarchy?format=csv&below=metal").text)))
    assert [(row["id"], row["parent"]) for row in rows] == [("metal", ""), ("death-metal", "metal")]
    rows = list(csv.DictReader(io.StringIO(http.get("/hierarchy?format=csv&below=rock&depth=2").text)))
    assert {row["id"] for row in rows} == {"rock", "metal", "punk"}
    assert http.get("/hierarchy?format=csv&collection=fresh").text.count("\n") == 1
