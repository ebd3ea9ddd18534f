"""Betweenness centrality of concepts, computed inside Neo4j by the Graph Data Science library.

Conventions: the graph is undirected and unweighted: two concepts are joined when SIMILAR_TO of the staging passes in
either direction. Values are normalised to 0..1 as networkx does (undirected), rounded to 12 significant digits.

Source: Brandes 2001 as GDS runs it. Similarity must not become a path length, so no weight is projected; reciprocal
pairs count once (aggregation SINGLE); isolated concepts stay (OPTIONAL MATCH). GDS adds up with several threads, and
unrounded sums would let ties flicker.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import neo4j

from cypher.errors import GraphTooSmall, GraphUnavailable, UnknownConcept
from cypher.loader import load_query

if TYPE_CHECKING:
    from graphdatascience import Graph, GraphDataScience

PREFIX = "audio-concepts"
SIGNIFICANT_DIGITS = 12
HEAP_SHARE = 0.7
"""What an estimate may claim of the heap GDS calls available; the database works in the rest."""

_FEWEST = 3
_PARTS = 5
_JOINED = "JOINED"
_GONE = "does not exist on database"


def projection_name(collection: str, staging: int, fence: int) -> str:
    """Names what one call projects; the last part is new each time, because fences of different jobs may be equal."""
    return f"{PREFIX}/{collection}/{staging}/{fence}/{uuid.uuid4().hex}"


def betweenness(
    driver: neo4j.Driver,
    concept_ids: Sequence[str],
    *,
    collection: str,
    staging: int,
    fence: int,
    threads: int = 2,
) -> dict[str, float]:
    """How many shortest paths between other concepts run through each, on the edges of one staging.

    What earlier leases of the collection left projected is dropped first: the later one has fenced them.

    Args:
        driver: connected to a server with the Graph Data Science library.
        concept_ids: the kept concepts of the collection, each once; only these take part, those without an edge too.
        collection: id of their collection.
        staging: whose edges, as `HierarchyStore.stage_similarities` wrote them.
        fence: of the lease that asks; part of the projection's name, so two builds never share one.
        threads: at least 1; GDS community runs at most 4.

    Returns:
        concept id -> 0..1, for every id given; all 0 when there are fewer than 3.

    Raises:
        GraphTooSmall: projecting or counting would need more heap than is free; nothing was projected.
        UnknownConcept: an id is not in the collection.
        GraphUnavailable: the server is away.
    """
    with _science(driver) as gds:
        edges = _check(gds, concept_ids, collection, staging)
        if edges == 0 or len(concept_ids) < _FEWEST:
            return dict.fromkeys(concept_ids, 0.0)
        _demand_memory(gds, len(concept_ids), edges, threads)
        drop_projections(gds, collection, (staging, fence))
        name = projection_name(collection, staging, fence)
        try:
            scores = _scores(gds, name, concept_ids, staging, threads)
        finally:
            gds.graph.drop(name, fail_if_missing=False)
        nodes = _rows(gds, "list_node_ids", ids=list(concept_ids))
    pairs = (len(concept_ids) - 1) * (len(concept_ids) - 2) / 2
    return {row["id"]: rounded(scores[row["node"]] / pairs) for row in nodes}


def betweenness_of_pairs(driver: neo4j.Driver, others: Sequence[Sequence[int]], *, threads: int = 2) -> list[float]:
    """The same measure of a graph that is in no database; it is projected from the call alone, and dropped.

    Args:
        driver: connected to a server with the Graph Data Science library.
        others: for each node the nodes it is joined to, every pair once, at either of its ends; no node with itself.
        threads: at least 1; GDS community runs at most 4.

    Returns:
        0..1 for each node, as `betweenness` gives it; all 0 when there are fewer than 3 or no pairs.

    Raises:
        GraphTooSmall: projecting or counting would need more heap than is free; nothing was projected.
        GraphUnavailable: the server is away.
    """
    pairs = sum(map(len, others))
    if len(others) < _FEWEST or not pairs:
        return [0.0] * len(others)
    nodes = [{"node": node, "others": list(joined)} for node, joined in enumerate(others)]
    name = projection_name("no-collection", 0, 0)
    with _science(driver) as gds:
        _demand_memory(gds, len(others), pairs, threads)
        try:
            _rows(gds, "project_pairs", name=name, nodes=nodes)
            scores = _streamed(gds, gds.graph.get(name), threads)
        finally:
            gds.graph.drop(name, fail_if_missing=False)
    ordered_pairs = (len(others) - 1) * (len(others) - 2) / 2
    return [rounded(scores[node] / ordered_pairs) for node in range(len(others))]


def drop_stale_projections(driver: neo4j.Driver, collection: str) -> list[str]:
    """Drop what a crash left projected of a collection that nobody is rebuilding; returns the names.

    Raises:
        GraphUnavailable: the server is away.
    """
    with _science(driver) as gds:
        return drop_projections(gds, collection)


@contextmanager
def _science(driver: neo4j.Driver) -> Iterator[GraphDataScience]:
    """The library's client; a server that is away, or was started anew meanwhile, is said in the graph's own words.

    Why a projection that is gone counts as away: projections live in memory, so a server that was killed and came back
    within a call of the client has none of them. Whoever waits for the server then begins again.
    """
    from graphdatascience import GraphDataScience  # takes 2 s, and only workers have it
    from graphdatascience.error.unable_to_connect import UnableToConnectError

    away = (
        UnableToConnectError,
        neo4j.exceptions.ServiceUnavailable,
        neo4j.exceptions.SessionExpired,
        neo4j.exceptions.TransientError,
        neo4j.exceptions.DatabaseUnavailable,
    )
    try:
        yield GraphDataScience(driver, arrow=False, show_progress=False)
    except away as error:
        raise GraphUnavailable("the address of the driver", str(error).splitlines()[0]) from error
    except neo4j.exceptions.ClientError as error:
        if _GONE not in (error.message or ""):
            raise
        raise GraphUnavailable("the address of the driver", "it was started anew and lost a projection") from error


def drop_projections(
    gds: GraphDataScience, collection: str | None = None, up_to: tuple[int, int] | None = None
) -> list[str]:
    """Drop what a crash left projected; returns the names.

    Args:
        gds: the client.
        collection: only of this collection.
        up_to: only of leases up to this (staging, fence).
    """
    dropped = []
    for graph in gds.graph.list():
        parts = str(graph.graph_name).split("/")
        if parts[0] != PREFIX or len(parts) < _PARTS:
            continue
        owner, lease = "/".join(parts[1:-3]), (int(parts[-3]), int(parts[-2]))
        if collection in {None, owner} and (up_to is None or lease <= up_to):
            gds.graph.drop(graph.graph_name, fail_if_missing=False)
            dropped.append(str(graph.graph_name))
    return dropped


def rounded(value: float) -> float:
    """To 12 significant digits.

    >>> rounded(0.1 + 0.2)
    0.3
    """
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")


def _check(gds: GraphDataScience, concept_ids: Sequence[str], collection: str, staging: int) -> int:
    """How many similarities there are; refuses ids that are not of the collection."""
    row = _rows(gds, "count_similarities", collection=collection, ids=list(concept_ids), staging=staging)[0]
    if row["concepts"] != len(concept_ids):
        known = _rows(gds, "find_existing_concepts", collection=collection, ids=list(concept_ids))
        missing = sorted(set(concept_ids) - {row["id"] for row in known})
        raise UnknownConcept(missing[0] if missing else "one given twice", collection)
    return int(row["similarities"])


def _demand_memory(gds: GraphDataScience, concepts: int, edges: int, threads: int) -> None:
    """Refuse before projecting: a server that runs out of memory takes everything else down with it."""
    needed = sum(
        int(
            gds.betweenness_centrality.estimate(
                {
                    "nodeCount": concepts,
                    "relationshipCount": count,
                    "nodeProjection": "*",
                    "relationshipProjection": {_JOINED: {"type": "*", "orientation": "UNDIRECTED"}},
                },
                concurrency=threads,
            ).bytes_max
        )
        for count in (edges, 2 * edges)  # as projected, and undirected beside it
    )
    free = int((gds.debug.sys_info().available_heap_in_bytes or 0) * HEAP_SHARE)
    if needed > free:
        raise GraphTooSmall(needed, free, f"betweenness of {concepts} concepts with {edges} similarities")


def _scores(
    gds: GraphDataScience, name: str, concept_ids: Sequence[str], staging: int, threads: int
) -> dict[int, float]:
    """The server's number of a concept -> GDS's sum over ordered pairs halved, unnormalised."""
    _rows(gds, "project_similarities", name=name, ids=list(concept_ids), staging=staging)
    graph = gds.graph.get(name)
    gds.graph.relationships.to_undirected(
        graph, "SIMILAR_TO", _JOINED, aggregation="SINGLE", concurrency=threads, log_progress=False
    )
    return _streamed(gds, graph, threads)


def _streamed(gds: GraphDataScience, graph: Graph, threads: int) -> dict[int, float]:
    table = gds.betweenness_centrality.stream(
        graph, relationship_types=[_JOINED], concurrency=threads, log_progress=False
    )
    return dict(zip(table["nodeId"].tolist(), table["score"].tolist(), strict=True))


def _rows(gds: GraphDataScience, query_name: str, /, **params: Any) -> list[dict[str, Any]]:
    """A named query through the client, sent once: a projection must not be repeated behind our back."""
    query = load_query(query_name)
    table = gds.run_cypher(query.text, params, mode="READ", auto_commit=True)
    return [dict(zip(query.returns, row, strict=True)) for row in table[list(query.returns)].itertuples(index=False)]
