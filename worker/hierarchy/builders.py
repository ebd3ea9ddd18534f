"""From S to a tree: the thresholded graph, the order of concepts, Heymann's greedy tree.

Conventions: concepts are positions 0..n-1; S[i, j] is the mean score of concept i's tracks on concept j's vector, so
row = whose tracks, column = whose vector, and S[p, c] is what speaks for p as a parent of c. The diagonal is ignored.
All comparisons with thresholds are strict. Round S (6 decimals) and centralities (12 significant digits) before they
come here: ties are decided by position, and noise in the last digit would decide instead.

Source: Heymann & Garcia-Molina 2006, with the direction and limits of Afchar et al. 2022.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.hierarchy.errors import NotFinite, OutOfRange, ShapeMismatch
from worker.hierarchy.pins import NO_PINS, Pins, below, check_pins, children_by_pins, pinned_children

Floats = NDArray[np.floating]
Positions = NDArray[np.int64]

SIGNIFICANT_DIGITS = 12
TRANSPOSE_BLOCK = 32


@dataclass(frozen=True, slots=True)
class ParentOf:
    """One edge of the tree and what spoke for it."""

    child: int
    parent: int | None
    """None: a child of the virtual root."""
    similarity: float | None
    """What spoke for it; None below the root. In Heymann's tree S[parent, child]."""
    margin: float | None
    """S[parent, child] - S[runner_up, child]; below the root, best score - min_similarity, <= 0; None without rival.
    `worker.hierarchy.generality` has scores of its own."""
    runner_up: int | None
    """The best candidate that was not taken; below the root, the best candidate; None if there was none."""
    pinned: bool = False
    """A curator's decision: the margin may then have any sign."""
    further: bool = False
    """Beside the child's primary parent; see `worker.hierarchy.several`."""


def similarity_graph(similarity: Floats, threshold: float = 0.5) -> tuple[Positions, Positions, NDArray[np.float64]]:
    """The directed edges of S above a threshold.

    Args:
        similarity: (concepts, concepts) finite off the diagonal.
        threshold: an edge must exceed it.

    Returns:
        source (row), target (column) and weight of each edge, sorted by source, then target; no self loops.

    Raises:
        ShapeMismatch: `similarity` is not square.
        NotFinite: a similarity off the diagonal is NaN or infinite.

    Example:
        >>> source, target, weight = similarity_graph(np.array([[1.0, 0.9], [0.5, 1.0]]))
        >>> source.tolist(), target.tolist(), weight.tolist()
        ([0], [1], [0.9])
    """
    square = checked_square(similarity)
    passes = square > threshold
    np.fill_diagonal(passes, val=False)
    source, target = np.nonzero(passes)
    return source.astype(np.int64), target.astype(np.int64), square[source, target]


def heymann_order(centrality: Floats) -> Positions:
    """The order of placement: most central first, ties by the larger index.

    Args:
        centrality: (concepts,) finite; rounded here to 12 significant digits, because sums of several threads differ
            in the last bits.

    Example:
        >>> heymann_order(np.array([0.1, 0.5, 0.1])).tolist()
        [1, 2, 0]
    """
    rounded = np.array([float(f"{value:.{SIGNIFICANT_DIGITS - 1}e}") for value in np.asarray(centrality, np.float64)])
    return np.argsort(rounded, kind="stable")[::-1].astype(np.int64)


def heymann_tree(
    similarity: Floats,
    centrality: Floats,
    *,
    min_similarity: float = 0.2,
    max_children: int = 20,
    parents_per_node: int = 1,
    additional_threshold: float = 0.2,
    root_for_failing: bool = True,
    pins: Pins = NO_PINS,
) -> list[ParentOf]:
    """Attach every concept, most central first, below the placed concept whose tracks excite its vector most.

    Args:
        similarity: (concepts, concepts) finite float; row = whose tracks, column = whose vector.
        centrality: (concepts,) betweenness, >= 0; ties are broken by the larger index.
        min_similarity: a parent must exceed it; else the concept hangs below the root.
        max_children: a parent takes no more; at least 1.
        parents_per_node: up to so many parents; 1 gives a tree.
        additional_threshold: a further parent must also exceed the best score less this.
        root_for_failing: with several parents, the published code hangs a concept below the root too as soon as one of
            its further candidates fails or is lacking; off, it does so only when it has no parent.
        pins: child -> the one parent it shall have, None for the root; see `worker.hierarchy.pins`.

    Returns:
        The edges in placement order, a concept's own by falling score (ties: smaller index), that of the root last.
        With one parent a node: one edge a concept.

    Raises:
        ShapeMismatch: `similarity` is not square, or `centrality` has another length.
        NotFinite: a similarity off the diagonal, or a centrality, is NaN or infinite.
        OutOfRange: `max_children` or `parents_per_node` is below 1, or a pin names no concept.
        PinsInCircle: no tree can hold the pins.

    Source:
        Heymann & Garcia-Molina 2006, with the direction and limits of Afchar et al. 2022.
    """
    square, order = _validate(similarity, centrality, max_children, parents_per_node)
    check_pins(pins, len(order))
    toward = _transposed(square)
    closed = np.full(len(order), -np.inf)  # added to scores: 0 for a placed concept with room, else -inf
    room = max_children - pinned_children(pins, len(order))
    children = children_by_pins(pins)
    edges: list[ParentOf] = []
    for position, child in enumerate(order.tolist()):
        scores = toward[child]
        scores += closed
        scores[below(child, children)] = -np.inf  # who is pinned below it, and what hangs there
        if child in pins:
            parent = pins[child]
            similarity_there = 0.0 if parent is None else float(square[parent, child])
            grown = [_pinned_edge(child, parent, similarity_there, scores, min_similarity)]
        else:
            best = _best(scores, parents_per_node + 1)
            taken = list(_parents(best, min_similarity, additional_threshold, parents_per_node))
            grown = list(_edges(child, best, len(taken), min_similarity))
            if taken and position > 0 and root_for_failing and len(taken) < parents_per_node:
                grown.append(ParentOf(child, None, None, None, None))
            for parent, _ in taken:
                room[parent] -= 1
                if room[parent] <= 0:
                    closed[parent] = -np.inf
        edges.extend(grown)
        for edge in grown:
            if edge.parent is not None and not edge.pinned:
                children.setdefault(edge.parent, []).append(child)
        closed[child] = 0.0 if room[child] > 0 else -np.inf
    return edges


