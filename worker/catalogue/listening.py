"""Several decoders at work side by side: files go in, what they are comes out in the same order.

Conventions: results come in the order of the paths, whatever finished first. Every file gives a result: facts or a
rejection.
"""

from __future__ import annotations

import queue
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from worker.catalogue.audio import Decoder, SoundFacts
from worker.catalogue.errors import AudioRejected
from worker.catalogue.files import FileBytes, hash_file
from worker.catalogue.limits import Limits
from worker.catalogue.tags import Tags
from worker.reasons import Reason


@dataclass(frozen=True, slots=True)
class Heard:
    """One file listened to."""

    facts: SoundFacts
    tags: Tags
    flags: tuple[Reason, ...]
    """Those of the sound, and TAGS_UNREADABLE."""


class Listeners:
    """A few threads, each with a decoder to borrow; a context manager.

    Args:
        jobs: files decoded at once, at least 1.
        limits: of one file.
    """

    def __init__(self, jobs: int, limits: Limits | None = None) -> None:
        self._pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="listen")
        self._decoders = [Decoder(limits) for _ in range(jobs)]
        self._max_bytes = (limits or Limits()).max_bytes
        self._free: queue.SimpleQueue[Decoder] = queue.SimpleQueue()
        for decoder in self._decoders:
            self._free.put(decoder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        if kind is not None:
            for decoder in self._decoders:
                decoder.interrupt()
        self._pool.shutdown()
        for decoder in self._decoders:
            decoder.close()

    def hash(self, paths: Sequence[Path]) -> list[Future[FileBytes]]:
        """The hash of each file's bytes; a future may raise AudioRejected."""
        return [self._pool.submit(hash_file, path, self._max_bytes) for path in paths]

    def listen(self, paths: Sequence[Path]) -> list[Future[Heard]]:
        """What each file sounds like; a future may raise AudioRejected."""
        return [self._pool.submit(self._listen, path) for path in paths]

    def read_tags(self, paths: Sequence[Path]) -> list[Future[Tags]]:
        """The tags of each file; empty where they cannot be read."""
        return [self._pool.submit(self._tags, path) for path in paths]

    def _listen(self, path: Path) -> Heard:
        decoder = self._free.get()
        try:
            facts = decoder.facts(path)
            try:
                return Heard(facts, decoder.tags(path), facts.flags)
            except AudioRejected:
                return Heard(facts, Tags(), (*facts.flags, Reason.TAGS_UNREADABLE))
        finally:
            self._free.put(decoder)

    def _tags(self, path: Path) -> Tags:
        decoder = self._free.get()
        try:
            return decoder.tags(path)
        except AudioRejected:
            return Tags()
        finally:
            self._free.put(decoder)
