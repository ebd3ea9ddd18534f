"""How far an edge can be trusted: would other tracks of the same concepts have given it too.

Conventions: `scores` is (tracks, concepts), the score of each track on each concept's vector; the tracks of concept i
are rows `indices[indptr[i]:indptr[i + 1]]`; a track's `key` is a number of its own, or of its artist: what shares a key
is drawn together. S_b is S with every track weighing its draw, rounded as S is.

*Sampling support* of (parent, child) is the share of trees, grown from S_b by the rule that grew the published one, in
which the edge is there. *Direction* asks S[child, parent] - S[parent, child]: a part's tracks excite the whole's vector
more than the other way round. The *standard error* of a margin is its standard deviation over the same draws.

Why tracks are drawn once for all concepts: nested concepts share tracks. Drawn for each concept by itself, the
difference of two nested rows spreads half as much again as it does in truth, and every edge looks less sure than it
is. Why draws belong to keys: adding a track changes no other's weight, so support moves no more than the tree does.
What is held fixed: the vectors, and an order that is not derived from S; hence *sampling* support.

Source: Poisson bootstrap, Chamandy et al. 2012; support of the edges of a tree, Felsenstein 1985.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from worker.hierarchy.builders import ParentOf
from worker.hierarchy.errors import OutOfRange, ShapeMismatch

Floats = NDArray[np.floating]
Positions = NDArray[np.int64]
Table = NDArray[np.float64]
Grow = Callable[[Table, Table | None], Sequence[ParentOf]]
"""From S, and separation where it is known, to a tree: a builder with all its settings, and its order where that is not
derived from S."""
Watch = Callable[[Table, Table | None], Sequence[float]]
"""From the same to numbers whose spread over the draws is asked for, as many each time."""

TREES = 100
DECIMALS = 6
TABLE_BYTES = 1 << 29
"""Resampled S that are held at once."""
Z95 = 1.959964
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_POISSON = np.cumsum([math.exp(-1) / math.factorial(count) for count in range(12)])


@dataclass(frozen=True, slots=True)
class Support:
    """In how many of the resampled trees each edge was there."""

    trees: int
    counts: dict[tuple[int, int | None], int]
    """By (child, parent); parent None is the virtual root. Edges that never were are absent."""
    errors: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """Standard deviation over the draws of each number that was watched; NaN of a single draw."""

    def share(self, child: int, parent: int | None) -> float:
        """0..1."""
        return self.counts.get((child, parent), 0) / self.trees

    def favourite(self, child: int, apart_from: int | None) -> tuple[int | None, float]:
        """The other parent that most trees chose, None for the root, with its share; ties by the smaller index."""
        found = [
            (-count, math.inf if parent is None else parent)
            for (one, parent), count in self.counts.items()
            if one == child and parent != apart_from
        ]
        if not found:
            return None, 0.0
        count, parent = min(found)
        return (None if parent == math.inf else int(parent)), -count / self.trees


@dataclass(frozen=True, slots=True)
class Lean:
    """Which of two concepts contains the other, by the asymmetry of S."""

    difference: float
    """S[child, parent] - S[parent, child]; positive speaks for the edge as it stands."""
    low: float
    high: float
    """95 %, tracks as units."""
    confidence: float
    """Probability that the difference is positive, 0..1."""


def track_weights(keys: NDArray[np.uint64], trees: int = TREES, seed: int = 0) -> NDArray[np.float32]:
    """Poisson weights of mean 1, one a key and tree, whatever other keys there are.

    Args:
        keys: (tracks,) what is drawn; equal keys get equal weights.
        trees: how many draws, at least 1.
        seed: another seed gives other, independent draws.

    Returns:
        (trees, tracks) whole numbers.

    Raises:
        OutOfRange: `trees` is below 1.

    Example:
        >>> one, other = (track_weights(np.array(keys, np.uint64), 4) for keys in ([7, 8], [7]))
        >>> bool((one[:, :1] == other).all())
        True
    """
    if trees < 1:
        raise OutOfRange("trees", "at least 1", trees)
    with np.errstate(over="ignore"):
        start = _mixed(np.asarray(keys, np.uint64) ^ _mixed(np.uint64(seed) + _GOLDEN))
        steps = np.arange(1, trees + 1, dtype=np.uint64)[:, None] * _GOLDEN
        uniform = (_mixed(start[None, :] + steps) >> np.uint64(11)).astype(np.float64) / 2.0**53
    return np.searchsorted(_POISSON, uniform, side="right").astype(np.float32)


def _mixed(bits: NDArray[np.uint64] | np.uint64) -> NDArray[np.uint64]:
    """Every bit of the result depends on every bit of the argument (splitmix64's finaliser)."""
    with np.errstate(over="ignore"):
        mixed = np.asarray(bits, np.uint64)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))


