"""Other ways to a tree from the same data: what a builder has to be better than.

Conventions: concepts are positions 0..n-1; a tree is each concept's parent, -1 below the root. S[i, j] = how much i's
tracks excite j's vector. Ties go to the smaller position. `generality` orders concepts where a rival needs to know
which of two is the wider: the larger value stands above.

| rival | what it sees |
|---|---|
| subsumption | memberships alone: x above y when at least 0.8 of y's tracks are x's and not the other way round |
| names | names alone: the nearest shorter name by character n-grams |
| UPGMA | S, symmetric: average linkage, each branch headed by its most general concept |
| arborescence | S, directed: of all trees the one whose edges sum to the most S[parent, child] |

Source: subsumption: Sanderson & Croft 1999; UPGMA: Sokal & Michener 1958; arborescence: Chu & Liu 1965, Edmonds 1967.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from worker.evaluation.names import ngram_vectors

Floats = NDArray[np.floating]
Parents = NDArray[np.int64]

SUBSUMES = 0.8
NAMES_ALIKE = 0.2
MOST_FOR_ARBORESCENCE = 600
"""Edmonds' algorithm takes minutes beyond."""


def subsumption(shared: NDArray[np.int64], *, threshold: float = SUBSUMES) -> Parents:
    """The narrowest concept that holds most of each concept's tracks.

    Args:
        shared: (concepts, concepts) tracks that two concepts have in common, their sizes on the diagonal.
        threshold: share of the narrower's tracks.

    Example:
        >>> subsumption(np.array([[10, 5, 2], [5, 5, 2], [2, 2, 2]])).tolist()
        [-1, 0, 1]
    """
    sizes = np.diag(shared).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = np.where(sizes[:, None] > 0, shared / sizes[:, None], 0.0)  # share of the row's tracks in the column
    above = (inside >= threshold) & (inside > inside.T)
    np.fill_diagonal(above, val=False)
    narrowest = np.where(above, sizes[None, :], np.inf).argmin(axis=1)
    return np.where(above.any(axis=1), narrowest, -1).astype(np.int64)


def names_only(names: Sequence[str], *, threshold: float = NAMES_ALIKE) -> Parents:
    """The most alike of the shorter names: "String quartet" below "Quartet".

    Args:
        names: one a concept.
        threshold: cosine of the n-gram profiles that a parent exceeds.
    """
    alike = name_similarity(names)
    length = np.array([len(name.split()) * 1000 + len(name) for name in names])
    alike[~(length[None, :] < length[:, None])] = -np.inf
    best = alike.argmax(axis=1)
    return np.where(alike.max(axis=1, initial=-np.inf) > threshold, best, -1).astype(np.int64)


def name_similarity(names: Sequence[str]) -> NDArray[np.float64]:
    """(names, names) cosine of the n-gram profiles."""
    vectors = ngram_vectors(names)
    alike: NDArray[np.float64] = vectors @ vectors.T
    return alike


def upgma(similarity: Floats, generality: Floats) -> Parents:
    """Average linkage on the mean of both directions; where two branches join, the less general head goes below.

    Args:
        similarity: (concepts, concepts).
        generality: (concepts,)
    """
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    concepts = len(similarity)
    parents = np.full(concepts, -1, np.int64)
    if concepts < 2:  # noqa: PLR2004  nothing to join
        return parents
    apart = 1.0 - (np.asarray(similarity, np.float64) + np.asarray(similarity, np.float64).T) / 2.0
    np.fill_diagonal(apart, 0.0)
    head = dict(enumerate(range(concepts)))
    for step, (one, other) in enumerate(linkage(squareform(apart, checks=False), "average")[:, :2].astype(int)):
        upper, lower = sorted((head[one], head[other]), key=lambda concept: (-generality[concept], concept))
        parents[lower] = upper
        head[concepts + step] = upper
    return parents


def arborescence(similarity: Floats, *, min_similarity: float = 0.2) -> Parents | None:
    """The best of all trees by the sum of S[parent, child], where hanging below the root is worth `min_similarity`.

    Returns:
        None beyond 600 concepts.
    """
    import networkx as nx

    concepts = len(similarity)
    if concepts > MOST_FOR_ARBORESCENCE:
        return None
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_weighted_edges_from((concepts, child, min_similarity) for child in range(concepts))
    upper, lower = np.nonzero(np.asarray(similarity) > min_similarity)
    graph.add_weighted_edges_from(
        (int(parent), int(child), float(similarity[parent, child]))
        for parent, child in zip(upper, lower, strict=True)
        if parent != child
    )
    parents = np.full(concepts, -1, np.int64)
    for parent, child in nx.maximum_spanning_arborescence(graph).edges:
        parents[child] = -1 if parent == concepts else parent
    return parents
