"""The poster's table: how near the two ends of a tree's edges are in another space than the one it was built from.

Conventions: nodes are positions 0..n-1; an edge is (parent, child); edges to the virtual root are no edges. A measure
is the mean over the edges; `margin` is 1.96 x population standard deviation / sqrt(edges). Distances (Euclidean) are
the better the lower, cosines the higher; the cosine with a zero vector is 0.

The measure does not see direction: turn every edge round and nothing changes. That is why it stands beside others.

Source: Afchar, Hennequin, Guigue 2022, and the notebook of their published code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from worker.evaluation.errors import NoEdges

Measure = Literal["distance", "cosine"]
Edges = NDArray[np.int64]
"""(edges, 2): parent, child."""


@dataclass(frozen=True, slots=True)
class Nearness:
    """One cell of the table."""

    mean: float
    margin: float
    """Half the width of the 95 % interval."""
    edges: int


def edges_of(parents: NDArray[np.int64]) -> Edges:
    """The edges of a tree given as each node's parent, -1 below the root.

    Example:
        >>> edges_of(np.array([-1, 0, 0])).tolist()
        [[0, 1], [0, 2]]
    """
    children = np.flatnonzero(parents >= 0)
    return np.stack([parents[children], children], axis=1)


def nearness(edges: Edges, vectors: NDArray[np.floating], measure: Measure) -> Nearness:
    """How near the ends of edges are.

    Args:
        edges: (edges, 2) positions, at least one edge.
        vectors: (nodes, d) in the space that judges.
        measure: `distance` or `cosine`.

    Raises:
        NoEdges: there is none.

    Example:
        >>> nearness(np.array([[0, 1]]), np.array([[0.0, 0.0], [3.0, 4.0]]), "distance").mean
        5.0
    """
    if not len(edges):
        raise NoEdges
    one, other = (np.asarray(vectors[edges[:, side]], np.float64) for side in (0, 1))
    if measure == "distance":
        values = np.sqrt(np.square(one - other).sum(axis=1))
    else:
        lengths = np.sqrt(np.square(one).sum(axis=1)) * np.sqrt(np.square(other).sum(axis=1))
        values = np.divide((one * other).sum(axis=1), lengths, out=np.zeros(len(edges)), where=lengths > 0)
    return Nearness(float(values.mean()), float(1.96 * values.std() / np.sqrt(len(edges))), len(edges))


def random_edges(nodes: int, rng: np.random.Generator) -> Edges:
    """Every node below another one drawn at random: the table's random row.

    Args:
        nodes: at least 2.
        rng: draws.
    """
    parents = rng.integers(0, nodes - 1, nodes)
    return np.stack([parents + (parents >= np.arange(nodes)), np.arange(nodes)], axis=1)


def closeness(vectors: NDArray[np.floating], measure: Measure) -> NDArray[np.float64]:
    """The similarity that a space gives as a source: negative squared distances, or cosines; the diagonal the lowest.

    Args:
        vectors: (nodes, d) finite.
        measure: which of the two.

    Returns:
        (nodes, nodes) symmetric; the diagonal below every other value.
    """
    points = np.asarray(vectors, np.float64)
    if measure == "distance":
        squares = np.square(points).sum(axis=1)
        similarity = 2.0 * (points @ points.T) - squares[:, None] - squares[None, :]
    else:
        lengths = np.sqrt(np.square(points).sum(axis=1, keepdims=True))
        points = np.divide(points, lengths, out=np.zeros_like(points), where=lengths > 0)
        similarity = points @ points.T
    symmetric: NDArray[np.float64] = (similarity + similarity.T) / 2.0
    np.fill_diagonal(symmetric, symmetric.min() - 0.1)
    return symmetric


def joined(similarity: NDArray[np.float64], threshold: float) -> NDArray[np.bool_]:
    """The graph of such a source, undirected: a row's best, and whatever exceeds the threshold.

    Args:
        similarity: as `closeness` gives it.
        threshold: an edge exceeds it.
    """
    passes = (similarity == similarity.max(axis=1, keepdims=True)) | (similarity > threshold)
    np.fill_diagonal(passes, val=False)
    either: NDArray[np.bool_] = passes | passes.T
    return either
