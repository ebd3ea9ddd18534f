"""Where a file lies, as text that a graph can hold: `file://` URIs that lead back to the very same bytes of a path."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit


def uri_of(path: Path) -> str:
    """The `file://` URI of an absolute path; names that are not UTF-8 survive as percent-encoded bytes."""
    return path.as_uri()


def path_of(uri: str) -> Path:
    """The path of a `file://` URI made by `uri_of`.

    Raises:
        ValueError: it is no `file://` URI of this machine.
    """
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"}:
        raise ValueError(f"{uri!r} is not a file:// URI of this machine")
    return Path(os.fsdecode(unquote_to_bytes(parts.path)))
