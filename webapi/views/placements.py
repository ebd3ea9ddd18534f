"""`/placements`: where a playlist would go in the tree, without a rebuild."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from webapi import translate
from webapi.answers import answer, copy_facts, parts, refuses
from webapi.schemas import tracks as said
from worker.answers.placement import place

bp = APIBlueprint("placements", __name__, abp_tags=[Tag(name="Placements")])


@bp.post(
    "/placements",
    operation_id="place_playlist",
    responses={
        200: said.Placement,
        **refuses(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.FORBIDDEN,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.CONFLICT,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.SERVICE_UNAVAILABLE,
        ),
    },
)
def place_playlist(body: said.PlacementRequest) -> Response:
    """The parent a rebuild would give a playlist, or why that cannot be said; nothing is written."""
    held = parts().keeper.shelf().collection(body.collection)
    copy, pool = held.copy, parts().pools.of(held.copy)
    found = place(pool, body.tracks)
    heard = set(pool.track_ids)
    path = [*copy.ancestors(found.parent), found.parent] if found.parent is not None else []
    return answer(
        said.Placement(
            **copy_facts(held),
            status=found.status,
            reason=found.reason,
            parent=translate.label(copy, found.parent) if found.parent is not None else None,
            path=[translate.label(copy, one) for one in path],
            similarity=found.similarity,
            separation=found.separation,
            margin=found.margin,
            heard=found.heard,
            alternatives=[
                said.Alternative(
                    concept=translate.label(copy, one.concept_id),
                    similarity=one.similarity,
                    separation=one.separation,
                    more_general=one.more_general,
                )
                for one in found.alternatives
            ],
            missing=[one for one in dict.fromkeys(body.tracks) if one not in heard],
        )
    )
