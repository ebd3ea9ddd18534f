"""Cancelling at random moments: the job ends soon, never runs on, and leaves nothing staged."""

import random
import time

import pytest

from tests.jobs.workers import ended, wait_for

pytestmark = pytest.mark.stack

MOMENTS = 6


def cancel_at_random_moments(bench, crew, moments, *, seed=0):
    """(state it ended in, seconds from the request to the end) of each job; what it left behind is asserted."""
    dice = random.Random(seed)
    ledger = bench.graph.ledger
    crew.start()
    for warm in (1000, 1001):  # the first also warms the worker up
        calm = bench.ask(seed=warm)
        bench.deliver(calm)
        calm = ended(bench, calm.id)
        assert calm.state == "succeeded"
    lasts_s = (calm.finished_at - calm.started_at).total_seconds()
    found = []
    for number in range(moments):
        version = bench.graph.hierarchy.current("tiny").version
        job = bench.ask(seed=2000 + number)
        bench.deliver(job)
        time.sleep(dice.uniform(0.0, 0.8 * lasts_s))
        asked = time.monotonic()
        ledger.cancel(job.id)
        done = ended(bench, job.id, 60)
        found.append((done.state, time.monotonic() - asked))
        if done.state == "cancelled":
            wait_for(lambda: bench.staged() == 0, 120)
            results = [step.result for step in ledger.job(job.id).steps]
            time.sleep(0.5)
            after = ledger.job(job.id)
            assert {step.state for step in after.steps} <= {"succeeded", "cancelled"}
            assert [step.result for step in after.steps] == results
            assert bench.graph.hierarchy.current("tiny").version == version
        else:
            assert done.state == "succeeded"
    return found


def test_cancelling_at_random_moments_leaves_nothing(bench, crew):
    found = cancel_at_random_moments(bench, crew, MOMENTS, seed=3)
    assert sum(state == "cancelled" for state, _ in found) >= 2  # else nothing was shown; the others had ended
