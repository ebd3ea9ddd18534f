"""The default tree: the most general concepts first, each below the one whose vector says yes to its tracks.

Conventions: as in `worker.hierarchy.builders`, but S[c, p] is what speaks for p as a parent of c: the child's tracks on
the parent's vector. All comparisons with thresholds are strict.

Why this order: a wide concept's vector says yes to the tracks of its parts, a narrow one's no to most of the whole. So
what others' tracks score on c, less what c's tracks score on others, is large where c is wide: its *generality*.
Betweenness finds concepts that bridge others, which is something else.

Why two conditions: a parent's vector must say yes to the child's tracks (S > 0.45, about even odds), and must mean
them. Some vectors say yes easily; *separation*, the probability that a track of c scores higher on p's vector than a
track outside c, does not care at which level a vector speaks. It also chooses among those that pass: among S alone the
widest ancestor would win and trees would be flat.

docs/trees.md says how this was chosen among others, and how much better than the poster's rule it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from worker.hierarchy.builders import Floats, ParentOf, checked_square
from worker.hierarchy.errors import OutOfRange, ShapeMismatch
from worker.hierarchy.pins import NO_PINS, Pins, below, check_pins, children_by_pins, pinned_children

MIN_SIMILARITY = 0.45
MIN_SEPARATION = 0.6
DECIMALS = 9
"""Of sums over concepts, which differ in their last bits between orders of the input."""


def generality(similarity: Floats) -> NDArray[np.float64]:
    """How wide each concept is: what others' tracks score on its vector, less what its tracks score on theirs.

    Args:
        similarity: (concepts, concepts) finite off the diagonal; row = whose tracks, column = whose vector.

    Returns:
        (concepts,) sums over the others, rounded to 9 decimals.

    Raises:
        ShapeMismatch: `similarity` is not square.
        NotFinite: a similarity off the diagonal is NaN or infinite.

    Example:
        >>> generality(np.array([[1.0, 0.2], [0.9, 1.0]])).tolist()  # all of 1 sounds like 0, little of 0 like 1
        [0.7, -0.7]
    """
    return _generality(_without_diagonal(checked_square(similarity)))


def generality_tree(
    similarity: Floats,
    separation: Floats | None = None,
    *,
    min_similarity: float = MIN_SIMILARITY,
    min_separation: float = MIN_SEPARATION,
    max_children: int | None = None,
    pins: Pins = NO_PINS,
) -> list[ParentOf]:
    """Attach every concept, most general first, below the placed concept that tells its tracks from others best.

    A placed concept p may be the parent of c where S[c, p] exceeds `min_similarity` and separation[c, p] exceeds
    `min_separation`. Of those the one with the largest separation is taken (ties: smaller index).

    Args:
        similarity: (concepts, concepts) finite off the diagonal; row = whose tracks, column = whose vector.
        separation: the same shape, 0..1; see `worker.concepts.similarity.separation`. None where S is all that is
            known: the largest S is taken then, and trees come out flatter.
        min_similarity: a parent exceeds it; else the concept hangs below the root.
        min_separation: a parent exceeds it too, where separation is known.
        max_children: a parent takes no more; None for any number.
        pins: child -> the parent it shall have, None for the root; see `worker.hierarchy.pins`.

    Returns:
        One edge a concept, in placement order (generality, ties: smaller index). `similarity` is S[child, parent];
        `margin` is by how much the parent's separation exceeds that of the next best that may be one, else by how much
        it exceeds the limit that it is nearest to; below the root it is by how much (<= 0) the candidate that is
        nearest to passing, the `runner_up`, fails.

    Raises:
        ShapeMismatch: a matrix is not square, or they are not of the same concepts.
        NotFinite: a value off the diagonal is NaN or infinite.
        OutOfRange: `max_children` is below 1, or a pin names no concept.
        PinsInCircle: no tree can hold the pins.

    Example:
        >>> s = np.array([[1.0, 0.2, 0.1], [0.9, 1.0, 0.1], [0.2, 0.3, 1.0]])
        >>> [(edge.child, edge.parent) for edge in generality_tree(s)]
        [(0, None), (2, None), (1, 0)]
    """
    square = _without_diagonal(checked_square(similarity))
    apart = None if separation is None else _same_shape(checked_square(separation, "separation"), square)
    if max_children is not None and max_children < 1:
        raise OutOfRange("max_children", "at least 1", max_children)
    check_pins(pins, len(square))
    room = (np.inf if max_children is None else max_children) - pinned_children(pins, len(square)).astype(np.float64)
    open_to = np.zeros(len(square), dtype=np.bool_)
    children = children_by_pins(pins)
    edges = []
    for child in np.argsort(-_generality(square), kind="stable").tolist():
        candidates = open_to.copy()
        candidates[below(child, children)] = False  # who is pinned below it, and what hangs there
        over = square[child] - min_similarity
        if apart is not None:
            over = np.minimum(over, apart[child] - min_separation)
        choice = Choice(square[child] if apart is None else apart[child], over, candidates)
        edge = choice.pinned(child, pins[child]) if child in pins else choice.free(child)
        edges.append(edge if edge.parent is None else replace(edge, similarity=float(square[child, edge.parent])))
        if edge.parent is not None:
            if child not in pins:
                children.setdefault(edge.parent, []).append(child)
            room[edge.parent] -= child not in pins
            open_to[edge.parent] &= room[edge.parent] > 0
        open_to[child] = room[child] > 0
    return edges


@dataclass(frozen=True, slots=True)
class Choice:
    """What there is to choose from for one child."""

    preference: NDArray[np.float64]
    """(concepts,) by which parents are compared."""
    over: NDArray[np.float64]
    """(concepts,) by how much each concept exceeds the limit that it is nearest to; passes above 0."""
    candidates: NDArray[np.bool_]
    """(concepts,) placed, with room, not below the child."""

    def free(self, child: int) -> ParentOf:
        """Below the preferred of those that pass, else below the root."""
        return self._edge(child, self._preferred(), pinned=False)

    def pinned(self, child: int, parent: int | None) -> ParentOf:
        """Below this parent whatever speaks for others."""
        return self._edge(child, parent, pinned=True)

    def _edge(self, child: int, parent: int | None, *, pinned: bool) -> ParentOf:
        """An edge beside the best that might stand in its place."""
        rival = self._preferred(apart_from=parent)
        if parent is None:
            nearest = rival if rival is not None else self._nearest()
            margin = None if nearest is None else float(self.over[nearest])
            return ParentOf(child, None, None, margin, nearest, pinned)
        if rival is None:
            return ParentOf(child, parent, None, float(self.over[parent]), None, pinned)
        return ParentOf(child, parent, None, float(self.preference[parent] - self.preference[rival]), rival, pinned)

    def _preferred(self, apart_from: int | None = None) -> int | None:
        allowed = self.candidates & (self.over > 0)
        if apart_from is not None:
            allowed[apart_from] = False
        if not allowed.any():
            return None
        return int(np.argmax(np.where(allowed, self.preference, -np.inf)))

    def _nearest(self) -> int | None:
        """The candidate that fails by least."""
        return int(np.argmax(np.where(self.candidates, self.over, -np.inf))) if self.candidates.any() else None


def _without_diagonal(square: NDArray[np.float64]) -> NDArray[np.float64]:
    rest = square.copy()
    np.fill_diagonal(rest, 0.0)
    return rest


def _generality(rest: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.round(rest.sum(axis=0) - rest.sum(axis=1), DECIMALS)
    return found


def _same_shape(table: NDArray[np.float64], square: NDArray[np.float64]) -> NDArray[np.float64]:
    if table.shape != square.shape:
        raise ShapeMismatch("separation", square.shape, table.shape)
    return table
