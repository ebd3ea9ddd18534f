"""Does an explanation point at what the score rests on? Deletion and insertion of seconds. numpy only.

Conventions: samples are (n,) float32 mono; a mask holds one bool for each quarter second (`STEP_S`) of a curve. The
explained seconds are the share of them with the highest curve. Deletion fills them with something else and asks by how
much the score falls; insertion fills everything else and asks what is left of the score. Both are compared with the
very same cuts shifted in time by a random amount, around the end to the start: as many seconds, as many cuts, only
elsewhere. A cut is crossfaded over 10 ms, for a click would be heard.

Fills: `silence`, and `noise`: stationary noise with the track's own mean spectrum and level, which has nothing but the
track's mean. Why two: silence is unlike any music and may lower every score; noise keeps level and timbre.

Source: deletion and insertion of pixels, Petsiuk, Das, Saenko 2018 (RISE), with random cuts as the rival.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from worker.answers.seconds import STEP_S

Samples = NDArray[np.float32]
Mask = NDArray[np.bool_]
Fill = Literal["silence", "noise"]
FILLS: tuple[Fill, ...] = get_args(Fill)
CROSSFADE_S = 0.01


@dataclass(frozen=True, slots=True)
class Erasure:
    """What erasing the explained seconds of a track does to its score for a concept, beside the same cuts elsewhere."""

    fill: Fill
    score: float
    """0..1, of the whole track."""
    deleted: float
    """0..1, without the explained seconds."""
    deleted_elsewhere: float
    """0..1, without as many others; mean over the shifts."""
    inserted: float
    """0..1, of the explained seconds alone."""
    inserted_elsewhere: float
    """0..1, of as many others alone; mean over the shifts."""

    @property
    def deletion(self) -> float:
        """By how much more the score falls than elsewhere, -1..1."""
        return self.deleted_elsewhere - self.deleted

    @property
    def insertion(self) -> float:
        """How much more of the score is kept than elsewhere, -1..1."""
        return self.inserted - self.inserted_elsewhere


def strongest_seconds(curve: NDArray[np.float64], share: float) -> Mask:
    """The share of the moments with the highest curve, at least one and never all; of equal ones the earlier.

    Args:
        curve: (moments,) at least two.
        share: 0..1
    """
    count = min(max(round(share * len(curve)), 1), len(curve) - 1)
    mask = np.zeros(len(curve), np.bool_)
    mask[np.argsort(-curve, kind="stable")[:count]] = True
    return mask


def erase(samples: Samples, rate_hz: int, mask: Mask, fill: Samples) -> Samples:
    """The samples, with those of the masked moments taken from the fill.

    Args:
        samples: (n,)
        rate_hz: of both.
        mask: (moments,); samples past its end go with its last moment.
        fill: (n,)
    """
    moments = np.minimum((np.arange(len(samples)) / (rate_hz * STEP_S)).astype(np.int64), len(mask) - 1)
    width = max(int(CROSSFADE_S * rate_hz), 1)
    padded = np.pad(mask[moments].astype(np.int64), (width // 2, width - 1 - width // 2), mode="edge")
    sums = np.concatenate(([0], np.cumsum(padded)))
    share = (sums[width:] - sums[:-width]) / width
    return (share * fill + (1 - share) * samples).astype(np.float32)


def stationary(samples: Samples, rng: np.random.Generator) -> Samples:
    """Noise with the spectrum and the energy of the samples, and no moment unlike another: their phases drawn anew."""
    spectrum = np.abs(np.fft.rfft(samples.astype(np.float64)))
    drawn = spectrum * np.exp(2j * np.pi * rng.random(len(spectrum)))
    drawn[0] = spectrum[0]
    noise = np.fft.irfft(drawn, len(samples))
    level = float(np.sqrt((noise**2).mean()))
    scale = float(np.sqrt((samples.astype(np.float64) ** 2).mean())) / level if level > 0 else 0.0
    return (noise * scale).astype(np.float32)


def erasures(
    samples: Samples,
    rate_hz: int,
    curve: NDArray[np.float64],
    score: Callable[[Samples], float],
    rng: np.random.Generator,
    *,
    share: float = 0.25,
    shifts: int = 4,
) -> list[Erasure]:
    """Erase the explained seconds of one track and listen again.

    Args:
        samples: (n,) the track.
        rate_hz: their rate.
        curve: (moments,) of the concept over the track's seconds, at least two.
        score: listens to altered samples, and says how strongly they express the concept.
        rng: draws the shifts and the noise.
        share: of the seconds that count as explained, 0..1.
        shifts: random cuts to compare with, at least one.

    Returns:
        One for each fill; 2 + 2 x shifts listenings each, and one of the track as it is.
    """
    mask, whole = strongest_seconds(curve, share), score(samples)
    steps = rng.choice(np.arange(1, len(mask)), size=shifts, replace=shifts >= len(mask))
    found = []
    for kind in FILLS:
        fill = stationary(samples, rng) if kind == "noise" else np.zeros_like(samples)

        def without(gone: Mask, fill: Samples = fill) -> float:
            return score(erase(samples, rate_hz, gone, fill))

        elsewhere = [np.roll(mask, step) for step in steps]
        found.append(
            Erasure(
                fill=kind,
                score=whole,
                deleted=without(mask),
                deleted_elsewhere=float(np.mean([without(one) for one in elsewhere])),
                inserted=without(~mask),
                inserted_elsewhere=float(np.mean([without(~one) for one in elsewhere])),
            )
        )
    return found
