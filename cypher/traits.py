"""What is known of tracks besides what they are called: properties that a concept may be mistaken for.

Conventions: as in `model`; None or '' is not known. They stand on Track beside its other properties.

Source: measured when a file is decoded (loudness, rate, codec), read from tags or a table (year), told (popularity).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TrackTraits:
    """Properties of one track; see `worker.concepts.properties` for what is made of them."""

    track_id: str
    loudness_db: float | None = None
    """RMS level of the mono sound, dB re full scale; at least -120."""
    rate_hz: int | None = None
    """Sampling rate of the file that gave the sound."""
    codec: str = ""
    """wav, aiff, flac, ogg, mp3, aac or m4a."""
    year: int | None = None
    popularity: float | None = None
    """A count >= 0: plays, likes, listeners; its unit is that of whoever tells it."""

    def known(self) -> dict[str, Any]:
        """Properties by name, those that are known."""
        told = asdict(self)
        del told["track_id"]
        return {name: value for name, value in told.items() if value not in {None, ""}}
