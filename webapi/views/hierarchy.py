"""`/hierarchy`: the whole tree of a collection, or a part of it."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from webapi import schemas, translate
from webapi.answers import from_copy, having, refuses, version_of

bp = APIBlueprint("hierarchy", __name__, abp_tags=[Tag(name="Hierarchy")])


@bp.get(
    "/hierarchy",
    operation_id="show_hierarchy",
    responses={200: schemas.Hierarchy, **refuses(HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE)},
)
def show_hierarchy(query: schemas.HierarchyQuery) -> Response:
    """The tree of a collection, whole or below a concept, nested or flat."""
    # A concept says which collection it is of; one that is named as well must agree.
    if query.below is None or query.collection is not None:
        held = version_of(query.collection, query.version)
    else:
        held = having(query.below, query.version)
    return from_copy(held, lambda: translate.hierarchy(held, query.below, query.depth, query.shape))
