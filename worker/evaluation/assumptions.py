"""What the method takes for granted, asked of the data at hand.

Conventions: matrices are (concepts, concepts) over the same concepts; only pairs i != j count, symmetric ones once. A
permutation p is add-one: (1 + permutations that reach the value) / (1 + permutations).

Source: Mantel 1967 for the correlation of two distance matrices; the three assumptions: Afchar et al. 2022.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PERMUTATIONS = 199
FEWEST = 4
MOST_CONCEPTS = 1000
"""Of more a seeded draw is compared."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Mantel:
    """Rank correlation of two matrices, and how often it is reached when concepts are dealt out anew."""

    correlation: float
    """-1..1; NaN when one is constant or there are fewer than 4 concepts."""
    p_value: float
    concepts: int


def mantel(one: Floats, other: Floats, *, permutations: int = PERMUTATIONS, seed: int = 0) -> Mantel:
    """Do two matrices call the same pairs near?

    Args:
        one: (concepts, concepts); made symmetric by the mean of both directions.
        other: as well.
        permutations: of the concepts of `other`.
        seed: of the permutations.

    Raises:
        ValueError: the shapes differ.
    """
    from scipy.stats import rankdata

    if one.shape != other.shape or one.shape[0] != one.shape[1]:
        raise ValueError(f"{one.shape} and {other.shape} are not two matrices of the same concepts")
    draw = np.random.default_rng(seed)
    if len(one) > MOST_CONCEPTS:
        chosen = np.sort(draw.choice(len(one), MOST_CONCEPTS, replace=False))
        one, other = one[np.ix_(chosen, chosen)], other[np.ix_(chosen, chosen)]
    concepts = len(one)
    upper = np.triu_indices(concepts, 1)
    ranks = [rankdata(((table + table.T) / 2.0)[upper]) for table in (one, other)]
    if concepts < FEWEST or any(np.ptp(part) == 0 for part in ranks):
        return Mantel(float("nan"), 1.0, concepts)
    fixed, moved = (part - part.mean() for part in ranks)
    scale = float(np.sqrt(np.square(fixed).sum() * np.square(moved).sum()))
    square = np.zeros((concepts, concepts))
    square[upper] = moved
    square += square.T
    found = float(fixed @ moved) / scale
    reached = 0
    for _ in range(permutations):
        order = draw.permutation(concepts)
        reached += float(fixed @ square[order[upper[0]], order[upper[1]]]) / scale >= found - 1e-12
    return Mantel(found, (1 + reached) / (1 + permutations), concepts)


def jaccard(shared: NDArray[np.int64]) -> Floats:
    """(concepts, concepts) tracks in common over tracks of either.

    Args:
        shared: tracks in common, sizes on the diagonal.
    """
    sizes = np.diag(shared)
    either = sizes[:, None] + sizes[None, :] - shared
    found: Floats = np.divide(shared, either, out=np.zeros(shared.shape), where=either > 0)
    return found


def rank_correlation(one: Floats, other: Floats, *, permutations: int = PERMUTATIONS, seed: int = 0) -> Mantel:
    """Spearman's correlation of two numbers a concept, with a permutation p."""
    from scipy.stats import rankdata

    if len(one) < FEWEST or np.ptp(one) == 0 or np.ptp(other) == 0:
        return Mantel(float("nan"), 1.0, len(one))
    fixed, moved = (rankdata(part) - (len(one) + 1) / 2.0 for part in (one, other))
    scale = float(np.sqrt(np.square(fixed).sum() * np.square(moved).sum()))
    draw = np.random.default_rng(seed)
    found = float(fixed @ moved) / scale
    reached = sum(float(fixed @ draw.permutation(moved)) / scale >= found - 1e-12 for _ in range(permutations))
    return Mantel(found, (1 + reached) / (1 + permutations), len(one))


def largest_component(linked: NDArray[np.bool_]) -> float:
    """Share of concepts in the largest connected part of a graph, 0..1.

    Example:
        >>> largest_component(np.array([[0, 1, 0], [0, 0, 0], [0, 0, 0]], bool)).__round__(3)
        0.667
    """
    from scipy.sparse.csgraph import connected_components

    if not len(linked):
        return 0.0
    _, labels = connected_components(linked, directed=False)
    return float(np.bincount(labels).max() / len(labels))
