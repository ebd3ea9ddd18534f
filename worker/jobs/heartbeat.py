"""Holds a step while its stage runs: a thread that renews the lease, carries progress and hears of cancellation.

Why a thread: a stage may be inside one long call (a solver, GDS) for longer than a lease. What the thread learns, the
stage is told at its next progress call: `JobCancelled` or `LeaseLost`. While Neo4j is away the stage computes on; the
fence decides about its writes.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from cypher.errors import GraphUnavailable, JobCancelled, LeaseLost
from cypher.ledger import LedgerStore
from cypher.model import Lease, Progress
from worker.jobs.errors import WorkerLeaving

log = logging.getLogger(__name__)

QUICKEST_S = 2.0
"""Nobody watches a bar more closely, and a cancellation is heard this soon."""


class Heartbeat:
    """Renews one lease until the end of a `with` statement."""

    def __init__(
        self,
        ledger: LedgerStore,
        lease: Lease,
        lease_s: float,
        *,
        unit: str = "",
        is_leaving: Callable[[], bool] = lambda: False,
    ) -> None:
        """Remember whom to tell.

        Args:
            ledger: where the lease was taken.
            lease: the lease.
            lease_s: for how long each beat renews it, > 0.
            unit: what progress counts.
            is_leaving: whether this worker was told to stop; the stage is interrupted then.
        """
        self._is_leaving = is_leaving
        self._ledger, self._lease, self._lease_s = ledger, lease, lease_s
        self._progress = Progress(unit=unit)
        self._stopped: JobCancelled | LeaseLost | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{lease.step_id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def advance(self, done: int, total: int) -> None:
        """Say how far the stage is; the next beat carries it.

        Raises:
            JobCancelled: somebody cancelled the job.
            LeaseLost: somebody else has the step.
            WorkerLeaving: this worker was told to stop.
        """
        self._progress = Progress(int(done), int(total), self._progress.unit)
        if self._stopped is not None:
            raise self._stopped
        if self._is_leaving():
            raise WorkerLeaving(self._lease.step_id)

    def beat(self) -> None:
        """Renew the lease now.

        Raises:
            JobCancelled: somebody cancelled the job.
            LeaseLost: somebody else has the step.
            GraphUnavailable: Neo4j is away.
        """
        self._ledger.heartbeat(self._lease, self._progress, self._lease_s)

    def _beat(self) -> None:
        while not self._over.wait(min(self._lease_s / 3, QUICKEST_S)):
            try:
                self.beat()
            except GraphUnavailable as error:
                log.warning("step %s: %s", self._lease.step_id, error)
            except (JobCancelled, LeaseLost) as error:
                self._stopped = error
                return
