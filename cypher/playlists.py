"""Playlists: concepts as somebody lists their tracks, entry by entry, those that name no known track included.

Conventions: a playlist is a concept, and has its id. What it teaches are its example tracks (EXAMPLE_OF, each once,
with its place and its date); beside them the concept keeps the entries as they were given, in order, as JSON. A concept
that an import wrote has no entries of its own: they are its example tracks in their order. An entry whose track was
deleted is gone with it.

Why a deleted playlist's node stays while a version speaks of it: versions are read whole, for ever. It has no tracks
and no entries, and no later version sees it; saved again from where it came, it is there again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from cypher.catalogue import write_concepts, write_examples
from cypher.errors import PlaylistMoved, UnknownCollection, UnknownPlaylist
from cypher.loader import load_query
from cypher.model import Example, Kind, NewConcept, Track
from cypher.naming import unqualified_key
from cypher.runner import Row, Runner, Transaction

BY_API = "api:"
"""Source keys of playlists that came over HTTP begin so."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry: a track, or what was said of one that is not known."""

    track: str | None = None
    added_at: str | None = None
    """An ISO 8601 date or date-time."""
    locations: tuple[str, ...] = ()
    """Only where the track is not known, as all that follows."""
    given: str = ""
    """The id that was given for it."""
    title: str = ""
    artist: str = ""
    isrc: str = ""
    mbid: str = ""
    reason: str = ""
    """Code of why no track was found."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Playlist:
    """One playlist, whole."""

    id: str
    name: str
    collection: str
    kind: Kind
    entries: tuple[Listed, ...]
    changed_at: datetime | None = None

    @property
    def tracks(self) -> tuple[str, ...]:
        """Ids of its tracks, each once, in order."""
        return tuple(dict.fromkeys(one.track for one in self.entries if one.track is not None))

    @property
    def digest(self) -> str:
        """Equal for playlists that say the same: 16 hexadecimal digits."""
        said = [self.name, self.kind, [_plain(one) for one in self.entries]]
        return hashlib.sha256(json.dumps(said, ensure_ascii=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class PlaylistLine:
    """One playlist as a list shows it."""

    id: str
    name: str
    collection: str
    kind: Kind
    tracks: int
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Marks of the tracks that entries may mean."""

    ids: tuple[str, ...] = ()
    isrcs: tuple[str, ...] = ()
    mbids: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    """Percent-encoded names of files, in lower case."""
    titles: tuple[str, ...] = ()
    """In lower case."""


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


def dated(entries: Sequence[Listed], known: dict[str, str | None], now: str) -> list[Listed]:
    """Entries with the dates of their tracks.

    Args:
        entries: as they were sent.
        known: date by track, of those that the playlist has already.
        now: the date of those that it has not.
    """
    return [
        one if one.track is None or one.added_at is not None else replace(one, added_at=known.get(one.track, now))
        for one in entries
    ]


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
    kept = [json.dumps(_plain(one), ensure_ascii=False) for one in entries]
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
    kept = (_listed(json.loads(text)) for text in row["entries"])
    return tuple(one for one in kept if one.track is None or one.track in members)


def _plain(one: Listed) -> dict[str, Any]:
    """Without what is empty."""
    return {name: value for name, value in asdict(one).items() if value}


def _listed(said: dict[str, Any]) -> Listed:
    return Listed(**{**said, "locations": tuple(said.get("locations", ()))})
