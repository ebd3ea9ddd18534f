"""One file becomes one sound, decoded in a child process that may be killed at any time.

Conventions: samples are mono float32 in -1..1 at the file's own rate (`rate_hz`), durations are seconds (`_s`).

What becomes of odd files (the whole rule; codes are `worker.reasons.Reason`):

* Read by content: WAV (8-32 bit, float), AIFF, FLAC, OGG Vorbis, Opus and MP3 by libsndfile; AAC and M4A by the
  user's ffmpeg. Anything else is `not_audio`. Links, pipes, sockets and devices are never read.
* Channels are averaged. Where that cancels (the mix keeps under a thousandth of the energy) the left channel is used.
* Shorter than 0.5 s: left out. From there to one analysis window: kept as it is; the backbone pads its only window.
  Longer than 20 minutes or 115.2 million frames (20 minutes at 96 kHz): the beginning is used, flagged `cut`.
* NaN and infinities: left out. A peak up to 4 (12 dB over full scale, as lossy decoders overshoot) is clipped to 1 and
  flagged when over a thousandth of the samples were; a larger one divides the whole sound by its peak (`rescaled`).
* Silence and constant offset are flagged and used; a sound never holds NaN.

Why a child: libsndfile, mpg123 and the tag reader parse bytes from anywhere. A crash, a hang or a hunger for memory
ends one child and costs one file.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from worker.catalogue.child import Child, ChildEnded
from worker.catalogue.errors import AudioRejected
from worker.catalogue.limits import Limits
from worker.catalogue.tags import Tags
from worker.reasons import Reason


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
    level_db: float
    """RMS level of the mono samples, dB re full scale; at least -120."""
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
        self.limits = limits or Limits()
        self._ffmpeg = (shutil.which("ffmpeg") or "") if ffmpeg is None else ffmpeg
        self._child: Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def decode(self, path: Path) -> Sound:
        """Decode a file.

        Raises:
            AudioRejected: the file gives no sound; `code` says why.
        """
        answer, samples = self._ask("decode", Path(path))
        facts = _facts(answer)
        return Sound(samples, facts.rate_hz, facts.sound_sha256, facts.duration_s, facts.flags)

    def facts(self, path: Path) -> SoundFacts:
        """As `decode`, without handing over the samples."""
        answer, _ = self._ask("facts", Path(path))
        return _facts(answer)

    def tags(self, path: Path) -> Tags:
        """Title, artist, album, ISRC, MusicBrainz id, genres and moods, sanitised.

        Raises:
            AudioRejected: the file cannot be opened, or its tags cannot be read (`TAGS_UNREADABLE`).
        """
        answer, _ = self._ask("tags", Path(path))
        return Tags(**{**answer, "genres": tuple(answer["genres"]), "moods": tuple(answer["moods"])})

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def interrupt(self) -> None:
        """From another thread: end the file that is being decoded, as a rejection."""
        child = self._child
        if child is not None:
            child.stop()

    def _ask(self, what: str, path: Path) -> tuple[dict[str, Any], NDArray[np.float32]]:
        """One question, one answer; a child that fails is ended, so that the next file finds a fresh one."""
        if self._child is None:
            self._child = Child(self.limits, self._ffmpeg)
        answered = False
        try:
            answer, samples = self._child.ask(what, path)
            answered = True
        except ChildEnded as ended:
            raise AudioRejected(ended.reason, path, ended.detail) from ended
        finally:
            if not answered:
                self.close()
        if "error" in answer:
            raise AudioRejected(Reason.of(answer["error"]), path, answer["detail"])
        return answer, samples


def _facts(answer: dict[str, Any]) -> SoundFacts:
    return SoundFacts(**{**answer, "flags": tuple(map(Reason.of, answer["flags"]))})


def decode(path: Path, limits: Limits | None = None) -> Sound:
    """Decode one file in a child of its own; for many files use a `Decoder`.

    Raises:
        AudioRejected: the file gives no sound; `code` says why.
    """
    with Decoder(limits) as decoder:
        return decoder.decode(path)
