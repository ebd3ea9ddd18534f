"""Playlists: concepts as somebody lists their tracks, entry by entry, those that name no known track included.

Conventions: a playlist is a concept, and has its id. What it teaches are its example tracks (EXAMPLE_OF, each once,
with its place and its date); beside them the concept keeps the entries as they were given, in order, as JSON. A concept
that an import wrote has no entries of its own: they are its example tracks in their order. An entry whose track was
deleted is gone with it.

Why a deleted playlist's node stays while a version speaks of it: versions are read whole, for ever. It has no tracks
and no entries, and no later version sees it; saved again from where it came, it is there again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from cypher.catalogue import write_concepts, write_examples
from cypher.entries import Listed, Playlist, PlaylistLine, Wanted, dated, listed, plain
from cypher.errors import PlaylistMoved, UnknownCollection, UnknownPlaylist
from cypher.loader import load_query
from cypher.model import Example, Kind, NewConcept, Track
from cypher.naming import unqualified_key
from cypher.runner import Row, Runner, Transaction

BY_API = "api:"
"""Source keys of playlists that came over HTTP begin so."""


class PlaylistStore:
    """Concepts read and written as playlists."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def playlists(self, collection_id: str) -> list[PlaylistLine]:
        """Every playlist of a collection, by id; empty for a collection that is not there."""
        return [PlaylistLine(**row) for row in self._runner.run(load_query("list_playlists"), collection=collection_id)]

    def playlist(self, playlist_id: str) -> Playlist:
        """One playlist.

        Raises:
            UnknownPlaylist: there is none of that id.
        """
        return self._runner.read(lambda tx: _playlist_of(_find(tx, playlist_id)))

    def candidates(self, wanted: Wanted) -> list[Track]:
        """Tracks that entries may mean, by id. Looks at every track once."""
        rows = self._runner.run(load_query("find_tracks_of_entries"), **{k: list(v) for k, v in asdict(wanted).items()})
        return [Track(**row) for row in rows]

    def create(self, key: str, collection_id: str, name: str, kind: Kind, entries: Sequence[Listed]) -> Playlist:
        """Make a playlist, or make it what it shall be when the key made one before.

        Args:
            key: unique for what is asked, so that asking again makes no second one.
            collection_id: where it belongs.
            name: what people call it; its id is made of it.
            kind: of concept.
            entries: in order.

        Raises:
            UnknownCollection: there is none of that id.
            UnknownTrack: an entry names a track that is not there.
        """

        def work(tx: Transaction) -> Playlist:
            if not tx.run(load_query("find_collection"), id=collection_id):
                raise UnknownCollection(collection_id)
            concept = NewConcept(f"{BY_API}{key}", name, kind)
            made = write_concepts(tx, collection_id, [concept])[concept.source_key]
            _write_entries(tx, made, entries)
            return _playlist_of(_find(tx, made))

        return self._runner.write(work)

    def replace(
        self,
        playlist_id: str,
        entries: Sequence[Listed],
        *,
        name: str | None = None,
        kind: Kind | None = None,
        expected: str | None = None,
    ) -> tuple[Playlist, bool]:
        """Make the entries of a playlist exactly these.

        A track that it had keeps its date; one that is new and comes without a date was added now.

        Args:
            playlist_id: which.
            entries: in order.
            name: what it is called from now on, unless a curator named it; None: as before.
            kind: None: as before.
            expected: the digest that was looked at; None: whatever it is.

        Returns:
            The playlist, and whether it was another before.

        Raises:
            UnknownPlaylist: there is none of that id.
            PlaylistMoved: it is no longer what was looked at; nothing was written.
            UnknownTrack: an entry names a track that is not there; nothing was written.
        """

        def work(tx: Transaction) -> tuple[Playlist, bool]:
            row, now = _locked(tx, playlist_id, expected)
            before = _playlist_of(row)
            known = {one.track: one.added_at for one in reversed(before.entries) if one.track is not None}
            wanted = dated(entries, known, now.isoformat(timespec="seconds"))
            concept = NewConcept(
                unqualified_key(row["collection"], row["source_key"]),
                name or row["given_name"],
                kind or row["kind"],
                row["source"],
            )
            is_renamed = (concept.name, concept.kind) != (row["given_name"], row["kind"])
            if not is_renamed and tuple(wanted) == before.entries:
                return before, False
            if is_renamed:
                write_concepts(tx, row["collection"], [concept])
            _write_entries(tx, playlist_id, wanted)
            return _playlist_of(_find(tx, playlist_id)), True

        return self._runner.write(work)

    def delete(self, playlist_id: str, *, expected: str | None = None) -> int:
        """Take a playlist out: its tracks and entries at once, its place in the tree at the next version.

        Returns:
            How many tracks it had.

        Raises:
            UnknownPlaylist: there is none of that id.
            PlaylistMoved: it is no longer what was looked at; nothing was written.
        """

        def work(tx: Transaction) -> int:
            _locked(tx, playlist_id, expected)
            gone = tx.run(load_query("delete_playlist"), id=playlist_id)[0]
            if not gone["is_assessed"]:
                tx.run(load_query("remove_concept"), id=playlist_id)
            return int(gone["memberships"])

        return self._runner.write(work)


def _locked(tx: Transaction, playlist_id: str, expected: str | None) -> tuple[Row, datetime]:
    """The row of a playlist that nobody else changes until the transaction ends, and the server's time.

    Raises:
        UnknownPlaylist, PlaylistMoved.
    """
    locked = tx.run(load_query("lock_concept"), id=playlist_id)
    row = _find(tx, playlist_id)
    if expected is not None and _playlist_of(row).digest != expected:
        raise PlaylistMoved(playlist_id)
    return row, locked[0]["now"]


def _find(tx: Transaction, playlist_id: str) -> Row:
    rows = tx.run(load_query("find_playlist"), id=playlist_id)
    if not rows:
        raise UnknownPlaylist(playlist_id)
    return rows[0]


def _write_entries(tx: Transaction, playlist_id: str, entries: Sequence[Listed]) -> None:
    dates: dict[str, str | None] = {}
    for one in entries:
        if one.track is not None:
            stated = [date for date in (dates.get(one.track), one.added_at) if date is not None]
            dates[one.track] = min(stated, default=None)
    write_examples(tx, playlist_id, [Example(track, date) for track, date in dates.items()])
    kept = [json.dumps(plain(one), ensure_ascii=False) for one in entries]
    tx.run(load_query("save_entries"), id=playlist_id, entries=kept)


def _playlist_of(row: Row) -> Playlist:
    return Playlist(row["id"], row["name"], row["collection"], row["kind"], _entries_of(row), row["changed_at"])


def _entries_of(row: Row) -> tuple[Listed, ...]:
    members = {one["track"]: one for one in row["members"]}
    if row["entries"] is None:
        unplaced = len(members)
        ordered = sorted(
            members.values(), key=lambda one: (unplaced if one["position"] is None else one["position"], one["track"])
        )
        return tuple(Listed(one["track"], added_at=one["added_at"]) for one in ordered)
    kept = (listed(json.loads(text)) for text in row["entries"])
    return tuple(one for one in kept if one.track is None or one.track in members)
