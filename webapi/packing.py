"""Answers as gzip for those who take it.

Conventions: text of at least `LEAST_BYTES` is packed, whole or piece by piece as it comes. Every answer that could be
packed says `Vary: Accept-Encoding`, also when it was not, and its ETag is weak: two encodings of one answer are the
same answer, and who holds either is told 304. Parts of a file (206), events and sound travel as they are.

Why this and no library: those there are pack the parts of a Range answer too, or hold a stream back until it is whole.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from http import HTTPStatus

from flask import Flask, Response, request

LEAST_BYTES = 1024
"""Less does not become shorter by more than a packet holds."""
LEVEL = 4
"""Of zlib: a tree of 3443 concepts becomes a tenth, in a third of the time of the usual level."""
GZIP = 16 + zlib.MAX_WBITS
PACKABLE = frozenset(
    {
        "application/graphml+xml",
        "application/javascript",
        "application/json",
        "application/ld+json",
        "image/svg+xml",
        "text/css",
        "text/csv",
        "text/html",
        "text/javascript",
        "text/plain",
        "text/turtle",
    }
)


def register(app: Flask) -> None:
    """Pack the application's answers."""
    app.after_request(_pack)


def _pack(response: Response) -> Response:
    if response.mimetype not in PACKABLE and response.status_code != HTTPStatus.NOT_MODIFIED:
        return response
    response.vary.add("Accept-Encoding")
    if not _wanted(response):
        return response
    response.headers["Content-Encoding"] = "gzip"
    etag, weak = response.get_etag()
    if etag is not None and not weak:
        response.set_etag(etag, weak=True)
    if response.is_streamed or response.direct_passthrough:
        if (close := getattr(response.response, "close", None)) is not None:
            response.call_on_close(close)
        response.direct_passthrough = False
        response.headers.pop("Content-Length", None)
        response.response = packed(response.iter_encoded())
    else:
        response.set_data(b"".join(packed([response.get_data()])))
    return response


def _wanted(response: Response) -> bool:
    length = response.content_length
    return (
        response.status_code == HTTPStatus.OK
        and "Content-Encoding" not in response.headers
        and (length is None or length >= LEAST_BYTES)
        and request.method != "HEAD"
        and request.accept_encodings.best_match(["gzip", "identity"]) == "gzip"
    )


def packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces as one gzip file."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    for piece in pieces:
        if part := packer.compress(piece):
            yield part
    yield packer.flush()
