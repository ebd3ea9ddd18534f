"""Tracks -> activations in the store; what is there already is not computed again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from worker.activations.backbones.registry import Backbone
from worker.activations.store import ActivationStore


class Decoded(Protocol):
    """One decoded file."""

    @property
    def samples(self) -> np.ndarray:
        """(n,) float32 mono, at the file's own rate."""

    @property
    def rate_hz(self) -> int:
        """Samples a second."""


class Decodes(Protocol):
    """What opens a file; `worker.catalogue.audio.Decoder` in production."""

    def decode(self, path: Path) -> Decoded:
        """Raises `AudioRejected` (its `code` becomes the reason) for a file that cannot be used."""


@dataclass(frozen=True)
class ComputeReport:
    """What became of the tracks asked for."""

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
    shard_tracks: int = 64,
    verify: Callable[[str, Decoded], str | None] | None = None,
) -> ComputeReport:
    """Compute what the store does not hold, one shard a `shard_tracks` tracks."""
    raise NotImplementedError
