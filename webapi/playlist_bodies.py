"""Reads a playlist from a request, in any of its formats, within bounds.

Conventions: the body's media type says the format; JSON is a `PlaylistBody`, or JSPF when it has a key `playlist`. A
text is UTF-8, or UTF-16 with its byte order mark; XML may declare its encoding. A request brings one playlist with at
least one entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Request, abort
from pydantic import ValidationError

from webapi.errors import NotMediaType, PlaylistTooLong, PlaylistUnfit
from webapi.problems import invalid
from webapi.schemas.playlists import MOST_ENTRIES, EntryBody, PlaylistBody
from worker.cleaning import clean, clean_isrc, clean_mbid
from worker.playlists.entries import Entry, Listing
from worker.playlists.errors import NotAPlaylist
from worker.playlists.formats import FORMATS, Format
from worker.playlists.jspf import from_jspf

MOST_BYTES = 4 << 20
JSON = "application/json"
TAKEN = (JSON, *(one.media_type for one in FORMATS.values()))
"""Media types of bodies, as the document names them; a format's other ones are taken as well."""


def read_playlist(request: Request) -> Listing:
    """The playlist that a request brings.

    Raises:
        NotMediaType: its type is not one of the formats'.
        NotJson, UnfitJson, NotAPlaylist: it is not of its type.
        HTTPException: its JSON does not fit; the response says where.
        PlaylistUnfit: it has no entry, or there are several playlists.
        PlaylistTooLong: it has more than `MOST_ENTRIES` entries.
    """
    request.max_content_length = MOST_BYTES
    chosen = next((one for one in FORMATS.values() if request.mimetype in one.media_types), None)
    if request.mimetype == JSON or chosen is FORMATS["jspf"]:
        found = _from_json(request.get_json())
    elif chosen is not None:
        found = _from_text(request.get_data(), chosen)
    else:
        raise NotMediaType(request.mimetype, TAKEN)
    if not found.entries:
        raise PlaylistUnfit("it has no entry; send at least one, or DELETE the playlist")
    if len(found.entries) > MOST_ENTRIES:
        raise PlaylistTooLong(len(found.entries), MOST_ENTRIES)
    return found


def _from_json(document: Mapping[str, Any]) -> Listing:
    if "playlist" in document and "entries" not in document:
        return from_jspf(document)
    entries = document.get("entries")
    if isinstance(entries, list) and len(entries) > MOST_ENTRIES:
        raise PlaylistTooLong(len(entries), MOST_ENTRIES)
    try:
        body = PlaylistBody.model_validate(document)
    except ValidationError as error:
        abort(invalid(error))
    return listing_of(body)


def listing_of(body: PlaylistBody) -> Listing:
    """The playlist that a body of JSON says."""
    return Listing(body.name or "", tuple(_entry(number, one) for number, one in enumerate(body.entries, start=1)))


def _entry(number: int, said: EntryBody) -> Entry:
    return Entry(
        number,
        tuple(filter(None, map(str.strip, said.locations))),
        clean(said.title or ""),
        clean(said.artist or ""),
        clean_isrc(said.isrc or ""),
        clean_mbid(said.mbid or ""),
        said.added_at,
        clean(said.track or ""),
    )


def _from_text(content: bytes, chosen: Format) -> Listing:
    found = chosen.read(content)
    if len(found) != 1:
        names = ", ".join(repr(one.name) for one in found[:3]) or "none"
        raise PlaylistUnfit(f"it holds {len(found)} playlists ({names}); send each by itself")
    if any(_is_surrogate(text) for entry in found[0].entries for text in entry.locations):
        raise NotAPlaylist("it is not UTF-8")
    return found[0]


def _is_surrogate(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)
