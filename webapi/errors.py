"""The errors of the HTTP face: on the server, and in the client. `webapi.statuses` says which HTTP status each has."""

from __future__ import annotations

from worker.errors import WorkerError

NAMED = 10
"""So many of the things that are unknown are named in one sentence."""


class WebError(WorkerError):
    """The root of all of them."""

    code = "web_error"


# --- on the server ---------------------------------------------------------------------------------------------------


class GraphResting(WebError):
    """Neo4j failed a moment ago and is not asked again yet."""

    code = "graph_unavailable"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.reason} (it is asked again in a second)"


class NoCopy(WebError):
    """Nothing was read from Neo4j yet, so there is nothing to answer from."""

    code = "no_copy"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"no copy of the hierarchy was read yet: {self.reason}"


class NotPublishedYet(WebError):
    """The collection has no version at all."""

    code = "not_published"

    def __init__(self, collection: str) -> None:
        super().__init__(collection)
        self.collection = collection

    def __str__(self) -> str:
        return (
            f"collection {self.collection!r} has no hierarchy yet; "
            f"grow one with `audio-concepts rebuild --collection {self.collection}`"
        )


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
    """A body of a type that is not taken here."""

    code = "unsupported_media_type"

    def __init__(self, found: str, taken: tuple[str, ...] = ("application/json",)) -> None:
        super().__init__(found, taken)
        self.found, self.taken = found, taken

    def __str__(self) -> str:
        return f"the body is {self.found or 'of no stated type'}; send it as {' or '.join(self.taken)}"


class PlaylistUnfit(WebError):
    """A playlist that is one, and cannot be taken as it is."""

    code = "playlist_unfit"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"the playlist cannot be taken: {self.detail}"


class PlaylistTooLong(WebError):
    """A playlist with more entries than a request may bring."""

    code = "playlist_too_long"

    def __init__(self, entries: int, most: int) -> None:
        super().__init__(entries, most)
        self.entries, self.most = entries, most

    def __str__(self) -> str:
        return (
            f"the playlist has {self.entries} entries, and a request brings at most {self.most}; send it in parts, or "
            "put its file into a folder and import that: `audio-concepts import --playlists FOLDER`"
        )


class BadOrigin(WebError):
    """What a setting names as an origin is none."""

    code = "bad_origin"

    def __init__(self, named: str) -> None:
        super().__init__(named)
        self.named = named

    def __str__(self) -> str:
        return (
            f"AUDIO_CONCEPTS_API_CORS names {self.named!r}, which is no origin; write it as browsers do, such as "
            "https://notebooks.example or http://127.0.0.1:8888 (no path, no *), several with commas between"
        )


class OtherOrigin(WebError):
    """A page of another origin tries to change something."""

    code = "other_origin"

    def __init__(self, origin: str) -> None:
        super().__init__(origin)
        self.origin = origin

    def __str__(self) -> str:
        return (
            f"a page of {self.origin} may not change anything here; use the page that this server serves, or name the "
            "origin in AUDIO_CONCEPTS_API_CORS"
        )


class BadCursor(WebError):
    """The cursor was not made by this list."""

    code = "bad_cursor"

    def __init__(self, cursor: str) -> None:
        super().__init__(cursor)
        self.cursor = cursor

    def __str__(self) -> str:
        return f"{self.cursor[:80]!r} is no cursor of this list; take `next` of the page before, or leave `after` out"


class NoBrowser(WebError):
    """This deployment offers no Neo4j Browser."""

    code = "no_browser"

    def __str__(self) -> str:
        return "this server was not told where Neo4j Browser answers; open it at the address of your Neo4j server"


class NothingToGoOn(WebError):
    """A search or recommendation whose seeds say nothing."""

    code = "nothing_to_go_on"

    def __init__(self, detail: str, unknown: tuple[str, ...] = ()) -> None:
        super().__init__(detail, unknown)
        self.detail, self.unknown = detail, unknown

    def __str__(self) -> str:
        more = f" and {len(self.unknown) - NAMED} more" if len(self.unknown) > NAMED else ""
        unknown = f"; there is no {', no '.join(self.unknown[:NAMED])}{more}" if self.unknown else ""
        return (
            f"{self.detail}{unknown}; name a track, a playlist or a concept that is there (`GET /concepts` lists them)"
        )


class TooManyStreams(WebError):
    """Every place for a stream of events is taken."""

    code = "too_many_streams"

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most

    def __str__(self) -> str:
        return f"{self.most} streams of events are open, and there are no more; ask `GET /jobs/{{id}}` again and again"


