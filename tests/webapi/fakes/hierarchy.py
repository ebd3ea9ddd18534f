"""Trees of every version, and what hangs on their concepts, in memory."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from cypher.errors import StagingGone, TornRead, UnknownCollection, UnknownConcept, UnknownTrack, UnknownVersion
from cypher.model import Concept, ConceptLink, Edge, Hierarchy, Neighbour, TrackLink, hierarchy_sha256
from cypher.past import Moment, Twins
from tests.webapi.library import Library


class FakeHierarchy:
    """What `cypher`'s stores of hierarchies and of the past answer, from a library."""

    library: Library
    lock: threading.RLock
    torn: bool
    published: dict[str, Hierarchy]
    kept: dict[tuple[str, int], tuple[Hierarchy, list[Concept], list[Edge]]]
    moments: dict[str, list[Moment]]
    pairs: list[Twins]

    def publish(
        self, collection: str, edges: list[Edge], concepts: list[Concept] | None = None, *, held: str = ""
    ) -> Hierarchy:
        with self.lock:
            made = Hierarchy(
                collection=collection,
                version=1 + max((version for owner, version in self.kept if owner == collection), default=0),
                published_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
                edges=sum(edge.parent is not None for edge in edges),
                sha256=hierarchy_sha256((edge.child, edge.parent) for edge in edges),
                parameters={"preset": "poster"},
                fingerprint="fake",
                measures={"kept": float(len(edges))},
                state="candidate" if held else "published",
                reason=held,
                staging=1,
            )
            members = self.library.concepts[collection] if concepts is None else concepts
            self.kept[collection, made.version] = made, [one for one in members if one.status != "waiting"], edges
            if not held:
                self.library.concepts[collection] = members
                self._show(made, edges)
            return made

    def _show(self, made: Hierarchy, edges: list[Edge]) -> None:
        self.library.edges[made.collection] = edges
        self.published[made.collection] = made

    def current(self, collection):
        self._asked("current")
        return self.published.get(collection)

    def tree(self, collection, version=None):
        self._asked("tree")
        with self.lock:
            if collection not in self.library.collections:
                raise UnknownCollection(collection)
            if version is not None:
                return self._whole(collection, version)
            if collection not in self.published:
                return None
            if self.torn:
                raise TornRead(collection, self.published[collection].version, "5 edges of 6")
            edges = sorted(self.library.edges[collection], key=lambda edge: edge.child)
            return self.published[collection], self.concepts(collection), edges

    def _whole(self, collection, version):
        if (collection, version) not in self.kept:
            raise UnknownVersion(collection, version)
        hierarchy, concepts, edges = self.kept[collection, version]
        return hierarchy, sorted(concepts, key=lambda one: one.id), sorted(edges, key=lambda edge: edge.child)

    def _demand_links(self, concept_id, version):
        if version is not None:
            collection = self._known(concept_id).collection
            if self._whole(collection, version)[0].staging is None:
                raise StagingGone(collection, version)

    def _known(self, concept_id: str) -> Concept:
        for members in self.library.concepts.values():
            for concept in members:
                if concept.id == concept_id:
                    return concept
        raise UnknownConcept(concept_id)

    def neighbours(self, concept_id, limit=20, version=None):
        self._asked("neighbours")
        self._known(concept_id)
        self._demand_links(concept_id, version)
        out = {b: weight for a, b, weight in self.library.similar if a == concept_id}
        back = {a: weight for a, b, weight in self.library.similar if b == concept_id}
        found = [
            Neighbour(
                one,
                self._known(one).name,
                out.get(one),
                back.get(one),
                *(0.01 if one in way else None for way in (out, back)),
            )
            for one in out.keys() | back.keys()
        ]
        found.sort(key=lambda one: (-max(one.outgoing or 0, one.incoming or 0), one.id))
        return found[:limit]

    def tracks_of(self, concept_id, after=None, limit=50, version=None):
        self._asked("tracks_of")
        self._known(concept_id)
        self._demand_links(concept_id, version)
        found = [
            TrackLink(
                next(one for one in self.library.tracks if one.id == track),
                score,
                rank,
                (track, concept) in self.library.examples,
            )
            for track, concept, score, rank in self.library.links
            if concept == concept_id
        ]
        found.sort(key=lambda one: (-one.score, one.track.id))
        if after is not None:
            found = [one for one in found if (-one.score, one.track.id) > (-after[0], after[1])]
        return found[:limit]

    def concepts_of(self, track_id, collection=None):
        self._asked("concepts_of")
        if track_id not in {track.id for track in self.library.tracks}:
            raise UnknownTrack(track_id)
        found = [
            ConceptLink(concept, known.name, known.collection, score, rank, (track, concept) in self.library.examples)
            for track, concept, score, rank in self.library.links
            if track == track_id and (known := self._known(concept)).collection == (collection or known.collection)
        ]
        return sorted(found, key=lambda one: (-one.score, one.id))

    def history(self, concept_id):
        self._asked("history")
        self._known(concept_id)
        return list(self.moments.get(concept_id, ()))

    def twins(self, collection, *, min_similarity=0.5, min_jaccard=0.3, limit=50):
        self._asked("twins")
        self.collection(collection)
        found = [
            one
            for one in self.pairs
            if min(one.there, one.back) >= min_similarity and one.jaccard >= min_jaccard and collection == "genres"
        ]
        return sorted(found, key=lambda one: -one.jaccard)[:limit]
