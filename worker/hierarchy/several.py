"""From a tree to a graph in which a concept may have several parents: Funk-Rock below Funk and below Rock.

Conventions: as in `worker.hierarchy.generality`. The tree stays as it is: its edge above a concept is the concept's
*primary* parent, and what is added here are its *further* parents. Whoever wants a tree drops those.

A concept p becomes a further parent of c where it might have been the parent (its vector says yes to c's tracks and
tells them from others), and besides:

* it is the wider of the two: S[c, p] - S[p, c] exceeds `MIN_DIRECTION`;
* it says something of c that no parent taken before says already: separation[c, p] - separation[r, p], its *gain*,
  exceeds `MIN_GAIN` for each of them, r: the tracks of r excite p less than c's do;
* what it says is much: its *claim*, the least gain and twice what S[c, p] has over the limit of the tree, together,
  exceeds `MIN_CLAIM`;
* it lies above none of them: it would be an ancestor already.

Those with the largest gain over the primary parent come first. A further parent that lies above one taken later gives
way to it.

Why the gain: what lies below Strings resembles all that Strings resemble. Only what c has beyond its parent is its own.
Why the tree comes first: a second parent is a weaker finding than the first (docs/correlated.md), and a tree must not
depend on whether one asks for it.

No circle can close: parents come from an order in which every edge of the tree, and every one added, leads back.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.hierarchy.builders import Floats, ParentOf, checked_square
from worker.hierarchy.errors import OutOfRange, ShapeMismatch
from worker.hierarchy.generality import MIN_SEPARATION, MIN_SIMILARITY, generality

MIN_GAIN = 0.09
MIN_CLAIM = 0.15
MIN_DIRECTION = 0.05
MAX_PARENTS = 3
DECIMALS = 9
"""Of differences, which may lie on a limit but for their last bits."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a further parent has to exceed; the first two are those of the tree."""

    min_similarity: float = MIN_SIMILARITY
    min_separation: float = MIN_SEPARATION
    min_gain: float = MIN_GAIN
    min_claim: float = MIN_CLAIM
    min_direction: float = MIN_DIRECTION
    max_parents: int = MAX_PARENTS
    """The primary one included."""
    max_children: int | None = None
    """Of the tree's and the further children together; None for any number."""


def several_parents(
    tree: Sequence[ParentOf], similarity: Floats, separation: Floats | None = None, limits: Limits | None = None
) -> list[ParentOf]:
    """Add further parents to a tree.

    Args:
        tree: one edge for each concept, in any order; it has no circle.
        similarity: (concepts, concepts) finite off the diagonal; row = whose tracks, column = whose vector.
        separation: the same shape, 0..1; None where S is all that is known, which then stands in its place.
        limits: see `Limits`.

    Returns:
        The edges of the tree, unchanged and in their order, each with the further ones of its child behind it, by
        falling gain. A concept that a curator pinned, or that hangs below the root, gets none. `margin` of a further
        edge is by how much its claim exceeds the limit.

    Raises:
        ShapeMismatch: a matrix is not square, they are not of the same concepts, or the tree is not.
        NotFinite: a value off the diagonal is NaN or infinite.
        OutOfRange: `max_parents` or `max_children` is below 1.

    Example:
        >>> s = np.array([[1.0, 0.4, 0.4], [0.4, 1.0, 0.4], [0.8, 0.7, 1.0]])
        >>> tree = [ParentOf(0, None, None, None, None), ParentOf(1, None, None, None, None)]
        >>> graph = several_parents([*tree, ParentOf(2, 0, 0.8, 0.1, 1)], s)
        >>> [(edge.child, edge.parent, edge.further) for edge in graph]
        [(0, None, False), (1, None, False), (2, 0, False), (2, 1, True)]
    """
    limits = limits or Limits()
    square = checked_square(similarity).copy()
    np.fill_diagonal(square, 0.0)
    apart = square if separation is None else checked_square(separation, "separation")
    _check(tree, square, apart, limits)
    parents: list[int | None] = [None] * len(square)
    for edge in tree:
        parents[edge.child] = edge.parent
    bound = {edge.child for edge in tree if edge.pinned}
    growing = _Growing(square, apart, limits, _room(parents, limits))
    added: dict[int, list[ParentOf]] = {}
    for child in _upper_first(parents, generality(square)):
        primary = parents[child]
        added[child] = [] if primary is None or child in bound else growing.further(child, primary)
        growing.place(child, [one for one in (primary, *(edge.parent for edge in added[child])) if one is not None])
    return [one for edge in tree for one in (edge, *added[edge.child])]


