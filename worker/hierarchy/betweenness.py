"""Exact betweenness of a dense graph by matrix products, for graphs that are in no database.

Conventions: undirected, unweighted; values normalised to 0..1 as networkx does, rounded to 12 significant digits, the
same as `cypher.centrality` gives by the Graph Data Science library.

Why not a graph library: the graphs of the poster have 3,400 nodes and a tenth of all pairs. Paths in them are two or
three steps long, so Brandes' counting, done for many sources at once, is a handful of products of matrices.

Source: Brandes 2001, "A faster algorithm for betweenness centrality".
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from worker.hierarchy.errors import ShapeMismatch

SIGNIFICANT_DIGITS = 12
BLOCK = 256
"""Sources at once."""
_FEWEST = 3


def dense_betweenness(
    joined: NDArray[np.bool_], progress: Callable[[int, int], None] = lambda _done, _total: None
) -> NDArray[np.float64]:
    """How many shortest paths between others run through each node.

    Args:
        joined: (nodes, nodes) True where an edge runs in either direction; the diagonal is ignored.
        progress: told (nodes done, nodes).

    Returns:
        (nodes,) 0..1; all 0 when there are fewer than 3.

    Raises:
        ShapeMismatch: `joined` is not square.

    Example:
        >>> dense_betweenness(np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]], bool)).tolist()
        [0.0, 1.0, 0.0]
    """
    if joined.ndim != 2 or joined.shape[0] != joined.shape[1]:  # noqa: PLR2004  a matrix has two axes
        raise ShapeMismatch("joined", "(nodes, nodes)", joined.shape)
    nodes = len(joined)
    if nodes < _FEWEST:
        return np.zeros(nodes)
    links = (joined | joined.T).astype(np.float64)
    np.fill_diagonal(links, 0.0)
    total = np.zeros(nodes)
    for start in range(0, nodes, BLOCK):
        sources = np.arange(start, min(start + BLOCK, nodes))
        total += _through(links, sources).sum(axis=0)
        progress(int(sources[-1]) + 1, nodes)
    scaled = total / ((nodes - 1) * (nodes - 2))
    return np.array([float(f"{value:.{SIGNIFICANT_DIGITS}g}") for value in scaled])


def _through(links: NDArray[np.float64], sources: NDArray[np.int64]) -> NDArray[np.float64]:
    """(sources, nodes) the share of each source's shortest paths that run through each node, summed over their ends."""
    levels, paths = _levels(links, sources)
    dependency = np.zeros_like(paths)
    for depth in range(len(levels) - 1, 0, -1):
        here, above = levels[depth], levels[depth - 1]
        share = np.divide(1.0 + dependency, paths, out=np.zeros_like(paths), where=here)
        dependency += np.where(above, (share @ links) * paths, 0.0)
    dependency[np.arange(len(sources)), sources] = 0.0
    return dependency


def _levels(
    links: NDArray[np.float64], sources: NDArray[np.int64]
) -> tuple[list[NDArray[np.bool_]], NDArray[np.float64]]:
    """Which nodes lie 0, 1, 2, ... steps away from each source, and how many shortest paths lead there."""
    front = np.zeros((len(sources), len(links)), dtype=np.bool_)
    front[np.arange(len(sources)), sources] = True
    paths = front.astype(np.float64)
    seen = front.copy()
    levels: list[NDArray[np.bool_]] = []
    while front.any():
        levels.append(front)
        found = np.where(front, paths, 0.0) @ links
        front = (found > 0) & ~seen
        seen |= front
        paths += np.where(front, found, 0.0)
    return levels, paths
