"""URIs that say which track is meant, for formats whose entries are named by URIs: XSPF and JSPF.

Conventions: a MusicBrainz recording by its address, as ListenBrainz writes it; an ISRC as `urn:isrc:`; a track of this
catalogue as `urn:audio-concepts:track:`, percent-encoded. A location that is a path becomes a reference that players
take; one that is a URI stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, unquote

from worker.cleaning import clean_isrc, clean_mbid
from worker.playlists.entries import Entry

TRACK = "urn:audio-concepts:track:"
ISRC = "urn:isrc:"
RECORDING = "https://musicbrainz.org/recording/"
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
