"""How a concept gets its id: a URL-safe slug of its first name, bound for ever to where it came from.

Conventions: slugs keep letters, marks and digits of every script, in lower case, at most 80 characters. A source key is
kept with its collection before it, so the same playlist imported into two collections is two concepts.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection

LONGEST_SLUG = 80
LONGEST_KEY_BYTES = 2000
"""What an index entry surely holds; a longer key is kept by its hash."""

_NAMELESS = "concept"


def slug(name: str) -> str:
    """The id a concept of that name would like to have.

    >>> slug("Música  Popular / Brasileira!")
    'música-popular-brasileira'
    >>> slug("<script>alert(1)</script>")
    'script-alert-1-script'
    >>> slug("🎸")
    'concept'
    """
    lowered = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).lower())
    kept = "".join(character if _belongs(character) else "-" for character in lowered)
    return re.sub("-+", "-", kept).strip("-")[:LONGEST_SLUG].strip("-") or _NAMELESS


def free_id(name: str, taken: Collection[str]) -> str:
    """The slug, or with `-2`, `-3` ... behind it the first that is free.

    >>> free_id("Rock", {"rock", "rock-2"})
    'rock-3'
    """
    wished = slug(name)
    chosen, number = wished, 1
    while chosen in taken:
        number += 1
        chosen = f"{wished}-{number}"
    return chosen


def qualified_key(collection: str, source_key: str) -> str:
    """What the uniqueness constraint sees."""
    return f"{collection}:{bounded(source_key)}"


def unqualified_key(collection: str, key: str) -> str:
    """The source key as the import gave it (its hash, if it was too long to keep)."""
    return key.removeprefix(f"{collection}:")


def bounded(key: str) -> str:
    """The key itself, or its hash when an index entry could not hold it."""
    encoded = key.encode()
    if len(encoded) <= LONGEST_KEY_BYTES:
        return key
    return f"sha256:{hashlib.sha256(encoded).hexdigest()}"


def _belongs(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN"
