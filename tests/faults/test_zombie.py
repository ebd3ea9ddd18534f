"""A worker that was stopped past its lease and woken again writes nothing."""

import os
import signal

import pytest

from tests.faults.harness import everything, running
from tests.jobs.workers import ended, wait_for

pytestmark = pytest.mark.stack


def test_a_worker_stopped_past_its_lease_and_woken_writes_0_rows(bench, crew):
    first = crew.start()
    job = bench.ask(random_sets=5_000)
    bench.deliver(job)
    step = wait_for(lambda: running(bench, job.id, ["similarity"]), 60)
    zombies = [*first.children(), first.process.pid]
    for pid in zombies:
        os.kill(pid, signal.SIGSTOP)
    second = crew.start()
    done = ended(bench, job.id, 120)
    assert done.state == "succeeded"
    assert next(one for one in done.steps if one.id == step.id).attempts == 2
    second.stop()
    before = everything(bench)
    for pid in zombies:
        os.kill(pid, signal.SIGCONT)
    wait_for(lambda: b"is over; stop this work" in first.log.read_bytes(), 60)
    first.stop()
    assert everything(bench) == before
