"""How good each concept's vector is on tracks it did not see, and whether the concept is kept.

Conventions: all from cross-fitted scores (see `similarity.track_scores`); intervals are 95 %; a concept's positives
are its tracks, its negatives all other tracks of the catalogue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.concepts.members import Members
from worker.concepts.significance import Learnt


@dataclass(frozen=True, slots=True)
class ConceptQuality:
    """What was measured of one concept, cross-fitted."""

    concept_id: str
    tracks: int
    auc: float
    """Area under the ROC curve, by DeLong's method with its interval on the logit scale."""
    auc_low: float
    auc_high: float
    accuracy: float
    """Balanced accuracy at a score of 0.5, with the interval of two independent proportions."""
    accuracy_low: float
    accuracy_high: float
    average_precision: float
    """At the catalogue's true imbalance; compare with `tracks` / catalogue."""
    average_precision_low: float
    average_precision_high: float
    brier: float
    """Mean squared error of the score as a probability, classes balanced; 0 best, 0.25 a constant 0.5."""
    calibration_error: float
    """Expected calibration error over ten equal bins of the score, classes balanced, 0..1."""


@dataclass(frozen=True, slots=True)
class KeepSettings:
    """What a concept needs to enter the hierarchy."""

    min_tracks: int = 10
    max_tracks: int | None = None
    min_accuracy: float = 0.70
    """Exceeded, not only reached."""
    q: float | None = 0.01
    """False discovery rate of the test against random track sets; None does not test."""

    @classmethod
    def poster(cls) -> KeepSettings:
        """39 to 250 tracks and accuracy above 0.70, no test: the rule of Afchar et al. 2022."""
        return cls(min_tracks=39, max_tracks=250, min_accuracy=0.70, q=None)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Kept, or left out for a reason."""

    concept_id: str
    kept: bool
    code: str = ""
    """`no_sound`, `too_few_tracks`, `too_many_tracks`, `one_fold`, `no_counter_examples`, `not_learnt`, `low_accuracy`;
    empty when kept."""
    sentence: str = ""

    @property
    def reason(self) -> str:
        """`code: sentence`, or empty."""
        return f"{self.code}: {self.sentence}" if self.code else ""


def screen(members: Members, folds: NDArray[np.int8], settings: KeepSettings | None = None) -> list[Verdict]:
    """Which concepts can be learnt at all; ask before `learn_vectors`, which refuses the others.

    Args:
        members: all concepts, those without any track included.
        folds: (tracks,) fold of each of `members.track_ids`.
        settings: the limits.

    Returns:
        One verdict a concept, in the order of `members`.
    """
    raise NotImplementedError


def assess(scores: NDArray[np.float32], members: Members) -> list[ConceptQuality]:
    """Measure every concept on cross-fitted scores.

    Args:
        scores: (tracks, concepts), rows as `members.track_ids`, columns as `members.concept_ids`.
        members: the concepts.

    Raises:
        ShapeMismatch: scores and members do not fit.
        UnusableConcept: a concept holds no track, or all.
    """
    raise NotImplementedError


def judge(
    qualities: Sequence[ConceptQuality], learnt: Sequence[Learnt] | None, settings: KeepSettings | None = None
) -> list[Verdict]:
    """Keep a concept, or leave it out with the reason.

    Args:
        qualities: from `assess`.
        learnt: from `significance.learnt_or_not`, in the same order; None when the settings do not test.
        settings: the limits.
    """
    raise NotImplementedError
