"""The ledger for real: one job, one holder, nothing lost, nothing done twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from cypher.errors import (
    IdempotencyKeyReused,
    JobCancelled,
    JobStateConflict,
    LeaseLost,
    RebuildActive,
    UnknownCollection,
    UnknownJob,
    UnknownStep,
)
from cypher.model import Lease, NewStep, Progress

pytestmark = pytest.mark.stack

SHARDS = [
    NewStep("scan", 0, "cpu"),
    *(NewStep("listen", 1, "gpu", shard) for shard in range(3)),
    NewStep("end", 2, "cpu"),
]


@pytest.fixture
def ledger(bench):
    return bench.graph.ledger


def take(ledger, step, lease_s=60.0, worker="test") -> Lease:
    lease = ledger.lease(step.id, worker, lease_s)
    assert lease is not None
    return lease


def names(steps):
    return [(step.name, step.shard) for step in steps]


def test_of_24_simultaneous_requests_one_makes_a_job_and_the_others_name_it(bench, ledger):
    def request(_):
        try:
            return ledger.request("rebuild", bench.collection, {})[0].id
        except RebuildActive as error:
            return error.job_id

    with ThreadPoolExecutor(24) as pool:
        assert len(set(pool.map(request, range(24)))) == 1
    assert len(ledger.jobs(bench.collection)) == 1


@pytest.mark.parametrize("round_", range(5))  # a driver that mixes up its connections does so in a few rounds of many
def test_the_same_idempotency_key_gives_the_same_job_24_times(bench, ledger, round_):
    def request(_):
        return ledger.request("rebuild", bench.collection, {"seed": round_}, idempotency_key=bench.collection)

    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(request, range(24)))
    assert len({job.id for job, _ in answers}) == 1
    assert sum(is_new for _, is_new in answers) == 1


def test_a_key_that_asks_for_something_else_is_refused_and_names_its_job(bench, ledger):
    job, _ = ledger.request("rebuild", bench.collection, {"seed": 1}, idempotency_key=bench.collection)
    with pytest.raises(IdempotencyKeyReused, match=job.id):
        ledger.request("rebuild", bench.collection, {"seed": 2}, idempotency_key=bench.collection)


def test_a_job_of_an_unknown_collection_is_refused(ledger):
    with pytest.raises(UnknownCollection, match="'nowhere'"):
        ledger.request("rebuild", "nowhere", {})


def test_what_is_unknown_is_named(ledger):
    for ask in (ledger.job, ledger.cancel, ledger.retry):
        with pytest.raises(UnknownJob, match="'nothing'"):
            ask("nothing")
    with pytest.raises(UnknownStep, match="'nothing'"):
        ledger.lease("nothing", "test", 1)
    with pytest.raises(UnknownStep):
        ledger.step("nothing")


def test_a_job_comes_back_as_it_was_asked_for(bench, ledger):
    parameters = {"seed": 3, "name": "<script>", "deep": {"list": [1, 2.5, None]}}
    job, is_new = ledger.request("rebuild", bench.collection, parameters, steps=SHARDS)
    assert is_new
    assert ledger.job(job.id) == job
    assert (job.parameters, job.state, job.kind, job.collection) == (parameters, "queued", "rebuild", bench.collection)
    assert [(step.name, step.shard, step.state) for step in job.steps] == [
        (step.name, step.shard, "queued") for step in SHARDS
    ]


def test_planning_the_same_steps_twice_adds_nothing(bench, ledger):
    job, _ = ledger.request("rebuild", bench.collection, {}, steps=SHARDS[:1])
    first = ledger.plan(job.id, SHARDS)
    assert ledger.plan(job.id, SHARDS) == first
    assert len(first) == len(SHARDS)


def test_jobs_are_paged_newest_first_and_filtered(bench, ledger):
    made = [ledger.request("other", bench.collection, {"number": number})[0].id for number in range(5)]
    ledger.cancel(made[1])
    assert [job.id for job in ledger.jobs(bench.collection)] == made[::-1]
    page = ledger.jobs(bench.collection, limit=2)
    assert [job.id for job in ledger.jobs(bench.collection, limit=2, before=page[-1].id)] == [made[2], made[1]]
    assert [job.id for job in ledger.jobs(bench.collection, state="cancelled")] == [made[1]]
    with pytest.raises(UnknownJob):
        ledger.jobs(before="nothing")


def test_stages_wait_for_one_another_and_shards_do_not(bench, ledger):
    job, _ = ledger.request("rebuild", bench.collection, {}, steps=SHARDS)
    scan, *listens, end = job.steps
    assert names(ledger.due_steps(job.id)) == [("scan", 0)]
    assert ledger.lease(listens[0].id, "eager", 60) is None
    assert names(ledger.finish(take(ledger, scan), {"tracks": 3})) == [("listen", shard) for shard in range(3)]
    leases = [take(ledger, step) for step in listens]
    assert ledger.due_steps(job.id) == []
    assert ledger.finish(leases[2], {}) == []
    assert ledger.finish(leases[0], {}) == []
    assert names(ledger.finish(leases[1], {})) == [("end", 0)]
    assert ledger.finish(take(ledger, end), {"version": 7}) == []
    done = ledger.job(job.id)
    assert (done.state, done.result_version, done.finished_at is not None) == ("succeeded", 7, True)
    assert done.steps[0].result == {"tracks": 3}
    assert ledger.request("rebuild", bench.collection, {})[1], "the collection is free again"


def test_shards_that_finish_at_the_same_moment_ring_the_next_stage_once(bench, ledger):
    shards = [NewStep("listen", 0, "gpu", shard) for shard in range(12)]
    job, _ = ledger.request("rebuild", bench.collection, {}, steps=[*shards, NewStep("end", 1, "cpu")])
    leases = [take(ledger, step) for step in job.steps[:12]]
    with ThreadPoolExecutor(12) as pool:
        rung = [step for due in pool.map(lambda lease: ledger.finish(lease, {}), leases) for step in due]
    assert names(rung) == [("end", 0)]


def test_a_step_may_plan_what_follows_from_it(bench, ledger):
    job, _ = ledger.request("rebuild", bench.collection, {}, steps=[SHARDS[0], SHARDS[-1]])
    due = ledger.finish(take(ledger, job.steps[0]), {}, then=SHARDS[1:4])
    assert names(due) == [("listen", shard) for shard in range(3)]
    assert names(ledger.due_steps(job.id)) == names(due)


def test_of_24_workers_one_gets_the_step(bench, ledger):
    job, _ = ledger.request("rebuild", bench.collection, {}, steps=SHARDS)
    with ThreadPoolExecutor(24) as pool:
        leases = list(pool.map(lambda n: ledger.lease(job.steps[0].id, f"worker-{n}", 60), range(24)))
    (lease,) = [lease for lease in leases if lease is not None]
    assert (lease.fence, ledger.job(job.id).state, ledger.step(lease.step_id).attempts) == (1, "running", 1)


def test_progress_is_kept_and_the_lease_gets_longer(bench, ledger):
    lease = bench.lease()
    longer = ledger.heartbeat(lease, Progress(3, 10, "tracks"), 600)
    assert longer.until > lease.until
    assert ledger.step(lease.step_id).progress == Progress(3, 10, "tracks")


def test_a_job_keeps_its_author_its_estimate_and_when_each_attempt_began(bench, ledger):
    steps = [NewStep("scan", 1, "cpu"), NewStep("vectors", 2, "cpu")]
    job, _ = ledger.request("rebuild", bench.collection, {}, steps=steps, author="zoë")
    ledger.finish(take(ledger, job.steps[0]), {"expected": {"vectors": 1.5}})
    (_, waiting) = ledger.job(job.id).steps
    assert waiting.attempt_at is None
    lease = take(ledger, waiting)
    ledger.heartbeat(lease, Progress(1, 4, "tracks"), 60.0)
    found = ledger.job(job.id)
    (_, step) = found.steps
    assert (found.author, found.expected) == ("zoë", {"vectors": 1.5})
    assert step.started_at <= step.attempt_at <= step.heard_at <= found.read_at
    ledger.release(lease)
    take(ledger, step)
    (_, again) = ledger.job(job.id).steps
    assert again.started_at == step.started_at
    assert again.attempt_at > step.attempt_at
    assert again.progress.done == 0


def test_a_lease_that_ran_out_is_due_again_and_the_old_holder_is_fenced_out(bench, ledger):
    old = bench.lease()
    bench.expire(old)
    assert names(ledger.due_steps(old.job_id)) == [("build", 0)]
    new = ledger.lease(old.step_id, "other", 60)
    assert new is not None
    assert new.fence == old.fence + 1
    for write in (
        lambda: ledger.heartbeat(old, Progress(1), 60),
        lambda: ledger.finish(old, {}),
        lambda: ledger.fail(old, "code", "message"),
        lambda: ledger.release(old),
    ):
        with pytest.raises(LeaseLost):
            write()
    step = ledger.step(old.step_id)
    assert (step.state, step.progress) == ("running", Progress())
    assert ledger.finish(new, {}) == []


def test_a_late_heartbeat_renews_a_lease_nobody_took_and_a_late_finish_does_not_pass(bench, ledger):
    lease = bench.lease()
    bench.expire(lease)
    with pytest.raises(LeaseLost):
        ledger.finish(lease, {})
    ledger.heartbeat(lease, Progress(), 60)
    assert ledger.finish(lease, {}) == []
    assert ledger.job(lease.job_id).state == "succeeded"


def test_three_deaths_without_progress_fail_the_job_with_a_reason(bench, ledger):
    lease = bench.lease()
    for _ in range(2):
        bench.expire(lease)
        assert ledger.lease(lease.step_id, "test", 60) is not None
    bench.expire(lease)
    assert ledger.lease(lease.step_id, "test", 60) is None
    job = ledger.job(lease.job_id)
    assert (job.state, job.error_code, job.steps[0].attempts) == ("failed", "step_died", 3)
    assert "3 times" in job.error_message
    assert ledger.due_steps(job.id) == []


def test_a_worker_that_got_further_than_ever_before_may_die_as_often_as_it_likes(bench, ledger):
    lease = bench.lease()
    for done in range(1, 6):
        ledger.heartbeat(lease, Progress(done, 10), 60)
        bench.expire(lease)
        lease = ledger.lease(lease.step_id, "test", 60)
        assert lease is not None
    assert ledger.step(lease.step_id).deaths == 0
    ledger.heartbeat(lease, Progress(5, 10), 60)
    bench.expire(lease)
    assert ledger.lease(lease.step_id, "test", 60) is not None
    assert ledger.step(lease.step_id).deaths == 1, "reaching the same place again is no progress"


def test_a_failed_step_fails_its_job_and_stops_its_siblings(bench, ledger):
    job, _ = ledger.request("rebuild", bench.collection, {}, steps=SHARDS[1:])
    first, second, third = (take(ledger, step) for step in job.steps[:3])
    ledger.finish(third, {})
    ledger.fail(first, "disk_full", "the disk is full; make room")
    with pytest.raises(LeaseLost):
        ledger.heartbeat(second, Progress(1), 60)
    failed = ledger.job(job.id)
    assert (failed.state, failed.error_code, failed.error_message) == (
        "failed",
        "disk_full",
        "the disk is full; make room",
    )
    assert [step.state for step in failed.steps] == ["failed", "cancelled", "succeeded", "cancelled"]
    assert ledger.due_steps(job.id) == []


def test_retry_resumes_at_the_first_unfinished_step(bench, ledger):
    job, _ = ledger.request("rebuild", bench.collection, {}, steps=SHARDS)
    ledger.finish(take(ledger, job.steps[0]), {"tracks": 3})
    lease = take(ledger, job.steps[1])
    with pytest.raises(JobStateConflict, match="running"):
        ledger.retry(job.id)
    ledger.fail(lease, "code", "message")
    again = ledger.retry(job.id)
    assert (again.state, again.error_code) == ("queued", "")
    assert names(ledger.due_steps(job.id)) == [("listen", shard) for shard in range(3)]
    with pytest.raises(LeaseLost):
        ledger.heartbeat(lease, Progress(), 60)
    assert take(ledger, job.steps[1]).fence > lease.fence


def test_retry_is_refused_while_a_rival_is_active(bench, ledger):
    job, _ = ledger.request("rebuild", bench.collection, {})
    ledger.cancel(job.id)
    rival, _ = ledger.request("rebuild", bench.collection, {})
    with pytest.raises(RebuildActive, match=rival.id):
        ledger.retry(job.id)
    assert ledger.job(job.id).state == "cancelled"


def test_cancelling_what_nobody_holds_ends_it_at_once(bench, ledger):
    job, _ = ledger.request("rebuild", bench.collection, {}, steps=SHARDS)
    assert ledger.cancel(job.id).state == "cancelled"
    assert ledger.cancel(job.id).state == "cancelled"
    assert ledger.due_steps(job.id) == []
    assert ledger.lease(job.steps[0].id, "late", 60) is None
    assert ledger.request("rebuild", bench.collection, {})[1]


def test_a_job_that_has_published_its_version_can_only_succeed(bench, ledger):
    steps = [NewStep("publish", 1, "cpu"), NewStep("tidy", 2, "cpu")]
    job, _ = ledger.request("rebuild", bench.collection, {}, steps=steps)
    (due,) = ledger.finish(take(ledger, job.steps[0]), {"version": 7})
    assert ledger.cancel(job.id).state == "running"
    ledger.finish(take(ledger, due), {})
    assert (ledger.job(job.id).state, ledger.job(job.id).result_version) == ("succeeded", 7)


def test_a_cancelled_worker_hears_of_it_by_its_heartbeat_and_the_last_one_ends_the_job(bench, ledger):
    job, _ = ledger.request("rebuild", bench.collection, {}, steps=SHARDS[1:])
    first, second = (take(ledger, step) for step in job.steps[:2])
    assert ledger.cancel(job.id).state == "cancelling"
    assert ledger.due_steps(job.id) == []
    with pytest.raises(JobCancelled, match=job.id):
        ledger.heartbeat(first, Progress(1), 60)
    assert ledger.job(job.id).state == "cancelling"
    with pytest.raises(JobCancelled):
        ledger.finish(second, {"late": True})
    ended = ledger.job(job.id)
    assert (ended.state, {step.state for step in ended.steps}) == ("cancelled", {"cancelled"})
    assert ended.steps[1].result is None


def test_a_cancelled_job_whose_worker_died_is_ended_by_the_reaper(bench, ledger):
    lease = bench.lease()
    assert ledger.cancel(lease.job_id).state == "cancelling"
    bench.expire(lease)
    ledger.due_steps()
    assert ledger.job(lease.job_id).state == "cancelled"


def test_a_step_given_back_is_due_at_once(bench, ledger):
    lease = bench.lease()
    ledger.release(lease)
    assert names(ledger.due_steps(lease.job_id)) == [("build", 0)]
    assert ledger.lease(lease.step_id, "next", 60) is not None


def test_nothing_is_added_to_a_job_that_has_ended(bench, ledger):
    job, _ = ledger.request("rebuild", bench.collection, {})
    ledger.cancel(job.id)
    with pytest.raises(JobStateConflict, match="cancelled"):
        ledger.plan(job.id, SHARDS)
