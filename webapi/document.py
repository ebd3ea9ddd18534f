"""The OpenAPI document as it is served: what the framework gathers, and the media types it has no way to say.

Bodies that come in several formats are read by the views themselves, so the framework does not know of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from flask_openapi.blueprint import APIBlueprint
from flask_openapi.openapi import OpenAPI

from webapi.exports import FORMATS
from webapi.playlist_bodies import JSON, listing_of
from webapi.schemas.playlists import EXAMPLE, PlaylistBody
from worker.playlists.formats import FORMATS as PLAYLIST_FORMATS

OTHER_ANSWERS: dict[tuple[str, str], tuple[str, ...]] = {
    ("/hierarchy", "get"): tuple(one.media_type for one in FORMATS.values()),
    ("/tracks/{track_id}/audio", "get"): ("audio/*",),
    ("/playlists/{playlist_id}", "get"): tuple(one.media_type for one in PLAYLIST_FORMATS.values()),
}
"""Operation -> media types that what succeeds has besides JSON."""

PLAYLISTS_IN = (("/playlists", "post"), ("/playlists/{playlist_id}", "put"), ("/playlist-matches", "post"))
"""Operations whose body is a playlist."""


SOUND_IN = ("/tracks", "post")
"""The operation whose body is a file of sound."""
SOUND_TYPES = ("application/octet-stream", "audio/*")

METHODS = ("get", "post", "put", "patch", "delete")


def register(app: OpenAPI, resources: Iterable[APIBlueprint]) -> None:
    """Register resources; a path that several share keeps the operations of all in the document.

    By itself the framework lets the later resource replace what the earlier said of the path.
    """
    for resource in resources:
        shared = {path: app.paths[path] for path in resource.paths if path in app.paths}
        app.register_api(resource)
        for path, before in shared.items():
            later = {one: said for one in METHODS if (said := getattr(app.paths[path], one)) is not None}
            app.paths[path] = before.model_copy(update=later)


def completed(document: dict[str, Any]) -> dict[str, Any]:
    """The framework's document with the other media types of each operation added, and the bodies it does not know."""
    _add_playlists(document)
    path, method = SOUND_IN
    document["paths"][path][method]["requestBody"] = {
        "required": True,
        "description": "The bytes of one file: WAV, FLAC, OGG Vorbis, Opus, MP3; AAC and M4A where ffmpeg is installed",
        "content": {one: {"schema": {"type": "string", "format": "binary"}} for one in SOUND_TYPES},
    }
    for (path, method), media_types in OTHER_ANSWERS.items():
        for status, response in document["paths"][path][method]["responses"].items():
            if status.startswith("2"):
                response["content"].update({one: {"schema": _schema(one)} for one in media_types})
    return document


def _add_playlists(document: dict[str, Any]) -> None:
    """The bodies of `PLAYLISTS_IN`, with an example in every format."""
    model = PlaylistBody.model_json_schema(ref_template="#/components/schemas/{model}")
    document["components"]["schemas"] |= {**model.pop("$defs"), PlaylistBody.__name__: model}
    example = listing_of(PlaylistBody.model_validate(EXAMPLE))
    content: dict[str, Any] = {
        JSON: {"schema": {"$ref": f"#/components/schemas/{PlaylistBody.__name__}"}, "example": EXAMPLE},
        **{
            one.media_type: {"schema": _schema(one.media_type), "example": _example(one.media_type, one.write(example))}
            for one in PLAYLIST_FORMATS.values()
        },
    }
    for path, method in PLAYLISTS_IN:
        document["paths"][path][method]["requestBody"] = {"required": True, "content": content}


def _schema(media_type: str) -> dict[str, str]:
    """What is known of a format of others: an object where it is JSON, else text."""
    return {"type": "object" if media_type.endswith("json") else "string"}


def _example(media_type: str, text: str) -> Any:
    return json.loads(text) if media_type.endswith("json") else text
