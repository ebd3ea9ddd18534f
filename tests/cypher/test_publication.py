"""Publication for real: whole, once, only what changed, and nothing that is no hierarchy."""

from __future__ import annotations

from itertools import pairwise

import pytest

from cypher.errors import HierarchyInvalid, StagingSuperseded, UnknownConcept
from cypher.model import Assessment, Edge, Publication, Quality, hierarchy_sha256
from tests.cypher.trees import chain, star

pytestmark = pytest.mark.stack


def test_what_is_published_is_read_back_with_what_was_measured(bench):
    ids = bench.concepts(5)
    lease = bench.lease()
    quality = Quality(0.9, 0.8, 0.95, 0.85, 0.7, 0.01)
    kept = tuple(Assessment(concept, "kept", "", 3, quality, 0.25, depth) for depth, concept in enumerate(ids[:4], 1))
    out = Assessment(ids[4], "left_out", "too_few: 2 tracks")
    edges = (Edge(ids[0], None), *(Edge(child, parent, 0.5, 0.1) for parent, child in pairwise(ids[:4])))
    publication = Publication(bench.collection, 1, edges, (*kept, out), {"seed": 1}, "print", {"depth": 4.0})
    published = bench.graph.hierarchy.publish(lease, publication)
    hierarchy, concepts, found = bench.graph.hierarchy.tree(bench.collection)
    assert hierarchy == published == bench.graph.hierarchy.current(bench.collection)
    assert (hierarchy.edges, hierarchy.parameters, hierarchy.measures) == (3, {"seed": 1}, {"depth": 4.0})
    assert hierarchy.sha256 == hierarchy_sha256((edge.child, edge.parent) for edge in edges)
    assert sorted(found, key=lambda edge: edge.child) == sorted(edges, key=lambda edge: edge.child)
    by_id = {concept.id: concept for concept in concepts}
    assert [by_id[concept].depth for concept in ids] == [1, 2, 3, 4, None]
    assert by_id[ids[0]].quality == quality
    assert (by_id[ids[4]].status, by_id[ids[4]].reason) == ("left_out", "too_few: 2 tracks")
    assert bench.graph.catalogue.collection(bench.collection).version == 1
    assert bench.graph.ledger.job(lease.job_id).result_version == 1


def test_publishing_the_same_tree_again_touches_no_edge(bench):
    ids = bench.concepts(6)
    edges = (
        "MATCH (p)-[r:PARENT_OF]->(c)-[:IN]->(:Collection {id: $collection}) "
        "RETURN elementId(r) AS id, r.since AS since"
    )
    bench.publish(chain(ids))
    before = bench.cypher(edges)
    bench.publish(chain(ids))
    assert sorted(map(str, bench.cypher(edges))) == sorted(map(str, before))
    assert [hierarchy.version for hierarchy in bench.graph.hierarchy.versions(bench.collection)] == [2, 1]


def test_only_moved_edges_end_and_their_time_is_kept(bench):
    ids = bench.concepts(4)
    bench.publish(chain(ids))
    bench.publish({**chain(ids), ids[3]: ids[0]})
    bench.publish({**chain(ids), ids[3]: None})
    history = bench.cypher(
        "MATCH (p)-[r:WAS_PARENT_OF]->(c)-[:IN]->(:Collection {id: $collection}) "
        "RETURN p.id AS parent, c.id AS child, r.since AS since, r.until AS until ORDER BY since"
    )
    assert [tuple(row.values()) for row in history] == [(ids[2], ids[3], 1, 2), (ids[0], ids[3], 2, 3)]
    current = bench.cypher(
        "MATCH (p)-[r:PARENT_OF]->(c)-[:IN]->(:Collection {id: $collection}) RETURN c.id AS child, r.since AS since"
    )
    assert {(row["child"], row["since"]) for row in current} == {(ids[1], 1), (ids[2], 1)}
    assessed = bench.cypher(
        "MATCH (:Concept {id: $id})-[a:ASSESSED]->(h) RETURN h.version AS v, a.parents[0] AS p", id=ids[3]
    )
    assert sorted((row["v"], row["p"]) for row in assessed if row["p"]) == [(1, ids[2]), (2, ids[0])]


