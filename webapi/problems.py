"""Every error as RFC 9457 problem+json, whoever raised it: a view, a store, the framework, or nobody on purpose."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from cypher.errors import GraphError, RebuildActive
from webapi import schemas
from webapi.statuses import status_of
from worker.errors import WorkerError

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2

SAID = {
    HTTPStatus.NOT_FOUND: "there is nothing at this path; /docs lists what there is",
    HTTPStatus.METHOD_NOT_ALLOWED: "this path does not take this method; the Allow header names those it takes",
    HTTPStatus.INTERNAL_SERVER_ERROR: "something broke that nobody foresaw; the API's log has the details",
}


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: list[schemas.FieldError] | None = None,
    missing: list[str] | None = None,
    active_job: str | None = None,
) -> Response:
    """An answer that says what is wrong and what to do."""
    body = schemas.Problem(
        type=f"/problems/{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        instance=request.path,
        errors=errors,
        missing=missing,
        active_job=active_job,
    )
    response = Response(body.model_dump_json(exclude_none=True), status=status, content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def invalid(error: ValidationError) -> Response:
    """Answer to a request whose path, query, header or body does not fit its model."""
    errors = [
        schemas.FieldError(where="/".join(str(part) for part in one["loc"]) or "body", message=one["msg"])
        for one in error.errors(include_input=False, include_url=False, include_context=False)
    ]
    detail = "the request does not fit; `errors` names each field, /docs describes them"
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", detail, errors=errors)


def register(app: Flask) -> None:
    """Answer every error of the application with a problem."""
    app.register_error_handler(WorkerError, _foreseen)
    app.register_error_handler(GraphError, _foreseen)
    app.register_error_handler(HTTPException, _of_the_framework)
    app.register_error_handler(Exception, _unforeseen)


def _foreseen(error: Exception) -> Response:
    status = status_of(error)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unforeseen(error)
    active = error.job_id if isinstance(error, RebuildActive) else None
    response = problem(status, getattr(error, "code", "error"), str(error), active_job=active)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="audio-concepts"'
    if active is not None:
        response.headers["Link"] = f'</jobs/{active}>; rel="related"'
    return response


def _of_the_framework(error: Exception) -> Any:
    if not isinstance(error, HTTPException):
        return _unforeseen(error)
    if error.response is not None:
        return error.response
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    code = status.phrase.lower().replace(" ", "_").replace("-", "_")
    response = problem(status, code, _said(status) or error.description or status.phrase)
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers.setdefault(name, value)
    return response


def _said(status: HTTPStatus) -> str | None:
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return f"the body is larger than {(request.max_content_length or 0) / 2**20:g} MiB; send less at once"
    return SAID.get(status)


def _unforeseen(error: Exception) -> Response:
    log.error("unforeseen", path=request.path, method=request.method, exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return problem(status, "internal_error", SAID[status])
