"""CSV: a header line, then one entry a line; comma, semicolon or tab.

Columns, in any order and case, of which one of the first four must be there, or title and artist: `track` (an id of
this catalogue), `path` (or `file`, `filename`, `location`), `isrc`, `mbid` (or `musicbrainz_id`, `musicbrainz_trackid`,
`recording_mbid`); then `title`, `artist`, `added_at` (ISO 8601) and `playlist`, by which one file holds several
playlists. Others are passed over. The format has one location an entry: the first.

Why an apostrophe before `=`, `+`, `-` and `@`: spreadsheets run what begins so. It is taken off again when read.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence

from worker.cleaning import clean, clean_isrc, clean_mbid
from worker.playlists.entries import Entry, Listing, listing, moment
from worker.playlists.errors import NotAPlaylist

COLUMNS = {
    "track": ("track", "track_id"),
    "path": ("path", "file", "filename", "location"),
    "isrc": ("isrc",),
    "mbid": ("mbid", "musicbrainz_id", "musicbrainz_trackid", "musicbrainz_recordingid", "recording_mbid"),
    "title": ("title", "track_name", "name"),
    "artist": ("artist", "artist_name", "artist_name_s"),
    "added_at": ("added_at", "added", "date_added"),
    "playlist": ("playlist", "playlist_name"),
}
NAMES_A_TRACK = frozenset({"track", "path", "isrc", "mbid"})
_RUNS = re.compile(r"'*[=+\-@]")
_WRITTEN = ("track", "path", "isrc", "mbid", "title", "artist", "added_at")


def cells_by_column(
    text: str, columns: Mapping[str, Sequence[str]]
) -> tuple[frozenset[str], list[tuple[int, dict[str, str]]]]:
    """Which of the columns a CSV has, and the cells of each line that is not blank, with its number.

    Args:
        text: the whole of it.
        columns: accepted spellings by noun, best first; others are passed over.

    Raises:
        NotAPlaylist: the CSV is broken.
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
            (rows.line_num, {noun: _bare(row[place]) for noun, place in places.items() if place < len(row)})
            for row in rows
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise NotAPlaylist(f"its CSV is broken: {error}") from error
    return frozenset(places), lines


def read_csv(text: str) -> list[Listing]:
    """The playlists of a text: one, or with a column `playlist` one for each, by name.

    Raises:
        NotAPlaylist: the CSV is broken, or no column names tracks.
    """
    columns, lines = cells_by_column(text, COLUMNS)
    if not columns & NAMES_A_TRACK and not {"title", "artist"} <= columns:
        raise NotAPlaylist("its first line names no column path, isrc, mbid or track, nor title and artist")
    parts: dict[str, list[Entry]] = {}
    for number, cells in lines:
        parts.setdefault(clean(cells.get("playlist", "")), []).append(entry_of(number, cells))
    if "playlist" not in columns:
        return [listing("", parts.get("", []))]
    return [listing(part, entries, part=part) for part, entries in sorted(parts.items())]


def write_csv(given: Listing) -> str:
    """A playlist as text, with the name in no column: a list has it from its file."""
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(_WRITTEN)
    for entry in given.entries:
        location = entry.locations[0] if entry.locations else ""
        cells = (entry.track, location, entry.isrc, entry.mbid, entry.title, entry.artist, entry.added_at or "")
        rows.writerow([f"'{cell}" if _RUNS.match(cell) else cell for cell in cells])
    return out.getvalue()


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
        moment(cells.get("added_at", "")),
        clean(cells.get("track", "")),
    )


def _bare(cell: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from running it."""
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell) else cell
