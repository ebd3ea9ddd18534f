"""What a file's tags say, as strings that any store and page can hold.

Conventions: strings are NFC, without control characters, lone surrogates or surrounding blanks, at most 300 characters.
An ISRC or MusicBrainz id of another shape than theirs is dropped. Meant to run in the decoder's child.

Source: tinytag's field names; the tag names of MusicBrainz Picard, which writes the recording id as
`musicbrainz_trackid`, and in ID3 as the owner `http://musicbrainz.org` of a UFID frame, and the composition as `work`
and `musicbrainz_workid`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cypher.codes import isrc_in, mbid_in
from worker.catalogue.errors import AudioRejected
from worker.catalogue.reasons import Reason

MAX_CHARACTERS = 300
MAX_VALUES = 20
_UFID = re.compile(rb"http://musicbrainz\.org\0([0-9A-Fa-f-]{36})")
_UFID_WITHIN_BYTES = 2**18
_UNWANTED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = {"\u200c", "\u200d"}


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


def clean(text: object) -> str:
    r"""A string that is safe to store and show: see the conventions above.

    >>> clean("  Caf\u0065\u0301\x00\ud800\n noir ")
    'Café noir'
    """
    # Cut before and after: what follows normalises, and that may be slow on long text and make it longer.
    raw = str(text)[: 4 * MAX_CHARACTERS]
    spaced = "".join(" " if character.isspace() else character for character in raw)
    kept = (c for c in spaced if c in _JOINERS or unicodedata.category(c) not in _UNWANTED)
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())[:MAX_CHARACTERS].strip()


def clean_isrc(text: object) -> str:
    """The ISRC in its bare form, or nothing."""
    return isrc_in(clean(text))


def clean_mbid(text: object) -> str:
    """The MusicBrainz id as a lower-case UUID, or nothing; an address that ends in one will do."""
    return mbid_in(clean(text))


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
