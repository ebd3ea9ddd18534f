"""By how much the parent of a concept is ahead of another, on any draw of the tables; and moves within their error.

Conventions: as in `worker.hierarchy.builders`; a parent None is the virtual root. Tables of `Scales` have the child in
the row and the parent in the column, whichever way the rule reads S.

* *margin* of an edge: what the builders write, on other tables.
* *slack* of a pair: by how much the parent exceeds the limit of the rule that it is nearest to; to be wider than the
  child is one of them. Above 0 it may be the parent.
* *lead* of a new parent over an old one: by how much the tables would have to change for the old one to be chosen
  again. The new one is ahead where the old one has no slack, or where it has some itself and is preferred; the root,
  where the other has none.

A lead that does not exceed its standard error over draws of the tracks is no reason to move: with other tracks of the
same concepts, about one tree in six or more would not have moved.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.hierarchy.builders import heymann_order
from worker.hierarchy.generality import generality

Table = NDArray[np.float64]
Parents = Mapping[int, int | None]
"""Parent by child, None below the root."""


class Move(NamedTuple):
    """A concept whose parent is another than it was."""

    child: int
    old: int | None
    new: int | None


@dataclass(frozen=True)
class Scales:
    """How a rule weighs parents on one draw of its tables."""

    similarity: Table
    """What must exceed `min_similarity`."""
    preference: Table
    """By which parents are compared."""
    min_similarity: float
    min_preference: float
    widths: Callable[[], NDArray[np.float64]]
    """(concepts,) by which concepts are placed, in units of S."""

    @classmethod
    def by_generality(
        cls, similarity: Table, separation: Table | None, *, min_similarity: float, min_separation: float
    ) -> Scales:
        """Of `generality_tree`."""
        others = max(len(similarity) - 1, 1)
        apart, limit = (similarity, -np.inf) if separation is None else (separation, min_separation)
        return cls(similarity, apart, min_similarity, limit, lambda: generality(similarity) / others)

    @classmethod
    def by_betweenness(cls, similarity: Table, centrality: NDArray[np.float64], *, min_similarity: float) -> Scales:
        """Of `heymann_tree`, whose order is not drawn: its places are further apart than any two similarities."""
        toward = similarity.T

        def places() -> NDArray[np.float64]:
            return -np.argsort(heymann_order(centrality)).astype(np.float64)

        return cls(toward, toward, min_similarity, -np.inf, places)

    @cached_property
    def _widths(self) -> NDArray[np.float64]:
        return self.widths()

    def margin(self, child: int, parent: int | None, runner_up: int | None) -> float:
        """Of an edge; NaN where there is neither a parent nor a runner-up."""
        if parent is not None and runner_up is not None:
            return float(self.preference[child, parent] - self.preference[child, runner_up])
        only = parent if runner_up is None else runner_up
        return math.nan if only is None else self._over(child, only)

    def lead(self, move: Move) -> float:
        """Of the new parent over the old one; below 0 where it is behind."""
        child, old, new = move
        barred = -math.inf if old is None else -self._slack(child, old)
        ahead = -math.inf if new is None else self._slack(child, new)
        if old is not None and new is not None:
            ahead = min(ahead, float(self.preference[child, new] - self.preference[child, old]))
        return max(barred, ahead)

    def _slack(self, child: int, parent: int) -> float:
        return min(self._over(child, parent), float(self._widths[parent] - self._widths[child]))

    def _over(self, child: int, parent: int) -> float:
        """By how much a parent exceeds the limit of the tables that it is nearest to."""
        return float(
            min(
                self.similarity[child, parent] - self.min_similarity,
                self.preference[child, parent] - self.min_preference,
            )
        )


def moves_between(old: Parents, new: Parents) -> list[Move]:
    """The concepts of both trees that hang elsewhere, by child.

    Example:
        >>> moves_between({1: 0, 2: 0, 4: 0}, {1: 0, 2: None, 3: 0})
        [Move(child=2, old=0, new=None)]
    """
    every = [Move(child, old[child], new[child]) for child in sorted(old.keys() & new.keys())]
    return [move for move in every if move.old != move.new]


def undecided(moves: Sequence[Move], leads: Sequence[float], errors: Sequence[float]) -> Parents:
    """Moves whose lead does not exceed its standard error, taken back: the old parents, to grow around.

    Args:
        moves: to the tree that was grown.
        leads: of each, on the tables as they are.
        errors: of each, its standard deviation over draws.

    Example:
        >>> undecided([Move(1, 0, 2), Move(2, 0, 3)], [0.01, 0.05], [0.02, 0.02])
        {1: 0}
    """
    each = zip(moves, leads, errors, strict=True)
    return {move.child: move.old for move, lead, error in each if not lead > error}
