"""`/collections`: which sets of concepts there are."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from webapi import schemas
from webapi.answers import answer, parts, refuses

bp = APIBlueprint("collections", __name__, abp_tags=[Tag(name="Collections")])


@bp.get(
    "/collections",
    operation_id="list_collections",
    responses={200: schemas.CollectionPage, **refuses(HTTPStatus.SERVICE_UNAVAILABLE)},
)
def list_collections() -> Response:
    """All collections, the default one first."""
    items = [
        schemas.Collection(
            id=one.id, name=one.name, is_default=one.is_default, version=one.version, concepts=one.concepts
        )
        for one in parts().keeper.shelf().collections
    ]
    return answer(schemas.CollectionPage(items=items))
