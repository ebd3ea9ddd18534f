"""How good each concept's vector is on tracks it did not see, and whether the concept is kept.

Conventions: all from cross-fitted scores (see `similarity.track_scores`); intervals are 95 %; a concept's positives
are its tracks, its negatives all other tracks of the catalogue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from worker.concepts.blocks import work_through
from worker.concepts.errors import NotFinite, ShapeMismatch, UnusableConcept
from worker.concepts.members import Members
from worker.concepts.significance import Learnt

AP_DIGITS = 10
"""Of average precision: a sum of thousands of shares comes out just below a perfect 1, which has no logit."""
Z95 = 1.959964
CALIBRATION_BINS = 10


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
    """At the catalogue's true imbalance (chance: `tracks` / catalogue), with Boyd's logit interval."""
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
    """Why 10: none of 400 random sets of any size from 3 to 250 was kept by the rules below, so size need not guard
    against accidents; and the vectors of the demo's 49 timbres and forms that they keep of 10 tracks lie 0.046 of AUC
    behind those of the whole concepts (5 tracks: 0.093, 20: 0.035, 39: 0.018). Without the rules take 39: the mean of
    all vectors lies 0.096 behind of 10 tracks, 0.058 of 20, 0.029 of 39. Of the demo's nine characters, which are
    harder to hear, parts of 10 are hardly ever kept (2 of 180), and 39 is the better choice with the rules too.
    `audio-concepts study learning-curve` measures it on other music."""
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
    """`no_sound`, `too_few_tracks`, `too_many_tracks`, `one_fold`, `no_counter_examples`, `not_learnt`, `low_accuracy`,
    `hidden`, `merged`; empty when kept."""
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

    Raises:
        ShapeMismatch: `folds` has another length than the tracks.
    """
    settings = settings or KeepSettings()
    if np.shape(folds) != (len(members.track_ids),):
        raise ShapeMismatch("folds", (len(members.track_ids),), np.shape(folds))
    verdicts = []
    for position, concept in enumerate(members.concept_ids):
        rows = members.rows(position)
        code, sentence = _unlearnable(rows, int(members.missing[position]), folds, settings)
        verdicts.append(Verdict(concept, not code, code, sentence))
    return verdicts


def _unlearnable(
    rows: NDArray[np.int64], missing: int, folds: NDArray[np.int8], settings: KeepSettings
) -> tuple[str, str]:
    """Reason code and sentence, both empty when the concept can be learnt."""
    number, lost = len(rows), f" ({missing} more have no sound)" if missing else ""
    if number == 0:
        return "no_sound", f"none of its {missing} tracks has sound; import the files" if missing else "it has no track"
    if number < settings.min_tracks:
        return "too_few_tracks", f"it has {number} tracks{lost}; at least {settings.min_tracks} are needed"
    if settings.max_tracks is not None and number > settings.max_tracks:
        return "too_many_tracks", f"it has {number} tracks; at most {settings.max_tracks} are allowed"
    if len(np.unique(folds[rows])) == 1:
        return "one_fold", f"all its {number} tracks lie in one fold; add tracks of other artists or albums"
    if _leaves_nothing(rows, folds):
        return "no_counter_examples", "outside some fold every track belongs to it; add tracks that do not"
    return "", ""


def _leaves_nothing(rows: NDArray[np.int64], folds: NDArray[np.int8]) -> bool:
    """Whether some training set holds no other track."""
    others = np.bincount(folds, minlength=2) - np.bincount(folds[rows], minlength=max(2, int(folds.max()) + 1))
    return bool((others.sum() - others <= 0).any())


def assess(scores: NDArray[np.float32], members: Members, within: Members | None = None) -> list[ConceptQuality]:
    """Measure every concept on cross-fitted scores.

    Args:
        scores: (tracks, concepts), rows as `members.track_ids`, columns as `members.concept_ids`.
        members: the concepts.
        within: the tracks that each concept is judged on, for the same concepts and tracks; None for all.

    Returns:
        One quality a concept, in the order of `members`; `tracks` counts all its tracks.

    Raises:
        ShapeMismatch: scores, members and `within` do not fit.
        UnusableConcept: a concept is judged on no track of its own, or on no other.
    """
    wanted = (len(members.track_ids), len(members.concept_ids))
    if scores.shape != wanted:
        raise ShapeMismatch("scores", wanted, scores.shape)
    if within is not None and (within.concept_ids, within.track_ids) != (members.concept_ids, members.track_ids):
        raise ShapeMismatch("what concepts are judged on", "about the same concepts and tracks", "about others")
    found: list[ConceptQuality] = []

    def measure(position: int) -> ConceptQuality:
        concept, inside = members.concept_ids[position], np.zeros(wanted[0], np.bool_)
        inside[members.rows(position)] = True
        used = np.arange(wanted[0]) if within is None else within.rows(position)
        column = np.ascontiguousarray(scores[used, position])
        if not np.isfinite(column).all():
            raise NotFinite("scores", f"track {members.track_ids[int(used[np.argmin(np.isfinite(column))])]}")
        judged = inside[used]
        if judged.all() or not judged.any():
            raise UnusableConcept(concept, -1, "counter-example" if judged.any() else "example")
        return replace(_measure(concept, column, judged), tracks=int(inside.sum()))

    work_through(measure, range(wanted[1]), lambda _, quality: found.append(quality))
    return found


