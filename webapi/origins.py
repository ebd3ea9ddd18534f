"""Which web pages may ask: our own always, others where the deployment names their origin.

Conventions: an origin is `scheme://host[:port]`, as browsers send it. A page of a named origin may ask and change what
its key allows; it is told so by CORS headers, in answers and before it asks (a preflight, which carries no key).

Why any page is refused that is not named, and `*` is no setting: on this machine the API asks for no key, so whatever
page somebody has open could otherwise read the catalogue and start rebuilds. Programs send no origin and need no name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request

from webapi.errors import BadOrigin, OtherOrigin

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"same-origin", "none"})
"""Values of Sec-Fetch-Site for requests of our own page and of people; programs send none."""

ORIGIN = re.compile(r"https?://(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
TAKES = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, X-Author, X-Request-ID"
SHOWS = "Age, Content-Disposition, ETag, Hierarchy-Stale, Hierarchy-Version, Link, Location, Retry-After, X-Request-ID"
LASTS_S = 600
"""How long a browser may remember a preflight."""


def origins(text: str) -> frozenset[str]:
    """The origins of a setting, parted by commas or spaces.

    Raises:
        BadOrigin: one of them is none.

    Example:
        >>> sorted(origins("https://music.example, http://127.0.0.1:8888"))
        ['http://127.0.0.1:8888', 'https://music.example']
    """
    named = frozenset(part.lower() for part in re.split(r"[,\s]+", text) if part)
    for one in sorted(named):
        if not ORIGIN.fullmatch(one):
            raise BadOrigin(one)
    return named


class Origins:
    """Lets pages of the named origins ask."""

    def __init__(self, named: Iterable[str] = ()) -> None:
        self._named = frozenset(named)

    def watch(self, app: Flask) -> None:
        """Look at every request of the application; before keys are asked for, because a preflight has none."""
        app.before_request(self._meet)
        app.after_request(self._tell)

    def _meet(self) -> Response | None:
        origin = request.headers.get("Origin")
        if origin is not None and origin in self._named:
            preflight = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
            return _preflight() if preflight else None
        if request.method in SAFE_METHODS:
            return None
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise OtherOrigin(origin)
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None and site not in OWN_SITES:
            raise OtherOrigin(f"another site ({site})")
        return None

    def _tell(self, response: Response) -> Response:
        """Whose pages may read the answer."""
        if not self._named:
            return response
        response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin in self._named:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = SHOWS
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response


def _preflight() -> Response:
    """What a page of a named origin may send here."""
    adapter = current_app.create_url_adapter(request)
    methods = adapter.allowed_methods(request.path) if adapter is not None else ()
    response = Response(status=204)
    response.headers["Access-Control-Allow-Methods"] = ", ".join(sorted(methods))
    response.headers["Access-Control-Allow-Headers"] = TAKES
    response.headers["Access-Control-Max-Age"] = str(LASTS_S)
    return response
