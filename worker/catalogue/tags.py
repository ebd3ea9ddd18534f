"""What a file's tags say, as strings that any store and page can hold.

Conventions: strings are cleaned (`worker.cleaning`). Meant to run in the decoder's child.

Source: tinytag's field names; the tag names of MusicBrainz Picard, which writes the recording id as
`musicbrainz_trackid`, and in ID3 as the owner `http://musicbrainz.org` of a UFID frame, and the composition as `work`
and `musicbrainz_workid`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from worker.catalogue.errors import AudioRejected
from worker.cleaning import clean, clean_isrc, clean_mbid, year_in
from worker.reasons import Reason

MAX_VALUES = 20
_UFID = re.compile(rb"http://musicbrainz\.org\0([0-9A-Fa-f-]{36})")
_UFID_WITHIN_BYTES = 2**18


@dataclass(frozen=True, slots=True)
class Tags:
    """Sanitised tags; an absent one is empty."""

    title: str = ""
    artist: str = ""
    album: str = ""
    isrc: str = ""
    """12 characters, upper case, without hyphens."""
    mbid: str = ""
    """MusicBrainz recording id: a lower-case UUID."""
    genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    work: str = ""
    """MusicBrainz work id, else the work's name behind its composer's."""
    year: int | None = None


def read_tags(file: BinaryIO, path: Path) -> Tags:
    """Read the tags of an open file.

    Raises:
        AudioRejected: TAGS_UNREADABLE; the sound may be fine all the same.
    """
    from tinytag import TinyTag, TinyTagException  # the base install has none

    file.seek(0)
    try:
        found = TinyTag.get(file_obj=file, duration=False)
    except TinyTagException as error:
        raise AudioRejected(Reason.TAGS_UNREADABLE, path, clean(error)) from error
    other = {re.sub(r"[^a-z]", "", key.lower()): values for key, values in found.other.items()}
    file.seek(0)
    owned = [match.decode() for match in _UFID.findall(file.read(_UFID_WITHIN_BYTES))]
    ids = [*other.get("musicbrainzrecordingid", ()), *other.get("musicbrainztrackid", ()), *owned]
    return Tags(
        title=clean(found.title or ""),
        artist=clean(found.artist or found.albumartist or ""),
        album=clean(found.album or ""),
        isrc=next(filter(None, map(clean_isrc, other.get("isrc", ()))), ""),
        mbid=next(filter(None, map(clean_mbid, ids)), ""),
        genres=_several([found.genre or "", *other.get("genre", ())]),
        moods=_several([*other.get("mood", ()), *other.get("tmoo", ())]),
        work=_work(found.composer or "", other),
        year=year_in(found.year or ""),
    )


def _work(composer: str, other: Mapping[str, Sequence[str]]) -> str:
    """The first work: its id, which has one spelling, else its name."""
    identified = next(filter(None, map(clean_mbid, other.get("musicbrainzworkid", ()))), "")
    named = next(filter(None, map(clean, other.get("work", ()))), "")
    return identified or clean(f"{composer}: {named}" if composer and named else named)


def _several(values: Iterable[object]) -> tuple[str, ...]:
    """Each value once, in order; taggers join several with a semicolon, a bar or NUL."""
    parts = (clean(part) for value in values for part in re.split(r"[;|\0]", str(value)[:10_000]))
    return tuple(dict.fromkeys(part for part in parts if part))[:MAX_VALUES]
