"""Which tree a rebuild's settings ask for, as a rule from S and separation to edges; how it weighs; and drawn anew.

Conventions: rows and columns of S, separation and the centralities follow the sorted concept ids.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from worker.hierarchy.betweenness import dense_betweenness
from worker.hierarchy.builders import ParentOf, heymann_tree
from worker.hierarchy.generality import generality_tree
from worker.hierarchy.margins import Scales
from worker.hierarchy.pins import NO_PINS, Pins, joined_pins
from worker.hierarchy.several import Limits, several_parents
from worker.hierarchy.support import Grow
from worker.jobs.requests import RebuildSettings

Weigh = Callable[[NDArray[np.float64], NDArray[np.float64] | None], Scales]
"""From S, and separation where it is known, to how the rule weighs parents."""


def grower(
    settings: RebuildSettings, centrality: NDArray[np.float64], pins: Pins = NO_PINS, stay: Pins = NO_PINS
) -> Grow:
    """The builder with all its settings.

    Args:
        settings: of the rebuild.
        centrality: (concepts,) betweenness; only `heymann` orders by it.
        pins: child -> the parent it shall have, None for the root.
        stay: further edges to grow around that nobody decided; a pin goes before.

    Returns:
        A function of S and of separation; `heymann` looks at S alone.
    """
    limits = Limits(settings.min_similarity, settings.min_separation, max_children=settings.max_children)
    around = joined_pins(pins, stay)

    def decided(tree: Sequence[ParentOf]) -> list[ParentOf]:
        return [replace(edge, pinned=edge.child in pins) for edge in tree]

    def by_generality(similarity: NDArray[np.float64], separation: NDArray[np.float64] | None) -> list[ParentOf]:
        tree = generality_tree(
            similarity,
            separation,
            min_similarity=settings.min_similarity,
            min_separation=settings.min_separation,
            max_children=settings.max_children,
            pins=around,
        )
        tree = decided(tree)
        return tree if settings.parents == "one" else several_parents(tree, similarity, separation, limits)

    def by_betweenness(similarity: NDArray[np.float64], _: NDArray[np.float64] | None) -> list[ParentOf]:
        tree = heymann_tree(
            similarity,
            centrality,
            min_similarity=settings.min_similarity,
            max_children=settings.max_children or max(len(centrality), 1),
            pins=around,
        )
        return decided(tree)

    return by_generality if settings.builder == "generality" else by_betweenness


def weigher(settings: RebuildSettings, centrality: NDArray[np.float64]) -> Weigh:
    """How the same builder weighs parents.

    Args:
        settings: of the rebuild.
        centrality: (concepts,) betweenness; only `heymann` orders by it.
    """

    def weigh(similarity: NDArray[np.float64], separation: NDArray[np.float64] | None) -> Scales:
        least = settings.min_similarity
        if settings.builder == "heymann":
            return Scales.by_betweenness(similarity, centrality, min_similarity=least)
        limit = settings.min_separation
        return Scales.by_generality(similarity, separation, min_similarity=least, min_separation=limit)

    return weigh


def betweenness_of(settings: RebuildSettings, similarity: NDArray[np.float64]) -> NDArray[np.float64]:
    """(concepts,) of the graph that a rebuild would write, where no database holds it."""
    return dense_betweenness(similarity > settings.graph_threshold)


def grow_afresh(
    settings: RebuildSettings, similarity: NDArray[np.float64], separation: NDArray[np.float64] | None = None
) -> Sequence[ParentOf]:
    """The tree of an S whose graph is in no database."""
    ordered = settings.builder == "heymann"
    central = betweenness_of(settings, similarity) if ordered else np.zeros(len(similarity))
    return grower(settings, central)(similarity, separation)


def as_tree(edges: Sequence[ParentOf], ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Parents by concept, as `worker.evaluation` takes trees."""
    tree: dict[str, list[str]] = {concept: [] for concept in ids}
    for edge in edges:
        if edge.parent is not None:
            tree[ids[edge.child]].append(ids[edge.parent])
    return {concept: tuple(above) for concept, above in tree.items()}
