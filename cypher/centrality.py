"""Betweenness centrality of concepts, computed inside Neo4j by the Graph Data Science library.

Conventions: the graph is undirected and unweighted: two concepts are joined when SIMILAR_TO of the version passes in
either direction. Values are normalised to 0..1 as networkx does (undirected), rounded to 12 significant digits.

Source: method.md, section "Centrality": similarity must not become a path length, reciprocal pairs count once, isolated
concepts stay.
"""

from __future__ import annotations

from collections.abc import Sequence

import neo4j


def betweenness(
    driver: neo4j.Driver,
    concept_ids: Sequence[str],
    *,
    collection: str,
    version: int,
    fence: int,
    threads: int = 2,
) -> dict[str, float]:
    """How many shortest paths between other concepts run through each, on the edges of one version.

    Args:
        driver: connected to a server with the Graph Data Science library.
        concept_ids: the kept concepts of the collection; only these take part, those without an edge too.
        collection: id of their collection.
        version: whose edges: published, or staged by `HierarchyStore.stage_similarities`.
        fence: of the lease that asks; part of the projection's name, so two builds never share one.
        threads: at least 1; GDS community runs at most 4.

    Returns:
        concept id -> 0..1, for every id given; all 0 when there are fewer than 3.

    Raises:
        GraphTooSmall: projecting or counting would need more heap than is free; nothing was projected.
        UnknownConcept: an id is not in the collection.
        GraphUnavailable: the server is away.
    """
    raise NotImplementedError
