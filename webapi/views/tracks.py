"""`/tracks`: one track, and which concepts it expresses."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from webapi import schemas, translate
from webapi.answers import answer, parts, refuses

bp = APIBlueprint("tracks", __name__, abp_tags=[Tag(name="Tracks")])

MISSING = refuses(HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE)


@bp.get("/tracks/<track_id>", operation_id="show_track", responses={200: schemas.Track, **MISSING})
def show_track(path: schemas.TrackPath) -> Response:
    """One track."""
    return answer(translate.track(parts().fuse.ask(lambda stores: stores.catalogue.track(path.track_id))))


@bp.get(
    "/tracks/<track_id>/concepts", operation_id="list_concepts_of", responses={200: schemas.ConceptLinkPage, **MISSING}
)
def list_concepts_of(path: schemas.TrackPath) -> Response:
    """Concepts that a track expresses, strongest first, in every collection."""
    fuse, shelf = parts().fuse, parts().keeper.shelf()
    track, found = fuse.ask(
        lambda stores: (stores.catalogue.track(path.track_id), stores.hierarchy.concepts_of(path.track_id))
    )
    items = [
        schemas.ConceptLink(
            id=one.id,
            name=one.name,
            collection=schemas.Label(id=one.collection, name=shelf.name_of(one.collection)),
            score=one.score,
            rank=one.rank,
            is_example=one.is_example,
        )
        for one in found
    ]
    return answer(schemas.ConceptLinkPage(track=translate.track(track), items=items))
