"""`/api-keys`: keys are made, listed and revoked; a secret is shown once."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from cypher.keys import ApiKey
from webapi.answers import answer, parts, refuses
from webapi.schemas import keys as said

bp = APIBlueprint("api_keys", __name__, abp_tags=[Tag(name="Keys")])

AWAY = HTTPStatus.SERVICE_UNAVAILABLE
SENT = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


@bp.post(
    "/api-keys",
    operation_id="make_key",
    responses={201: said.MadeKey, **refuses(HTTPStatus.FORBIDDEN, *SENT, AWAY)},
)
def make_key(body: said.NewKey) -> Response:
    """Make a key. Its secret is in this answer and nowhere else."""
    key, text = parts().fuse.ask(lambda stores: stores.keys.create(body.name, body.scopes))
    parts().doorkeeper.forget()
    return answer(said.MadeKey(**_fields(key), key=text), HTTPStatus.CREATED, {"Location": f"/api-keys/{key.id}"})


@bp.get("/api-keys", operation_id="list_keys", responses={200: said.KeyList, **refuses(AWAY)})
def list_keys() -> Response:
    """Every key, revoked ones included, oldest first."""
    found = parts().fuse.ask(lambda stores: stores.keys.all())
    return answer(said.KeyList(items=[said.Key(**_fields(key)) for key in found]))


@bp.delete(
    "/api-keys/<key_id>",
    operation_id="revoke_key",
    responses={200: said.Key, **refuses(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, AWAY)},
)
def revoke_key(path: said.KeyPath) -> Response:
    """Revoke a key; other processes hear of it within seconds."""
    key = parts().fuse.ask(lambda stores: stores.keys.revoke(path.key_id))
    parts().doorkeeper.forget()
    return answer(said.Key(**_fields(key)))


def _fields(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
    }
