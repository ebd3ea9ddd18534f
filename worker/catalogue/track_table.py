"""What a table says of tracks (names, codes, year, popularity) where a catalogue keeps them beside the sound.

Conventions: CSV as in `worker.playlists.tables`: a header line, then one track a line, named by `path` (relative to
the table's folder), `isrc` or `mbid`, or by `track` (the id that activations from outside carry). Then `title`,
`artist`, `album` and `work` (or `score`, `composition`, `work_id`, `work_mbid`), and `isrc` or `mbid` where something
else names the track: what stands there replaces what the file's tags said; an empty cell, or a code of another shape
than theirs, says nothing. So do `year` (or a date) and `popularity` (a count: `plays`, `listeners`, `likes`). Of two
lines about one track the later one counts.

Why a table beside tags: few files carry a tag for the work, and activations from outside have no tags at all; but
tracks of one score give each other away when they lie in different folds.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cypher.model import AudioFile, Track
from cypher.traits import TrackTraits
from worker.catalogue.errors import PlaylistRejected, TrackTableRejected
from worker.catalogue.playlists import text_of
from worker.catalogue.scan import LeftOut
from worker.cleaning import clean, readable, year_in
from worker.playlists.entries import Entry
from worker.playlists.errors import NotAPlaylist
from worker.playlists.matching import Match
from worker.playlists.tables import cells_by_column, entry_of

SAID = ("title", "artist", "album", "work", "isrc", "mbid", "year", "popularity")
_COUNT = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,9})?")
_NAMED_BY = ("path", "isrc", "mbid", "track")
_COLUMNS = {
    "path": ("path", "file", "filename", "location"),
    "isrc": ("isrc",),
    "mbid": ("mbid", "musicbrainz_id", "musicbrainz_trackid", "musicbrainz_recordingid", "recording_mbid"),
    "track": ("track", "track_id", "id"),
    "title": ("title", "track_name", "name"),
    "artist": ("artist", "artist_name", "artist_name_s"),
    "album": ("album", "album_title"),
    "work": ("work", "score", "composition", "work_id", "work_mbid", "musicbrainz_workid"),
    "year": ("year", "date", "release_date", "released"),
    "popularity": ("popularity", "plays", "play_count", "listeners", "streams", "likes"),
}


class KeepsTracks(Protocol):
    """The part of the catalogue store that tracks are read from and saved to."""

    def save_tracks(self, tracks: list[Track], files: list[AudioFile]) -> None: ...
    def tracks(self, track_ids: Iterable[str]) -> list[Track]: ...
    def save_traits(self, traits: Iterable[TrackTraits]) -> None: ...


@dataclass(frozen=True, slots=True)
class TrackLine:
    """One line of the table."""

    entry: Entry
    """By what it names the track."""
    given_id: str
    """The id of activations from outside; empty where there is no such column."""
    said: dict[str, str]
    """Those of `SAID` that are not empty."""


@dataclass(frozen=True, slots=True)
class Described:
    """What came of a table."""

    tracks: int = 0
    """Tracks that lines were found for."""
    left_out: tuple[LeftOut, ...] = ()


def read_track_table(path: Path) -> list[TrackLine]:
    """Every line of a table that says something.

    Raises:
        TrackTableRejected: it cannot be read, or lacks a column that names tracks, or one that says something of them.
    """
    try:
        found, lines = cells_by_column(text_of(path), _COLUMNS)
        if not found & set(_NAMED_BY) or not found & set(SAID) or len(found) == 1:
            raise TrackTableRejected(readable(path), "its first line lacks a column that names tracks or tells of them")
        return [line for number, cells in lines if (line := _line(number, cells)).said]
    except (PlaylistRejected, NotAPlaylist) as rejected:
        raise TrackTableRejected(readable(path), rejected.detail) from rejected


def describe_tracks(
    catalogue: KeepsTracks, table: Path, lines: list[TrackLine], find: Callable[[TrackLine], Match]
) -> Described:
    """Write what the lines say to the tracks they name; a track that says so already is not written.

    Args:
        catalogue: where tracks are kept.
        table: where the lines come from, for the report.
        lines: as `read_track_table` gives them.
        find: the track that a line names.
    """
    said: dict[str, dict[str, str]] = {}
    left_out: list[LeftOut] = []
    for line in lines:
        match = find(line)
        if match.track_id is not None:
            said.setdefault(match.track_id, {}).update(line.said)
        elif match.reason is not None:
            left_out.append(LeftOut(f"{readable(table)}:{line.entry.line}", match.reason, match.detail))
    known = catalogue.tracks(sorted(said))
    changed = [told for track in known if (told := _told(track, said[track.id])) != track]
    if changed:
        catalogue.save_tracks(changed, [])
    catalogue.save_traits(one for track in known if (one := _traits(track.id, said[track.id])).known())
    return Described(len(known), tuple(left_out))


def _told(track: Track, said: dict[str, str]) -> Track:
    return dataclasses.replace(
        track,
        title=said.get("title", track.title),
        artist=said.get("artist", track.artist),
        album=said.get("album", track.album),
        work=said.get("work", track.work),
        isrc=said.get("isrc", track.isrc),
        mbid=said.get("mbid", track.mbid),
    )


def _traits(track_id: str, said: dict[str, str]) -> TrackTraits:
    popularity = said.get("popularity")
    return TrackTraits(
        track_id, year=year_in(said.get("year", "")), popularity=None if popularity is None else float(popularity)
    )


def _count_in(text: str) -> str:
    """A finite number >= 0 as it stands, thousands' commas taken out; else nothing."""
    bare = text.replace(",", "").strip()
    return bare if _COUNT.fullmatch(bare) else ""


def _line(number: int, cells: dict[str, str]) -> TrackLine:
    entry = entry_of(number, cells)
    said = {noun: clean(cells.get(noun, "")) for noun in SAID} | {"isrc": entry.isrc, "mbid": entry.mbid}
    said["popularity"] = _count_in(said["popularity"])
    said["year"] = said["year"] if year_in(said["year"]) else ""
    return TrackLine(entry, cells.get("track", "").strip(), {noun: text for noun, text in said.items() if text})
