"""A typed client of the API: one method an endpoint, lists that follow their pages, errors with a remedy.

The models are those of `webapi.schemas`. Every call has a deadline. A `Client` may be shared by threads.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from cypher.model import FINAL_STATES, ConceptStatus, JobState, Kind
from webapi import schemas
from webapi.curation_client import CurationClient
from webapi.errors import ApiAway, ApiRefused, NotOurApi
from webapi.playlist_client import PlaylistClient
from webapi.schemas import likeness
from webapi.schemas import versions as shapes
from webapi.schemas import work as work_schemas
from webapi.track_calls import TrackCalls, said
from worker.settings import Settings

Model = TypeVar("Model", bound=BaseModel)
HTTP_ERROR = 400
PAGE = schemas.MAX_LIMIT
SILENCE_S = 30.0
"""A stream of events that says nothing for so long, not even that it is there, is broken."""


class Client(TrackCalls):
    """Speaks with one API.

    Args:
        base_url: where it answers, such as `http://127.0.0.1:8090`.
        timeout_s: longest wait for one answer.
        author: who asks, for the audit trail.
        key: of an API that asks for one.
        transport: how requests travel; tests hand in an `httpx.WSGITransport`.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout_s: float = 10.0,
        author: str = "",
        key: str = "",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.author = author
        # A proxy of the environment has no say about a server that the user named.
        self.curation = CurationClient(self)
        self.playlists = PlaylistClient(self)
        self._http = httpx.Client(
            base_url=self.base_url,
            timeout=timeout_s,
            transport=transport,
            trust_env=False,
            headers={"Authorization": f"Bearer {key}"} if key else {},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    # --- catalogue and hierarchy

    def collections(self) -> list[schemas.Collection]:
        """Every collection, the default one first."""
        return self.get("/collections", schemas.CollectionPage).items

    def concepts(
        self,
        collection: str | None = None,
        *,
        kind: Kind | None = None,
        status: ConceptStatus | None = None,
        q: str | None = None,
        flagged: bool | None = None,
        version: int | None = None,
    ) -> Iterator[schemas.ConceptSummary]:
        """Concepts of a collection by name; pages are fetched as they are needed."""
        asked = {"collection": collection, "kind": kind, "status": status, "q": q, "version": version}
        if flagged is not None:
            asked["flagged"] = str(flagged).lower()
        for page in self.pages("/concepts", schemas.ConceptPage, asked):
            yield from page.items

    def concept(self, concept_id: str, *, version: int | None = None) -> schemas.Concept:
        """One concept with all that is known of it."""
        return self.get(_concept(concept_id), schemas.Concept, {"version": version})

    def ancestry(self, concept_id: str, *, version: int | None = None) -> schemas.Ancestry:
        """Its ancestors, root first, with similarity and margin of each step."""
        return self.get(_concept(concept_id, "ancestry"), schemas.Ancestry, {"version": version})

    def children(self, concept_id: str, *, version: int | None = None) -> Iterator[schemas.ConceptSummary]:
        """Its direct children, most similar first."""
        for page in self.pages(_concept(concept_id, "children"), schemas.ConceptPage, {"version": version}):
            yield from page.items

    def descendants(
        self, concept_id: str, *, depth: int = schemas.MAX_DEPTH, version: int | None = None
    ) -> Iterator[schemas.Descendant]:
        """All below it, nearest first."""
        asked = {"depth": depth, "version": version}
        for page in self.pages(_concept(concept_id, "descendants"), schemas.DescendantPage, asked):
            yield from page.items

    def neighbours(self, concept_id: str, *, limit: int = 20, version: int | None = None) -> list[likeness.Neighbour]:
        """The concepts most similar to it."""
        asked = {"limit": limit, "version": version}
        return self.get(_concept(concept_id, "neighbours"), likeness.NeighbourPage, asked).items

    def tracks_of(self, concept_id: str, *, version: int | None = None) -> Iterator[schemas.TrackLink]:
        """Tracks that express it, strongest first."""
        for page in self.pages(_concept(concept_id, "tracks"), schemas.TrackLinkPage, {"version": version}):
            yield from page.items

    def track(self, track_id: str) -> schemas.Track:
        """One track."""
        return self.get(f"/tracks/{quote(track_id, safe='')}", schemas.Track)

    def concepts_of(self, track_id: str) -> list[schemas.ConceptLink]:
        """Concepts that a track expresses, strongest first."""
        return self.get(f"/tracks/{quote(track_id, safe='')}/concepts", schemas.ConceptLinkPage).items

    def hierarchy(
        self,
        collection: str | None = None,
        *,
        below: str | None = None,
        depth: int = schemas.MAX_DEPTH,
        shape: str = "nested",
        version: int | None = None,
    ) -> schemas.Hierarchy:
        """The tree of a collection, or what hangs below a concept."""
        asked = {"collection": collection, "below": below, "depth": depth, "shape": shape, "version": version}
        return self.get("/hierarchy", schemas.Hierarchy, asked)

    # --- versions

    def versions(self, collection: str | None = None, *, costs: bool = False) -> shapes.VersionPage:
        """Every version of a collection, newest first, on request with what only each of them needs."""
        asked = {"collection": collection, "costs": "true" if costs else None}
        return self.get("/hierarchy/versions", shapes.VersionPage, asked)

    def diff(self, before: int, after: int | None = None, *, collection: str | None = None) -> shapes.Diff:
        """What moved, what is new and what is gone from one version to another, or to the current one."""
        asked = {"collection": collection, "from": before, "to": after}
        return self.get("/hierarchy/diff", shapes.Diff, asked)

    def activate(
        self, collection: str, version: int, *, expected: int | None = None, note: str = ""
    ) -> shapes.CurrentVersion:
        """Let readers see a version.

        Args:
            collection: its id.
            version: one that waits, or an older one, which comes back as a new version.
            expected: the current version that was looked at; None: whatever it is.
            note: why.

        Raises:
            ApiRefused: status 412 when the collection is at another version than expected; 409 when it was refused.
        """
        headers = self.signed() | ({"If-Match": f'"{expected}"'} if expected is not None else {})
        path = f"/collections/{quote(collection, safe='')}/current-version"
        return self.send("PUT", path, shapes.CurrentVersion, json={"version": version, "note": note}, headers=headers)

    def refuse(self, version: int, *, collection: str | None = None, reason: str = "") -> shapes.Version:
        """Say that a version that waits will not become current.

        Raises:
            ApiRefused: status 409 when it does not wait.
        """
        asked = {} if collection is None else {"collection": collection}
        path = f"/hierarchy/versions/{version}/refuse"
        headers = self.signed()
        return self.send("POST", path, shapes.Version, json={"reason": reason}, params=asked, headers=headers)

    def export(
        self, form: str, collection: str | None = None, *, below: str | None = None, version: int | None = None
    ) -> Iterator[bytes]:
        """The tree in another format, piece by piece.

        Args:
            form: turtle, json-ld, graphml, csv or parquet.
            collection: its id; default: the default one.
            below: only what hangs below this concept, itself included.
            version: default: the current one.
        """
        asked = {"format": form, "collection": collection, "below": below, "version": version}
        try:
            with self._http.stream("GET", "/hierarchy", params=said(asked)) as response:
                if response.status_code >= HTTP_ERROR:
                    response.read()
                    raise self._refused("GET", "/hierarchy", response)
                yield from response.iter_bytes()
        except httpx.HTTPError as error:
            raise ApiAway(self.base_url, str(error) or type(error).__name__) from error

    # --- jobs

    def rebuild(self, request: Mapping[str, Any], *, idempotency_key: str | None = None) -> schemas.Job:
        """Ask for a rebuild.

        Args:
            request: a `worker.jobs.requests.RebuildRequest` as JSON.
            idempotency_key: sent again with the same key, the request gives the same job.

        Raises:
            ApiRefused: `status` 409 and `active_job` when one is at work on the collection already.
        """
        headers = self.signed() | ({"Idempotency-Key": idempotency_key} if idempotency_key else {})
        return self.send("POST", "/jobs/rebuild", schemas.Job, json=dict(request), headers=headers)

    def plan(self, request: Mapping[str, Any]) -> work_schemas.RebuildPlan:
        """What `rebuild` with the same request would do; nothing is written."""
        asked = {"dry_run": "true"}
        return self.send("POST", "/jobs/rebuild", work_schemas.RebuildPlan, json=dict(request), params=asked)

    def job(self, job_id: str) -> schemas.Job:
        """One job with its stages and steps."""
        return self.get(f"/jobs/{quote(str(job_id), safe='')}", schemas.Job)

    def jobs(self, collection: str | None = None, *, state: JobState | None = None) -> Iterator[schemas.JobSummary]:
        """Jobs, newest first."""
        for page in self.pages("/jobs", schemas.JobPage, {"collection": collection, "state": state}):
            yield from page.items

    def cancel(self, job_id: str) -> schemas.Job:
        """Ask a job to stop; its steps notice at their next heartbeat."""
        return self.send("POST", f"/jobs/{quote(str(job_id), safe='')}/cancel", schemas.Job)

    def retry(self, job_id: str) -> schemas.Job:
        """Queue a failed or cancelled job again.

        Raises:
            ApiRefused: status 409 when it has not ended badly, or another rebuild is at work on the collection.
        """
        return self.send("POST", f"/jobs/{quote(str(job_id), safe='')}/retry", schemas.Job)

    def watch(self, job_id: str, *, every_s: float = 0.5, patience_s: float = 30.0) -> Iterator[schemas.Job]:
        """The job whenever it has changed, until it has ended; the last one is final.

        By its stream of events, which is taken up again where it broke; where the API has no stream to give, by asking
        again and again.

        Args:
            job_id: which.
            every_s: pause between two looks.
            patience_s: how long an API or a graph that is away is waited for.

        Raises:
            ApiAway, ApiRefused: it stayed away longer than `patience_s`, or there is no such job.
        """
        seen, last_id = time.monotonic(), ""
        while True:
            try:
                for event_id, job in self._events(job_id, last_id):
                    seen, last_id = time.monotonic(), event_id
                    yield job
                    if job.state in FINAL_STATES:
                        return
                job = self.job(job_id)
            except (ApiAway, ApiRefused) as error:
                passing = isinstance(error, ApiAway) or error.status == httpx.codes.SERVICE_UNAVAILABLE
                if not passing or time.monotonic() - seen > patience_s:
                    raise
            else:
                seen = time.monotonic()
                yield job
                if job.state in FINAL_STATES:
                    return
            time.sleep(every_s)

    def _events(self, job_id: str, last_id: str) -> Iterator[tuple[str, schemas.Job]]:
        """(event id, job) as they come; ends with the stream, and at once where there is none to be had."""
        path = f"/jobs/{quote(str(job_id), safe='')}/events"
        headers = {"Last-Event-ID": last_id} if last_id else {}
        try:
            with self._http.stream("GET", path, headers=headers, timeout=SILENCE_S) as response:
                if not response.headers.get("content-type", "").startswith("text/event-stream"):
                    return
                found: dict[str, str] = {}
                for line in response.iter_lines():
                    name, _, value = line.partition(": ")
                    if line:
                        found[name] = value
                        continue
                    if "data" in found:
                        yield found["id"], schemas.Job.model_validate_json(found["data"])
                    found = {}
        except (httpx.HTTPError, ValidationError, KeyError):
            return

    # --- schedules and the queue

    def schedules(self) -> list[work_schemas.Schedule]:
        """Every schedule, by collection."""
        return self.get("/schedules", work_schemas.SchedulePage).items

    def set_schedule(self, collection: str, request: Mapping[str, Any]) -> work_schemas.Schedule:
        """Rebuild a collection by itself.

        Args:
            collection: its id.
            request: a `worker.jobs.schedules.ScheduleRequest` as JSON.
        """
        headers = {"X-Author": quote(self.author)} if self.author else {}
        path = f"/schedules/{quote(collection, safe='')}"
        return self.send("PUT", path, work_schemas.Schedule, json=dict(request), headers=headers)

    def remove_schedule(self, collection: str) -> None:
        """Rebuild it by itself no more."""
        self._request("DELETE", f"/schedules/{quote(collection, safe='')}")

    def queue(self) -> work_schemas.Queue:
        """What waits at the broker, what was set aside there, and who looks after it."""
        return self.get("/queue", work_schemas.Queue)

    # --- health

    def live(self) -> bool:
        """Whether the API itself answers."""
        return self.get("/health/live", schemas.Health).status == "live"

    def ready(self) -> schemas.Health:
        """What readiness rests on.

        Raises:
            ApiRefused: status 503; its text names what is missing.
        """
        return self.get("/health/ready", schemas.Health)

    # --- how; the parts of the client speak through these

    def signed(self) -> dict[str, str]:
        """The header that says who asks."""
        return {"X-Author": quote(self.author)} if self.author else {}

    def pages(self, path: str, model: type[Model], asked: Mapping[str, Any]) -> Iterator[Model]:
        """A list page by page, as pages are needed."""
        after: str | None = None
        while True:
            page = self.get(path, model, {**asked, "limit": PAGE, "after": after})
            yield page
            after = getattr(page, "next", None)
            if after is None:
                return

    def get(self, path: str, model: type[Model], asked: Mapping[str, Any] | None = None) -> Model:
        """One answer; what is asked with None is left out."""
        params = {name: value for name, value in (asked or {}).items() if value is not None}
        return self.send("GET", path, model, params=params)

    def send(self, method: str, path: str, model: type[Model], **how: Any) -> Model:
        """Send a request, and read the answer or the problem.

        Raises:
            ApiAway: nothing answers.
            ApiRefused: the API answered with a problem.
            NotOurApi: what answers is not this API.
        """
        response = self._request(method, path, **how)
        try:
            return model.model_validate_json(response.content)
        except ValidationError as error:
            raise self._not_ours(method, path, response, error) from error

    def content(self, path: str, asked: Mapping[str, Any]) -> bytes:
        """One answer as it is."""
        return self._request("GET", path, params=dict(asked)).content

    def headers(self, path: str) -> httpx.Headers:
        """What the headers say of a thing."""
        return self._request("GET", path).headers

    def _request(self, method: str, path: str, **how: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **how)
        except httpx.HTTPError as error:
            raise ApiAway(self.base_url, str(error) or type(error).__name__) from error
        if response.status_code < HTTP_ERROR:
            return response
        raise self._refused(method, path, response)

    def _refused(self, method: str, path: str, response: httpx.Response) -> ApiRefused | NotOurApi:
        """What the server said against it."""
        try:
            problem = schemas.Problem.model_validate_json(response.content)
        except ValidationError as error:
            return self._not_ours(method, path, response, error)
        detail = problem.detail + "".join(f"; {one.where}: {one.message}" for one in problem.errors or ())
        return ApiRefused(problem.status, problem.code, detail, problem.active_job)

    def _not_ours(self, method: str, path: str, response: httpx.Response, error: ValidationError) -> NotOurApi:
        found = f"{method} {path}: status {response.status_code}, {error.error_count()} fields not as expected"
        return NotOurApi(self.base_url, found)


def connect(settings: Settings, *, author: str = "") -> Client:
    """A client of the API of these settings; nothing is sent yet."""
    everywhere = {"0.0.0.0", "::"}  # noqa: S104  where it listens, not where it is asked
    host = "127.0.0.1" if settings.api_host in everywhere else settings.api_host
    key = settings.api_key.get_secret_value() if settings.api_key is not None else ""
    return Client(f"http://{f'[{host}]' if ':' in host else host}:{settings.api_port}", author=author, key=key)


def _concept(concept_id: str, part: str = "") -> str:
    path = f"/concepts/{quote(concept_id, safe='')}"
    return f"{path}/{part}" if part else path
