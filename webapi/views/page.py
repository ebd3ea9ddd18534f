"""The page, the documentation and what they are made of; nothing is asked of another origin."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, jsonify, redirect, send_from_directory
from flask_openapi.openapi import OpenAPI
from werkzeug.wrappers import Response as AnyResponse

from webapi import helping, metrics
from webapi.answers import parts
from webapi.document import completed
from webapi.errors import NoBrowser

STATIC = Path(__file__).resolve().parent.parent / "static"

OURS = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SWAGGER = OURS.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
"""Swagger UI sets style attributes; its scripts stay in files."""

bp = Blueprint("page", __name__)


@bp.get("/")
def show_page() -> Response:
    """The page."""
    return _file(STATIC, "index.html")


@bp.get("/static/<path:name>")
def show_static(name: str) -> Response:
    """Its scripts and styles."""
    return _file(STATIC, name)


@bp.get("/favicon.ico")
def show_icon() -> Response:
    """Its icon, where browsers look for one."""
    return _file(STATIC, "icon.svg")


@bp.get("/browser")
def show_browser() -> AnyResponse:
    """Neo4j Browser, wherever this deployment has it."""
    if not parts().browser_url:
        raise NoBrowser
    return redirect(parts().browser_url)


@bp.get("/openapi.json")
def show_openapi() -> Response:
    """The OpenAPI document."""
    if not isinstance(current_app, OpenAPI) and not hasattr(current_app, "api_doc"):
        abort(404)
    return jsonify(completed(current_app.api_doc))


@bp.get("/docs")
def show_docs() -> Response:
    """The documentation, to read and to try."""
    response = _file(STATIC, "docs.html")
    response.headers["Content-Security-Policy"] = SWAGGER
    return response


@bp.get("/problems/<code>")
def show_problem(code: str) -> Response:
    """What a problem means: where its `type` leads."""
    found = helping.meaning(code)
    if found is None:
        abort(404)
    response = Response(helping.page(code, *found), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = OURS
    return response


@bp.get("/metrics")
def show_metrics() -> Response:
    """Counters for Prometheus."""
    return metrics.answer(parts().metrics)


@bp.get("/docs/<path:name>")
def show_docs_part(name: str) -> Response:
    """Swagger UI as the installed package has it."""
    spec = find_spec("flask_openapi_swagger")
    if spec is None or spec.origin is None:
        abort(404)
    return _file(Path(spec.origin).parent / "templates" / "swagger", name)


def _file(folder: Path, name: str) -> Response:
    response = send_from_directory(folder, name, max_age=0)
    response.headers["Content-Security-Policy"] = OURS
    return response
