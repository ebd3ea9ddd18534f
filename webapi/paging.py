"""Cursors that survive inserts: a cursor is the sort key of the last item of its page, not a number of items.

Whatever is added or removed meanwhile, the next page begins behind that key: nothing is shown twice and nothing that
stood there all the time is left out. Cursors are opaque to clients (base64url of JSON) and name their list.
"""

from __future__ import annotations

import base64
import json
import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from webapi.errors import BadCursor

T = TypeVar("T")
Key = tuple[Any, ...]


def encode(key: Key) -> str:
    """The cursor of a key of strings and finite numbers."""
    text = json.dumps(key, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, kinds: tuple[type, ...]) -> Key:
    """The key of a cursor.

    Args:
        cursor: as `encode` made it.
        kinds: the type of each part of the key.

    Raises:
        BadCursor: it is not one, or not of such a key.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        key = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadCursor(cursor) from error
    if not isinstance(key, list) or [type(part) for part in key] != list(kinds):
        raise BadCursor(cursor)
    if any(isinstance(part, float) and not math.isfinite(part) for part in key):
        raise BadCursor(cursor)
    return tuple(key)


def page(
    items: Sequence[T], key: Callable[[T], Key], kinds: tuple[type, ...], after: str | None, limit: int
) -> tuple[Sequence[T], str | None]:
    """One page of a list that is sorted by a unique key.

    Args:
        items: the whole list, in ascending order of `key`.
        key: sort key of an item.
        kinds: the type of each part of the key.
        after: the cursor, or None for the first page.
        limit: items on a page, at least 1.

    Returns:
        The page, and the cursor of the next one; None when this is the last.

    Raises:
        BadCursor: `after` is no cursor of such a list.
    """
    start = 0 if after is None else bisect_right(items, decode(after, kinds), key=key)
    shown = items[start : start + limit]
    more = start + limit < len(items)
    return shown, encode(key(shown[-1])) if more else None
