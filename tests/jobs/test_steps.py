"""Steps as they meet the real ledger: what is dropped, what is cancelled, what is rung again."""

import threading

import pytest
import redis

from cypher.model import NewStep, Progress
from worker.jobs.context import StageResult
from worker.jobs.doorbell import Doorbell
from worker.jobs.reaper import Reaper
from worker.jobs.stages import scan as scan_stage

pytestmark = pytest.mark.stack


@pytest.fixture
def one_concept(bench):
    bench.fill({"violin": ["a", "b"]}, ["a", "b", "c"])
    return bench


@pytest.fixture
def slow_scan(monkeypatch):
    """In the place of the first stage: works until it is told to stop, or let go."""
    begun, let_go = threading.Event(), threading.Event()

    def run(context):
        begun.set()
        for done in range(3000):
            context.advance(done, 3000)
            if let_go.wait(0.01):
                break
        return StageResult({"ran": True})

    monkeypatch.setattr(scan_stage, "run", run)
    return begun, let_go


def in_background(call):
    found = []
    thread = threading.Thread(target=lambda: found.append(call()), daemon=True)
    thread.start()
    return thread, found


def first_step(bench, job):
    (step,) = bench.graph.ledger.due_steps(job.id)
    return step


def test_a_step_that_nobody_knows_is_dropped(bench):
    assert bench.runner.run("no-such-step") == "dropped"


def test_a_step_whose_stage_is_not_reached_is_dropped(one_concept):
    job = one_concept.ask()
    later = next(step for step in job.steps if step.name == "publish")
    assert one_concept.runner.run(later.id) == "dropped"


def test_a_delivery_of_a_leased_step_is_dropped(one_concept):
    job = one_concept.ask()
    step = first_step(one_concept, job)
    assert one_concept.graph.ledger.lease(step.id, "somebody", 30.0) is not None
    assert one_concept.runner.run(step.id) == "dropped"
    assert one_concept.graph.ledger.step(step.id).attempts == 1


def test_two_deliveries_at_once_run_the_stage_once(one_concept, slow_scan):
    begun, let_go = slow_scan
    step = first_step(one_concept, one_concept.ask())
    thread, found = in_background(lambda: one_concept.runner.run(step.id))
    assert begun.wait(20)
    assert one_concept.runner.run(step.id) == "dropped"
    let_go.set()
    thread.join(20)
    assert found == ["done"]
    assert one_concept.graph.ledger.step(step.id).attempts == 1
    assert one_concept.runner.run(step.id) == "dropped"


def test_a_job_that_is_cancelled_during_a_step_ends_and_its_step_stops(one_concept, slow_scan, wait_for):
    begun, _ = slow_scan
    ledger = one_concept.graph.ledger
    job = one_concept.ask()
    thread, found = in_background(lambda: one_concept.runner.run(first_step(one_concept, job).id))
    assert begun.wait(20)
    assert ledger.cancel(job.id).state == "cancelling"
    thread.join(20)
    assert found == ["cancelled"]
    assert wait_for(lambda: ledger.job(job.id).state == "cancelled", 5)
    assert one_concept.rung == []


def test_progress_reaches_the_ledger_while_the_stage_runs(one_concept, slow_scan, wait_for):
    begun, let_go = slow_scan
    job = one_concept.ask()
    step = first_step(one_concept, job)
    thread, _ = in_background(lambda: one_concept.runner.run(step.id))
    assert begun.wait(20)
    seen = wait_for(lambda: (p := one_concept.graph.ledger.step(step.id).progress).done and p, 20)
    assert (seen.total, seen.unit) == (3000, "concepts")
    let_go.set()
    thread.join(20)


