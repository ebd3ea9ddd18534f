"""The hierarchy in the graph: similarities and links by version, the tree itself, and how a version becomes current.

Conventions: versions count from 1 a collection. SIMILAR_TO and EXPRESSES carry `since` and `until`; version v sees
`since <= v AND (until IS NULL OR until > v)`. Staging for version v closes what v no longer holds with `until = v` and
adds the rest with `since = v`, so readers of v - 1 see nothing of it. Publication is one transaction. Everything that
writes takes a lease and is fenced by it.

Why differences are computed here and not in Cypher: one batch is read, compared and written in one transaction under
the step's lock, so a batch may run any number of times with the same result and needs no marker of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cypher.catalogue import concept_of
from cypher.errors import TornRead, UnknownCollection, UnknownConcept, UnknownTrack
from cypher.loader import load_query
from cypher.model import (
    Concept,
    ConceptLink,
    Edge,
    Hierarchy,
    Lease,
    Neighbour,
    Publication,
    Track,
    TrackLink,
    hierarchy_sha256,
)
from cypher.publication import check, hierarchy_of, publish
from cypher.runner import Row, Runner, Transaction
from cypher.staging import Advance, Building, LinkRows, SimilarityRows, grouped, stage, sweep

TREE_READS = 3
"""How often a tree is read again when a publication fell into the reading."""

Found = TypeVar("Found")


class HierarchyStore:
    """What was learnt: staged and published by a rebuild, read by everybody."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def next_version(self, collection: str) -> int:
        """The version a rebuild starting now would publish: one above the highest there is.

        Raises:
            UnknownCollection: there is none of that id.
        """
        rows = self._runner.run(load_query("find_highest_version"), collection=collection)
        if not rows:
            raise UnknownCollection(collection)
        return int(rows[0]["version"]) + 1

    def stage_similarities(
        self,
        lease: Lease,
        collection: str,
        version: int,
        *,
        concept_ids: Sequence[str],
        source: NDArray[np.integer],
        target: NDArray[np.integer],
        weight: NDArray[np.floating],
        standard_error: NDArray[np.floating] | None = None,
        advance: Advance | None = None,
    ) -> int:
        """Make SIMILAR_TO of the version exactly these edges, by differences to what stands.

        Args:
            lease: the right to write.
            collection: id of the collection all concepts belong to.
            version: the one being built; above the current one.
            concept_ids: the kept concepts; those of the collection that are missing here lose their edges.
            source: (edges,) index into `concept_ids`: whose tracks.
            target: (edges,) index into `concept_ids`: whose vector.
            weight: (edges,) S[source, target], 0..1.
            standard_error: (edges,) of the weight; NaN where it is unknown.
            advance: told of (edges done, edges in all) after each batch.

        Returns:
            Relationships written or closed.

        Raises:
            LeaseLost: somebody else has the step; nothing more was written.
            VersionConflict: the version is not above the current one.
            UnknownConcept: an id is not in the collection.
        """
        error = np.full(len(weight), np.nan) if standard_error is None else standard_error.astype(np.float64)
        known: NDArray[np.object_] = error.astype(np.object_)
        known[np.isnan(error)] = None  # an absent property, as Neo4j has it
        wanted = grouped(concept_ids, concept_ids, source, target, [weight.astype(np.float64), known])
        return stage(self._runner, SimilarityRows(), Building(lease, collection, version), wanted, advance)

    def stage_links(
        self,
        lease: Lease,
        collection: str,
        version: int,
        *,
        concept_ids: Sequence[str],
        track_ids: Sequence[str],
        concept_index: NDArray[np.integer],
        track_index: NDArray[np.integer],
        score: NDArray[np.floating],
        rank: NDArray[np.integer],
        advance: Advance | None = None,
    ) -> int:
        """Make EXPRESSES of the version exactly these links, by differences to what stands.

        Args:
            lease: the right to write.
            collection: id of the collection all concepts belong to.
            version: the one being built; above the current one.
            concept_ids: the kept concepts; those of the collection that are missing here lose their links.
            track_ids: tracks.
            concept_index: (links,) index into `concept_ids`.
            track_index: (links,) index into `track_ids`.
            score: (links,) 0..1.
            rank: (links,) 1 is the track's strongest concept of this collection.
            advance: told of (links done, links in all) after each batch.

        Returns:
            Relationships written or closed.

        Raises:
            LeaseLost: somebody else has the step; nothing more was written.
            VersionConflict: the version is not above the current one.
            UnknownConcept: a concept id is not in the collection.
            UnknownTrack: there is no track of that id.
        """
        wanted = grouped(concept_ids, track_ids, concept_index, track_index, [score.astype(np.float64), rank])
        return stage(self._runner, LinkRows(), Building(lease, collection, version), wanted, advance)

    def publish(self, lease: Lease, publication: Publication) -> Hierarchy:
        """Make the version current in one transaction that writes only the differences.

        Publishing what this step has published already changes nothing and returns the same hierarchy.

        Raises:
            LeaseLost: somebody else has the step; nothing was written.
            JobCancelled: the job is being cancelled; nothing was written.
            VersionConflict: the version is not above the current one, and not this step's own.
            HierarchyInvalid: a cycle, a pair twice, a concept that is not of the collection or not assessed as kept.
        """
        check(publication)
        return self._runner.write(partial(publish, lease=lease, publication=publication))

    def sweep(self, collection: str, lease: Lease | None = None) -> int:
        """Remove what no reader will ask for: an unfinished version's staging, and intervals closed by the current one.

        Call it at the start of a rebuild, after publication, and when a job was cancelled or failed.

        Args:
            collection: its id.
            lease: the step that sweeps; without one nothing is swept while a rebuild of the collection is active.

        Returns:
            Relationships removed or reopened.

        Raises:
            UnknownCollection: there is none of that id.
            LeaseLost: somebody else has the step.
            RebuildActive: no lease was given and a rebuild has not ended.
        """
        return sweep(self._runner, collection, lease)

    def current(self, collection: str) -> Hierarchy | None:
        """The published hierarchy readers see; None before the first publication.

        Raises:
            UnknownCollection: there is none of that id.
            TornRead: a publication fell into the reading, three times in a row.
        """
        return self._read_whole(partial(_current, collection=collection))

    def versions(self, collection: str) -> list[Hierarchy]:
        """All published hierarchies, newest first.

        Raises:
            UnknownCollection: there is none of that id.
        """
        rows = self._runner.run(load_query("list_hierarchies"), collection=collection)
        if not rows:
            self.next_version(collection)  # says so when the collection itself is unknown
        return [hierarchy_of(row) for row in rows]

    def tree(self, collection: str) -> tuple[Hierarchy, list[Concept], list[Edge]] | None:
        """The current tree with every concept of the collection, verified by count and sha256.

        Returns:
            None before the first publication. Concepts by id, left-out and waiting ones included; edges by child, one
            with `parent` None for each child of the virtual root.

        Raises:
            UnknownCollection: there is none of that id.
            TornRead: what was read does not add up to one version, three times in a row.
        """
        return self._read_whole(partial(_tree, collection=collection))

    def _read_whole(self, reading: Callable[[Transaction], Found]) -> Found:
        for _ in range(TREE_READS - 1):
            try:
                return self._runner.read(reading)
            except TornRead:
                continue
        return self._runner.read(reading)

    def neighbours(self, concept_id: str, limit: int = 20) -> list[Neighbour]:
        """Concepts similar to this one in the current version, strongest direction first, then by id.

        Raises:
            UnknownConcept: there is none of that id.
        """
        rows = self._runner.run(load_query("list_neighbours"), id=concept_id, limit=limit)
        if not rows:
            self._demand_concept(concept_id)
        return [Neighbour(**row) for row in rows]

    def tracks_of(self, concept_id: str, after: tuple[float, str] | None = None, limit: int = 50) -> list[TrackLink]:
        """Tracks that express the concept in the current version, by descending score, then id.

        Args:
            concept_id: the concept.
            after: (score, track id) of the last link of the page before.
            limit: at most this many.

        Raises:
            UnknownConcept: there is none of that id.
        """
        score, track = after or (None, None)
        rows = self._runner.run(
            load_query("list_tracks_of_concept"), id=concept_id, score=score, track=track, limit=limit
        )
        if not rows:
            self._demand_concept(concept_id)
        return [
            TrackLink(
                Track(**{field.name: row[field.name] for field in fields(Track)}),
                row["score"],
                row["rank"],
                row["is_example"],
            )
            for row in rows
        ]

    def concepts_of(self, track_id: str, collection: str | None = None) -> list[ConceptLink]:
        """Concepts the track expresses in the current version of each collection, or of one, by descending score.

        Raises:
            UnknownTrack: there is none of that id.
        """
        rows = self._runner.run(load_query("list_concepts_of_track"), id=track_id, collection=collection)
        if not rows and not self._runner.run(load_query("find_existing_tracks"), ids=[track_id]):
            raise UnknownTrack(track_id)
        return [ConceptLink(**row) for row in rows]

    def ancestors(self, concept_id: str) -> list[tuple[str, str, int]]:
        """(id, name, distance >= 1) of everything above the concept in the current tree, nearest first.

        Raises:
            UnknownConcept: there is none of that id.
        """
        rows = self._runner.run(load_query("ancestors_of_concept"), id=concept_id)
        if not rows:
            self._demand_concept(concept_id)
        return [(row["id"], row["name"], row["distance"]) for row in rows]

    def ancestors_of_name(self, name: str) -> dict[str, list[tuple[str, str, int]]]:
        """The same for every concept of that name, in any collection: concept id -> ancestors.

        Concepts without any are left out.
        """
        found: dict[str, list[tuple[str, str, int]]] = {}
        for row in self._runner.run(load_query("ancestors_of_name"), name=name):
            found.setdefault(row["concept"], []).append((row["id"], row["name"], row["distance"]))
        return found

    def _demand_concept(self, concept_id: str) -> None:
        if not self._runner.run(load_query("find_existing_concepts"), collection=None, ids=[concept_id]):
            raise UnknownConcept(concept_id)


