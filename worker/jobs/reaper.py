"""Rings again for work that nobody does, and tidies up behind jobs that ended while nobody held a step of them.

A message may be lost with Redis, a worker may die with its step: the ledger still says that the step is due. The reaper
asks for due steps every few seconds and rings those that were due a pass ago as well and whose queue is empty: a queue
with messages in it has workers that are busy, not deaf, and ringing again would only make it longer.

Every worker of the queue `cpu` has a reaper, and one of them is elected by a lease in Neo4j: only it rings, tidies up
and serves schedules. One that falls silent loses the office, and the next goes on. Two at once, for the moment in which
one has lost it and does not know yet, do no harm: a ring too many is dropped by the step's lease, and a schedule's time
asks for the same job twice.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterable

from cypher.errors import GraphError, GraphUnavailable, RebuildActive
from cypher.model import JobState, Step
from cypher.work import REAPER
from worker.errors import WorkerError
from worker.jobs import mending, pointers, staging
from worker.jobs.queue import look
from worker.jobs.requests import REBUILD
from worker.jobs.timekeeper import serve_due
from worker.jobs.workshop import Workshop

log = logging.getLogger(__name__)

REDIS_DEADLINE_S = 2.0
SILENT_PASSES = 3
"""An elected reaper that misses as many passes has lost its office."""
ACTIVE: tuple[JobState, ...] = ("queued", "running", "cancelling")
ENDED_BADLY: tuple[JobState, ...] = ("failed", "cancelled")


class Reaper:
    """A thread of one worker's main process."""

    def __init__(
        self, workshop: Workshop, ring: Callable[[Step], object], redis_url: str, *, period_s: float = 5.0
    ) -> None:
        """Remember the tools; nothing is opened.

        Args:
            workshop: gives the graph, and the data folder to tidy up in.
            ring: rings a step.
            redis_url: the broker, asked how many messages wait.
            period_s: pause between two passes, > 0.
        """
        self._workshop, self._ring, self._redis_url, self._period_s = workshop, ring, redis_url, period_s
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self.name = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._due_before: set[str] = set()
        self._active_before: set[str] = set()
        self._ended_badly: set[str] | None = None
        """Rebuilds whose end has been tidied up behind; None: not in office yet."""
        self._followed: dict[str, int | None] = {}
        self._mended = False

    def start(self) -> None:
        """Begin; a second call changes nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="reaper", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End soon; does not wait."""
        self._over.set()

    def look_once(self) -> list[Step]:
        """One pass, if this reaper is the elected one.

        Returns:
            The steps that were rung.
        """
        if not self._is_elected():
            self._due_before, self._active_before, self._ended_badly = set(), set(), None
            return []
        due = self._workshop.graph().ledger.due_steps()
        waiting = [step for step in due if step.id in self._due_before]
        self._due_before = {step.id for step in due}
        deaf = self._empty_queues() if waiting else set()
        rung = [step for step in waiting if step.queue in deaf]
        for step in rung:
            log.info("ringing again for step %s (%s of job %s)", step.id, step.name, step.job_id)
            self._ring(step)
        self._tidy()
        serve_due(self._workshop.graph(), self._ring)
        self._follow()
        return rung

    def _is_elected(self) -> bool:
        office = self._workshop.graph().offices.take(REAPER, self.name, max(SILENT_PASSES * self._period_s, 1.0))
        return office.holder == self.name

    def _tidy(self) -> None:
        """Behind rebuilds that were active a pass ago, and behind those that began and ended badly since."""
        active, ended = self._rebuilds(ACTIVE), self._rebuilds(ENDED_BADLY)
        if self._ended_badly is None:
            self._mend()  # whatever ended before this reaper took office
        else:
            for job_id in (self._active_before - active) | (ended - self._ended_badly):
                self._undo(job_id)
        self._active_before, self._ended_badly = active, ended

    def _rebuilds(self, states: Iterable[JobState]) -> set[str]:
        ledger = self._workshop.graph().ledger
        return {job.id for state in states for job in ledger.jobs(state=state) if job.kind == REBUILD}

    def _undo(self, job_id: str) -> None:
        graph = self._workshop.graph()
        try:
            staging.undo(graph, self._workshop.data, graph.ledger.job(job_id))
        except RebuildActive:
            log.info("job %s left staging to the rebuild that runs now", job_id)

    def _follow(self) -> None:
        """Versions are activated by the API, which has no data folder to point in."""
        graph = self._workshop.graph()
        for collection in graph.catalogue.collections():
            if self._followed.get(collection.id) != collection.version:
                pointers.follow(graph, self._workshop.data, collection)
                self._followed[collection.id] = collection.version

    def _mend(self) -> None:
        """Once, at the start: put right what a crash left. What cannot be put right must not stop the ringing."""
        try:
            mending.mend(self._workshop.graph(), self._workshop.data)
        except GraphUnavailable:
            raise
        except (GraphError, WorkerError):
            log.exception("what a crash may have left was not looked through")
        self._mended = True

    def _empty_queues(self) -> set[str]:
        state = look(self._redis_url, REDIS_DEADLINE_S)
        if state.reason:
            log.warning("%s; nothing is rung now", state.reason)
        return {queue for queue, waiting in state.waiting.items() if waiting == 0}

    def _run(self) -> None:
        while not self._over.wait(self._period_s):
            try:
                if not self._mended:
                    self._mend()
                self.look_once()
            except GraphUnavailable as error:
                log.warning("%s", error)
            except Exception:
                # Whatever it was: without this thread nothing is rung again and nothing tidied up, and nobody is told.
                log.exception("a pass of the reaper failed; the next one tries again")
        with contextlib.suppress(GraphError):
            self._workshop.graph().offices.leave(REAPER, self.name)
