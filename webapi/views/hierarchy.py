"""`/hierarchy`: the whole tree of a collection, or a part of it."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote

from flask import Response, request
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from webapi import schemas, trees
from webapi.answers import having, refuses, stream_copy, version_of
from webapi.exports import FORMATS
from webapi.exports.selection import Selection

bp = APIBlueprint("hierarchy", __name__, abp_tags=[Tag(name="Hierarchy")])


@bp.get(
    "/hierarchy",
    operation_id="show_hierarchy",
    responses={
        200: schemas.Hierarchy,
        **refuses(HTTPStatus.NOT_FOUND, HTTPStatus.NOT_ACCEPTABLE, HTTPStatus.SERVICE_UNAVAILABLE),
    },
)
def show_hierarchy(query: schemas.HierarchyQuery) -> Response:
    """The tree of a collection, whole or below a concept, nested or flat; or as SKOS, GraphML, CSV or Parquet."""
    # A concept says which collection it is of; one that is named as well must agree.
    if query.below is None or query.collection is not None:
        held = version_of(query.collection, query.version)
    else:
        held = having(query.below, query.version)
    name = query.format or _accepted()
    if name == "json":
        response = stream_copy(
            held, "application/json", lambda: trees.write(held, query.below, query.depth, query.shape)
        )
    else:
        chosen = FORMATS[name]
        selection = Selection.of(held.copy, request.url_root, query.below, query.depth)
        response = stream_copy(held, chosen.media_type, lambda: chosen.write(selection), name)
        file = f"{held.copy.collection.id}-{held.copy.collection.version or 0}.{chosen.suffix}"
        response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(file, safe='')}"
    response.vary.add("Accept")
    return response


def _accepted() -> str:
    """The format that the client likes best; JSON when it likes all alike, or none of ours."""
    offered = {"application/json": "json"} | {one.media_type: name for name, one in FORMATS.items()}
    return offered[request.accept_mimetypes.best_match(list(offered), "application/json")]
