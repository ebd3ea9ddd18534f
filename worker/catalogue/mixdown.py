"""Blocks of samples become one mono sound: averaged, finite, in -1..1, with what is odd about it said.

Conventions: blocks are (frames, channels) float32; the result is (frames,) float32 in chunks. The rules and their
reasons stand in `worker.catalogue.audio`. Nothing here reads a file.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.reasons import Reason

CHUNK_FRAMES = 2**19
CANCELLED_SHARE = 1e-3
"""A mix that keeps less of the channels' mean energy (-30 dB) counts as cancelled."""
OVERSHOOT_PEAK = 4.0
CLIPPED_SHARE = 1e-3
SILENT_PEAK = 2.0**-15
"""One step of 16 bits."""
DC_LEVEL = 0.05
FLOOR_DB = -120.0
"""Below every format's own noise: what silence is given instead of minus infinity."""


class NotFinite(ValueError):
    """A block holds NaN or infinity."""


@dataclass(frozen=True, slots=True)
class Mono:
    """The mono sound, still in chunks so that it is never held twice."""

    chunks: list[NDArray[np.float32]]
    flags: tuple[Reason, ...]
    sound_sha256: str
    level_db: float
    """RMS level, dB re full scale; at least `FLOOR_DB`."""


class Mixdown:
    """Takes blocks in order, gives one mono sound.

    Args:
        rate_hz: part of the sound's identity.
        channels: 1 to 8; part of the sound's identity.
    """

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._rate_hz, self._channels = rate_hz, channels
        self._mixed = _Chunks()
        self._left = _Chunks()
        self._mixed_energy = self._channel_energy = 0.0

    @property
    def frames(self) -> int:
        return self._mixed.frames

    def add(self, block: NDArray[np.float32]) -> None:
        """Take the next block.

        Raises:
            NotFinite: it holds NaN or infinity.
        """
        if not np.isfinite(block).all():
            raise NotFinite
        if self._channels == 1:
            self._mixed.add(block[:, 0])
            return
        # Column by column: numpy's mean over a short axis takes ten times as long.
        mixed = block[:, 0].astype(np.float64)
        energy = float(mixed @ mixed)
        for channel in range(1, self._channels):
            samples = block[:, channel].astype(np.float64)
            energy += float(samples @ samples)
            mixed += samples
        mixed /= self._channels
        self._mixed_energy += float(mixed @ mixed)
        self._channel_energy += energy / self._channels
        self._mixed.add(mixed)
        self._left.add(block[:, 0])

    def finish(self) -> Mono:
        """Choose mix or left channel, bring it into -1..1 and name what is odd."""
        flags = []
        chosen = self._mixed
        if self._mixed_energy < CANCELLED_SHARE * self._channel_energy:
            chosen = self._left
            flags.append(Reason.ANTIPHASE)
        chunks = chosen.filled()
        del chosen, self._mixed, self._left
        flags += _fit_to_full_scale(chunks)
        flags += _level_flags(chunks)
        sha256 = _sha256(chunks, self._rate_hz, self._channels)
        return Mono(chunks, tuple(flags), sha256, _level_db(chunks))


class _Chunks:
    """Samples in chunks of one size: large enough to go back to the system when freed, never copied to grow."""

    def __init__(self) -> None:
        self._chunks: list[NDArray[np.float32]] = []
        self.frames = 0

    def add(self, samples: NDArray[np.floating]) -> None:
        taken = 0
        while taken < len(samples):
            used = self.frames % CHUNK_FRAMES
            if used == 0:
                self._chunks.append(np.empty(CHUNK_FRAMES, np.float32))
            count = min(CHUNK_FRAMES - used, len(samples) - taken)
            self._chunks[-1][used : used + count] = samples[taken : taken + count]
            taken += count
            self.frames += count

    def filled(self) -> list[NDArray[np.float32]]:
        if self.frames % CHUNK_FRAMES:
            self._chunks[-1] = self._chunks[-1][: self.frames % CHUNK_FRAMES]
        return self._chunks


def _fit_to_full_scale(chunks: list[NDArray[np.float32]]) -> list[Reason]:
    """Clip moderate overshoot, scale down what is far over full scale; changes the chunks in place."""
    peak = max((float(np.abs(chunk).max()) for chunk in chunks), default=0.0)
    if peak <= 1.0:
        return []
    if peak > OVERSHOOT_PEAK:
        for chunk in chunks:
            np.divide(chunk, np.float32(peak), out=chunk)
        return [Reason.RESCALED]
    over = sum(int(np.count_nonzero(np.abs(chunk) > 1.0)) for chunk in chunks)
    for chunk in chunks:
        np.clip(chunk, -1.0, 1.0, out=chunk)
    return [Reason.CLIPPED] if over > CLIPPED_SHARE * sum(map(len, chunks)) else []


def _level_flags(chunks: list[NDArray[np.float32]]) -> list[Reason]:
    frames = max(sum(map(len, chunks)), 1)
    if max((float(np.abs(chunk).max()) for chunk in chunks), default=0.0) < SILENT_PEAK:
        return [Reason.SILENT]
    mean = sum(float(chunk.sum(dtype=np.float64)) for chunk in chunks) / frames
    return [Reason.DC_OFFSET] if abs(mean) > DC_LEVEL else []


def _level_db(chunks: list[NDArray[np.float32]]) -> float:
    energy = sum(float(np.dot(chunk, chunk)) for chunk in chunks) / max(sum(map(len, chunks)), 1)
    return round(max(10 * math.log10(energy), FLOOR_DB), 3) if energy > 0 else FLOOR_DB


def _sha256(chunks: list[NDArray[np.float32]], rate_hz: int, channels: int) -> str:
    """Identity: rate, channels and the samples rounded to 16 bits, little-endian, half to even."""
    digest = hashlib.sha256(f"sound 1 {rate_hz} {channels}\n".encode())
    for chunk in chunks:
        rounded = np.rint(chunk.astype(np.float64) * 32768.0).clip(-32768, 32767)
        digest.update(rounded.astype("<i2").tobytes())
    return digest.hexdigest()
