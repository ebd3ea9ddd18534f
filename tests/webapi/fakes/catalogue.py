"""Collections, concepts, tracks and their links in memory."""

from __future__ import annotations

from cypher.errors import UnknownCollection, UnknownTrack
from cypher.model import Collection, Hierarchy, Linked
from tests.webapi.library import Library
from worker.answers.taste import strengths


class FakeCatalogue:
    """What `cypher`'s stores of the catalogue and of links answer, from a library."""

    library: Library
    published: dict[str, Hierarchy]

    def collections(self):
        self._asked("collections")
        return [self._collection(one) for one in self.library.collections]

    def _collection(self, one: str) -> Collection:
        published = self.published.get(one)
        return Collection(
            id=one,
            name=self.library.collections[one],
            is_default=one == next(iter(self.library.collections)),
            version=published.version if published else None,
            concepts=len(self.library.concepts[one]),
        )

    def collection(self, collection_id=None):
        self._asked("collection")
        chosen = collection_id if collection_id is not None else next(iter(self.library.collections), None)
        if chosen not in self.library.collections:
            raise UnknownCollection(collection_id)
        return self._collection(chosen)

    def concepts(self, collection_id):
        self._asked("concepts")
        if collection_id not in self.library.collections:
            raise UnknownCollection(collection_id)
        return sorted(self.library.concepts[collection_id], key=lambda one: one.id)

    def track(self, track_id):
        self._asked("track")
        for track in self.library.tracks:
            if track.id == track_id:
                return track
        raise UnknownTrack(track_id)

    def tracks_by_code(self, *, isrc=None, mbid=None, limit=50):
        self._asked("tracks_by_code")
        found = [one for one in self.library.tracks if isrc in {None, one.isrc} and mbid in {None, one.mbid}]
        return sorted(found, key=lambda one: one.id)[:limit]

    def tracks_by_codes(self, isrcs, mbids, limit=50):
        self._asked("tracks_by_codes")
        tracks = sorted(self.library.tracks, key=lambda one: one.id)
        found = [[one for one in tracks if one.isrc == code][:limit] for code in isrcs]
        found += [[one for one in tracks if one.mbid == code][:limit] for code in mbids]
        return sorted({one for several in found for one in several}, key=lambda one: one.id)

    def save_tracks(self, tracks, files):
        self._asked("save_tracks")
        assert not files
        given = {one.id: one for one in tracks}
        self.library.tracks[:] = [given.pop(one.id, one) for one in self.library.tracks] + list(given.values())

    def delete_track(self, track_id):
        self._asked("delete_track")
        track = next((one for one in self.library.tracks if one.id == track_id), None)
        if track is None:
            raise UnknownTrack(track_id)
        self.library.tracks.remove(track)
        links = [one for one in self.library.links if one[0] == track_id]
        members = {one for one in self.library.examples if one[0] == track_id}
        for one in links:
            self.library.links.remove(one)
        self.library.examples.difference_update(members)
        return {"files": 0, "memberships": len(members), "links": len(links)}

    def tracks(self, track_ids):
        self._asked("tracks")
        known = {track.id: track for track in self.library.tracks}
        return [known[one] for one in track_ids if one in known]

    # --- links

    def of_tracks(self, collection, track_ids):
        self._asked("of_tracks")
        known = {track.id for track in self.library.tracks}
        return {
            one: Linked(
                {c: score for t, c, score, _ in self.library.links if t == one and self._of(c) == collection},
                tuple(sorted(c for t, c in self.library.examples if t == one and self._of(c) == collection)),
            )
            for one in track_ids
            if one in known
        }

    def of_concepts(self, collection, concept_ids, limit):
        self._asked("of_concepts")
        found = {}
        for one in concept_ids:
            if self._of(one) != collection:
                continue
            links = sorted((-score, t) for t, c, score, _ in self.library.links if c == one)
            given = sorted(t for t, c in self.library.examples if c == one)
            found[one] = Linked({t: -score for score, t in links[:limit]}, tuple(given[:limit]))
        return found

    def usual(self, collection):
        self._asked("usual")
        tracks = [one.id for one in self.library.tracks]
        linked = self.of_tracks(collection, tracks)
        sums = {one.id: 0.0 for one in self.library.concepts[collection]}
        for one in linked.values():
            for concept, value in strengths(one.scores, one.given).items():
                sums[concept] += value
        return {concept: value / len(tracks) for concept, value in sums.items()}

    def members(self, concept_ids):
        self._asked("members")
        return {
            one: sorted(t for t, c in self.library.examples if c == one)
            for one in concept_ids
            if self._of(one) is not None
        }

    def _of(self, concept_id: str) -> str | None:
        for collection, members in self.library.concepts.items():
            if any(one.id == concept_id for one in members):
                return collection
        return None
