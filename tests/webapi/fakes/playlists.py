"""Playlists in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cypher.entries import Listed, Playlist, PlaylistLine, dated
from cypher.errors import PlaylistMoved, UnknownCollection, UnknownPlaylist, UnknownTrack
from cypher.model import Concept
from cypher.naming import free_id

if TYPE_CHECKING:
    from tests.webapi.fakes.graph import FakeGraph


@dataclass
class FakePlaylists:
    """The playlists of a fake graph: its concepts with their given tracks, and what was said of their entries."""

    graph: FakeGraph

    def playlists(self, collection_id):
        self.graph._asked("playlists")
        found = (self._of(one) for one in self.graph.library.concepts.get(collection_id, ()))
        return [
            PlaylistLine(one.id, one.name, one.collection, one.kind, len(one.tracks), one.changed_at)
            for one in sorted(found, key=lambda one: one.id)
        ]

    def playlist(self, playlist_id):
        self.graph._asked("playlist")
        for concepts in self.graph.library.concepts.values():
            for one in concepts:
                if one.id == playlist_id:
                    return self._of(one)
        raise UnknownPlaylist(playlist_id)

    def candidates(self, wanted):
        self.graph._asked("candidates")
        return [
            one
            for one in sorted(self.graph.library.tracks, key=lambda one: one.id)
            if one.id in wanted.ids
            or one.isrc in wanted.isrcs
            or one.mbid in wanted.mbids
            or one.title.lower() in wanted.titles
            or urlsplit(one.uri).path.rpartition("/")[2].lower() in wanted.files
        ]

    def create(self, key, collection_id, name, kind, entries):
        self.graph._asked("create")
        if collection_id not in self.graph.library.concepts:
            raise UnknownCollection(collection_id)
        concepts = self.graph.library.concepts[collection_id]
        source_key = f"api:{key}"
        known = next((one for one in concepts if one.source_key == source_key), None)
        if known is None:
            taken = {one.id for several in self.graph.library.concepts.values() for one in several}
            known = Concept(free_id(name, taken), name, collection_id, kind, source_key=source_key)
            concepts.append(known)
        return self._write(known.id, entries)

    def replace(self, playlist_id, entries, *, name=None, kind=None, expected=None):
        before = self._looked_at(playlist_id, expected)
        known = {one.track: one.added_at for one in before.entries if one.track is not None}
        wanted = dated(entries, known, datetime.now(UTC).isoformat(timespec="seconds"))
        now = replace(before, name=name or before.name, kind=kind or before.kind, entries=tuple(wanted))
        if now == before:
            return before, False
        concepts = self.graph.library.concepts[before.collection]
        concepts[:] = [replace(c, name=now.name, kind=now.kind) if c.id == playlist_id else c for c in concepts]
        return self._write(playlist_id, wanted), True

    def delete(self, playlist_id, *, expected=None):
        before = self._looked_at(playlist_id, expected)
        concepts = self.graph.library.concepts[before.collection]
        concepts[:] = [one for one in concepts if one.id != playlist_id]
        self._forget(playlist_id)
        return len(before.tracks)

    def _looked_at(self, playlist_id, expected):
        before = self.playlist(playlist_id)
        if expected is not None and before.digest != expected:
            raise PlaylistMoved(playlist_id)
        return before

    def _write(self, playlist_id, entries):
        known = {one.id for one in self.graph.library.tracks}
        for one in entries:
            if one.track is not None and one.track not in known:
                raise UnknownTrack(one.track)
        self._forget(playlist_id)
        self.graph.library.examples.update((one.track, playlist_id) for one in entries if one.track is not None)
        self.graph.listed[playlist_id] = tuple(entries), datetime.now(UTC)
        return self.playlist(playlist_id)

    def _forget(self, playlist_id):
        self.graph.listed.pop(playlist_id, None)
        gone = {pair for pair in self.graph.library.examples if pair[1] == playlist_id}
        self.graph.library.examples.difference_update(gone)

    def _of(self, concept):
        members = {track for track, one in self.graph.library.examples if one == concept.id}
        entries, changed_at = self.graph.listed.get(concept.id, (None, None))
        if entries is None:
            entries = tuple(Listed(track) for track in sorted(members))
        kept = tuple(one for one in entries if one.track is None or one.track in members)
        return Playlist(concept.id, concept.name, concept.collection, concept.kind, kept, changed_at)
