"""The fence: how a write proves that its worker still holds the step.

Conventions: the lock is taken first, by a SET, and only then are fence and lease looked at, in the same transaction;
the lock is held until it commits. A query that compares first and writes then waits for the lock in between, and writes
although the fence has moved. Locks are taken in the order job, step, collection.
"""

from __future__ import annotations

from cypher.errors import LeaseLost, UnknownJob, UnknownStep
from cypher.loader import load_query
from cypher.model import Lease
from cypher.runner import Row, Transaction


def lock_job(tx: Transaction, job_id: str) -> Row:
    """Lock the job; what it is then: id, kind, collection, state.

    Raises:
        UnknownJob: there is none of that id.
    """
    rows = tx.run(load_query("lock_job"), job=job_id)
    if not rows:
        raise UnknownJob(job_id)
    return rows[0]


def lock_job_of(tx: Transaction, step_id: str) -> Row:
    """Lock the job of a step; what it is then: id, kind, collection, state.

    Raises:
        UnknownStep: there is none of that id.
    """
    rows = tx.run(load_query("lock_job_of_step"), step=step_id)
    if not rows:
        raise UnknownStep(step_id)
    return rows[0]


def lock_step(tx: Transaction, step_id: str) -> Row:
    """Lock the step; what it is then: state, stage, fence, deaths, advanced, live, early, job_state.

    Raises:
        UnknownStep: there is none of that id.
    """
    rows = tx.run(load_query("lock_step"), step=step_id)
    if not rows:
        raise UnknownStep(step_id)
    return rows[0]


def hold(tx: Transaction, lease: Lease) -> Row:
    """Lock the leased step, and refuse when the lease is over: the fence moved, the step ended, or time ran out.

    Returns:
        What `lock_step` returns.

    Raises:
        LeaseLost: the transaction must write nothing.
    """
    step = _own(tx, lease)
    if not step["live"]:
        raise LeaseLost(lease.step_id, lease.fence)
    return step


def hold_late(tx: Transaction, lease: Lease) -> Row:
    """The same for a heartbeat, which may also renew a lease that ran out when nobody has taken the step since.

    Raises:
        LeaseLost: the transaction must write nothing.
    """
    return _own(tx, lease)


def _own(tx: Transaction, lease: Lease) -> Row:
    try:
        step = lock_step(tx, lease.step_id)
    except UnknownStep:
        raise LeaseLost(lease.step_id, lease.fence) from None
    if step["state"] != "running" or step["fence"] != lease.fence:
        raise LeaseLost(lease.step_id, lease.fence)
    return step