def _current(tx: Transaction, collection: str) -> Hierarchy | None:
    row = _current_row(tx, collection)
    return None if row is None else hierarchy_of(row)


def _current_row(tx: Transaction, collection: str) -> Row | None:
    """The row of the current hierarchy. Not finding it may mean that it was published in the middle of the looking."""
    rows = tx.run(load_query("find_current_hierarchy"), collection=collection)
    if rows:
        return rows[0]
    known = tx.run(load_query("find_collection"), id=collection)
    if not known:
        raise UnknownCollection(collection)
    if known[0]["version"] is not None:
        raise TornRead(collection, known[0]["version"], "it was published while it was looked for")
    return None


def _tree(tx: Transaction, collection: str) -> tuple[Hierarchy, list[Concept], list[Edge]] | None:
    """One reading, verified. Reads are read-committed, so a publication may fall between any two of these."""
    row = _current_row(tx, collection)
    if row is None:
        return None
    hierarchy = hierarchy_of(row)
    concepts = tx.run(load_query("list_concepts"), collection=collection)
    edges = [
        Edge(row["child"], row["parent"], row["similarity"], row["margin"])
        for row in tx.run(load_query("list_parent_edges"), collection=collection)
    ]
    roots = [Edge(row["id"], None) for row in tx.run(load_query("list_root_children"), collection=collection)]
    again = tx.run(load_query("find_current_hierarchy"), collection=collection)
    detail = _disagreement(row, again, concepts, edges, roots)
    if detail:
        raise TornRead(collection, hierarchy.version, detail)
    every = sorted(edges + roots, key=lambda edge: (edge.child, edge.parent or ""))
    return hierarchy, [concept_of(row) for row in concepts], every


def _disagreement(
    said: Row, again: Sequence[Row], concepts: Sequence[Row], edges: Sequence[Edge], roots: Sequence[Edge]
) -> str:
    """What does not add up to the version; empty when everything does."""
    version = said["version"]
    if [row["version"] for row in again] != [version]:
        return "another version was published meanwhile"
    assessed = [row["assessed_in"] for row in concepts if row["assessed_in"] is not None]
    if len(assessed) != said["assessed"] or any(one != version for one in assessed):
        return "concepts of two versions"
    if len(edges) != said["edges"]:
        return f"{len(edges)} relationships, not {said['edges']}"
    if hierarchy_sha256((edge.child, edge.parent) for edge in (*edges, *roots)) != said["sha256"]:
        return "another sha256"
    return ""
