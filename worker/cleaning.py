"""Strings of strangers, made such that any store, terminal and page can hold them.

Conventions: a cleaned string is NFC, without control characters, lone surrogates or surrounding blanks, at most
`MAX_CHARACTERS` long. An ISRC or MusicBrainz id of another shape than theirs is dropped.
"""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

from cypher.codes import isrc_in, mbid_in

MAX_CHARACTERS = 300
_UNWANTED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = {"\u200c", "\u200d"}
_YEAR = re.compile(r"(?<![0-9])[12][0-9]{3}(?![0-9])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


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


def year_in(text: object) -> int | None:
    """The year that a date or a number spells; None where it spells none from 1000 to 2999.

    >>> year_in("1998-03-02"), year_in("03/1998"), year_in("unknown"), year_in("0000")
    (1998, 1998, None, None)
    """
    found = _YEAR.search(str(text)[:MAX_CHARACTERS])
    return int(found.group()) if found else None


def readable(path: Path | str) -> str:
    """A name that can be printed and stored whatever bytes it is made of: what is no UTF-8 or no print is replaced."""
    decoded = os.fsencode(path).decode("utf-8", errors="replace")
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", decoded)
