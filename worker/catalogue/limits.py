"""What one audio file may be and what decoding it may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one file; the rule they belong to stands in `worker.catalogue.audio`."""

    min_s: float = 0.5
    max_s: float = 1200.0
    max_frames: int = 115_200_000
    """20 minutes at 96 kHz."""
    min_rate_hz: int = 8_000
    max_rate_hz: int = 192_000
    max_channels: int = 8
    max_bytes: int = 16 * 2**30
    deadline_s: float = 300.0
    """Wall time from asking to the last sample; generous, so that a busy machine refuses no good file."""
    cpu_s: int = 110
    memory_bytes: int = 1536 * 2**20
    """Address space of the child above what it has when idle."""
