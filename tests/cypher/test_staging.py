"""Staging for real: unseen until it is published, done once, and swept away when it comes to nothing."""

from __future__ import annotations

import numpy as np
import pytest

from cypher import staging
from cypher.errors import RebuildActive
from cypher.staging import Staged
from tests.cypher.trees import chain

pytestmark = pytest.mark.stack


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
