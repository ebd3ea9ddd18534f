"""In which seconds a piece of music expresses a concept: windows that lie closely, scored by published vectors.

Conventions: a frame is 16 ms, a window 187 of them (2.992 s); windows of a timeline start every quarter of a window (47
frames, 0.752 s) and have no padding, whatever hop the vectors were learnt with: what a window's activation is does not
depend on its neighbours. `scores[w, c] = sigmoid(<v_c, f(w)> + b_c)`; see `worker.answers.seconds` for the curve.

Why no probabilities here: the calibration is learnt on whole tracks; windows swing wider than their mean.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from worker.activations.fingerprint import Fingerprint
from worker.activations.windows import FRAME_HOP, SAMPLE_RATE_HZ, window_starts_s
from worker.answers.attribution import window_scores
from worker.answers.errors import NoFrames
from worker.answers.published import PublishedVectors
from worker.answers.seconds import Timeline

WINDOWS_A_WINDOW = 4


def timeline_fingerprint(stored: Fingerprint) -> Fingerprint:
    """What to listen with for a timeline: the stored fingerprint with windows every quarter of a window, unpadded.

    Raises:
        NoFrames: rows of these activations are no windows of frames, so they have no seconds.
    """
    if stored.window_frames < 1:
        raise NoFrames(stored.backbone)
    return dataclasses.replace(stored, hop_frames=max(round(stored.window_frames / WINDOWS_A_WINDOW), 1), pad_frames=0)


def window_s(fingerprint: Fingerprint) -> float:
    """Seconds of one window."""
    return fingerprint.window_frames * FRAME_HOP / SAMPLE_RATE_HZ


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
    return Timeline.of(
        published.concept_ids,
        window_scores(published, windows),
        window_starts_s(len(windows), fingerprint),
        window_s=window_s(fingerprint),
        duration_s=duration_s,
    )