def _measure(concept: str, scores: NDArray[np.float32], inside: NDArray[np.bool_]) -> ConceptQuality:
    examples = np.sort(scores[inside].astype(np.float64))
    others = np.sort(scores[~inside].astype(np.float64))
    auc, auc_low, auc_high = _auc(examples, others)
    accuracy, accuracy_low, accuracy_high = _balanced_accuracy(examples, others)
    precision = round(_average_precision(examples, others), AP_DIGITS)
    precision_low, precision_high = _logit_interval(precision, precision * (1 - precision) / len(examples))
    weights = np.where(inside, 0.5 / len(examples), 0.5 / len(others))
    error = scores - inside
    bins = np.minimum((scores * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    return ConceptQuality(
        concept_id=concept,
        tracks=len(examples),
        auc=auc,
        auc_low=auc_low,
        auc_high=auc_high,
        accuracy=accuracy,
        accuracy_low=accuracy_low,
        accuracy_high=accuracy_high,
        average_precision=precision,
        average_precision_low=precision_low,
        average_precision_high=precision_high,
        brier=float(weights @ error**2),
        calibration_error=float(np.abs(np.bincount(bins, weights * error)).sum()),
    )


def _auc(examples: NDArray[np.float64], others: NDArray[np.float64]) -> tuple[float, float, float]:
    """AUC with DeLong's interval; where all pairs are in order, the rule of three on the smaller class.

    Both are ascending.
    """
    below = _share_below(others, examples)
    above = 1.0 - _share_below(examples, others)
    auc = float(below.mean())
    fewer = min(len(examples), len(others))
    if auc in (0.0, 1.0) or fewer == 1:
        reach = min(3.0 / fewer, 1.0)
        return auc, max(auc - reach, 0.0), min(auc + reach, 1.0)
    variance = float(below.var(ddof=1)) / len(examples) + float(above.var(ddof=1)) / len(others)
    return auc, *_logit_interval(auc, variance)


def _share_below(ranked: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each value the share of the ranked that lie below it, ties half."""
    both = np.searchsorted(ranked, values, side="left") + np.searchsorted(ranked, values, side="right")
    shares: NDArray[np.float64] = both / (2.0 * len(ranked))
    return shares


def _average_precision(examples: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """Mean over the examples of the share of examples among all that score as high or higher.

    Both are ascending.
    """
    hits, alarms = (len(ranked) - np.searchsorted(ranked, examples, side="left") for ranked in (examples, others))
    return float((hits / (hits + alarms)).mean())


def _balanced_accuracy(examples: NDArray[np.float64], others: NDArray[np.float64]) -> tuple[float, float, float]:
    """Mean of the two classes' hit rates; a score of just 0.5 says member for neither, i.e. counts half."""
    rates, variance = [], 0.0
    for scores, sign in ((examples, 1), (others, -1)):
        hits = float((sign * (scores - 0.5) > 0).sum()) + 0.5 * float((scores == 0.5).sum())  # noqa: PLR2004
        rates.append(hits / len(scores))
        smooth = (hits + 1) / (len(scores) + 2)
        variance += smooth * (1 - smooth) / len(scores) / 4
    accuracy, reach = sum(rates) / 2, Z95 * variance**0.5
    return accuracy, max(accuracy - reach, 0.0), min(accuracy + reach, 1.0)


def _logit_interval(value: float, variance: float) -> tuple[float, float]:
    """95 % interval of a proportion, symmetric on the logit scale."""
    if value <= 0.0 or value >= 1.0:
        return value, value
    middle, reach = np.log(value / (1 - value)), Z95 * np.sqrt(variance) / (value * (1 - value))
    low, high = 1 / (1 + np.exp(-(middle - reach))), 1 / (1 + np.exp(-(middle + reach)))
    return float(low), float(high)


def judge(
    qualities: Sequence[ConceptQuality], learnt: Sequence[Learnt] | None, settings: KeepSettings | None = None
) -> list[Verdict]:
    """Keep a concept, or leave it out with the reason.

    Args:
        qualities: from `assess`.
        learnt: from `significance.learnt_or_not`, in the same order; None when the settings do not test.
        settings: the limits.

    Raises:
        ShapeMismatch: the two lists are not about the same concepts.
    """
    settings = settings or KeepSettings()
    tests: Sequence[Learnt | None] = [None] * len(qualities) if learnt is None else learnt
    if len(tests) != len(qualities):
        raise ShapeMismatch("the list of tests", len(qualities), len(tests))
    return [_verdict(quality, test, settings) for quality, test in zip(qualities, tests, strict=True)]


def _verdict(quality: ConceptQuality, test: Learnt | None, settings: KeepSettings) -> Verdict:
    if test is not None and test.concept_id != quality.concept_id:
        raise ShapeMismatch("the tested concept", quality.concept_id, test.concept_id)
    concept, code, sentence = quality.concept_id, "", ""
    if quality.tracks < settings.min_tracks:
        code = "too_few_tracks"
        sentence = f"it has {quality.tracks} tracks; at least {settings.min_tracks} are needed"
    elif settings.max_tracks is not None and quality.tracks > settings.max_tracks:
        code = "too_many_tracks"
        sentence = f"it has {quality.tracks} tracks; at most {settings.max_tracks} are allowed"
    elif test is not None and settings.q is not None and test.q_value > settings.q:
        code = "not_learnt"
        sentence = (
            f"its sound is told from other tracks no better than that of random sets of tracks is "
            f"(AUC {test.auc:.2f}, p = {test.p_value:.2g}, q = {test.q_value:.2g} > {settings.q:g})"
        )
    elif quality.accuracy <= settings.min_accuracy:
        code = "low_accuracy"
        sentence = (
            f"balanced accuracy on unseen tracks is {quality.accuracy:.2f}; above {settings.min_accuracy:.2f} is needed"
        )
    return Verdict(concept, not code, code, sentence)
