"""Server-sent events of a job: its state whenever it has changed, until it has ended.

Conventions: an event is `id`, `event: job` and `data`, the same JSON as `GET /jobs/{id}`; its id is a digest of
what has changed, clocks apart. Each event holds the whole state, so nothing is lost between two of them, and who comes
back with `Last-Event-ID` hears at once only if something is new. A comment every `HEARTBEAT_S` keeps proxies from
hanging up, and finds out about listeners that have gone.

Why a bound: a stream holds a thread of the server for as long as it lasts. Beyond the bound the answer is 503, and
whoever watches asks again and again instead; ordinary requests always find threads.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator

from cypher.errors import GraphError, GraphUnavailable
from cypher.model import FINAL_STATES
from webapi import schemas
from webapi.errors import GraphResting, TooManyStreams

EVERY_S = 0.5
HEARTBEAT_S = 10.0
RETRY_MS = 2000
"""How soon a browser comes back when the connection breaks."""
LONGEST_S = 3600.0
"""Then the listener comes back by itself."""


class Streams:
    """Counts the streams that are open."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._places = threading.BoundedSemaphore(most)

    def open(
        self,
        look: Callable[[], schemas.Job],
        last_id: str,
        *,
        every_s: float = EVERY_S,
        heartbeat_s: float = HEARTBEAT_S,
        longest_s: float = LONGEST_S,
    ) -> Iterator[str]:
        """Take a place and hand out the events; the place is free again when the iterator is closed or ends.

        Args:
            look: the job as it is now.
            last_id: of the last event that the listener heard; empty when it comes for the first time.
            every_s: pause between two looks.
            heartbeat_s: longest silence.
            longest_s: then the stream ends and the listener comes back.

        Raises:
            TooManyStreams: every place is taken.
        """
        if not self._places.acquire(blocking=False):
            raise TooManyStreams(self._most)
        return _Stream(_events(look, last_id, every_s, heartbeat_s, longest_s), self._places.release)


class _Stream(Iterator[str]):
    """An iterator that gives its place back exactly once, also when it was never begun."""

    def __init__(self, events: Iterator[str], release: Callable[[], None]) -> None:
        self._events, self._release = events, release
        self._lock = threading.Lock()
        self._is_open = True

    def __next__(self) -> str:
        try:
            return next(self._events)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Called by the server when the listener has gone."""
        with self._lock:
            if self._is_open:
                self._is_open = False
                self._release()

    def __del__(self) -> None:
        self.close()


def event_id(job: schemas.Job) -> str:
    """Equal for two looks between which nothing happened; what merely follows from the clock is left out."""
    timed = {"eta_s", "rate", "wall_s", "heard_at"}
    said = job.model_dump_json(
        exclude={"eta_s": True, "steps": {"__all__": timed}, "stages": {"__all__": timed}},
    )
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _events(
    look: Callable[[], schemas.Job], last_id: str, every_s: float, heartbeat_s: float, longest_s: float
) -> Iterator[str]:
    yield f"retry: {RETRY_MS}\n\n"
    began = spoke = time.monotonic()
    while time.monotonic() - began < longest_s:
        try:
            job = look()
        except (GraphUnavailable, GraphResting) as away:
            if time.monotonic() - spoke >= min(heartbeat_s, 2.0):
                spoke = time.monotonic()
                yield f": {' '.join(str(away).split())}\n\n"
        except GraphError:
            return
        else:
            now_id = event_id(job)
            if now_id != last_id:
                last_id, spoke = now_id, time.monotonic()
                yield f"id: {now_id}\nevent: job\ndata: {job.model_dump_json()}\n\n"
            if job.state in FINAL_STATES:
                return
        if time.monotonic() - spoke >= heartbeat_s:
            spoke = time.monotonic()
            yield ": still here\n\n"
        time.sleep(every_s)
