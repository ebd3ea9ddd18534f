"""Real Celery workers on real queues: a job runs through, a killed worker's step is done by another."""

import os
import signal

import pytest
import redis

pytestmark = pytest.mark.stack


def test_a_job_runs_through_two_queues_and_publishes(tiny, start_worker, ended):
    start_worker("gpu")
    start_worker("cpu")
    job = tiny.ask()
    tiny.deliver(job)
    done = ended(job.id)
    assert (done.state, done.error_message) == ("succeeded", "")
    assert done.result_version == 1
    assert all(step.attempts == 1 for step in done.steps)
    assert tiny.tree()


def test_a_job_that_nobody_rang_for_is_found_by_the_reaper(bench, start_worker, ended):
    """The message was lost with Redis: the ledger has the step, and the reaper rings."""
    bench.fill({"violin": []}, ["a"])
    job = bench.ask()
    start_worker("cpu,gpu")
    failed = ended(job.id)
    assert (failed.state, failed.error_code) == ("failed", "empty_collection")


def test_a_message_twice_runs_the_step_once(tiny, start_worker, ended, clean_graph):
    job = tiny.ask()
    for _ in range(3):
        tiny.deliver(job)
    start_worker("cpu,gpu")
    done = ended(job.id)
    assert done.state == "succeeded"
    assert all(step.attempts == 1 for step in done.steps)
    with redis.Redis.from_url(clean_graph.redis_url.get_secret_value()) as broker:
        assert (broker.llen("cpu"), broker.llen("gpu")) == (0, 0)


@pytest.mark.parametrize("whole", [False, True], ids=["its child", "all of it"])
def test_the_step_of_a_worker_that_was_killed_is_done_by_another(tiny, start_worker, ended, wait_for, whole):
    """kill -9 in the middle of a long step: the lease runs out, the reaper rings, the job ends as if calm."""
    ledger = tiny.graph.ledger
    # 20,000 random sets take long enough to be hit in their middle.
    job = tiny.ask(random_sets=20_000)
    victim = start_worker("cpu,gpu")
    tiny.deliver(job)

    def in_the_middle():
        return next((s for s in ledger.job(job.id).steps if s.name == "similarity" and s.state == "running"), None)

    step = wait_for(in_the_middle, 90)
    if whole:
        victim.kill_all()
        start_worker("cpu,gpu")
    else:
        for child in victim.children():
            os.kill(child, signal.SIGKILL)
    done = ended(job.id, 200)
    assert (done.state, done.error_message) == ("succeeded", "")
    attempts = {one.name: one.attempts for one in done.steps}
    assert attempts[step.name] == 2
    assert sum(attempts.values()) == len(attempts) + 1
    calm = tiny.rebuild(random_sets=20_000)
    assert tiny.result(calm, "publish")["unchanged"] is True


def test_a_job_is_cancelled_while_a_real_worker_is_at_it(tiny, start_worker, ended, wait_for):
    ledger = tiny.graph.ledger
    job = tiny.ask(random_sets=100_000)
    start_worker("cpu,gpu")
    tiny.deliver(job)
    wait_for(lambda: any(s.name == "similarity" and s.state == "running" for s in ledger.job(job.id).steps), 90)
    ledger.cancel(job.id)
    assert ended(job.id, 30).state == "cancelled"
    assert tiny.staged() == 0
    assert tiny.tree() is None


def test_a_worker_that_is_told_to_stop_gives_its_step_back(tiny, start_worker, ended, wait_for):
    """A warm shutdown in the middle of a step: the next worker goes on at once, nobody waits for a lease to run out."""
    tiny.settings = tiny.settings.model_copy(update={"lease_s": 600.0})
    ledger = tiny.graph.ledger
    job = tiny.ask(random_sets=20_000)
    first = start_worker("cpu,gpu")
    tiny.deliver(job)
    wait_for(lambda: any(s.name == "similarity" and s.state == "running" for s in ledger.job(job.id).steps), 90)
    first.process.terminate()
    first.process.wait(30)
    assert next(step for step in ledger.job(job.id).steps if step.name == "similarity").state == "queued"
    start_worker("cpu,gpu")
    done = ended(job.id)
    assert (done.state, done.error_message) == ("succeeded", "")
    assert max(step.deaths for step in done.steps) == 0
