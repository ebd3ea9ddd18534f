"""The hierarchy for real: staged unseen, published whole, fenced, swept, read as one version or refused."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

from cypher import staging
from cypher.errors import (
    HierarchyInvalid,
    JobCancelled,
    LeaseLost,
    RebuildActive,
    StagingSuperseded,
    TornRead,
    UnknownCollection,
    UnknownConcept,
    UnknownTrack,
)
from cypher.model import Assessment, Edge, NewStep, Progress, Publication, Quality, Track, hierarchy_sha256
from cypher.staging import Staged

pytestmark = pytest.mark.stack


def chain(ids):
    return dict(zip(ids, [None, *ids], strict=False))


def star(ids):
    return {ids[0]: None, **dict.fromkeys(ids[1:], ids[0])}


def lose(bench, lease):
    """Let somebody else take the step."""
    bench.cypher("MATCH (s:Step {id: $step}) SET s.lease_until = datetime() - duration('PT1S')", step=lease.step_id)
    other = bench.graph.ledger.lease(lease.step_id, "other", 60)
    assert other is not None
    return other


# --- publication -----------------------------------------------------------------------------------------------------


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


def test_ancestors_come_nearest_first_by_id_and_by_name(bench):
    ids = bench.concepts(4)
    bench.publish(chain(ids))
    expected = [(concept, f"Concept {bench.collection} {index}", 3 - index) for index, concept in enumerate(ids[:3])]
    assert bench.graph.hierarchy.ancestors(ids[3]) == expected[::-1]
    assert bench.graph.hierarchy.ancestors(ids[0]) == []
    assert bench.graph.hierarchy.ancestors_of_name(f"Concept {bench.collection} 3") == {ids[3]: expected[::-1]}
    plain = bench.cypher("MATCH (a:Concept)-[:PARENT_OF*]->(:Concept {id: $id}) RETURN a.id AS id", id=ids[3])
    assert {row["id"] for row in plain} == set(ids[:3])


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


def test_a_second_delivery_of_the_same_publication_changes_nothing(bench):
    ids = bench.concepts(3)
    lease = bench.lease()
    publication = bench.publication(1, chain(ids))
    first = bench.graph.hierarchy.publish(lease, publication)
    before = bench.dump()
    assert bench.graph.hierarchy.publish(lease, publication) == first
    assert bench.graph.hierarchy.publish(lose(bench, lease), publication) == first
    assert bench.dump() == before
    assert len(bench.graph.hierarchy.versions(bench.collection)) == 1


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


# --- the fence -------------------------------------------------------------------------------------------------------


def test_a_worker_past_its_lease_writes_nothing(bench):
    ids = bench.concepts(3)
    bench.graph.catalogue.save_tracks([Track(f"{bench.collection}-t", "T")], [])
    old = bench.lease()
    lose(bench, old)
    before = bench.dump()
    one = np.array([0])
    for write in (
        lambda: bench.stage(old, 1, ids, {(0, 1): 0.5}),
        lambda: bench.graph.hierarchy.stage_links(
            old,
            bench.collection,
            1,
            concept_ids=ids,
            track_ids=[f"{bench.collection}-t"],
            concept_index=one,
            track_index=one,
            score=np.array([0.5]),
            rank=one,
        ),
        lambda: bench.graph.hierarchy.publish(old, bench.publication(1, chain(ids))),
        lambda: bench.graph.hierarchy.sweep(bench.collection, old),
    ):
        with pytest.raises(LeaseLost):
            write()
    assert bench.dump() == before
    assert bench.graph.hierarchy.current(bench.collection) is None


def test_a_lease_that_ran_out_writes_nothing_even_if_nobody_took_the_step(bench):
    ids = bench.concepts(2)
    lease = bench.lease(lease_s=0.05)
    time.sleep(0.1)
    with pytest.raises(LeaseLost):
        bench.stage(lease, 1, ids, {(0, 1): 0.5})
    assert bench.cypher("MATCH (:Concept {id: $id})-[r:SIMILAR_TO]->() RETURN r", id=ids[0]) == []


@pytest.mark.parametrize("act", ["stage", "publish", "heartbeat", "finish"])
def test_a_write_that_waits_for_the_lock_looks_at_the_fence_only_then(bench, act):
    ids = bench.concepts(3)
    lease = bench.lease()
    acts = {
        "stage": lambda: bench.stage(lease, 1, ids, {(0, 1): 0.5}),
        "publish": lambda: bench.graph.hierarchy.publish(lease, bench.publication(1, chain(ids))),
        "heartbeat": lambda: bench.graph.ledger.heartbeat(lease, Progress(7, 10), 60),
        "finish": lambda: bench.graph.ledger.finish(lease, {}),
    }
    with bench.graph.driver.session() as session, ThreadPoolExecutor(1) as pool:
        rival = session.begin_transaction()
        rival.run("MATCH (s:Step {id: $step}) SET s.fence = s.fence + 1", step=lease.step_id).consume()
        late = pool.submit(acts[act])
        time.sleep(0.5)
        assert not late.done(), "it waits for the lock"
        rival.commit()
        with pytest.raises(LeaseLost):
            late.result(timeout=20)
    assert bench.cypher("MATCH (:Concept {id: $id})-[r:SIMILAR_TO|PARENT_OF]-() RETURN r", id=ids[0]) == []
    assert bench.graph.ledger.step(lease.step_id).progress.done == 0


def test_a_cancelled_job_publishes_nothing(bench):
    ids = bench.concepts(2)
    lease = bench.lease()
    bench.graph.ledger.cancel(lease.job_id)
    with pytest.raises(JobCancelled):
        bench.graph.hierarchy.publish(lease, bench.publication(1, chain(ids)))
    assert bench.graph.hierarchy.current(bench.collection) is None


# --- staging and sweeping --------------------------------------------------------------------------------------------


def neighbours(bench, concept, version=None):
    found = bench.graph.hierarchy.neighbours(concept, limit=100, version=version)
    return {(one.id, one.outgoing, one.incoming) for one in found}


def test_readers_see_a_staged_version_only_once_it_is_published(bench):
    ids = bench.concepts(3)
    lease = bench.lease()
    bench.stage(lease, 1, ids, {(0, 1): 0.6, (1, 0): 0.7, (0, 2): 0.8})
    assert neighbours(bench, ids[0]) == set()
    bench.graph.hierarchy.publish(lease, bench.publication(1, chain(ids)))
    assert [one.id for one in bench.graph.hierarchy.neighbours(ids[0])] == [ids[2], ids[1]]
    assert neighbours(bench, ids[0]) == {(ids[1], 0.6, 0.7), (ids[2], 0.8, None)}
    bench.graph.ledger.finish(lease, {})
    lease = bench.lease()
    changed = bench.stage(lease, 2, ids[:2], {(0, 1): 0.6, (1, 0): 0.9})
    assert changed == Staged(written=1, closed=2, kept=1), "one closed, one changed: closed and new; the third stays"
    assert neighbours(bench, ids[0]) == {(ids[1], 0.6, 0.7), (ids[2], 0.8, None)}
    bench.graph.hierarchy.publish(lease, bench.publication(2, chain(ids[:2])))
    assert neighbours(bench, ids[0]) == {(ids[1], 0.6, 0.9)}
    assert neighbours(bench, ids[0], version=1) == {(ids[1], 0.6, 0.7), (ids[2], 0.8, None)}
    assert bench.graph.hierarchy.sweep(bench.collection, lease) == 0, "version 1 shows what was closed"


def test_a_similarity_carries_its_standard_error_and_an_unknown_one_is_absent(bench):
    ids = bench.concepts(2)
    lease = bench.lease()
    for _ in range(2):
        staged = bench.graph.hierarchy.stage_similarities(
            lease,
            bench.collection,
            1,
            concept_ids=ids,
            source=np.array([0, 1]),
            target=np.array([1, 0]),
            weight=np.array([0.6, 0.7]),
            standard_error=np.array([0.05, np.nan]),
        )
    assert staged == Staged(written=0, closed=0, kept=2), "the second time"
    bench.graph.hierarchy.publish(lease, bench.publication(1, chain(ids)))
    [found] = bench.graph.hierarchy.neighbours(ids[0])
    assert (found.outgoing, found.outgoing_error, found.incoming, found.incoming_error) == (0.6, 0.05, 0.7, None)


def test_staging_twice_writes_nothing_the_second_time(bench):
    ids = bench.concepts(20)
    rng = np.random.default_rng(1)
    edges = {(int(a), int(b)): float(rng.random()) for a, b in rng.integers(0, 20, (60, 2)) if a != b}
    lease = bench.lease()
    assert bench.stage(lease, 1, ids, edges) == Staged(written=len(edges))
    before = bench.dump()
    assert bench.stage(lease, 1, ids, edges) == Staged(kept=len(edges))
    assert bench.dump() == before


def test_a_half_staged_version_is_swept_away_without_a_trace(bench, monkeypatch):
    monkeypatch.setattr(staging, "BATCH_CONCEPTS", 2)
    ids = bench.concepts(8)
    lease = bench.lease()
    bench.stage(lease, 1, ids, {(a, b): 0.5 for a in range(8) for b in range(8) if a < b})
    bench.graph.hierarchy.publish(lease, bench.publication(1, chain(ids)))
    bench.graph.ledger.finish(lease, {})
    before = bench.dump()
    lease = bench.lease()

    def stop(done, total):
        assert 0 <= done <= total
        if done > 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.graph.hierarchy.stage_similarities(
            lease,
            bench.collection,
            2,
            concept_ids=ids,
            source=np.arange(7),
            target=np.arange(1, 8),
            weight=np.full(7, 0.75),
            advance=stop,
        )
    assert bench.dump() != before
    with pytest.raises(RebuildActive):
        bench.graph.hierarchy.sweep(bench.collection)
    bench.graph.ledger.fail(lease, "test", "it stops here")
    assert bench.graph.hierarchy.sweep(bench.collection) > 0
    assert bench.dump() == before
    assert bench.graph.hierarchy.current(bench.collection).version == 1


def test_another_attempt_goes_on_from_a_half_staged_version_without_a_sweep(bench, monkeypatch):
    monkeypatch.setattr(staging, "BATCH_CONCEPTS", 2)
    ids = bench.concepts(6)
    first, second = {(0, 1): 0.5, (2, 3): 0.5, (4, 5): 0.5}, {(0, 1): 0.6, (2, 4): 0.5}
    bench.publish(chain(ids))
    lease = bench.lease()
    bench.stage(lease, 2, ids, first)
    bench.graph.ledger.fail(lease, "test", "it stops here")
    lease = bench.lease()
    bench.stage(lease, 2, ids, second)
    bench.graph.hierarchy.publish(lease, bench.publication(2, chain(ids)))
    bench.graph.hierarchy.sweep(bench.collection, lease)
    found = bench.cypher(
        "MATCH (a)-[r:SIMILAR_TO]->(b) WHERE a.id IN $ids RETURN a.id AS a, b.id AS b, r.weight AS w, r.until AS u",
        ids=ids,
    )
    assert {(row["a"], row["b"]): row["w"] for row in found} == {
        (ids[a], ids[b]): weight for (a, b), weight in second.items()
    }


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


# --- reading one version ---------------------------------------------------------------------------------------------


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


def test_steps_of_one_job_publish_only_through_the_step_that_holds_the_lease(bench):
    ids = bench.concepts(2)
    job, _ = bench.graph.ledger.request(
        "rebuild", bench.collection, {}, steps=[NewStep("links", 0, "cpu"), NewStep("publish", 1, "cpu")]
    )
    lease = bench.graph.ledger.lease(job.steps[0].id, "test", 60)
    bench.graph.ledger.finish(lease, {})
    with pytest.raises(LeaseLost):
        bench.graph.hierarchy.publish(lease, bench.publication(1, chain(ids)))