def resampled(
    scores: Floats, indptr: Positions, indices: Positions, weights: NDArray[np.float32]
) -> Iterator[NDArray[np.float64]]:
    """S of each draw.

    Args:
        scores: (tracks, concepts).
        indptr: (concepts + 1,)
        indices: rows of the concepts' tracks; every concept has at least one.
        weights: (trees, tracks) as `track_weights` gives them.

    Yields:
        (concepts, concepts) float64, rounded to 6 decimals, one a tree. A concept none of whose tracks was drawn keeps
        the row of S.

    Raises:
        ShapeMismatch: the arrays are not about the same tracks and concepts.
    """
    concepts = len(indptr) - 1
    _check(scores, indptr, weights.shape[1])
    at_once = max(1, TABLE_BYTES // max(4 * concepts * concepts, 1))
    for first in range(0, len(weights), at_once):
        part = weights[first : first + at_once]
        table = np.empty((len(part), concepts, concepts), np.float32)
        for concept in range(concepts):
            rows = indices[indptr[concept] : indptr[concept + 1]]
            mine = part[:, rows]
            total = mine.sum(axis=1, keepdims=True)
            mine = np.where(total > 0, mine / np.maximum(total, 1.0), np.float32(1.0 / len(rows)))
            np.matmul(mine, np.asarray(scores[rows], np.float32), out=table[:, concept])
        for one in table:
            wide = one.astype(np.float64)
            np.round(wide, DECIMALS, out=wide)
            yield wide


def sampling_support(
    draws: Iterable[tuple[Table, Table | None]],
    grow: Grow,
    progress: Callable[[int], None] = lambda _done: None,
    watch: Watch = lambda _similarity, _separation: (),
) -> Support:
    """Grow a tree from each draw and count.

    Args:
        draws: S, as `resampled` yields it, and separation where the rule looks at it.
        grow: the rule that grew the tree whose edges are asked about.
        progress: told how many trees are done.
        watch: what else is measured on each draw, for its standard error.
    """
    counts: Counter[tuple[int, int | None]] = Counter()
    watched = []
    for trees, (similarity, separation) in enumerate(draws, start=1):
        counts.update({(edge.child, edge.parent) for edge in grow(similarity, separation)})
        watched.append(watch(similarity, separation))
        progress(trees)
    return Support(len(watched), dict(counts), standard_errors(watched))


def standard_errors(watched: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Standard deviation of each number over the draws; NaN of a single draw.

    Args:
        watched: for each draw the same numbers.

    Example:
        >>> standard_errors([(1.0, 5.0), (3.0, 5.0)]).round(3).tolist()
        [1.414, 0.0]
    """
    values = np.array(watched, np.float64)
    errors: NDArray[np.float64] = values.std(axis=0, ddof=1) if len(values) > 1 else np.full(values.shape[1:], np.nan)
    return errors


def lean(
    scores: Floats,
    indptr: Positions,
    indices: Positions,
    keys: NDArray[np.uint64],
    edges: Iterable[tuple[int, int]],
) -> list[Lean]:
    """How surely each edge points the way it does.

    The difference of the two means is linear in the tracks' weights to first order, so its error under the draws of
    `track_weights` is had without drawing: the root of the sum over keys of the squared influence.

    Args:
        scores: (tracks, concepts).
        indptr: (concepts + 1,)
        indices: rows of the concepts' tracks; every concept has at least one.
        keys: (tracks,) as in `track_weights`.
        edges: (child, parent).

    Raises:
        ShapeMismatch: the arrays are not about the same tracks and concepts.
    """
    _check(scores, indptr, len(keys))

    def side(whose: int, vector: int) -> _Side:
        rows = indices[indptr[whose] : indptr[whose + 1]]
        found = np.asarray(scores[rows, vector], np.float64)
        return float(found.mean()), keys[rows], (found - found.mean()) / len(rows)

    return [_lean(side(child, parent), side(parent, child)) for child, parent in edges]


_Side = tuple[float, NDArray[np.uint64], NDArray[np.float64]]
"""A mean over tracks, their keys, and how much each would move it."""


def _lean(child: _Side, parent: _Side) -> Lean:
    difference = child[0] - parent[0]
    _, place = np.unique(np.concatenate([child[1], parent[1]]), return_inverse=True)
    error = float(np.sqrt(np.square(np.bincount(place, np.concatenate([child[2], -parent[2]]))).sum()))
    reach = Z95 * error
    sign = 2.0 * (difference > 0) - 1.0 if difference else 0.0
    confidence = 0.5 * (1.0 + (math.erf(difference / error / math.sqrt(2.0)) if error > 0 else sign))
    return Lean(difference, difference - reach, difference + reach, confidence)


def _check(scores: Floats, indptr: Positions, tracks: int) -> None:
    wanted = (tracks, len(indptr) - 1)
    if scores.shape != wanted:
        raise ShapeMismatch("scores", wanted, scores.shape)
