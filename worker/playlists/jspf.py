"""JSPF: XSPF as JSON. Extensions of ListenBrainz say when a track was added.

Conventions: fields of another type than theirs say nothing; `location` and `identifier` may be a list or one string.

Source: https://www.xspf.org/jspf; https://musicbrainz.org/doc/jspf.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from worker.cleaning import clean
from worker.playlists.entries import Entry, Listing, listing, moment
from worker.playlists.errors import NotAPlaylist
from worker.playlists.identifiers import identified, identifiers_of, reference

_EXTENSION = "https://musicbrainz.org/doc/jspf#track"


def read_jspf(text: str) -> list[Listing]:
    """The one playlist of a text.

    Raises:
        NotAPlaylist: it is no JSON, or no playlist.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAPlaylist("its JSON is broken") from error
    return [from_jspf(document)]


def from_jspf(document: Any) -> Listing:
    """The playlist of a document that was read already.

    Raises:
        NotAPlaylist: it is none.
    """
    playlist = document.get("playlist") if isinstance(document, Mapping) else None
    tracks = playlist.get("track") if isinstance(playlist, Mapping) else None
    if not isinstance(playlist, Mapping) or not isinstance(tracks, list):
        raise NotAPlaylist("its JSON holds no playlist with a list `track`")
    entries = []
    for number, track in enumerate(tracks, start=1):
        if not isinstance(track, Mapping):
            raise NotAPlaylist(f"track {number} is no JSON object")
        entries.append(_entry(number, track))
    return listing(clean(_text(playlist.get("title"))), entries)


def write_jspf(given: Listing) -> str:
    """A playlist as JSON."""
    playlist: dict[str, Any] = {"title": given.name, "track": [_track(entry) for entry in given.entries]}
    return json.dumps({"playlist": playlist}, ensure_ascii=False, indent=2)


def _entry(number: int, track: Mapping[str, Any]) -> Entry:
    extension = track.get("extension")
    added = extension.get(_EXTENSION) if isinstance(extension, Mapping) else None
    track_id, isrc, mbid = identified(_texts(track.get("identifier")))
    return Entry(
        number,
        tuple(location.strip() for location in _texts(track.get("location"))),
        clean(_text(track.get("title"))),
        clean(_text(track.get("creator"))),
        isrc,
        mbid,
        moment(_text(added.get("added_at"))) if isinstance(added, Mapping) else None,
        clean(track_id),
    )


def _track(entry: Entry) -> dict[str, Any]:
    said = {
        "location": [reference(location) for location in entry.locations],
        "identifier": identifiers_of(entry),
        "title": entry.title,
        "creator": entry.artist,
        "duration": round(entry.duration_s * 1000),
        "extension": {_EXTENSION: {"added_at": entry.added_at}} if entry.added_at else None,
    }
    return {name: value for name, value in said.items() if value}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]
