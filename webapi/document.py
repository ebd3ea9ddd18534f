"""The OpenAPI document as it is served: what the framework gathers, and the media types it has no way to say."""

from __future__ import annotations

from typing import Any

from webapi.exports import FORMATS

TEXT = {"schema": {"type": "string"}}
OTHER_ANSWERS: dict[tuple[str, str], tuple[str, ...]] = {
    ("/hierarchy", "get"): tuple(one.media_type for one in FORMATS.values()),
    ("/tracks/{track_id}/audio", "get"): ("audio/*",),
}
"""Operation -> media types that what succeeds has besides JSON."""


def completed(document: dict[str, Any]) -> dict[str, Any]:
    """The framework's document with the other media types of each operation added."""
    for (path, method), media_types in OTHER_ANSWERS.items():
        for status, response in document["paths"][path][method]["responses"].items():
            if status.startswith("2"):
                response["content"].update(dict.fromkeys(media_types, TEXT))
    return document
