"""Reading the hierarchy for real: ancestors, neighbours and links; one version whole, or refused."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from cypher.errors import TornRead, UnknownCollection, UnknownConcept, UnknownTrack
from cypher.model import Track, hierarchy_sha256
from tests.cypher.trees import chain, star

pytestmark = pytest.mark.stack


def test_ancestors_come_nearest_first_by_id_and_by_name(bench):
    ids = bench.concepts(4)
    bench.publish(chain(ids))
    expected = [(concept, f"Concept {bench.collection} {index}", 3 - index) for index, concept in enumerate(ids[:3])]
    assert bench.graph.hierarchy.ancestors(ids[3]) == expected[::-1]
    assert bench.graph.hierarchy.ancestors(ids[0]) == []
    assert bench.graph.hierarchy.ancestors_of_name(f"Concept {bench.collection} 3") == {ids[3]: expected[::-1]}
    plain = bench.cypher("MATCH (a:Concept)-[:PARENT_OF*]->(:Concept {id: $id}) RETURN a.id AS id", id=ids[3])
    assert {row["id"] for row in plain} == set(ids[:3])


def test_links_are_paged_by_score_and_seen_from_both_ends(bench):
    ids = bench.concepts(2)
    tracks = [Track(f"{bench.collection}-{index:03d}", f"T{index}") for index in range(30)]
    bench.graph.catalogue.save_tracks(tracks, [])
    score = np.round(np.random.default_rng(2).integers(0, 6, 30) / 10, 3)
    lease = bench.lease()
    for _ in range(2):
        bench.graph.hierarchy.stage_links(
            lease,
            bench.collection,
            1,
            concept_ids=ids,
            track_ids=[track.id for track in tracks],
            concept_index=np.zeros(30, dtype=int),
            track_index=np.arange(30),
            score=score.astype(np.float32),
            rank=np.ones(30, dtype=np.int8),
        )
    assert bench.graph.hierarchy.tracks_of(ids[0]) == []
    bench.graph.hierarchy.publish(lease, bench.publication(1, chain(ids)))
    found, after = [], None
    while page := bench.graph.hierarchy.tracks_of(ids[0], after=after, limit=7):
        found += page
        after = (page[-1].score, page[-1].track.id)
    expected = sorted(zip(-score.astype(np.float32).astype(float), [track.id for track in tracks], strict=True))
    assert [(-link.score, link.track.id) for link in found] == expected
    assert bench.graph.hierarchy.tracks_of(ids[1]) == []
    (link,) = bench.graph.hierarchy.concepts_of(tracks[0].id)
    assert (link.id, link.collection, link.rank, link.is_example) == (ids[0], bench.collection, 1, False)


def test_what_is_unknown_or_no_array_of_its_kind_is_refused(bench):
    hierarchy, ids = bench.graph.hierarchy, bench.concepts(2)
    lease = bench.lease()
    for ask in (hierarchy.neighbours, hierarchy.tracks_of, hierarchy.ancestors):
        with pytest.raises(UnknownConcept, match="'nobody'"):
            ask("nobody")
    with pytest.raises(UnknownTrack):
        hierarchy.concepts_of("nothing")
    for ask in (hierarchy.current, hierarchy.versions, hierarchy.tree, hierarchy.sweep):
        with pytest.raises(UnknownCollection, match="'nowhere'"):
            ask("nowhere")
    with pytest.raises(UnknownConcept, match="'nobody'"):
        bench.stage(lease, 1, [*ids, "nobody"], {(0, 1): 0.5})
    with pytest.raises(ValueError, match="indices"):
        bench.stage(lease, 1, ids, {(0, 2): 0.5})
    one = np.array([0])
    with pytest.raises(UnknownTrack, match="'nothing'"):
        hierarchy.stage_links(
            lease,
            bench.collection,
            1,
            concept_ids=ids,
            track_ids=["nothing"],
            concept_index=one,
            track_index=one,
            score=np.array([0.5]),
            rank=one,
        )
    assert hierarchy.tree(bench.collection) is None


@pytest.mark.parametrize(
    "edit",
    [
        "MATCH (:Concept {id: $last})-[a:ASSESSED]->() DELETE a",
        "MATCH (b:Concept {id: $last})-[a:ASSESSED]->() SET a.parents = [$first]",
        "MATCH (b:Concept {id: $last})-[a:ASSESSED]->() SET a.parents = a.parents + [$first], a.similarities = null",
        "MATCH (b:Concept {id: $last})-[a:ASSESSED]->() SET a.parents = null",
        "MATCH (b:Concept {id: $last})-[a:ASSESSED]->() SET a.similarities = [0.1, 0.2]",
    ],
)
def test_a_record_that_does_not_add_up_is_refused_until_another_version_is_published(bench, edit):
    ids = bench.concepts(4)
    bench.publish(chain(ids))
    bench.cypher(edit, first=ids[0], last=ids[3])
    with pytest.raises(TornRead, match=bench.collection):
        bench.graph.hierarchy.tree(bench.collection)
    bench.publish(chain(ids))
    assert len(bench.graph.hierarchy.tree(bench.collection)[2]) == 4


def test_no_reader_gets_two_versions_mixed_while_trees_are_published_alternately(bench):
    ids = bench.concepts(40)
    trees = [chain(ids), star(ids)]
    bench.publish(trees[1])
    expected = {hierarchy_sha256(tree.items()) for tree in trees}
    stop, answers, torn = threading.Event(), [], []

    def read():
        while not stop.is_set():
            try:
                hierarchy, _, edges = bench.graph.hierarchy.tree(bench.collection)
            except TornRead:
                torn.append(1)
                continue
            pairs = {(edge.child, edge.parent) for edge in edges}
            answers.append(
                (
                    hierarchy.version,
                    hierarchy_sha256(pairs) in expected,
                    pairs == set(trees[hierarchy.version % 2].items()),
                )
            )

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        for turn in range(6):
            bench.publish(trees[turn % 2])
        stop.set()
        for reader in readers:
            reader.result(timeout=30)
    assert len(answers) > 6
    assert all(known and whole for _, known, whole in answers)