class _Growing:
    """The graph so far: who is placed, and what lies above each."""

    def __init__(
        self, square: NDArray[np.float64], apart: NDArray[np.float64], limits: Limits, room: NDArray[np.float64]
    ) -> None:
        self._square, self._apart, self._limits, self._room = square, apart, limits, room
        self._floor = -np.inf if apart is square else limits.min_separation
        self._placed = np.zeros(len(square), np.bool_)
        self._above = np.zeros(square.shape, np.bool_)  # [concept, ancestor]

    def place(self, child: int, parents: Sequence[int]) -> None:
        self._above[child, parents] = True
        self._above[child] |= self._above[parents].any(axis=0)
        self._placed[child] = True

    def further(self, child: int, primary: int) -> list[ParentOf]:
        """The further parents of a concept that is not placed yet, by falling gain."""
        wanted = self._may_be_parents(child, primary)
        over = np.round(2.0 * (self._square[child, wanted] - self._limits.min_similarity), DECIMALS)
        taken: dict[int, float] = {}  # further parent -> its claim
        least, covered = self._beside(child, [primary], wanted)
        for place, one in enumerate(wanted.tolist()):
            claim = round(float(least[place] + over[place]), DECIMALS)
            if covered[place] or least[place] <= self._limits.min_gain or claim <= self._limits.min_claim:
                continue
            stay = {other: value for other, value in taken.items() if not self._above[one, other]}
            if len(stay) + 1 < self._limits.max_parents:
                taken = {**stay, one: claim}
                least, covered = self._beside(child, [primary, *taken], wanted)
        self._room[list(taken)] -= 1
        return [
            ParentOf(child, one, float(self._square[child, one]), claim - self._limits.min_claim, None, further=True)
            for one, claim in taken.items()
        ]

    def _may_be_parents(self, child: int, primary: int) -> NDArray[np.int64]:
        """Candidates by falling gain over the primary parent (ties: smaller index)."""
        toward = self._square[child]
        passes = self._placed & ~self._above[primary] & (self._room > 0)
        passes &= (toward > self._limits.min_similarity) & (self._apart[child] > self._floor)
        passes[primary] = False
        found = np.flatnonzero(passes)
        gain = self._gain(child, primary, found)
        direction = np.round(toward[found] - self._square[found, child], DECIMALS)
        good = (direction > self._limits.min_direction) & (gain > self._limits.min_gain)
        order: NDArray[np.int64] = found[good][np.argsort(-gain[good], kind="stable")]
        return order

    def _beside(
        self, child: int, parents: Sequence[int], wanted: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Of candidates, the least gain over these parents, and whether they are one of them or above one."""
        least = np.min([self._gain(child, parent, wanted) for parent in parents], axis=0)
        return least, self._above[parents][:, wanted].any(axis=0) | np.isin(wanted, parents)

    def _gain(self, child: int, parent: int, wanted: NDArray[np.int64]) -> NDArray[np.float64]:
        """What each would say of the child that a parent does not say already."""
        found: NDArray[np.float64] = np.round(self._apart[child, wanted] - self._apart[parent, wanted], DECIMALS)
        return found


def _upper_first(parents: Sequence[int | None], wide: NDArray[np.float64]) -> list[int]:
    """Every concept behind its parent in the tree, and otherwise the more general ones first (ties: smaller index)."""
    children: dict[int | None, list[int]] = {}
    for child, parent in enumerate(parents):
        children.setdefault(parent, []).append(child)
    waiting = [(-wide[one], one) for one in children.get(None, ())]
    heapq.heapify(waiting)
    order = []
    while waiting:
        _, one = heapq.heappop(waiting)
        order.append(one)
        for child in children.get(one, ()):
            heapq.heappush(waiting, (-wide[child], child))
    return order


def _room(parents: Sequence[int | None], limits: Limits) -> NDArray[np.float64]:
    """(concepts,) how many further children each may take."""
    if limits.max_children is None:
        return np.full(len(parents), np.inf)
    taken = np.bincount([one for one in parents if one is not None], minlength=len(parents))
    return (limits.max_children - taken).astype(np.float64)


def _check(tree: Sequence[ParentOf], square: NDArray[np.float64], apart: NDArray[np.float64], limits: Limits) -> None:
    if apart.shape != square.shape:
        raise ShapeMismatch("separation", square.shape, apart.shape)
    if sorted(edge.child for edge in tree) != list(range(len(square))):
        raise ShapeMismatch("the tree", f"one edge for each of {len(square)} concepts", f"{len(tree)} edges")
    for name, value in (("max_parents", limits.max_parents), ("max_children", limits.max_children)):
        if value is not None and value < 1:
            raise OutOfRange(name, "at least 1", value)
