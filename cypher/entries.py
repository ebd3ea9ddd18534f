"""The nouns of a playlist: entries, those that name no known track included, in a list with a name.

Conventions: dates are ISO 8601 dates or date-times, as they were given. `cypher.playlists` reads and writes them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from cypher.model import Kind


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
        said = [self.name, self.kind, [plain(one) for one in self.entries]]
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


def plain(one: Listed) -> dict[str, Any]:
    """An entry as JSON, without what is empty."""
    return {name: value for name, value in asdict(one).items() if value}


def listed(said: dict[str, Any]) -> Listed:
    """What `plain` said."""
    return Listed(**{**said, "locations": tuple(said.get("locations", ()))})
