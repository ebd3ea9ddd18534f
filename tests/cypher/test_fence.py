"""The fence for real: who has lost its step, or was told to stop, writes nothing."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from cypher.errors import JobCancelled, LeaseLost
from cypher.model import NewStep, Progress, Track
from tests.cypher.trees import chain

pytestmark = pytest.mark.stack


def lose(bench, lease):
    """Let somebody else take the step."""
    bench.expire(lease)
    other = bench.graph.ledger.lease(lease.step_id, "other", 60)
    assert other is not None
    return other


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


def test_steps_of_one_job_publish_only_through_the_step_that_holds_the_lease(bench):
    ids = bench.concepts(2)
    job, _ = bench.graph.ledger.request(
        "rebuild", bench.collection, {}, steps=[NewStep("links", 0, "cpu"), NewStep("publish", 1, "cpu")]
    )
    lease = bench.graph.ledger.lease(job.steps[0].id, "test", 60)
    bench.graph.ledger.finish(lease, {})
    with pytest.raises(LeaseLost):
        bench.graph.hierarchy.publish(lease, bench.publication(1, chain(ids)))


def test_a_cancelled_job_publishes_nothing(bench):
    ids = bench.concepts(2)
    lease = bench.lease()
    bench.graph.ledger.cancel(lease.job_id)
    with pytest.raises(JobCancelled):
        bench.graph.hierarchy.publish(lease, bench.publication(1, chain(ids)))
    assert bench.graph.hierarchy.current(bench.collection) is None
