"""`/health`: is the process alive, and can it answer."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from cypher.errors import GraphError
from webapi import schemas
from webapi.answers import answer, parts, refuses
from webapi.errors import WebError
from webapi.problems import problem

bp = APIBlueprint("health", __name__, abp_tags=[Tag(name="Health")])


@bp.get("/health/live", operation_id="show_live", responses={200: schemas.Health, **refuses()})
def show_live() -> Response:
    """The process answers; nothing else is asked."""
    return answer(schemas.Health(status="live"))


@bp.get(
    "/health/ready",
    operation_id="show_ready",
    responses={200: schemas.Health, **refuses(HTTPStatus.SERVICE_UNAVAILABLE)},
)
def show_ready() -> Response:
    """Neo4j answers a question and there is a current copy of every hierarchy."""
    checks = [_neo4j(), _copy()]
    missing = [f"{check.name}: {check.detail}" for check in checks if not check.ok]
    if missing:
        detail = "not ready: " + "; ".join(missing)
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "not_ready", detail, missing=missing)
    return answer(schemas.Health(status="ready", checks=checks))


def _neo4j() -> schemas.Check:
    try:
        parts().fuse.ask(lambda stores: stores.ping())
    except (GraphError, WebError) as error:
        return schemas.Check(name="neo4j", ok=False, detail=str(error))
    return schemas.Check(name="neo4j", ok=True, detail="answers")


def _copy() -> schemas.Check:
    ok, detail = parts().keeper.state()
    return schemas.Check(name="copy", ok=ok, detail=detail or "no collection yet")
