"""The nouns of a playlist: entries that name tracks, in a list with a name.

Conventions: a location is text as it was written, a path or a URI; bytes that are not UTF-8 are kept as Python keeps
them in file names (surrogate escapes), so that a path in any encoding can still be found. Other strings are cleaned
(`worker.cleaning`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from worker.playlists.errors import NotAPlaylist

MAX_ENTRIES = 500_000
MAX_LOCATION_CHARACTERS = 8192


@dataclass(frozen=True, slots=True)
class Entry:
    """One line that names a track."""

    line: int
    """Line of the file, or number of the track in XSPF and JSPF, from 1."""
    locations: tuple[str, ...] = ()
    """Where it may lie, best first."""
    title: str = ""
    artist: str = ""
    isrc: str = ""
    mbid: str = ""
    added_at: str | None = None
    track: str = ""
    """Id of a track of this catalogue."""
    duration_s: float = field(default=0.0, compare=False)
    """Written for players, 0 where it is not known; not read, for it says nothing of which track is meant."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of entries, as a text gives it."""

    name: str
    """Empty where the text has none."""
    entries: tuple[Entry, ...]
    part: str | None = None
    """Which of the several playlists of one CSV; None where it can only hold one."""


def listing(name: str, entries: Sequence[Entry], part: str | None = None) -> Listing:
    """A listing within bounds; locations that are empty or endless are dropped.

    Raises:
        NotAPlaylist: it has more than `MAX_ENTRIES` entries.
    """
    if len(entries) > MAX_ENTRIES:
        raise NotAPlaylist(f"it has more than {MAX_ENTRIES} entries")
    bounded = (
        replace(entry, locations=tuple(text for text in entry.locations if 0 < len(text) <= MAX_LOCATION_CHARACTERS))
        for entry in entries
    )
    return Listing(name, tuple(bounded), part)


def moment(text: str) -> str | None:
    """An ISO 8601 date or date-time in its usual form, or None.

    >>> moment("2024-05-01T10:00:00Z"), moment("2024-05-01"), moment("yesterday")
    ('2024-05-01T10:00:00+00:00', '2024-05-01', None)
    """
    stripped = text.strip()
    try:
        found = datetime.fromisoformat(stripped)
    except ValueError:
        return None
    date_only = re.fullmatch(r"\d{4}-?\d{2}-?\d{2}|\d{4}-?W\d{2}(-?\d)?", stripped)
    return found.date().isoformat() if date_only else found.isoformat()