def _pinned_edge(
    child: int, parent: int | None, similarity: float, scores: NDArray[np.float64], min_similarity: float
) -> ParentOf:
    """The edge a pin asks for, beside the best candidate that it was preferred to; `scores` is used up."""
    if parent is not None:
        scores[parent] = -np.inf
    rival = next(iter(_best(scores, 1)), None)
    runner_up = None if rival is None else rival[0]
    if parent is None:
        return ParentOf(child, None, None, None if rival is None else rival[1] - min_similarity, runner_up, pinned=True)
    return ParentOf(child, parent, similarity, None if rival is None else similarity - rival[1], runner_up, pinned=True)


def _transposed(square: NDArray[np.float64]) -> NDArray[np.float64]:
    """toward[c, p] = S[p, c]: one row holds all that speaks for c's parents. Copied by blocks that fit in the cache."""
    toward = np.empty_like(square, order="C")
    for start in range(0, len(square), TRANSPOSE_BLOCK):
        part = slice(start, start + TRANSPOSE_BLOCK)
        toward[:, part] = square[part].T
    np.fill_diagonal(toward, 0.0)  # never looked at, but NaN would spread
    return toward


def _best(scores: NDArray[np.float64], count: int) -> list[tuple[int, float]]:
    """The `count` highest finite scores as (index, score), ties by the smaller index; `scores` is used up."""
    found = []
    for _ in range(count):
        index = int(np.argmax(scores))
        if scores[index] == -np.inf:
            break
        found.append((index, float(scores[index])))
        scores[index] = -np.inf
    return found


def _parents(
    best: list[tuple[int, float]], min_similarity: float, additional_threshold: float, count: int
) -> Iterator[tuple[int, float]]:
    for index, score in best[:count]:
        further = best[0][0] != index
        if score > min_similarity and not (further and score <= best[0][1] - additional_threshold):
            yield index, score


def _edges(child: int, best: list[tuple[int, float]], taken: int, min_similarity: float) -> Iterator[ParentOf]:
    """Edges to the `taken` best, each beside the first candidate that was not; or one to the root."""
    rival = best[taken] if taken < len(best) else None
    runner_up = None if rival is None else rival[0]
    if taken == 0:
        margin = None if rival is None else rival[1] - min_similarity
        yield ParentOf(child, None, None, margin, runner_up)
    for parent, score in best[:taken]:
        yield ParentOf(child, parent, score, None if rival is None else score - rival[1], runner_up)


def _validate(
    similarity: Floats, centrality: Floats, max_children: int, parents_per_node: int
) -> tuple[NDArray[np.float64], Positions]:
    square = checked_square(similarity)
    central = np.asarray(centrality, np.float64)
    if central.shape != (len(square),):
        raise ShapeMismatch("centrality", (len(square),), central.shape)
    if not np.isfinite(central).all():
        raise NotFinite("centrality", (int(np.argmin(np.isfinite(central))),))
    for name, value in (("max_children", max_children), ("parents_per_node", parents_per_node)):
        if value < 1:
            raise OutOfRange(name, "at least 1", value)
    return square, heymann_order(central)


def checked_square(similarity: Floats, name: str = "similarity") -> NDArray[np.float64]:
    """S, or another table of the same kind, as float64; the diagonal may hold anything.

    Raises:
        ShapeMismatch: it is not square.
        NotFinite: a similarity off the diagonal is NaN or infinite.
    """
    square = np.asarray(similarity, np.float64)
    if square.ndim != 2 or square.shape[0] != square.shape[1]:  # noqa: PLR2004  a matrix has two axes
        raise ShapeMismatch(name, "(concepts, concepts)", square.shape)
    if not np.isfinite(square).all():
        bad = ~np.isfinite(square)
        np.fill_diagonal(bad, val=False)
        if bad.any():
            row, column = np.argwhere(bad)[0].tolist()
            raise NotFinite(name, (row, column))
    return square
