"""Runs one step: lease it, hold it, call its stage, write down how it ended, ring for what is due next.

A delivery whose step is not due (held by somebody, finished, its job ended) is dropped. A stage that fails on purpose
fails its job with a code and a sentence; one that fails by surprise fails it with the code `internal`, and the
traceback goes to the log. While Neo4j is away, whatever was going on is tried again for `patience_s`.
"""

from __future__ import annotations

import errno
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from structlog.contextvars import bound_contextvars

from cypher.errors import GraphError, GraphUnavailable, JobCancelled, LeaseLost, RebuildActive, UnknownStep
from cypher.ledger import LedgerStore
from cypher.model import Job, Lease, Step
from worker.activations.fingerprint import Fingerprint
from worker.errors import WorkerError
from worker.jobs import staging
from worker.jobs.context import ErrandContext, StageContext, StageResult
from worker.jobs.errands import errand
from worker.jobs.errors import DiskFull, WorkerLeaving
from worker.jobs.heartbeat import Heartbeat
from worker.jobs.kinds import every_stage
from worker.jobs.requests import REBUILD, settings_of
from worker.jobs.stages import stage
from worker.jobs.workshop import Workshop

log = logging.getLogger(__name__)

Outcome = Literal["done", "dropped", "cancelled", "lost", "released", "failed"]
Ring = Callable[[Step], object]
T = TypeVar("T")

PAUSE_S = 1.0
INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class StepRunner:
    """Runs steps in one process."""

    workshop: Workshop
    ring: Ring
    host: str
    """Named in the lease, with the number of the process."""
    lease_s: float
    patience_s: float = 120.0
    is_leaving: Callable[[], bool] = lambda: False
    """Whether this worker was told to stop."""

    def run(self, step_id: str) -> Outcome:
        """Run the step, if it is due.

        Args:
            step_id: as a message brought it.

        Returns:
            What became of it.
        """
        worker = f"{self.host}:{os.getpid()}"
        try:
            lease = self._patiently(lambda: self.workshop.graph().ledger.lease(step_id, worker, self.lease_s))
        except UnknownStep as error:
            log.warning("dropped: %s", error)
            return "dropped"
        if lease is None:
            log.info("dropped: step %s is not due", step_id)
            return "dropped"
        with bound_contextvars(job=lease.job_id, step=lease.step_id):
            return self._run_leased(lease)

    def _run_leased(self, lease: Lease) -> Outcome:
        ledger = self.workshop.graph().ledger
        job = self._patiently(lambda: ledger.job(lease.job_id))
        step = next(step for step in job.steps if step.id == lease.step_id)
        log.info("step %s (%s %s of job %s) begins", step.id, step.name, step.shard, job.id)
        try:
            with Heartbeat(ledger, lease, self.lease_s, unit=_unit(step), is_leaving=self.is_leaving) as heart:
                result = self._patiently(lambda: self._stage(job, step, lease, heart))
                due = self._patiently(lambda: _finish(ledger, lease, heart, result))
        except JobCancelled:
            log.info("step %s stopped: its job was cancelled", step.id)
            self._give_back(lease)
            self._tidy(job)
            return "cancelled"
        except WorkerLeaving as leaving:
            log.info("%s", leaving)
            self._give_back(lease)
            self.ring(step)
            return "released"
        except LeaseLost as error:
            log.warning("%s", error)
            return "lost"
        except Exception as error:  # noqa: BLE001  the last place that can tell the ledger why a step ended
            self._fail(job, lease, error)
            return "failed"
        # The other shards of this stage were rung when it became due; the last of them goes on to the next.
        for follower in due:
            if follower.stage > step.stage:
                self.ring(follower)
        return "done"

    def _stage(self, job: Job, step: Step, lease: Lease, heart: Heartbeat) -> StageResult:
        if job.kind != REBUILD:
            return errand(job.kind)(self._errand_context(job, heart))
        run = stage(step.name)
        settings = settings_of(job.parameters)
        scanned = [other.result for other in job.steps if other.name == "scan" and other.result is not None]
        # The scan decided on which device the job listens; every later step keeps to it.
        fingerprint = Fingerprint.parse(scanned[0]["fingerprint"]) if scanned else self.workshop.fingerprint(settings)
        context = StageContext(
            job=job,
            step=step,
            lease=lease,
            settings=settings,
            graph=self.workshop.graph(),
            data=self.workshop.data,
            fingerprint=fingerprint,
            backbone=lambda: self.workshop.backbone(fingerprint),
            advance=heart.advance,
        )
        staging.restore(context)
        return run(context)

    def _errand_context(self, job: Job, heart: Heartbeat) -> ErrandContext:
        return ErrandContext(job, self.workshop.graph(), self.workshop.data, self.workshop.backbone, heart.advance)

    def _fail(self, job: Job, lease: Lease, error: Exception) -> None:
        code, message = explain(error, str(self.workshop.data))
        if code == INTERNAL:
            log.error("step %s failed by surprise", lease.step_id, exc_info=error)
        else:
            log.error("step %s failed: %s", lease.step_id, message)
        try:
            self._patiently(lambda: self.workshop.graph().ledger.fail(lease, code, message))
        except (LeaseLost, GraphUnavailable) as lost:
            log.warning("%s", lost)
            return
        self._tidy(job)

    def _give_back(self, lease: Lease) -> None:
        """Let go of the step at once, where a heartbeat has not done so already."""
        try:
            self._patiently(lambda: self.workshop.graph().ledger.release(lease))
        except (LeaseLost, GraphUnavailable) as gone:
            log.debug("nothing to give back: %s", gone)

    def _tidy(self, job: Job) -> None:
        """Leave nothing staged behind a job that ended badly."""
        if job.kind != REBUILD:
            return
        graph = self.workshop.graph()
        try:
            staging.undo(graph, self.workshop.data, self._patiently(lambda: graph.ledger.job(job.id)))
        except (GraphUnavailable, RebuildActive) as error:
            log.warning("not swept now, the next rebuild sweeps: %s", error)

    def _patiently(self, call: Callable[[], T]) -> T:
        """Call again while Neo4j is away, for `patience_s` from the first failure."""
        until = time.monotonic() + self.patience_s
        while True:
            began = time.monotonic()
            try:
                return call()
            except GraphUnavailable as error:
                if began > until:
                    raise
                log.warning("%s; trying again", error)
            time.sleep(PAUSE_S)


def explain(error: Exception, folder: str) -> tuple[str, str]:
    """A code and a sentence for the ledger.

    Args:
        error: what ended a stage.
        folder: the data folder, named when its disk is full.
    """
    if isinstance(error, (WorkerError, GraphError)):
        return error.code, str(error)
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        full = DiskFull(folder)
        return full.code, str(full)
    if isinstance(error, MemoryError):
        return "out_of_memory", "the worker ran out of memory; free some, or rebuild with learn_from=tracks"
    return INTERNAL, f"{type(error).__name__}: {error}; the worker's log holds the details"


def _finish(ledger: LedgerStore, lease: Lease, heart: Heartbeat, result: StageResult) -> list[Step]:
    # After an outage the lease may have run out although nobody else has the step.
    heart.beat()
    return ledger.finish(lease, dict(result.values), result.then)


def _unit(step: Step) -> str:
    known = every_stage().get(step.name)
    return known.unit if known is not None else ""
