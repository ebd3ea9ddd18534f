"""Playlists as they lie on disks: M3U, M3U8, CSV and XSPF, read into entries that name tracks but never opened further.

Conventions: an entry's location is the text of the playlist; bytes that are not UTF-8 are kept as Python keeps them in
file names (surrogate escapes), so that a path in any encoding can still be found. Other strings are clean
(`worker.catalogue.tags.clean`).

* **M3U, M3U8**: one location a line; `#EXTINF:seconds,Artist - Title` and `#PLAYLIST:name` are read, other `#` lines
  passed over. UTF-8 or UTF-16, by byte order mark, else a single-byte encoding; LF, CRLF or CR.
* **CSV**: a header line, then one entry a line; comma, semicolon or tab. Columns, in any order and case, of which one
  of the first three must be there: `path` (or `file`, `filename`, `location`), `isrc`, `mbid` (or `musicbrainz_id`,
  `musicbrainz_trackid`, `recording_mbid`); then `title`, `artist`, `added_at` (ISO 8601) and `playlist`, by which one
  file holds several playlists. Others are passed over.
* **XSPF**: `location` (several are tried in turn), `identifier` (a MusicBrainz id or ISRC), `title`, `creator`. Read by
  the standard library's expat with the handlers for document types and entity declarations set to refuse: no entity is
  ever declared, so none is ever expanded or fetched.

Source: https://www.xspf.org/spec; the M3U family has none.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from worker.catalogue.errors import AudioRejected, PlaylistRejected
from worker.catalogue.files import open_regular
from worker.catalogue.tags import clean, clean_isrc, clean_mbid
from worker.catalogue.xspf import XspfTrack, parse_xspf

SUFFIXES = (".csv", ".m3u", ".m3u8", ".xspf")
MAX_BYTES = 32 * 2**20
MAX_ENTRIES = 500_000
MAX_LOCATION_CHARACTERS = 8192


@dataclass(frozen=True, slots=True)
class Entry:
    """One line that names a track."""

    line: int
    """Line of the file, or number of the track in XSPF, from 1."""
    locations: tuple[str, ...] = ()
    """Where it may lie, best first."""
    title: str = ""
    artist: str = ""
    isrc: str = ""
    mbid: str = ""
    added_at: str | None = None


@dataclass(frozen=True, slots=True)
class Playlist:
    """A named list of entries."""

    path: Path
    name: str
    part: str = ""
    """Which of several playlists in one CSV file; empty otherwise."""
    entries: tuple[Entry, ...] = field(default=())


def read_playlists(path: Path) -> list[Playlist]:
    """Read one file; a CSV with a `playlist` column may hold several.

    Raises:
        PlaylistRejected: it cannot be read, is too large or is no playlist of its kind.
    """
    content = _content(path)
    suffix = path.suffix.lower()
    if suffix == ".xspf":
        name, tracks = parse_xspf(path, content)
        entries = [_from_xspf(number, track) for number, track in enumerate(tracks, start=1)]
        return [_playlist(path, clean(name), entries)]
    text = _text(path, content)
    if suffix == ".csv":
        return _read_csv(path, text)
    return [_read_m3u(path, text)]


def text_of(path: Path) -> str:
    """The text of a file that is not too large; bytes that are no UTF-8 are kept as surrogate escapes.

    Raises:
        PlaylistRejected: it cannot be read, is too large or is no text.
    """
    return _text(path, _content(path))


def _content(path: Path) -> bytes:
    try:
        with open_regular(path) as file:
            content = file.read(MAX_BYTES + 1)
    except AudioRejected as rejected:
        detail = f"it {rejected.code.sentence}" + (f": {rejected.detail}" if rejected.detail else "")
        raise PlaylistRejected(path, detail) from rejected
    except OSError as error:
        raise PlaylistRejected(path, error.strerror or "it cannot be read") from error
    if len(content) > MAX_BYTES:
        raise PlaylistRejected(path, f"it is larger than {MAX_BYTES // 2**20} MiB")
    return content


def _text(path: Path, content: bytes) -> str:
    try:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            text = content.decode("utf-16", errors="strict")
        else:
            text = content.removeprefix(codecs.BOM_UTF8).decode("utf-8", errors="surrogateescape")
    except UnicodeDecodeError as error:
        raise PlaylistRejected(path, "its UTF-16 is broken") from error
    if "\0" in text:
        raise PlaylistRejected(path, "it is not text")
    return text


def _playlist(path: Path, name: str, entries: list[Entry], part: str = "") -> Playlist:
    if len(entries) > MAX_ENTRIES:
        raise PlaylistRejected(path, f"it has more than {MAX_ENTRIES} entries")
    bounded = (
        replace(entry, locations=tuple(text for text in entry.locations if 0 < len(text) <= MAX_LOCATION_CHARACTERS))
        for entry in entries
    )
    return Playlist(path, name or clean(path.stem) or "playlist", part, tuple(bounded))


# --- M3U -------------------------------------------------------------------------------------------------------------


def _read_m3u(path: Path, text: str) -> Playlist:
    name, title, artist = "", "", ""
    entries = []
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        stripped = line.strip(" \t")
        if stripped.startswith("#EXTINF:"):
            artist, _, title = stripped.partition(",")[2].rpartition(" - ")
        elif stripped.startswith("#PLAYLIST:"):
            name = clean(stripped.removeprefix("#PLAYLIST:"))
        elif stripped and not stripped.startswith("#"):
            entries.append(Entry(number, (stripped,), clean(title), clean(artist)))
            title = artist = ""
    return _playlist(path, name, entries)


# --- CSV -------------------------------------------------------------------------------------------------------------

_COLUMNS = {
    "path": ("path", "file", "filename", "location"),
    "isrc": ("isrc",),
    "mbid": ("mbid", "musicbrainz_id", "musicbrainz_trackid", "musicbrainz_recordingid", "recording_mbid"),
    "title": ("title", "track_name", "name"),
    "artist": ("artist", "artist_name", "artist_name_s"),
    "added_at": ("added_at", "added", "date_added"),
    "playlist": ("playlist", "playlist_name"),
}


def cells_by_column(
    path: Path, text: str, columns: Mapping[str, Sequence[str]]
) -> tuple[frozenset[str], list[tuple[int, dict[str, str]]]]:
    """Which of the columns a CSV has, and the cells of each line that is not blank, with its number.

    Args:
        path: for the error.
        text: of the whole file.
        columns: accepted spellings by noun, best first; others are passed over.

    Raises:
        PlaylistRejected: the CSV is broken.
    """
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names = [re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_") for name in next(rows, [])]
        places = {
            noun: names.index(spelling)
            for noun, spellings in columns.items()
            for spelling in reversed(spellings)
            if spelling in names
        }
        lines = [
            (rows.line_num, {noun: row[place] for noun, place in places.items() if place < len(row)})
            for row in rows
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise PlaylistRejected(path, f"its CSV is broken: {error}") from error
    return frozenset(places), lines


def _read_csv(path: Path, text: str) -> list[Playlist]:
    columns, lines = cells_by_column(path, text, _COLUMNS)
    if not columns & {"path", "isrc", "mbid"}:
        raise PlaylistRejected(path, "its first line names no column path, isrc or mbid")
    parts: dict[str, list[Entry]] = {}
    for number, cells in lines:
        parts.setdefault(clean(cells.get("playlist", "")), []).append(entry_of(number, cells))
    if "playlist" not in columns:
        return [_playlist(path, "", parts.get("", []))]
    return [_playlist(path, part, entries, part=part or clean(path.stem)) for part, entries in sorted(parts.items())]


def entry_of(line: int, cells: Mapping[str, str]) -> Entry:
    """The track that one line of a CSV names, and when it was added."""
    location = cells.get("path", "").strip()
    return Entry(
        line,
        (location,) if location else (),
        clean(cells.get("title", "")),
        clean(cells.get("artist", "")),
        clean_isrc(cells.get("isrc", "")),
        clean_mbid(cells.get("mbid", "")),
        _moment(cells.get("added_at", "")),
    )


def _moment(text: str) -> str | None:
    """An ISO 8601 date or date-time in its usual form, or None.

    >>> _moment("2024-05-01T10:00:00Z"), _moment("2024-05-01"), _moment("yesterday")
    ('2024-05-01T10:00:00+00:00', '2024-05-01', None)
    """
    stripped = text.strip()
    try:
        moment = datetime.fromisoformat(stripped)
    except ValueError:
        return None
    date_only = re.fullmatch(r"\d{4}-?\d{2}-?\d{2}|\d{4}-?W\d{2}(-?\d)?", stripped)
    return moment.date().isoformat() if date_only else moment.isoformat()


def _from_xspf(number: int, track: XspfTrack) -> Entry:
    return Entry(
        number,
        tuple(location.strip() for location in track.locations),
        clean(track.title),
        clean(track.creator),
        next(filter(None, (clean_isrc(text.rsplit(":", 1)[-1]) for text in track.identifiers)), ""),
        next(filter(None, map(clean_mbid, track.identifiers)), ""),
    )
