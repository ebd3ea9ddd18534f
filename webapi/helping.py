"""What each problem means: the pages that the `type` of a problem opens, made from the errors themselves."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from http import HTTPStatus

from cypher.errors import GraphError
from webapi.statuses import STATUS
from worker.errors import WorkerError

OTHERS = {
    "invalid_request": (422, "The path, the query, a header or the body does not fit; `errors` names each field."),
    "internal_error": (500, "Something broke that nobody foresaw; the API's log has the details."),
    "not_ready": (503, "Something that answers rest on is not there yet; `missing` names it."),
}
"""Problems that are no errors of a store or of the computation."""


def meaning(code: str) -> tuple[int, str] | None:
    """Status and sentence of a problem; None for a code that there is not."""
    if code in OTHERS:
        return OTHERS[code]
    for kind in _errors():
        if getattr(kind, "code", "") == code:
            status = next((status for known, status in STATUS if issubclass(kind, known)), None)
            said = (kind.__doc__ or kind.__name__).strip().splitlines()[0]
            return (status or HTTPStatus.INTERNAL_SERVER_ERROR).value, said
    for status in HTTPStatus:
        if status.value >= HTTPStatus.BAD_REQUEST and code == status.phrase.lower().replace(" ", "_").replace("-", "_"):
            return status.value, status.description or status.phrase
    return None


def page(code: str, status: int, said: str) -> str:
    """The page of one problem."""
    phrase = HTTPStatus(status).phrase
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(code)}</title>'
        '<link rel="stylesheet" href="/static/page.css"></head>\n'
        f"<body><main><h1>{escape(code)}</h1><p>{escape(said)}</p><p>Status {status} {escape(phrase)}. The <code>detail"
        "</code> of the problem names the thing and what to do.</p>"
        '<p><a href="/docs">The API</a></p></main></body></html>\n'
    )


def _errors() -> Iterator[type[Exception]]:
    todo: list[type[Exception]] = [WorkerError, GraphError]
    while todo:
        kind = todo.pop()
        yield kind
        todo += kind.__subclasses__()
