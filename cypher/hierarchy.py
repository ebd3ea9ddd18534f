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

import numpy as np
from numpy.typing import NDArray

from cypher.model import Concept, ConceptLink, Edge, Hierarchy, Lease, Neighbour, Publication, TrackLink
from cypher.runner import Runner

Advance = Callable[[int, int], None]
"""Called with (done, total) after each batch; whatever it raises stops the staging between two batches."""


class HierarchyStore:
    """What was learnt: staged and published by a rebuild, read by everybody."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def next_version(self, collection: str) -> int:
        """The version a rebuild starting now would publish: one above the highest there is.

        Raises:
            UnknownCollection: there is none of that id.
        """
        raise NotImplementedError

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
            advance: told of (edges done, edges in all) after each batch.

        Returns:
            Relationships written or closed.

        Raises:
            LeaseLost: somebody else has the step; nothing more was written.
            VersionConflict: the version is not above the current one.
            UnknownConcept: an id is not in the collection.
        """
        raise NotImplementedError

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
        raise NotImplementedError

    def publish(self, lease: Lease, publication: Publication) -> Hierarchy:
        """Make the version current in one transaction that writes only the differences.

        Publishing what this step has published already changes nothing and returns the same hierarchy.

        Raises:
            LeaseLost: somebody else has the step; nothing was written.
            JobCancelled: the job is being cancelled; nothing was written.
            VersionConflict: the version is not above the current one, and not this step's own.
            HierarchyInvalid: a cycle, a pair twice, a concept that is not of the collection or not assessed as kept.
        """
        raise NotImplementedError

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
        raise NotImplementedError

    def current(self, collection: str) -> Hierarchy | None:
        """The published hierarchy readers see; None before the first publication.

        Raises:
            UnknownCollection: there is none of that id.
        """
        raise NotImplementedError

    def versions(self, collection: str) -> list[Hierarchy]:
        """All published hierarchies, newest first.

        Raises:
            UnknownCollection: there is none of that id.
        """
        raise NotImplementedError

    def tree(self, collection: str) -> tuple[Hierarchy, list[Concept], list[Edge]] | None:
        """The current tree with every concept of the collection, verified by count and sha256.

        Returns:
            None before the first publication. Concepts by id, left-out and waiting ones included; edges by child, one
            with `parent` None for each child of the virtual root.

        Raises:
            UnknownCollection: there is none of that id.
            TornRead: what was read does not add up to one version, three times in a row.
        """
        raise NotImplementedError

    def neighbours(self, concept_id: str, limit: int = 20) -> list[Neighbour]:
        """Concepts similar to this one in the current version, strongest direction first, then by id.

        Raises:
            UnknownConcept: there is none of that id.
        """
        raise NotImplementedError

    def tracks_of(self, concept_id: str, after: tuple[float, str] | None = None, limit: int = 50) -> list[TrackLink]:
        """Tracks that express the concept in the current version, by descending score, then id.

        Args:
            concept_id: the concept.
            after: (score, track id) of the last link of the page before.
            limit: at most this many.

        Raises:
            UnknownConcept: there is none of that id.
        """
        raise NotImplementedError

    def concepts_of(self, track_id: str, collection: str | None = None) -> list[ConceptLink]:
        """Concepts the track expresses in the current version of each collection, or of one, by descending score.

        Raises:
            UnknownTrack: there is none of that id.
        """
        raise NotImplementedError

    def ancestors(self, concept_id: str) -> list[tuple[str, str, int]]:
        """(id, name, distance >= 1) of everything above the concept in the current tree, nearest first.

        Raises:
            UnknownConcept: there is none of that id.
        """
        raise NotImplementedError
