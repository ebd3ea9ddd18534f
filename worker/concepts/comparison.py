"""The default's vectors beside those of the preset `poster`: held-out accuracy in pairs, direction, order of S.

Conventions: both methods are given the same concepts and tracks. For accuracy each concept keeps the preset's split:
the preset trains on 70 % of the tracks and stops by 10 %; the default learns from the same 80 %, with the ridge that
cross-validation chose for the collection; both are judged by the score of each of the other 20 %, members and others
weighing equally. So a pair differs in the method alone. (The ridge, one number for all concepts, has seen all tracks.)
Vectors are compared as they would be kept, raw, without bias: the default's from all tracks, the preset's from its
70 %. S is each method's own: the default's over all tracks, cross-fitted; the preset's over test tracks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.stats
from numpy.typing import NDArray

from worker.concepts import poster
from worker.concepts.members import Members
from worker.concepts.quality import Z95, assess
from worker.concepts.similarity import similarity, track_scores
from worker.concepts.training import learn_vectors
from worker.concepts.vectors import ConceptVectors, VectorSettings

if TYPE_CHECKING:
    from worker.activations.store import Activations


@dataclass(frozen=True, slots=True)
class Pair:
    """One concept under both methods."""

    concept_id: str
    tracks: int
    accuracy: float
    """Balanced, of the default, on the preset's test tracks."""
    poster_accuracy: float
    cosine: float
    """Between the kept vectors."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """All concepts under both methods."""

    pairs: tuple[Pair, ...]
    ridge: float
    """Of the default."""
    difference: float
    """Mean over concepts of the default's accuracy minus the preset's."""
    difference_low: float
    """95 % interval of that mean, concepts as units."""
    difference_high: float
    cosine: float
    """Mean over concepts."""
    rank_agreement: float
    """Spearman's correlation of the two S, over all pairs of different concepts; NaN for fewer than 3 concepts."""


def compare_with_poster(
    activations: Activations,
    members: Members,
    folds: NDArray[np.int8],
    settings: VectorSettings | None = None,
    progress: Callable[[int, int], None] | None = None,
    *,
    seed: int = poster.SEED,
) -> Comparison:
    """Learn every concept both ways and compare.

    Args:
        activations: rows of every track of `members.track_ids`.
        members: the concepts, screened, each of at least `poster.LEAST_TRACKS` tracks.
        folds: (tracks,) fold of each of `members.track_ids`, for the default's S and ridge.
        settings: of the default.
        progress: told (concepts done, concepts), of the preset's training.
        seed: of the preset's splits and draws.

    Raises:
        UnusableConcept: a concept is too small to be split.
    """
    ours = learn_vectors(activations, members, folds, settings or VectorSettings())
    theirs = learn_vectors(activations, members, folds, VectorSettings(method="poster", seed=seed), progress)
    order = members.track_order(activations.track_ids)
    their_scores = track_scores(activations, theirs, None)[order]
    own, within = poster.judged_on(members, seed)
    held_out = _scores_on_their_splits(activations, members, within, replace(ours.settings, ridge=ours.ridge))
    accuracies, their_accuracies = (
        [quality.accuracy for quality in assess(scores, members, within)] for scores in (held_out, their_scores)
    )
    cosines = _cosines(ours.weights, theirs.weights)
    pairs = zip(members.concept_ids, members.sizes.tolist(), accuracies, their_accuracies, cosines, strict=True)
    differences = np.array(accuracies) - np.array(their_accuracies)
    reach = Z95 * differences.std(ddof=1) / np.sqrt(len(differences)) if len(differences) > 1 else np.nan
    our_similarity = similarity(_cross_fitted(activations, ours, folds, order), members)
    return Comparison(
        tuple(Pair(concept, size, one, other, float(cosine)) for concept, size, one, other, cosine in pairs),
        ours.ridge,
        float(differences.mean()),
        float(differences.mean() - reach),
        float(differences.mean() + reach),
        float(cosines.mean()),
        _rank_agreement(our_similarity, similarity(their_scores, own)),
    )


def _scores_on_their_splits(
    activations: Activations, members: Members, within: Members, settings: VectorSettings
) -> NDArray[np.float32]:
    """(tracks, concepts) each concept's test tracks scored by the default that saw the rest alone; else 0."""
    order = members.track_order(activations.track_ids)
    scores = np.zeros((len(members.track_ids), len(members.concept_ids)), np.float32)
    for concept in range(len(members.concept_ids)):
        tested = np.zeros(len(members.track_ids), np.int8)
        tested[within.rows(concept)] = 1
        learnt = learn_vectors(activations, members.select([concept]), tested, settings)
        rows = within.rows(concept)
        scores[rows, concept] = _cross_fitted(activations, learnt, tested, order)[rows, 0]
    return scores


def _cross_fitted(
    activations: Activations, vectors: ConceptVectors, folds: NDArray[np.int8], order: NDArray[np.int64]
) -> NDArray[np.float32]:
    """(tracks, concepts) by row of the members."""
    by_activation = np.zeros(len(activations.track_ids), np.int8)
    by_activation[order] = folds
    return track_scores(activations, vectors, by_activation)[order]


def _cosines(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    products = np.einsum("ij,ij->i", one, other, dtype=np.float64)
    lengths = np.linalg.norm(one.astype(np.float64), axis=1) * np.linalg.norm(other.astype(np.float64), axis=1)
    cosines: NDArray[np.float64] = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    return cosines


def _rank_agreement(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Spearman's correlation off the diagonal."""
    pairs = ~np.eye(len(one), dtype=np.bool_)
    if len(one) < 3:  # noqa: PLR2004  two numbers always agree or disagree
        return float("nan")
    return float(scipy.stats.spearmanr(one[pairs], other[pairs]).statistic)
