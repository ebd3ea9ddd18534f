"""URIs that say which track is meant: for formats whose entries are named by URIs, and for files that are sent away.

Conventions: a MusicBrainz recording by its address, as ListenBrainz writes it; an ISRC as `urn:isrc:`; a track of this
catalogue as `urn:audio-concepts:track:`, percent-encoded. A location that is a path becomes a reference that players
take; one that is a URI stays as it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, unquote

from worker.cleaning import clean_isrc, clean_mbid
from worker.playlists.entries import Entry

TRACK = "urn:audio-concepts:track:"
ISRC = "urn:isrc:"
RECORDING = "https://musicbrainz.org/recording/"
_ANCHORED = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|[\\/]")
_LEGAL = "%/:?#[]@!$&'()*+,;=~"


def identifiers_of(entry: Entry) -> list[str]:
    """The URIs that name the track of an entry, the surest first."""
    named = [(TRACK, quote(entry.track, safe="")), (ISRC, entry.isrc), (RECORDING, entry.mbid)]
    return [prefix + text for prefix, text in named if text]


def identified(identifiers: Iterable[str]) -> tuple[str, str, str]:
    """(track id, ISRC, MusicBrainz id) of an entry's URIs; empty where none says.

    >>> identified(["urn:isrc:GBAYE6700001", "urn:audio-concepts:track:a%2Fb"])
    ('a/b', 'GBAYE6700001', '')
    """
    given = list(identifiers)
    others = [one for one in given if not one.startswith(TRACK)]
    track = next((unquote(one.removeprefix(TRACK)) for one in given if one.startswith(TRACK)), "")
    isrc = next(filter(None, (clean_isrc(one.rsplit(":", 1)[-1]) for one in others)), "")
    return track, isrc, next(filter(None, map(clean_mbid, others)), "")


def reference(location: str) -> str:
    """A location as a URI or a relative reference; what is one already stays.

    >>> reference("/music/a b.mp3"), reference("file:///music/a%20b.mp3"), reference("50% off.mp3")
    ('file:///music/a%20b.mp3', 'file:///music/a%20b.mp3', '50%%20off.mp3')
    """
    encoded = quote(location.encode("utf-8", "surrogateescape"), safe=_LEGAL)
    return f"file://{encoded}" if encoded.startswith("/") and not encoded.startswith("//") else encoded


def anchored(location: str, folder: Path) -> list[str]:
    """A location as references that mean the same wherever they are read, likeliest first.

    Args:
        location: as a playlist in the folder has it.
        folder: an absolute path.

    Example:
        >>> anchored("a b.mp3", Path("/music")), anchored("https://host/x", Path("/music"))
        (['file:///music/a%20b.mp3', 'a%20b.mp3'], ['https://host/x'])
    """
    if _ANCHORED.match(location):
        return [reference(location)]
    return [reference(os.path.normpath(folder / location)), reference(location)]