def test_a_worker_that_lost_its_step_writes_nothing(one_concept, monkeypatch, wait_for):
    """The lease is taken over while the first worker is stuck: it hears so and leaves without a word."""
    ledger = one_concept.graph.ledger
    step = first_step(one_concept, one_concept.ask())
    stuck, wake = threading.Event(), threading.Event()

    def run(context):
        stuck.set()
        wake.wait(30)
        return StageResult({"by": context.lease.fence})

    monkeypatch.setattr(scan_stage, "run", run)
    monkeypatch.setattr("worker.jobs.heartbeat.QUICKEST_S", 3600.0)
    frozen = type(one_concept.runner)(
        workshop=one_concept.workshop, ring=one_concept.rung.append, host="frozen", lease_s=3600.0
    )
    # A lease that is over at once and a heart that never beats: a stopped process.
    take = type(ledger).lease
    monkeypatch.setattr(type(ledger), "lease", lambda self, step_id, worker, _: take(self, step_id, worker, 0.2))
    thread, found = in_background(lambda: frozen.run(step.id))
    assert stuck.wait(20)
    monkeypatch.undo()
    taken = wait_for(lambda: ledger.lease(step.id, "other", 30.0), 20)
    assert taken.fence == 2
    wake.set()
    thread.join(20)
    assert found == ["lost"]
    assert ledger.step(step.id).result is None
    assert ledger.step(step.id).state == "running"


def test_a_surprise_fails_the_job_with_the_code_internal(one_concept, monkeypatch, caplog):
    monkeypatch.setattr(scan_stage, "run", lambda _context: 1 / 0)
    job = one_concept.ask()
    assert one_concept.runner.run(first_step(one_concept, job).id) == "failed"
    failed = one_concept.graph.ledger.job(job.id)
    assert (failed.state, failed.error_code) == ("failed", "internal")
    assert "ZeroDivisionError" in failed.error_message
    assert "Traceback" in caplog.text


def test_only_the_next_stage_is_rung_for(one_concept, monkeypatch):
    """Shards were all rung when their stage became due: the last of them rings for the next stage, once."""
    shards = [NewStep("activations", 2, "gpu", shard=shard) for shard in range(4)]
    monkeypatch.setattr(scan_stage, "run", lambda _context: StageResult({"fingerprint": PRINT}, then=shards))
    from worker.jobs.stages import activations

    monkeypatch.setattr(activations, "run", lambda _context: StageResult({}))
    job = one_concept.ask()
    one_concept.runner.run(first_step(one_concept, job).id)
    assert sorted(step.shard for step in one_concept.rung) == [0, 1, 2, 3]
    rung = list(one_concept.rung)
    one_concept.rung.clear()
    for step in rung[:3]:
        assert one_concept.runner.run(step.id) == "done"
    assert one_concept.rung == []
    one_concept.runner.run(rung[3].id)
    assert [step.name for step in one_concept.rung] == ["vectors"]


PRINT = (
    "front_end=x;backbone=x;pooling=none;weights_sha256=none;layer=output;window_frames=0;hop_frames=0;pad_frames=0;"
    "precision=fp32;device_class=any"
)


# --- the reaper ------------------------------------------------------------------------------------------------------


@pytest.fixture
def reaper(one_concept, clean_graph):
    return Reaper(one_concept.workshop, one_concept.rung.append, clean_graph.redis_url.get_secret_value())


def test_the_reaper_rings_what_was_due_a_pass_ago_too(one_concept, reaper):
    step = first_step(one_concept, one_concept.ask())
    assert reaper.look_once() == []
    assert [rung.id for rung in reaper.look_once()] == [step.id]
    assert [rung.id for rung in one_concept.rung] == [step.id]


def test_the_reaper_leaves_a_queue_alone_that_has_messages(one_concept, reaper, clean_graph):
    url = clean_graph.redis_url.get_secret_value()
    step = first_step(one_concept, one_concept.ask())
    bell = Doorbell(url)
    assert bell.ring(step)
    bell.close()
    assert reaper.look_once() == reaper.look_once() == []
    with redis.Redis.from_url(url) as broker:
        broker.flushall()
    assert [rung.id for rung in reaper.look_once()] == [step.id]


def test_the_reaper_leaves_a_held_step_alone_and_rings_when_its_lease_ran_out(one_concept, reaper, wait_for):
    step = first_step(one_concept, one_concept.ask())
    ledger = one_concept.graph.ledger
    lease = ledger.lease(step.id, "mortal", 60.0)
    assert reaper.look_once() == reaper.look_once() == []
    ledger.heartbeat(lease, Progress(1, 2, "x"), 0.5)
    assert [rung.id for rung in wait_for(reaper.look_once, 10, every_s=0.2)] == [step.id]


def test_the_reaper_survives_a_broker_that_is_away(one_concept):
    one_concept.ask()
    lonely = Reaper(one_concept.workshop, one_concept.rung.append, "redis://127.0.0.1:1/0")
    assert lonely.look_once() == lonely.look_once() == []
