"""How far a concept's betweenness would have fallen elsewhere, had other tracks of the same kind been at hand.

Conventions: tracks are resampled once for all concepts, one Poisson weight a track; S, its graph and betweenness are
computed anew from the weighted scores, the vectors stay. Errors are standard deviations over the resamples.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from worker.concepts.members import Members
from worker.concepts.similarity import DECIMALS
from worker.hierarchy.betweenness import dense_betweenness

RESAMPLES = 50
MOST_CONCEPTS = 400
"""Of larger graphs no error is given: it would cost minutes."""


def betweenness_errors(
    scores: NDArray[np.float32],
    members: Members,
    threshold: float,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Mapping[str, float]:
    """Standard error of every concept's betweenness.

    Args:
        scores: (tracks, concepts) cross-fitted, rows and columns as in `members`.
        members: the concepts of the graph.
        threshold: an edge of the graph exceeds it.
        resamples: how many.
        seed: of the weights.

    Returns:
        Concept id -> error; empty when there are more than `MOST_CONCEPTS`.
    """
    count = len(members.concept_ids)
    if not count or count > MOST_CONCEPTS:
        return {}
    draw = np.random.default_rng(seed)
    belongs, table = members.dense().T.astype(np.float64), scores.astype(np.float64)
    found = np.empty((resamples, count))
    for number in range(resamples):
        weighted = belongs * draw.poisson(1.0, len(table))
        sums = weighted @ table
        total = np.maximum(weighted.sum(axis=1, keepdims=True), 1.0)  # a concept left without tracks gets no edge
        joined = np.round(sums / total, DECIMALS) > threshold
        found[number] = dense_betweenness(joined)
    return dict(zip(members.concept_ids, found.std(axis=0, ddof=1).tolist(), strict=True))
