"""The hierarchy in the graph: similarities and links by staging, the trees by version, and how one becomes current.

Conventions: versions and stagings each count from 1 a collection, and only grow. SIMILAR_TO and EXPRESSES carry `since`
and `until`; staging n sees `since <= n AND (until IS NULL OR until > n)`. Writing staging n closes what it no longer
holds with `until = n` and adds the rest with `since = n`, so readers of earlier ones see nothing of it. A version shows
one staging; a curation or the activation of an old version is a new version that shows a staging there is. Publication
is one transaction (`publication`). What a rebuild writes takes a lease and is fenced by it.

Why differences are computed here and not in Cypher: one batch is read, compared and written in one transaction under
the step's lock, so a batch may run any number of times with the same result and needs no marker of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from cypher.catalogue import concept_of
from cypher.errors import StagingGone, UnknownCollection, UnknownConcept, UnknownTrack, UnknownVersion
from cypher.loader import load_query
from cypher.model import Concept, ConceptLink, Edge, Hierarchy, Lease, Neighbour, Publication, Track, TrackLink, Version
from cypher.publication import check, publish
from cypher.records import current_row, hierarchy_of, read_assessed, read_version, read_whole
from cypher.runner import Runner, Transaction
from cypher.staging import Advance, Building, LinkRows, SimilarityRows, Staged, begin, grouped, stage, sweep


class HierarchyStore:
    """What was learnt: staged and published by a rebuild, read by everybody."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def begin_staging(self, lease: Lease, collection: str) -> int:
        """The number for the similarities and links of a rebuild that starts now; a step that asks again gets the same.

        Raises:
            LeaseLost: somebody else has the step.
            UnknownCollection: there is none of that id.
        """
        return self._runner.write(partial(begin, lease=lease, collection=collection))

    def stage_similarities(
        self,
        lease: Lease,
        collection: str,
        staging: int,
        *,
        concept_ids: Sequence[str],
        source: NDArray[np.integer],
        target: NDArray[np.integer],
        weight: NDArray[np.floating],
        standard_error: NDArray[np.floating] | None = None,
        advance: Advance | None = None,
    ) -> Staged:
        """Make SIMILAR_TO of the staging exactly these edges, by differences to what stands.

        Args:
            lease: the right to write.
            collection: id of the collection all concepts belong to.
            staging: as `begin_staging` gave it.
            concept_ids: the kept concepts; those of the collection that are missing here lose their edges.
            source: (edges,) index into `concept_ids`: whose tracks.
            target: (edges,) index into `concept_ids`: whose vector.
            weight: (edges,) S[source, target], 0..1.
            standard_error: (edges,) of the weight; NaN where it is unknown.
            advance: told of (edges done, edges in all) after each batch.

        Returns:
            How many relationships were written, closed and kept as they stood.

        Raises:
            LeaseLost: somebody else has the step; nothing more was written.
            StagingSuperseded: a newer staging has been published.
            UnknownConcept: an id is not in the collection.
        """
        error = np.full(len(weight), np.nan) if standard_error is None else standard_error.astype(np.float64)
        known: NDArray[np.object_] = error.astype(np.object_)
        known[np.isnan(error)] = None  # an absent property, as Neo4j has it
        wanted = grouped(concept_ids, concept_ids, source, target, [weight.astype(np.float64), known])
        return stage(self._runner, SimilarityRows(), Building(lease, collection, staging), wanted, advance)

    def stage_links(
        self,
        lease: Lease,
        collection: str,
        staging: int,
        *,
        concept_ids: Sequence[str],
        track_ids: Sequence[str],
        concept_index: NDArray[np.integer],
        track_index: NDArray[np.integer],
        score: NDArray[np.floating],
        rank: NDArray[np.integer],
        advance: Advance | None = None,
    ) -> Staged:
        """Make EXPRESSES of the staging exactly these links, by differences to what stands.

        Args:
            lease: the right to write.
            collection: id of the collection all concepts belong to.
            staging: as `begin_staging` gave it.
            concept_ids: the kept concepts; those of the collection that are missing here lose their links.
            track_ids: tracks.
            concept_index: (links,) index into `concept_ids`.
            track_index: (links,) index into `track_ids`.
            score: (links,) 0..1.
            rank: (links,) 1 is the track's strongest concept of this collection.
            advance: told of (links done, links in all) after each batch.

        Returns:
            How many relationships were written, closed and kept as they stood.

        Raises:
            LeaseLost: somebody else has the step; nothing more was written.
            StagingSuperseded: a newer staging has been published.
            UnknownConcept: a concept id is not in the collection.
            UnknownTrack: there is no track of that id.
        """
        wanted = grouped(concept_ids, track_ids, concept_index, track_index, [score.astype(np.float64), rank])
        return stage(self._runner, LinkRows(), Building(lease, collection, staging), wanted, advance)

    def publish(self, lease: Lease, publication: Publication) -> Hierarchy:
        """Write the version of a rebuild in one transaction: current at once, or waiting where `held` says why.

        It gets the next number. A candidate that waited is refused, because this one is newer. Publishing what this
        step has published already changes nothing and returns the same hierarchy.

        Raises:
            LeaseLost: somebody else has the step; nothing was written.
            JobCancelled: the job is being cancelled; nothing was written.
            StagingSuperseded: another rebuild was published meanwhile.
            HierarchyInvalid: a cycle, a pair twice, a concept that is not of the collection or not assessed as kept.
        """
        check(publication)
        return self._runner.write(partial(publish, lease=lease, publication=publication))

    def sweep(self, collection: str, lease: Lease | None = None) -> int:
        """Remove the similarities and links that no version shows: of unfinished stagings, of versions pruned.

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
        return read_whole(self._runner, partial(_current, collection=collection))

    def versions(self, collection: str) -> list[Hierarchy]:
        """All hierarchies, candidates and refused ones included, newest first.

        Raises:
            UnknownCollection: there is none of that id.
        """
        rows = self._runner.run(load_query("list_hierarchies"), collection=collection)
        if not rows and not self._runner.run(load_query("find_collection"), id=collection):
            raise UnknownCollection(collection)
        return [hierarchy_of(row) for row in rows]

    def tree(self, collection: str, version: int | None = None) -> tuple[Hierarchy, list[Concept], list[Edge]] | None:
        """The tree of a version with its concepts, verified by count and sha256.

        Args:
            collection: its id.
            version: any there is, waiting and refused ones included; None: the current one.

        Returns:
            None before the first publication, when no version is named. Edges by child, one with `parent` None for each
            child of the virtual root. Concepts by id: of the current version every one of the collection, as it is
            called now, those not assessed too; of a named version those assessed in it, as they were called then.

        Raises:
            UnknownCollection: there is none of that id.
            UnknownVersion: the collection has no such version.
            TornRead: what was read does not add up to the version, three times in a row.
        """
        if version is None:
            return read_whole(self._runner, partial(_current_tree, collection=collection))
        found = read_whole(self._runner, partial(read_version, collection=collection, version=version))
        return found.hierarchy, list(found.concepts), list(found.edges)

    def version(self, collection: str, version: int) -> Version:
        """One version with everything that was measured of its concepts, verified.

        Raises:
            UnknownCollection: there is none of that id.
            UnknownVersion: the collection has no such version.
            TornRead: what was read does not add up to the version, three times in a row.
        """
        return read_whole(self._runner, partial(read_version, collection=collection, version=version))

    def neighbours(self, concept_id: str, limit: int = 20, version: int | None = None) -> list[Neighbour]:
        """Concepts similar to this one in a version, or the current one, strongest direction first, then by id.

        Raises:
            UnknownConcept: there is none of that id.
            UnknownVersion: its collection has no such version.
            StagingGone: the similarities of the version are no longer kept.
        """
        staging = None if version is None else self._staging_of(concept_id, version)
        rows = self._runner.run(load_query("list_neighbours"), id=concept_id, staging=staging, limit=limit)
        if not rows:
            self._demand_concept(concept_id)
        return [Neighbour(**row) for row in rows]

    def tracks_of(
        self,
        concept_id: str,
        after: tuple[float, str] | None = None,
        limit: int = 50,
        version: int | None = None,
    ) -> list[TrackLink]:
        """Tracks that express the concept in a version, or the current one, by descending score, then id.

        Args:
            concept_id: the concept.
            after: (score, track id) of the last link of the page before.
            limit: at most this many.
            version: any whose links are kept; None: the current one.

        Raises:
            UnknownConcept: there is none of that id.
            UnknownVersion: its collection has no such version.
            StagingGone: the links of the version are no longer kept.
        """
        staging = None if version is None else self._staging_of(concept_id, version)
        score, track = after or (None, None)
        rows = self._runner.run(
            load_query("list_tracks_of_concept"),
            id=concept_id,
            staging=staging,
            score=score,
            track=track,
            limit=limit,
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

    def _staging_of(self, concept_id: str, version: int) -> int:
        rows = self._runner.run(load_query("find_links_of_version"), id=concept_id, version=version)
        if not rows:
            self._demand_concept(concept_id)
            raise UnknownVersion(self._runner.run(load_query("find_concept"), id=concept_id)[0]["collection"], version)
        if rows[0]["links"] is None:
            raise StagingGone(rows[0]["collection"], version)
        return int(rows[0]["links"])

    def _demand_concept(self, concept_id: str) -> None:
        if not self._runner.run(load_query("find_existing_concepts"), collection=None, ids=[concept_id]):
            raise UnknownConcept(concept_id)


def _current(tx: Transaction, collection: str) -> Hierarchy | None:
    row = current_row(tx, collection)
    return None if row is None else hierarchy_of(row)


def _current_tree(tx: Transaction, collection: str) -> tuple[Hierarchy, list[Concept], list[Edge]] | None:
    """One reading. The record of a version never changes, so a publication that falls into it does no harm."""
    row = current_row(tx, collection)
    if row is None:
        return None
    found = read_assessed(tx, row)
    assessed = {concept.id: concept for concept in found.concepts}
    concepts = [
        _as_measured(concept_of(row), assessed.pop(row["id"], None))
        for row in tx.run(load_query("list_concepts"), collection=collection)
    ]
    # What was deleted since keeps its place until the next version: the edges of this one still name it.
    return found.hierarchy, [*concepts, *assessed.values()], list(found.edges)


def _as_measured(now: Concept, then: Concept | None) -> Concept:
    """What the concept is called now, with what the version says of it."""
    if then is None:
        return replace(now, status="waiting", reason="", quality=None, betweenness=None, depth=None, bias=None)
    return replace(
        now,
        status=then.status,
        reason=then.reason,
        quality=then.quality,
        betweenness=then.betweenness,
        depth=then.depth,
        bias=then.bias,
    )
