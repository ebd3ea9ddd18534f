"""The id of each request, in its answer and in every line that is logged meanwhile, and a line of what it changed.

Conventions: a client may choose the id (`X-Request-ID`, up to 64 letters, digits, `.`, `_` and `-`), else one is made.
Logged are requests that may change something and answers of 500 and more.

Why questions are not logged: the metrics count them by route, and a line for each would be most of what they cost.
"""

from __future__ import annotations

import re
import secrets
import time
from http import HTTPStatus

import structlog
from flask import Flask, Response, g, request

from webapi.origins import SAFE_METHODS

log = structlog.get_logger(__name__)

HEADER = "X-Request-ID"
FIT = re.compile(r"[A-Za-z0-9._-]{1,64}")


def register(app: Flask) -> None:
    """Give every request of the application its id."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    chosen = request.headers.get(HEADER, "")
    g.request_id, g.asked_at = chosen if FIT.fullmatch(chosen) else secrets.token_hex(8), time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.request_id)


def _end(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    if request.method not in SAFE_METHODS or response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.info(
            "answered",
            method=request.method,
            route=request.url_rule.rule if request.url_rule is not None else None,
            status=response.status_code,
            seconds=round(time.perf_counter() - g.asked_at, 4),
            key=g.get("key_id"),
        )
    return response
