"""Turns models into responses, and finds the application's parts for a view."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypedDict
from urllib.parse import unquote

from flask import Response, current_app, request
from pydantic import BaseModel

from cypher.model import Step
from webapi import schemas
from webapi.archive import Archive
from webapi.doorkeeper import Doorkeeper
from webapi.errors import NoCopy
from webapi.explaining import Explanations
from webapi.metrics import Metrics
from webapi.placing import Pools
from webapi.problems import MEDIA_TYPE
from webapi.recommender import Usual
from webapi.sensing import Sensitivities
from webapi.snapshot import Held, Keeper
from webapi.stores import Fuse
from webapi.streams import Streams
from webapi.uploading import Uploads
from worker.jobs.evaluations import Evaluations
from worker.jobs.queue import BrokerState

NAME = "audio_concepts"
LASTING_S = 86_400
"""How long a browser may keep an answer about a version that was asked for by its number."""

Ring = Callable[[Step], object]
"""Tells the workers that a step is due. May fail: the job is in the ledger, and the reaper rings again."""

Broker = Callable[[], BrokerState]
"""Looks at the queues; answers within a second, a broker that is away included."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What views work with."""

    fuse: Fuse
    patient: Fuse
    """Asks the same graph with a longer deadline, for what reads a whole collection."""
    keeper: Keeper
    archive: Archive
    ring: Ring
    broker: Broker
    streams: Streams
    browser_url: str
    evaluations: Evaluations | None
    """None without a data folder."""
    usual: Usual
    metrics: Metrics
    doorkeeper: Doorkeeper
    pools: Pools
    explanations: Explanations
    sensitivities: Sensitivities
    uploads: Uploads | None
    """None where no files are taken."""
    audio_roots: tuple[Path, ...]


def parts() -> Parts:
    """The parts of the application that answers."""
    found = current_app.extensions[NAME]
    if not isinstance(found, Parts):
        raise TypeError(f"the application was not made by create_app: its parts are {found!r}")
    return found


def name_of(collection_id: str) -> str:
    """What people call a collection; its id when no copy is there to tell."""
    try:
        return parts().keeper.shelf().name_of(collection_id)
    except NoCopy:
        return collection_id


def author_of(header: schemas.AuthorHeaders) -> str:
    """Who asks; headers carry ASCII, so other names travel percent-encoded."""
    return unquote(header.x_author or "").strip()


def version_of(collection_id: str | None, version: int | None) -> Held:
    """The copy of a collection: of a version, or of the current one.

    Raises:
        UnknownCollection: there is none of that id.
        UnknownVersion: it has no such version.
    """
    held = parts().keeper.shelf().collection(collection_id)
    return held if version is None else parts().archive.version(held.copy.collection, version)


def having(concept_id: str, version: int | None) -> Held:
    """The copy that a concept belongs to: of a version, or of the current one.

    Raises:
        UnknownConcept: no collection has it, or the version does not speak of it.
        UnknownVersion: its collection has no such version.
    """
    held = parts().keeper.shelf().having(concept_id)
    if version is None:
        return held
    named = parts().archive.version(held.copy.collection, version)
    named.copy.concept(concept_id)
    return named


class CopyFacts(TypedDict):
    """The fields of `schemas.FromCopy`."""

    collection: schemas.Label
    version: int | None
    stale: bool
    age_s: float


def copy_facts(held: Held) -> CopyFacts:
    """Which version was asked, and how sure that it is current."""
    collection = held.copy.collection
    return {
        "collection": schemas.Label(id=collection.id, name=collection.name),
        "version": collection.version,
        "stale": held.stale,
        "age_s": round(held.age_s, 1),
    }


def answer(model: BaseModel, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Response:
    """A response that must not be kept."""
    response = Response(model.model_dump_json(), status=status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers.extend(dict(headers or {}))
    return response


def from_copy(held: Held, make: Callable[[], BaseModel]) -> Response:
    """A response determined by a version: with its ETag, or 304 when the client has it already.

    Args:
        held: the copy that the answer comes from.
        make: makes the answer, when it is needed.
    """
    if request.if_none_match.contains_weak(held.etag):
        response = Response(status=HTTPStatus.NOT_MODIFIED)
    else:
        response = Response(make().model_dump_json(), content_type="application/json")
    return _stamped(response, held, held.etag)


def stream_copy(held: Held, media_type: str, make: Callable[[], Iterable[bytes]], format_name: str = "") -> Response:
    """A response determined by a version, sent piece by piece.

    Args:
        held: the copy that the answer comes from.
        media_type: of the answer.
        make: makes the pieces, when they are needed; what it raises at once is the answer.
        format_name: of a format of others; part of the ETag.
    """
    etag = f"{held.etag}-{format_name}" if format_name else held.etag
    if request.if_none_match.contains_weak(etag):
        return _stamped(Response(status=HTTPStatus.NOT_MODIFIED), held, etag)
    charset = "; charset=utf-8" if media_type.startswith("text/") else ""
    return _stamped(Response(make(), content_type=f"{media_type}{charset}"), held, etag)


def _stamped(response: Response, held: Held, etag: str) -> Response:
    """With the version's headers."""
    response.set_etag(etag, weak=True)
    response.headers["Cache-Control"] = f"max-age={LASTING_S}, immutable" if held.lasting else "no-cache"
    response.headers["Age"] = str(int(held.age_s))
    if held.copy.collection.version is not None:
        response.headers["Hierarchy-Version"] = str(held.copy.collection.version)
    if held.stale:
        response.headers["Hierarchy-Stale"] = f"age={held.age_s:.1f}"
    return response


def refuses(*statuses: HTTPStatus) -> dict[str | int | HTTPStatus, Any]:
    """The problems of an endpoint, for the OpenAPI document; every endpoint may say 422, 500 and 503."""
    every = {*statuses, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.INTERNAL_SERVER_ERROR}
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {status: {"description": status.phrase, "content": {MEDIA_TYPE: schema}} for status in sorted(every)}
