"""The errors of the HTTP face, and the one table from errors to HTTP status.

Why the table is here: the stores and the computation know nothing of HTTP; a view raises what the store raised.
"""

from __future__ import annotations

from worker.errors import WorkerError


class WebError(WorkerError):
    """The root of all of them."""

    code = "web_error"


# --- on the server ---------------------------------------------------------------------------------------------------


class GraphAway(WebError):
    """Neo4j did not answer in time."""

    code = "graph_away"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"Neo4j does not answer ({self.detail}); see `audio-concepts status`, and ask again in a few seconds"


class NoCopy(WebError):
    """Nothing was read from Neo4j yet, so there is nothing to answer from."""

    code = "no_copy"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"no copy of the hierarchy was read yet ({self.detail}); ask again in a few seconds"


class NotJson(WebError):
    """The body is not JSON."""

    code = "not_json"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"the body is not JSON: {self.detail}; send one JSON object in UTF-8"


class UnfitJson(WebError):
    """The body is JSON of a kind that no request has."""

    code = "unfit_json"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"the body cannot be accepted: {self.detail}"


class NotMediaType(WebError):
    """A body of another type than JSON."""

    code = "unsupported_media_type"

    def __init__(self, found: str) -> None:
        super().__init__(found)
        self.found = found

    def __str__(self) -> str:
        return f"the body is {self.found or 'of no stated type'}; send it as application/json"


class OtherOrigin(WebError):
    """A page of another origin tries to change something."""

    code = "other_origin"

    def __init__(self, origin: str) -> None:
        super().__init__(origin)
        self.origin = origin

    def __str__(self) -> str:
        return f"a page of {self.origin} may not change anything here; use the page that this server serves"


class BadCursor(WebError):
    """The cursor was not made by this list."""

    code = "bad_cursor"

    def __init__(self, cursor: str) -> None:
        super().__init__(cursor)
        self.cursor = cursor

    def __str__(self) -> str:
        return f"{self.cursor[:80]!r} is no cursor of this list; take `next` of the page before, or leave `after` out"


class NotInCopy(WebError):
    """No concept or collection of that id, as far as the copy knows."""

    code = "not_found"

    def __init__(self, noun: str, wanted: str) -> None:
        super().__init__(noun, wanted)
        self.noun, self.wanted = noun, wanted

    def __str__(self) -> str:
        if self.noun == "collection":
            return f"there is no collection {self.wanted!r}; GET /collections lists them"
        return f"there is no {self.noun} {self.wanted!r}; GET /{self.noun}s?q=... finds them by name"


class NothingImported(WebError):
    """There is no collection at all."""

    code = "nothing_imported"

    def __str__(self) -> str:
        return "there is no collection yet; run `audio-concepts demo` or `audio-concepts import --audio DIR`"


# --- in the client ---------------------------------------------------------------------------------------------------


class ApiAway(WebError):
    """No API answers at the address."""

    code = "api_away"

    def __init__(self, url: str, detail: str) -> None:
        super().__init__(url, detail)
        self.url, self.detail = url, detail

    def __str__(self) -> str:
        return f"no API answers at {self.url} ({self.detail}); start it with `audio-concepts up`"


class ApiRefused(WebError):
    """The API answered with a problem; `status` and `problem_code` say which."""

    code = "api_refused"

    def __init__(self, status: int, problem_code: str, detail: str, active_job: str | None = None) -> None:
        super().__init__(status, problem_code, detail, active_job)
        self.status, self.problem_code, self.detail, self.active_job = status, problem_code, detail, active_job
        self.code = problem_code

    def __str__(self) -> str:
        return self.detail


class NotOurApi(WebError):
    """Something answers at the address, and it is not this API."""

    code = "not_our_api"

    def __init__(self, url: str, detail: str) -> None:
        super().__init__(url, detail)
        self.url, self.detail = url, detail

    def __str__(self) -> str:
        return f"{self.url} does not answer as audio-concepts ({self.detail}); check AUDIO_CONCEPTS_API_PORT"
