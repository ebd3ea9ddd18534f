"""How much each concept's tracks excite each concept's vector: cross-fitted track scores and the matrix S.

Conventions: score[t, j] = mean over the windows of track t of sigmoid(<v_j, f> + b_j), 0..1, with the v_j of the fold
that did not see t. S[i, j] = mean of score[t, j] over the tracks t of concept i: row = whose tracks, column = whose
vector. S is directed, tracks weigh equally, and it is rounded to 6 decimals before anything is decided by it.

Source: Afchar et al. 2022, with the bias, and with one assignment of folds for all concepts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from worker.concepts.members import Members
from worker.concepts.vectors import ConceptVectors, Progress

if TYPE_CHECKING:
    from worker.activations.store import Activations

DECIMALS = 6


def track_scores(
    activations: Activations,
    vectors: ConceptVectors,
    folds: NDArray[np.int8] | None,
    progress: Progress | None = None,
    *,
    out: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Score every track on every concept by a vector that did not see it.

    Args:
        activations: the tracks to score.
        vectors: what `learn_vectors` returned.
        folds: (tracks,) fold of each of `activations.track_ids`; None scores tracks that no vector has seen, by the
            vectors refitted on all folds.
        progress: told (tracks done, tracks).
        out: (tracks, concepts) float32 to write into, e.g. a memory map.

    Returns:
        (tracks, concepts) float32 in 0..1, tracks in the order of `activations`, concepts in that of `vectors`.

    Raises:
        ShapeMismatch: units or folds do not fit.
    """
    raise NotImplementedError


def similarity(scores: NDArray[np.float32], members: Members) -> NDArray[np.float64]:
    """S: the mean score of each concept's tracks on each concept's vector.

    Args:
        scores: (tracks, concepts), rows as `members.track_ids`, columns as `members.concept_ids`.
        members: the concepts.

    Returns:
        (concepts, concepts) float64 in 0..1, rounded to 6 decimals.

    Raises:
        ShapeMismatch: scores and members do not fit.
        UnusableConcept: a concept without tracks.
    """
    raise NotImplementedError


def similarity_error(scores: NDArray[np.float32], members: Members) -> NDArray[np.float64]:
    """Standard error of each S[i, j] with tracks as units; NaN where a concept has one track.

    Args:
        scores: as for `similarity`.
        members: the concepts.
    """
    raise NotImplementedError
