"""Stored activations: memory-mapped shards with Parquet manifests, addressed by fingerprint and content.

    <root>/<fingerprint digest>/fingerprint.txt      the fingerprint's text
                                shard-<hash>.npy     (rows, units) float32, the tracks' windows one after another
                                shard-<hash>.parquet track_id, start, rows; metadata: fingerprint, sha256 of the .npy

Conventions: `root` is `settings.data / "activations"`; rows are windows in time order; a shard is named by the hash
of the fingerprint, its track ids and its content, and is never changed. The manifest is written last: a shard without
one does not exist. Every file is written to a temporary name in the same folder, synced and renamed, so that a
process killed at any moment, or two that write at once, leave nothing half-written that is ever read. Needs no torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from worker.activations.fingerprint import Fingerprint


@dataclass(frozen=True)
class Activations:
    """The activations of some tracks, in the order they were asked for."""

    track_ids: list[str]
    values: np.ndarray
    """(rows, units) float32; rows of one track are its windows in time order."""
    offsets: np.ndarray
    """(tracks + 1,) int64; track t owns `values[offsets[t] : offsets[t + 1]]`."""
    fingerprint: Fingerprint


@dataclass(frozen=True)
class StoreStats:
    """How much one store holds."""

    fingerprint: str
    shards: int
    tracks: int
    rows: int
    units: int
    bytes: int


@dataclass(frozen=True)
class Pruned:
    """What `prune` removed."""

    files: int
    bytes: int


class ActivationStore:
    """The activations of one fingerprint."""

    def __init__(self, root: Path, fingerprint: Fingerprint) -> None:
        """Open (nothing is made on disk before the first `write`).

        Args:
            root: folder of all activations, `settings.data / "activations"`.
            fingerprint: whose activations these are.
        """
        self.fingerprint = fingerprint
        self.folder = Path(root) / fingerprint.digest

    def missing(self, track_ids: Sequence[str]) -> list[str]:
        """Those the store does not hold, in the order given, each once."""
        raise NotImplementedError

    def write(self, track_ids: Sequence[str], values: Sequence[np.ndarray]) -> str:
        """Store some tracks as one shard and return its name."""
        raise NotImplementedError

    def read(self, track_ids: Sequence[str]) -> Activations:
        """Gather tracks in the order asked. Raises ActivationsMissing, ShardDamaged."""
        raise NotImplementedError

    def verify(self) -> list[str]:
        """What is wrong, one sentence a finding; empty when all is well."""
        raise NotImplementedError

    def prune(self, *, damaged: bool = False, older_than_s: float = 3600.0) -> Pruned:
        """Remove what no reader needs."""
        raise NotImplementedError

    def stats(self) -> StoreStats:
        """Counts and bytes."""
        raise NotImplementedError


def open_stores(root: Path) -> list[ActivationStore]:
    """Every store below a root, by digest."""
    raise NotImplementedError
