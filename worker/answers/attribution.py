"""Which concepts a piece of new music expresses, from its activations and published vectors. numpy only.

Conventions: a score is `mean over windows of sigmoid(<v, f(window)> + b)`, 0..1, as if half of all tracks were members;
a probability is at the catalogue's true share of members (see `calibration`). Strongest first: by probability, where
there is none by score; ties by id.
Vectors and activations carry one fingerprint. Source: Afchar, Hennequin, Guigue 2022, the goal "attribution".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.activations.fingerprint import Fingerprint
from worker.answers.published import PublishedVectors


@dataclass(frozen=True, slots=True)
class Attribution:
    """One concept's score for one piece of music."""

    concept_id: str
    name: str
    score: float
    """0..1, mean over the windows."""
    probability: float | None
    """0..1, that a track of the catalogue which scores so is a member; None where nothing was calibrated."""


def window_scores(published: PublishedVectors, windows: NDArray[np.float32]) -> NDArray[np.float64]:
    """How strongly each window expresses each concept.

    Args:
        published: the vectors.
        windows: (windows, units) activations.

    Returns:
        (windows, concepts) 0..1.
    """
    logits = windows.astype(np.float64) @ published.weights.T.astype(np.float64) + published.bias
    scores: NDArray[np.float64] = 0.5 * (1.0 + np.tanh(0.5 * logits))
    return scores


def attribute(published: PublishedVectors, windows: NDArray[np.float32], fingerprint: Fingerprint) -> list[Attribution]:
    """Score one piece of music on every published concept.

    Args:
        published: the vectors, learnt without this piece or with it.
        windows: (windows, units) its activations, at least one window.
        fingerprint: what the activations were computed with.

    Raises:
        FingerprintMismatch: the vectors were learnt from other activations.
    """
    Fingerprint.parse(published.fingerprint).require(fingerprint)
    means = window_scores(published, windows).mean(axis=0)
    likely = (
        [None] * len(means) if published.calibration is None else published.calibration.probabilities(means).tolist()
    )
    found = [
        Attribution(*one) for one in zip(published.concept_ids, published.names, means.tolist(), likely, strict=True)
    ]
    return sorted(
        found,
        key=lambda one: (-(one.score if one.probability is None else one.probability), -one.score, one.concept_id),
    )