class NotExplained(WebError):
    """Nobody has listened for the seconds in which a track expresses concepts, by this version."""

    code = "not_explained"

    def __init__(self, track_id: str, collection: str, detail: str) -> None:
        super().__init__(track_id, collection, detail)
        self.track_id, self.collection, self.detail = track_id, collection, detail

    def __str__(self) -> str:
        return (
            f"the seconds of track {self.track_id!r} are not explained by {self.collection!r}: {self.detail}; ask for "
            "them by POST /jobs/explanation, and let AUDIO_CONCEPTS_DATA_DIR name the workers' data folder"
        )


class NotSensed(WebError):
    """Nobody has measured which tags a concept raises, by this version."""

    code = "not_sensed"

    def __init__(self, concept_id: str, collection: str, detail: str) -> None:
        super().__init__(concept_id, collection, detail)
        self.concept_id, self.collection, self.detail = concept_id, collection, detail

    def __str__(self) -> str:
        return (
            f"the sensitivities of concept {self.concept_id!r} of {self.collection!r} are not known: {self.detail}; "
            "ask for them by POST /jobs/sensitivity, and let AUDIO_CONCEPTS_DATA_DIR name the workers' data folder"
        )


class NoVector(WebError):
    """A concept that the version has learnt no vector of, so no sound expresses it."""

    code = "no_vector"

    def __init__(self, concept_id: str, version: int, reason: str) -> None:
        super().__init__(concept_id, version, reason)
        self.concept_id, self.version, self.reason = concept_id, version, reason

    def __str__(self) -> str:
        why = f" ({self.reason})" if self.reason else ""
        return (
            f"version {self.version} has no vector of concept {self.concept_id!r}{why}; ask for one of "
            "GET /concepts?status=kept"
        )


class FormatUnavailable(WebError):
    """A format whose library this installation lacks."""

    code = "format_unavailable"

    def __init__(self, name: str, package: str) -> None:
        super().__init__(name, package)
        self.name, self.package = name, package

    def __str__(self) -> str:
        return f"{self.name} needs {self.package}, which this server lacks; install it there, or ask for format=csv"


class NoAudio(WebError):
    """The sound of a track cannot be served."""

    code = "no_audio"

    def __init__(self, track_id: str, detail: str) -> None:
        super().__init__(track_id, detail)
        self.track_id, self.detail = track_id, detail

    def __str__(self) -> str:
        return f"track {self.track_id!r} cannot be listened to here: {self.detail}"


class UploadsClosed(WebError):
    """This deployment takes no files."""

    code = "uploads_closed"

    def __str__(self) -> str:
        return "this server takes no files; set AUDIO_CONCEPTS_UPLOAD_MB there, or run `audio-concepts import`"


class NotSound(WebError):
    """A body that does not say that it is sound."""

    code = "not_sound"

    def __init__(self, found: str) -> None:
        super().__init__(found)
        self.found = found

    def __str__(self) -> str:
        return f"the body is {self.found or 'of no stated type'}; send a file's bytes as audio/*, such as audio/flac"


class TooManyUploads(WebError):
    """Every place for a file that comes in is taken."""

    code = "too_many_uploads"

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most

    def __str__(self) -> str:
        return f"{self.most} files are coming in, and no more at once; send this one again in a moment"


class KeyRefused(WebError):
    """A request without a key, or with one that is not known."""

    code = "key_refused"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.detail}; send `Authorization: Bearer` with a key that `audio-concepts keys create` made"


class ScopeLacking(WebError):
    """The key may not do this."""

    code = "scope_lacking"

    def __init__(self, needed: str, scopes: tuple[str, ...]) -> None:
        super().__init__(needed, scopes)
        self.needed, self.scopes = needed, scopes

    def __str__(self) -> str:
        return f"this needs a key with the scope {self.needed}; the one that was sent has {', '.join(self.scopes)}"


class KeysWanted(WebError):
    """The API would listen beyond this machine without a key."""

    code = "keys_wanted"

    def __init__(self, host: str, detail: str) -> None:
        super().__init__(host, detail)
        self.host, self.detail = host, detail

    def __str__(self) -> str:
        return (
            f"the API does not listen on {self.host} without keys ({self.detail}); make one with `audio-concepts keys "
            "create NAME --scope admin`, or set AUDIO_CONCEPTS_API_KEY, or listen on 127.0.0.1"
        )


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
    """The API answered with a problem; `status` and `code` say which."""

    code = "api_refused"

    def __init__(self, status: int, code: str, detail: str, active_job: str | None = None) -> None:
        super().__init__(status, code, detail, active_job)
        self.status, self.code, self.detail, self.active_job = status, code, detail, active_job

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
