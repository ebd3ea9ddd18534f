"""One file becomes one sound, decoded in a child process that may be killed at any time.

Conventions: samples are mono float32 in -1..1 at the file's own rate (`rate_hz`), durations are seconds (`_s`).

What becomes of odd files (the whole rule; codes are `worker.catalogue.reasons.Reason`):

* Read by content: WAV (8-32 bit, float), AIFF, FLAC, OGG Vorbis, Opus and MP3 by libsndfile; AAC and M4A by the
  user's ffmpeg. Anything else is `not_audio`. Links, pipes, sockets and devices are never read.
* Channels are averaged. Where that cancels (the mix has under a thousandth of the channels' energy) the left one is used.
* Shorter than 0.5 s: left out. From there to one analysis window: kept as it is; the backbone pads its only window.
  Longer than 20 minutes or 115.2 million frames (20 minutes at 96 kHz): the beginning is used, flagged `cut`.
* NaN and infinities: left out. A peak up to 4 (12 dB over full scale, as lossy decoders overshoot) is clipped to 1 and
  flagged when over a thousandth of the samples were; a larger one divides the whole sound by its peak (`rescaled`).
* Silence and constant offset are flagged and used; a sound never holds NaN.

Why a child: libsndfile, mpg123 and the tag reader parse bytes from anywhere. A crash, a hang or a hunger for memory
ends one child and costs one file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from worker.catalogue.reasons import Reason
from worker.catalogue.tags import Tags


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may be and cost."""

    min_s: float = 0.5
    max_s: float = 1200.0
    max_frames: int = 115_200_000
    min_rate_hz: int = 8_000
    max_rate_hz: int = 192_000
    max_channels: int = 8
    max_bytes: int = 16 * 2**30
    deadline_s: float = 120.0
    cpu_s: int = 110
    memory_bytes: int = 1536 * 2**20
    """Address space of the child above what it has when idle."""


@dataclass(frozen=True, slots=True)
class SoundFacts:
    """What is known of a sound without its samples."""

    format: str
    """wav, aiff, flac, ogg, mp3, aac or m4a."""
    rate_hz: int
    channels: int
    frames: int
    sound_sha256: str
    """Of the mono samples rounded to 16 bits, with rate and channels: the same in every lossless format."""
    flags: tuple[Reason, ...]

    @property
    def duration_s(self) -> float:
        return self.frames / self.rate_hz

    @property
    def track_id(self) -> str:
        """24 hexadecimal characters."""
        return self.sound_sha256[:24]


@dataclass(frozen=True, slots=True)
class Sound:
    """A decoded file."""

    samples: NDArray[np.float32]
    """(frames,) mono, finite, in -1..1, at the native rate."""
    rate_hz: int
    sound_sha256: str
    duration_s: float
    flags: tuple[Reason, ...]

    @property
    def track_id(self) -> str:
        """24 hexadecimal characters."""
        return self.sound_sha256[:24]


class Decoder:
    """Decodes files in a child process of its own; restarts it whenever it dies. Not for several threads at once.

    Use as a context manager; the child starts with the first file. Several decoders run side by side.

    Args:
        limits: what one file may be and cost.
        ffmpeg: path of the user's ffmpeg for AAC and M4A; default: found on PATH, "" for none.
    """

    def __init__(self, limits: Limits | None = None, *, ffmpeg: str | None = None) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        raise NotImplementedError

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raise NotImplementedError

    def decode(self, path: Path) -> Sound:
        """Decode a file.

        Raises:
            AudioRejected: the file gives no sound; `code` says why.
        """
        raise NotImplementedError

    def facts(self, path: Path) -> SoundFacts:
        """As `decode`, without handing over the samples."""
        raise NotImplementedError

    def tags(self, path: Path) -> Tags:
        """Title, artist, album, ISRC, MusicBrainz id, genres and moods, sanitised; never raises for odd tags.

        Raises:
            AudioRejected: the file cannot be opened, or its tags cannot be read (`TAGS_UNREADABLE`).
        """
        raise NotImplementedError

    def close(self) -> None:
        """End the child."""
        raise NotImplementedError


def decode(path: Path, limits: Limits | None = None) -> Sound:
    """Decode one file in a child of its own; for many files use a `Decoder`.

    Raises:
        AudioRejected: the file gives no sound; `code` says why.
    """
    with Decoder(limits) as decoder:
        return decoder.decode(path)
