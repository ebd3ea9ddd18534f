"""Ring for a step: put its id on its queue, within a hard deadline. Imports neither torch nor the tasks.

Why a thread: a stopped (not dead) Redis accepts connections and answers nothing, and a publish then hangs for over
half a minute in spite of socket timeouts. A caller waits `deadline_s` at most; while one ring hangs, further ones are
given up at once. A ring that was not heard is no loss: the step is due in the ledger and the reaper rings again.
"""

from __future__ import annotations

import logging
import os
import threading
from concurrent.futures import Future
from queue import SimpleQueue

from celery import Celery
from kombu.exceptions import OperationalError

from cypher.model import Step
from worker.jobs.broker import make_celery
from worker.jobs.queue import RUN_STEP

log = logging.getLogger(__name__)


class Doorbell:
    """Rings steps on one broker; made where it is used, usable by several threads and after a fork."""

    def __init__(self, redis_url: str, *, deadline_s: float = 1.0) -> None:
        """Remember where to ring; connects on the first ring.

        Args:
            redis_url: the broker with its password.
            deadline_s: a ring takes no longer, > 0.
        """
        self._url = redis_url
        self._deadline_s = deadline_s
        self._lock = threading.Lock()
        self._ringer: _Ringer | None = None

    def ring(self, step: Step) -> bool:
        """Put the step's id on its queue; False when it was not heard in time (the reaper will ring again)."""
        with self._lock:
            if self._ringer is None or self._ringer.pid != os.getpid():
                self._ringer = _Ringer(self._url)
            ringer = self._ringer
        return ringer.ring(step.queue, step.id, self._deadline_s)

    def close(self) -> None:
        """End the thread; a ring afterwards starts another."""
        with self._lock:
            if self._ringer is not None and self._ringer.pid == os.getpid():
                self._ringer.close()
            self._ringer = None


class _Ringer:
    """One process's connection to the broker, on a thread of its own."""

    def __init__(self, url: str) -> None:
        self.pid = os.getpid()
        self._app = make_celery(url)
        self._wanted: SimpleQueue[tuple[str, str, Future[bool]] | None] = SimpleQueue()
        self._hangs = False
        threading.Thread(target=self._run, name="doorbell", daemon=True).start()

    def ring(self, queue: str, step_id: str, deadline_s: float) -> bool:
        if self._hangs:
            return False
        heard: Future[bool] = Future()
        self._wanted.put((queue, step_id, heard))
        try:
            return heard.result(deadline_s)
        except TimeoutError:
            self._hangs = True
            log.warning("the broker did not take step %s within %s s; the reaper rings again", step_id, deadline_s)
            return False

    def close(self) -> None:
        self._wanted.put(None)

    def _run(self) -> None:
        while (wanted := self._wanted.get()) is not None:
            queue, step_id, heard = wanted
            heard.set_result(_send(self._app, queue, step_id))
            self._hangs = False
        self._app.close()


def _send(app: Celery, queue: str, step_id: str) -> bool:
    try:
        app.send_task(RUN_STEP, args=[step_id], queue=queue, ignore_result=True, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("the broker did not take step %s (%s); the reaper rings again", step_id, error)
        return False
    return True
