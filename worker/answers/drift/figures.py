"""One figure of a concept before and after, and the interval that chance alone would keep it in.

Conventions: an interval (`low`, `high`) holds 95 % of what no change gives, so one concept in twenty lies beyond it by
chance; only what stands out among all concepts at a false discovery rate of 5 % is called a drift (`q_value`). Two
versions share most of their tracks; the intervals are those of two independent draws of tracks, so they err on the side
of "no change".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from worker.concepts.vectors import ConceptVectors

Floats = NDArray[np.float64]
FigureName = Literal["sound", "vector", "parent", "betweenness", "auc"]

Z95 = 1.959964
Q = 0.05
"""False discovery rate at which a figure is a drift."""
DRAWS = 20_000
"""Pairs of vectors that are drawn for the interval of a cosine."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A change, and the interval of no change; or why there is none."""

    name: FigureName
    value: float | None
    """`sound`: the shift of `contrast`; `vector`: the cosine; `parent`: by how much the new parent's lead over the old
    one has grown; `betweenness` and `auc`: after - before."""
    low: float | None
    high: float | None
    before: float | None = None
    after: float | None = None
    p_value: float | None = None
    """Of as much or more under no change."""
    q_value: float | None = None
    """The smallest false discovery rate, over this figure of all concepts compared, at which it is a drift."""
    reason: str = ""
    """Why nothing can be said; empty when something can."""

    @property
    def drifted(self) -> bool:
        """Beyond what chance explains."""
        return self.q_value is not None and self.q_value <= Q


def same(name: FigureName, value: float = 0.0) -> Figure:
    """A figure of what is the same in both: there is nothing to explain."""
    return Figure(name, value, value, value, p_value=1.0)


def unknown(name: FigureName, reason: str) -> Figure:
    """A figure that cannot be given."""
    return Figure(name, None, None, None, reason=reason)


def difference(name: FigureName, before: float, after: float, errors: tuple[float, float]) -> Figure:
    """After - before, whose interval follows from the standard errors of both.

    Example:
        >>> round(difference("betweenness", 0.1, 0.5, (0.03, 0.04)).high, 3)
        0.098
    """
    error = math.hypot(errors[0], errors[1])
    return Figure(name, after - before, -Z95 * error, Z95 * error, before, after, _two_sided(after - before, error))


def auc_figure(before: tuple[float, float, float], after: tuple[float, float, float]) -> Figure:
    """The AUCs' difference. Their own intervals are lopsided near 1; the longer side of each counts.

    Args:
        before: AUC with the ends of its 95 % interval.
        after: the same of the later version.
    """
    errors = [max(auc - low, high - auc) / Z95 for auc, low, high in (before, after)]
    return difference("auc", before[0], after[0], (errors[0], errors[1]))


def cosines(one: Floats, other: Floats) -> Floats:
    """(concepts,) cosine of each pair of rows; 0 where one is zero."""
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    products = (one * other).sum(axis=1)
    found: Floats = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    return found


def cosine_figures(
    before: ConceptVectors, after: ConceptVectors, chosen: Sequence[tuple[int, int]], deviations: Floats
) -> list[Figure]:
    """The cosines of the same concepts' vectors, beside those of two independent draws of the same sound.

    The vectors without one fold say how a vector varies with its tracks and counter-examples (a jackknife): pairs of
    vectors are drawn around the kept one by their deviations across it, and the wider scatter of both versions counts.

    Why on standardised units: a raw weight is large where a unit hardly varies, and a cosine of raw vectors is a
    statement about such units: it fell below 0 for the same sound.

    Args:
        before: of the earlier version.
        after: of the later, under the same fingerprint.
        chosen: positions of the same concepts in both.
        deviations: (units,) of the catalogue's tracks.

    Returns:
        One figure a pair; without interval where a version has no vectors by folds.
    """
    old, new = before.weights[[one for one, _ in chosen]], after.weights[[one for _, one in chosen]]
    values = cosines(old * deviations, new * deviations).tolist()
    if not len(before.fold_weights) or not len(after.fold_weights):
        why = "a version has no vectors by folds, which its interval is made of"
        return [Figure("vector", value, None, None, reason=why) for value in values]
    figures = []
    for value, (first, second) in zip(values, chosen, strict=True):
        if np.array_equal(before.weights[first], after.weights[second]):
            figures.append(same("vector", 1.0))
            continue
        sides = [_drawn_cosines(_gram(vectors, at, deviations)) for vectors, at in ((before, first), (after, second))]
        lows = [float(np.quantile(drawn, 0.05)) for drawn in sides]
        p_value = max((1 + int((drawn <= value).sum())) / (1 + DRAWS) for drawn in sides)
        figures.append(Figure("vector", value, min(lows), 1.0, p_value=p_value))
    return figures


def _gram(vectors: ConceptVectors, place: int, deviations: Floats) -> Floats:
    """(folds, folds) inner products of the deviations across the kept vector, which is taken to have length 1."""
    kept = vectors.weights[place] * deviations
    length = float(np.linalg.norm(kept)) or 1.0
    folds = vectors.fold_weights[:, place] * deviations
    spread = (folds - folds.mean(axis=0)) / length
    spread -= np.outer(spread @ kept, kept) / length**2
    count = len(folds)
    found: Floats = spread @ spread.T * ((count - 1) / count)
    return found


def _drawn_cosines(gram: Floats) -> Floats:
    """(draws,) cosines of unit vectors that deviate at random as the folds do."""
    one, other = _normal(len(gram))
    squares = [1 + np.einsum("di,ij,dj->d", side, gram, side, optimize=True) for side in (one, other)]
    product = 1 + np.einsum("di,ij,dj->d", one, gram, other, optimize=True)
    found: Floats = product / np.sqrt(squares[0] * squares[1])
    return found


@cache
def _normal(folds: int) -> tuple[Floats, Floats]:
    """The same draws for every concept: two (draws, folds) tables."""
    draw = np.random.default_rng(0)
    return draw.normal(size=(DRAWS, folds)), draw.normal(size=(DRAWS, folds))


def _two_sided(value: float, error: float) -> float:
    """P of a normal deviate; of nothing without error 1."""
    if value == 0.0:
        return 1.0
    return math.erfc(abs(value) / error / math.sqrt(2)) if error > 0 else 0.0
