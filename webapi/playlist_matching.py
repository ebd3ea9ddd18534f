"""Finds the tracks that entries of a playlist mean, among those of the whole catalogue.

Conventions: as `worker.playlists.matching`, by title and artist too. The graph is asked once for every track that
shares a mark with an entry: an id, a code, the name of its file or its title; which of them is meant is decided here.
Files whose names differ in the case of letters beyond ASCII are found when the entry writes all of them alike, upper or
lower.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes, urlsplit

from cypher.entries import Listed, Wanted
from cypher.model import Track
from webapi.stores import Stores
from worker.playlists.entries import Entry
from worker.playlists.matching import Match, Matcher, NoFolders, file_names, titled, unique_ids


@dataclass(frozen=True, slots=True)
class Matched:
    """Entries with what each of them means."""

    entries: tuple[Entry, ...]
    matches: tuple[Match, ...]
    tracks: dict[str, Track]
    """By id, those that were found and perhaps others."""

    def listed(self) -> list[Listed]:
        """The entries as the graph keeps them."""
        return [_listed(entry, match) for entry, match in zip(self.entries, self.matches, strict=True)]


def match_entries(stores: Stores, entries: Sequence[Entry]) -> Matched:
    """Find the track of every entry."""
    tracks = {track.id: track for track in stores.playlists.candidates(wanted(entries))}
    matcher = Matcher(
        NoFolders(),
        {path: track.id for track in tracks.values() if (path := _path_of(track.uri)) is not None},
        isrcs=unique_ids([(track.isrc, track.id) for track in tracks.values()]),
        mbids=unique_ids([(track.mbid, track.id) for track in tracks.values()]),
        left_out={},
        ids=tracks,
        called=titled((track.title, track.artist, track.id) for track in tracks.values()),
    )
    return Matched(tuple(entries), tuple(matcher.match(entry, Path("/")) for entry in entries), tracks)


def wanted(entries: Iterable[Entry]) -> Wanted:
    """The marks of the tracks that entries may mean, each once."""
    given = list(entries)
    names = {name for entry in given for location in entry.locations for name in file_names(location)}
    return Wanted(
        ids=_each(entry.track for entry in given),
        isrcs=_each(entry.isrc for entry in given),
        mbids=_each(entry.mbid for entry in given),
        files=_each(spelling for name in names for spelling in _spellings(name)),
        titles=_each(entry.title.lower() for entry in given if entry.artist),
    )


def _each(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(filter(None, texts))))


def _spellings(name: str) -> Iterable[str]:
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, name)
        yield from (quote(os.fsencode(one), safe="").lower() for one in (text, text.lower(), text.upper()))
    yield quote(os.fsencode(name), safe="").lower()


def _path_of(uri: str) -> Path | None:
    parts = urlsplit(uri)
    return Path(os.fsdecode(unquote_to_bytes(parts.path))) if parts.scheme == "file" else None


def _listed(entry: Entry, match: Match) -> Listed:
    if match.track_id is not None:
        return Listed(match.track_id, entry.added_at)
    return Listed(
        added_at=entry.added_at,
        locations=entry.locations,
        given=entry.track,
        title=entry.title,
        artist=entry.artist,
        isrc=entry.isrc,
        mbid=entry.mbid,
        reason=match.reason.value if match.reason is not None else "",
        detail=match.detail,
    )
