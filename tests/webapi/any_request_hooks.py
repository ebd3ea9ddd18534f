"""What schemathesis does not know by itself: how a text of a format that is none of its own becomes a body."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.serializer("application/vnd.apple.mpegurl")
def playlist(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    """An M3U8 playlist is its text."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
