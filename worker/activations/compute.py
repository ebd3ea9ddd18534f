"""Tracks -> activations in the store; what is there already is not computed again.

Why one file ahead: the decoder works in a process of its own, so the next file is opened while the network listens to
this one. Why shards of a few tracks: a run that is killed loses at most one unfinished shard.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from worker.activations.backbones.registry import Backbone
from worker.activations.errors import BadSamples
from worker.activations.store import ActivationStore
from worker.catalogue.errors import AudioRejected

SHARD_TRACKS = 64
_AHEAD = 2


class Decoded(Protocol):
    """One decoded file."""

    @property
    def samples(self) -> np.ndarray:
        """(n,) float32 mono, at the file's own rate."""

    @property
    def rate_hz(self) -> int:
        """Samples a second."""


class Decodes(Protocol):
    """What opens a file: `worker.catalogue.audio.Decoder`. It is called from one thread at a time."""

    def decode(self, path: Path) -> Decoded:
        """Raises `AudioRejected` (its `code` becomes the reason) for a file that cannot be used."""


@dataclass(frozen=True)
class ComputeReport:
    """What became of the tracks asked for; the three add up to their number."""

    computed: int
    reused: int
    failures: dict[str, str] = field(default_factory=dict)
    """Reason code by track id."""


def compute(
    tracks: Sequence[tuple[str, Path | str]],
    backbone: Backbone,
    store: ActivationStore,
    decoder: Decodes,
    progress: Callable[[int, int], None] | None = None,
    *,
    shard_tracks: int = SHARD_TRACKS,
) -> ComputeReport:
    """Compute what the store does not hold.

    Args:
        tracks: (track id, file); of an id given twice the last file counts.
        backbone: what listens.
        store: of the same fingerprint.
        decoder: what opens the files.
        progress: told (tracks done, all tracks) at the start and after each track; what it raises ends the run, and
            what was finished in whole shards stays.
        shard_tracks: tracks of one shard, at least 1.

    Returns:
        Counts, and for each track that could not be used its reason code.

    Raises:
        FingerprintMismatch: store and backbone do not belong together.
        OSError: the disk is full.
    """
    store.fingerprint.require(backbone.fingerprint)
    files = {track_id: Path(path) for track_id, path in tracks}
    missing = store.missing(list(files))
    reused = len(files) - len(missing)
    failures: dict[str, str] = {}
    tell = progress or (lambda _done, _total: None)
    tell(reused, len(files))
    done = reused
    with ThreadPoolExecutor(1, thread_name_prefix="decoding") as decoding:
        heard = _listen([(track_id, files[track_id]) for track_id in missing], backbone, decoder, decoding)
        for start in range(0, len(missing), shard_tracks):
            shard: dict[str, np.ndarray] = {}
            for _ in missing[start : start + shard_tracks]:
                track_id, found = next(heard)
                if isinstance(found, str):
                    failures[track_id] = found
                else:
                    shard[track_id] = found
                done += 1
                tell(done, len(files))
            if shard:
                store.write(list(shard), list(shard.values()))
    return ComputeReport(len(missing) - len(failures), reused, failures)


def _listen(
    tracks: Sequence[tuple[str, Path]], backbone: Backbone, decoder: Decodes, decoding: ThreadPoolExecutor
) -> Iterator[tuple[str, np.ndarray | str]]:
    """Each track's activations, or the code of why there are none, in order."""
    waiting: deque[tuple[str, Future[Decoded]]] = deque()
    coming = iter(tracks)
    try:
        while True:
            while len(waiting) < _AHEAD and (following := next(coming, None)) is not None:
                waiting.append((following[0], decoding.submit(decoder.decode, following[1])))
            if not waiting:
                return
            track_id, future = waiting.popleft()
            try:
                sound = future.result()
                yield track_id, backbone.activations(sound.samples, sound.rate_hz)
            except (AudioRejected, BadSamples) as error:
                yield track_id, str(error.code)
    finally:
        for _, future in waiting:
            future.cancel()
