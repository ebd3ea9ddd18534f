"""In which seconds a piece of music expresses a concept. numpy only.

Conventions: seconds count from the start of the piece; a frame is 16 ms, a window 187 of them (2.992 s); windows of a
timeline start every quarter of a window (47 frames, 0.752 s) and have no padding, whatever hop the vectors were learnt
with: what a window's activation is does not depend on its neighbours. `scores[w, c] = sigmoid(<v_c, f(w)> + b_c)`,
0..1, 0.5 is where the vector changes its mind. The curve holds for moments 0.25 s apart (the middle of each quarter
second): at a moment the mean of the windows that cover it, weighted by a raised cosine that is 1 in a window's middle
and 0 at its ends; moments that no window covers take the nearest window.

Why the raised cosine: a network hears a concept in any part of a window, so an even mean smears each entry by a window
to both sides; one that trusts a window's middle more found planted seconds better (mean IoU 0.81 against 0.78).
Why no probabilities here: the calibration is learnt on whole tracks; windows swing wider than their mean.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.activations.fingerprint import Fingerprint
from worker.activations.windows import FRAME_HOP, SAMPLE_RATE_HZ, window_starts_s
from worker.answers.attribution import window_scores
from worker.answers.errors import NoFrames
from worker.answers.published import PublishedVectors

WINDOWS_A_WINDOW = 4
STEP_S = 0.25
THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class Timeline:
    """Some concepts over the seconds of one piece of music."""

    concept_ids: tuple[str, ...]
    names: tuple[str, ...]
    duration_s: float
    starts_s: NDArray[np.float64]
    """(windows,) ascending."""
    ends_s: NDArray[np.float64]
    """(windows,) at most the duration."""
    scores: NDArray[np.float64]
    """(windows, concepts) 0..1"""
    curve: NDArray[np.float64]
    """(moments, concepts) 0..1, smoothed; moment m is at (m + 0.5) x 0.25 s."""

    def passages(self, concept: int, threshold: float = THRESHOLD) -> list[tuple[float, float]]:
        """Start and end in seconds of each stretch in which the curve of a concept exceeds the threshold.

        Args:
            concept: its position.
            threshold: 0..1
        """
        above = np.concatenate(([False], self.curve[:, concept] > threshold, [False]))
        edges = np.flatnonzero(np.diff(above.astype(np.int8)))
        return [
            (float(start * STEP_S), min(float(end * STEP_S), self.duration_s))
            for start, end in zip(edges[::2], edges[1::2], strict=True)
        ]


def timeline_fingerprint(stored: Fingerprint) -> Fingerprint:
    """What to listen with for a timeline: the stored fingerprint with windows every quarter of a window, unpadded.

    Raises:
        NoFrames: rows of these activations are no windows of frames, so they have no seconds.
    """
    if stored.window_frames < 1:
        raise NoFrames(stored.backbone)
    return dataclasses.replace(stored, hop_frames=max(round(stored.window_frames / WINDOWS_A_WINDOW), 1), pad_frames=0)


def timeline(
    published: PublishedVectors, windows: NDArray[np.float32], fingerprint: Fingerprint, duration_s: float
) -> Timeline:
    """Score every window of one piece and smooth the scores over its seconds.

    Args:
        published: the vectors (`select` the concepts that are wanted).
        windows: (windows, units) activations of the piece, at least one window.
        fingerprint: what they were computed with: `timeline_fingerprint` of the published one.
        duration_s: of the piece, > 0.

    Raises:
        FingerprintMismatch: the activations differ in more than hop and padding.
        NoFrames: they are no windows of frames.
    """
    timeline_fingerprint(Fingerprint.parse(published.fingerprint)).require(fingerprint)
    scores = window_scores(published, windows)
    starts = window_starts_s(len(windows), fingerprint)
    length = fingerprint.window_frames * FRAME_HOP / SAMPLE_RATE_HZ
    return Timeline(
        concept_ids=published.concept_ids,
        names=published.names,
        duration_s=duration_s,
        starts_s=starts,
        ends_s=np.minimum(starts + length, duration_s),
        scores=scores,
        curve=_smoothed(scores, starts, length, max(int(np.ceil(duration_s / STEP_S)), 1)),
    )


def _smoothed(
    scores: NDArray[np.float64], starts: NDArray[np.float64], length: float, moments: int
) -> NDArray[np.float64]:
    """(moments, concepts) raised-cosine mean of the windows over each moment."""
    times = (np.arange(moments) + 0.5) * STEP_S
    hop = starts[1] - starts[0] if len(starts) > 1 else length
    last = np.searchsorted(starts, times, side="right") - 1
    total, weight = np.zeros((moments, scores.shape[1])), np.zeros(moments)
    for back in range(int(np.ceil(length / hop)) + 1):
        window = last - back
        exists = window >= 0
        away = (times - starts[np.maximum(window, 0)]) / length - 0.5
        share = np.where(exists & (np.abs(away) < 0.5), np.cos(np.pi * away) ** 2, 0.0)  # noqa: PLR2004  its ends
        total += share[:, None] * scores[np.maximum(window, 0)]
        weight += share
    bare = weight < 1e-9  # noqa: PLR2004  a moment on a window's very edge, or past the last window
    nearest = np.clip(np.round((times - starts[0] - length / 2) / hop), 0, len(starts) - 1).astype(np.int64)
    total[bare], weight[bare] = scores[nearest[bare]], 1.0
    return total / weight[:, None]
