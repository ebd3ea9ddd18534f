"""`/evaluations`: what `audio-concepts evaluate` found; read from files, so that it answers without the graph."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from webapi import schemas
from webapi.answers import answer, name_of, parts, refuses
from webapi.schemas import evaluations as models
from worker.jobs.errors import UnknownEvaluation
from worker.jobs.evaluations import StoredEvaluation

bp = APIBlueprint("evaluations", __name__, abp_tags=[Tag(name="Evaluations")])

PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
PAGE = {"description": "A self-contained page", "content": {"text/html": {}}}
HEADLINE = ("ancestor F1", "this tree's rule")


@bp.get("/evaluations", operation_id="list_evaluations", responses={200: models.EvaluationList, **refuses()})
def list_evaluations(query: models.EvaluationsQuery) -> Response:
    """All stored evaluations, newest first."""
    items = [models.EvaluationSummary(**_summary(one)) for one in _stored(query.collection)]
    return answer(models.EvaluationList(items=items))


@bp.get(
    "/evaluations/<evaluation_id>",
    operation_id="show_evaluation",
    responses={200: models.Evaluation, **refuses(HTTPStatus.NOT_FOUND)},
)
def show_evaluation(path: models.EvaluationPath) -> Response:
    """One evaluation with every figure and every edge."""
    found = _one(path.evaluation_id)
    record = found.record
    whole = {name: record[name] for name in ("skipped", "settings", "figures", "edges")}
    return answer(models.Evaluation(**_summary(found), **whole))


@bp.get(
    "/evaluations/<evaluation_id>/page",
    operation_id="show_evaluation_page",
    responses={200: PAGE, **refuses(HTTPStatus.NOT_FOUND)},
)
def show_evaluation_page(path: models.EvaluationPath) -> Response:
    """The same as a page with plots; it holds no script."""
    found = _one(path.evaluation_id)
    response = Response(found.report.read_bytes(), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    response.headers["Cache-Control"] = "no-store"
    return response


def _stored(collection: str | None) -> list[StoredEvaluation]:
    shelf = parts().evaluations
    return [] if shelf is None else shelf.all(collection)


def _one(evaluation_id: str) -> StoredEvaluation:
    shelf = parts().evaluations
    if shelf is None:
        raise UnknownEvaluation(evaluation_id)
    return shelf.one(evaluation_id)


def _summary(found: StoredEvaluation) -> dict[str, Any]:
    record = found.record
    kept = ("version", "made_at", "seconds", "concepts", "seeds", "warnings")
    collection = record["collection"]
    return {
        "id": found.id,
        "collection": None if collection is None else schemas.Label(id=collection, name=name_of(collection)),
        **{name: record[name] for name in kept},
        "headline": [line for line in record["figures"] if _is_headline(line)],
        "page": f"/evaluations/{found.id}/page",
    }


def _is_headline(line: Mapping[str, Any]) -> bool:
    return line["section"] == "reference" and (line["measure"], line["subject"]) == HEADLINE
