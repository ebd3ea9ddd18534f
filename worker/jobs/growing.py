"""From a rebuild's settings to the rule that grows its tree; the one place that knows which builder a preset names.

Conventions: rows and columns of S and of the centralities follow the sorted concept ids.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from worker.hierarchy.betweenness import dense_betweenness
from worker.hierarchy.builders import ParentOf, heymann_tree
from worker.hierarchy.pins import NO_PINS, Pins
from worker.hierarchy.support import Grow
from worker.jobs.requests import RebuildSettings


def grower(settings: RebuildSettings, centrality: NDArray[np.float64], pins: Pins = NO_PINS) -> Grow:
    """The rule of a rebuild, its order by betweenness fixed.

    Args:
        settings: of the rebuild.
        centrality: (concepts,) betweenness of the graph of S.
        pins: what a curator has decided.
    """

    def grow(similarity: NDArray[np.float64]) -> Sequence[ParentOf]:
        return heymann_tree(
            similarity,
            centrality,
            min_similarity=settings.min_similarity,
            max_children=settings.max_children,
            pins=pins,
        )

    return grow


def grow_afresh(settings: RebuildSettings, similarity: NDArray[np.float64]) -> Sequence[ParentOf]:
    """The tree of an S whose graph is in no database."""
    return grower(settings, betweenness_of(settings, similarity))(similarity)


def betweenness_of(settings: RebuildSettings, similarity: NDArray[np.float64]) -> NDArray[np.float64]:
    """(concepts,) of the graph that a rebuild would write."""
    return dense_betweenness(similarity > settings.graph_threshold)


def as_tree(edges: Sequence[ParentOf], ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Parents by concept, as `worker.evaluation` takes trees."""
    tree: dict[str, list[str]] = {concept: [] for concept in ids}
    for edge in edges:
        if edge.parent is not None:
            tree[ids[edge.child]].append(ids[edge.parent])
    return {concept: tuple(above) for concept, above in tree.items()}
