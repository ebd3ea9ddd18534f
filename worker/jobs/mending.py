"""What a crash may have left, found and put right when a worker starts, and what hands changed, said in the log.

Nothing here is needed for right answers: readers see whole versions in any case. It gives space back, and makes the
plain view of the graph in Neo4j Browser say what is true. Collections that are being rebuilt are left to their rebuild.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cypher.centrality import drop_stale_projections
from cypher.errors import GraphUnavailable, RebuildActive
from cypher.model import FINAL_STATES, Collection, HandEdits, Job
from cypher.store import Graph
from worker.jobs import pointers, staging
from worker.jobs.requests import REBUILD

log = logging.getLogger(__name__)

JOBS = 50
"""How many of a collection's latest jobs are looked at."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What was put right in one collection."""

    collection: str
    relationships: int
    """Similarities and links that no version shows, removed or opened again."""
    candidate_edges: int
    """Drawings of versions that do not wait."""
    projections: int
    """Of the graph library, left in the server's memory."""
    pointer: bool
    """The pointer of the data folder was behind."""
    hand_edits: HandEdits | None
    """Found, and left to a person."""


def mend(graph: Graph, data: Path) -> list[Mended]:
    """Look through all collections that are not being rebuilt.

    Returns:
        What was found, one a collection.
    """
    found = []
    for collection in graph.catalogue.collections():
        jobs = [job for job in graph.ledger.jobs(collection.id, limit=JOBS) if job.kind == REBUILD]
        if all(job.state in FINAL_STATES for job in jobs):
            try:
                found.append(_mend(graph, data, collection, jobs))
            except RebuildActive:
                log.info("collection %s is being rebuilt by now; it is left to that", collection.id)
    return found


def _mend(graph: Graph, data: Path, collection: Collection, jobs: Sequence[Job]) -> Mended:
    relationships = 0
    for job in jobs:
        if job.state == "succeeded":
            break
        relationships += staging.undo(graph, data, graph.ledger.job(job.id))
    mended = Mended(
        collection.id,
        relationships + graph.hierarchy.sweep(collection.id),
        graph.versions.clear_candidates(collection.id),
        _drop_projections(graph, collection.id),
        pointers.follow(graph, data, collection),
        graph.versions.hand_edits(collection.id),
    )
    _tell(mended)
    return mended


def _drop_projections(graph: Graph, collection_id: str) -> int:
    try:
        return len(drop_stale_projections(graph.driver, collection_id))
    except GraphUnavailable as error:
        log.warning("%s", error)
        return 0


def _tell(mended: Mended) -> None:
    if mended.relationships or mended.candidate_edges or mended.projections or mended.pointer:
        log.warning(
            "put right in %s what a crash or a stop left: %d relationships, %d candidate edges, %d projections%s",
            mended.collection,
            mended.relationships,
            mended.candidate_edges,
            mended.projections,
            ", the pointer of the data folder" if mended.pointer else "",
        )
    if mended.hand_edits:
        log.warning(
            "PARENT_OF of %s was edited by hand: %d drawn, %d removed; answers show version %d all the same",
            mended.collection,
            len(mended.hand_edits.drawn),
            len(mended.hand_edits.removed),
            mended.hand_edits.version,
        )