def test_a_staging_that_is_not_above_the_current_one_is_refused(bench):
    ids = bench.concepts(3)
    bench.publish(chain(ids))
    lease = bench.lease()
    for number in (0, 1):
        with pytest.raises(StagingSuperseded):
            bench.graph.hierarchy.publish(lease, bench.publication(number, star(ids)))
        with pytest.raises(StagingSuperseded):
            bench.stage(lease, number, ids, {(0, 1): 0.5})
    assert bench.graph.hierarchy.ancestors(ids[2]) != []


@pytest.mark.parametrize(
    ("edges", "complaint"),
    [
        ([(0, None), (1, 2), (2, 1)], "cycle"),
        ([(0, 0)], "cycle"),
        ([(0, None), (1, 0), (1, 0)], "twice"),
        ([(0, None), (1, 3)], "not assessed as kept"),
    ],
)
def test_what_is_no_hierarchy_is_refused(bench, edges, complaint):
    ids = bench.concepts(4)
    lease = bench.lease()
    drawn = tuple(Edge(ids[child], None if parent is None else ids[parent]) for child, parent in edges)
    assessments = (*(Assessment(concept, "kept") for concept in ids[:3]), Assessment(ids[3], "left_out"))
    with pytest.raises(HierarchyInvalid, match=complaint):
        bench.graph.hierarchy.publish(lease, Publication(bench.collection, 1, drawn, assessments, {}, "print"))
    assert bench.graph.hierarchy.current(bench.collection) is None


def test_a_concept_of_another_collection_is_refused_and_nothing_is_written(new_bench):
    bench, other = new_bench(), new_bench()
    ids, foreign = bench.concepts(2), other.concepts(1)
    with pytest.raises(HierarchyInvalid, match=foreign[0]):
        bench.graph.hierarchy.publish(bench.lease(), bench.publication(1, chain([*ids, *foreign])))
    assert bench.graph.hierarchy.current(bench.collection) is None
    assert other.graph.catalogue.concept(foreign[0]).status == "waiting"


def test_a_tree_with_several_parents_is_read_back(bench):
    ids = bench.concepts(3)
    edges = (
        Edge(ids[0], None),
        Edge(ids[1], None),
        Edge(ids[2], ids[0], 0.5),
        Edge(ids[2], ids[1], 0.4),
        Edge(ids[2], None),
    )
    kept = tuple(Assessment(concept, "kept") for concept in ids)
    bench.graph.hierarchy.publish(bench.lease(), Publication(bench.collection, 1, edges, kept, {}, "print"))
    assert set(bench.graph.hierarchy.tree(bench.collection)[2]) == set(edges)


def test_a_concept_a_version_does_not_speak_of_waits_again(bench):
    ids = bench.concepts(3)
    bench.publish(chain(ids))
    bench.publish(chain(ids[:2]))
    concept = bench.graph.catalogue.concept(ids[2])
    assert (concept.status, concept.depth, concept.betweenness) == ("waiting", None, None)
    assert len(bench.graph.hierarchy.tree(bench.collection)[2]) == 2


def test_rebuilding_one_collection_leaves_the_other_alone(new_bench):
    bench, other = new_bench(), new_bench()
    ids, foreign = bench.concepts(4, "Same"), other.concepts(4, "Same")
    for one, concepts in ((bench, ids), (other, foreign)):
        lease = one.lease()
        one.stage(lease, 1, concepts, {(0, 1): 0.5, (1, 2): 0.5})
        one.graph.hierarchy.publish(lease, one.publication(1, chain(concepts)))
        one.graph.ledger.finish(lease, {})
    before, tree = other.dump(), other.graph.hierarchy.tree(other.collection)
    lease = bench.lease()
    bench.stage(lease, 2, ids, {(3, 0): 0.9})
    bench.graph.hierarchy.publish(lease, bench.publication(2, star(ids)))
    bench.graph.hierarchy.sweep(bench.collection, lease)
    assert other.dump() == before
    assert other.graph.hierarchy.tree(other.collection) == tree
    with pytest.raises(UnknownConcept):
        bench.stage(lease, 3, [*ids, foreign[0]], {(0, 4): 0.5})
    with pytest.raises(StagingSuperseded):
        other.graph.hierarchy.publish(lease, other.publication(2, chain(foreign)))
