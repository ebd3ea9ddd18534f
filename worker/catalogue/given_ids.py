"""Tracks that come without sound: from the id that somebody else gave them to a track of this catalogue.

Conventions: a given id is a text of 1 to 512 printable characters; whole numbers are written in decimal. The track's id
is the first 24 hexadecimal digits of SHA-256 over `audio-concepts:<namespace>:<given id>` (UTF-8), so it never depends
on what else comes in, in which order, or by which model; the namespace parts two catalogues that both call something
"7". The given id stays readable as the track's title and inside its address, `given:<namespace>/<given id>`.

Why embeddings of another model are the same tracks: the id says nothing of the fingerprint. Why a given id may also be
a track's own id: whoever embeds the audio of this catalogue by another model knows its tracks by these ids; a given id
of 24 hexadecimal digits that the catalogue holds is that track.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote

import numpy as np

from cypher.model import Track

NAMESPACE = "outside"
MAX_CHARACTERS = 512
TRACK_ID = re.compile(r"[0-9a-f]{24}")
"""What ids of tracks look like that were derived from their sound."""
_NAMESPACE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DIGITS = 24


def given_id(value: object) -> str:
    """A given id as text.

    Raises:
        ValueError: it is neither a printable text nor a whole number.

    Example:
        >>> given_id(7578142362), given_id(" TRAAAAW128F429D538 ")
        ('7578142362', 'TRAAAAW128F429D538')
    """
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return str(int(value))
    if isinstance(value, bytes):
        value = value.decode("utf-8")
    text = value.strip() if isinstance(value, str) else ""
    if not text or len(text) > MAX_CHARACTERS or not text.isprintable():
        shown = repr(value)
        raise ValueError(f"{shown[:80]} is no id: a text of 1 to {MAX_CHARACTERS} printable characters is one")
    return text


def checked_namespace(namespace: str) -> str:
    """The namespace itself.

    Raises:
        ValueError: it has other characters than letters, digits and `._-`, or more than 64.
    """
    if not _NAMESPACE.fullmatch(namespace):
        raise ValueError(f"{namespace!r} is no namespace: 1 to 64 letters, digits and ._- are one")
    return namespace


def track_id_of(given: str, namespace: str = NAMESPACE) -> str:
    """The id of the track that others call `given`.

    Example:
        >>> track_id_of("7"), track_id_of("7") == track_id_of("7", "msd")
        ('dc04c6812823a01c875e7acf', False)
    """
    return hashlib.sha256(f"audio-concepts:{namespace}:{given}".encode()).hexdigest()[:_DIGITS]


def track_of(given: str, namespace: str = NAMESPACE) -> Track:
    """The track that others call `given`, as far as nothing else is known of it."""
    address = f"given:{namespace}/{quote(given, safe='')}"
    return Track(id=track_id_of(given, namespace), title=given, uri=address)
