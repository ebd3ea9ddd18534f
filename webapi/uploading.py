"""Receives files of sound: a few at a time, none larger than the deployment takes, none kept that no job knows of."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from webapi.errors import TooManyUploads
from worker.jobs.quarantine import Quarantine, Received

AT_ONCE = 4
"""Each holds one of the server's threads for as long as its sender takes."""


class Uploads:
    """The way into a data folder's quarantine."""

    def __init__(self, data: Path, most_bytes: int) -> None:
        """Open it.

        Args:
            data: the data folder.
            most_bytes: of one file.
        """
        self.most_bytes = most_bytes
        self._quarantine = Quarantine(data)
        self._free = threading.BoundedSemaphore(AT_ONCE)

    @property
    def folder(self) -> Path:
        """Where files lie that were decoded; they may be listened to."""
        return self._quarantine.uploads

    @contextmanager
    def receiving(self, read: Callable[[int], bytes], length: int) -> Iterator[Received]:
        """A received file, which is deleted again when the body fails.

        Raises:
            TooManyUploads: every place is taken.
            UploadCut, QuarantineFull, DiskFull: it was not received.
        """
        if not self._free.acquire(blocking=False):
            raise TooManyUploads(AT_ONCE)
        try:
            received = self._quarantine.receive(read, length)
        finally:
            self._free.release()
        try:
            yield received
        except BaseException:
            self._quarantine.path(received.name).unlink(missing_ok=True)
            raise
