"""The codes that the rest of the world knows recordings by, in the one spelling they are stored and looked up in.

Source: ISO 3901 (ISRC); MusicBrainz identifiers are UUIDs, often given as an address that ends in one.
"""

from __future__ import annotations

import re

_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def isrc_in(text: str) -> str:
    """The ISRC that a text spells: 12 characters, upper case, without hyphens; empty when it spells none.

    >>> isrc_in("gb-aye-67-00001"), isrc_in("unknown")
    ('GBAYE6700001', '')
    """
    bare = re.sub(r"[^A-Z0-9]", "", text.upper().removeprefix("ISRC"))
    return bare if _ISRC.fullmatch(bare) else ""


def mbid_in(text: str) -> str:
    """The MusicBrainz id that a text spells, or an address ends in: a lower-case UUID; empty when there is none."""
    bare = text.strip().lower().rstrip("/").rsplit("/", 1)[-1].removeprefix("mbid:")
    return bare if _UUID.fullmatch(bare) else ""
