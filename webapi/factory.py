"""Makes the application: views, problems, documents, the copy of the hierarchies, and nothing from the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from flask import Response, g, request
from flask_limiter import Limiter
from flask_openapi.models.info import Info
from flask_openapi.models.license import License
from flask_openapi.openapi import OpenAPI

from webapi import packing, problems, requesting, schemas
from webapi.answers import NAME, Broker, Parts, Ring
from webapi.archive import Archive
from webapi.bodies import MAX_BYTES, StrictRequest
from webapi.document import register
from webapi.doorkeeper import Doorkeeper
from webapi.explaining import Explanations
from webapi.metrics import Metrics, Work
from webapi.origins import Origins
from webapi.placing import Pools
from webapi.recommender import Usual
from webapi.sensing import Sensitivities
from webapi.snapshot import Keeper
from webapi.stores import Fuse, Stores
from webapi.streams import Streams
from webapi.uploading import Uploads
from webapi.views import (
    api_keys,
    collections,
    concepts,
    curation,
    drift,
    evaluations,
    explanations,
    health,
    hierarchy,
    jobs,
    page,
    placements,
    playlists,
    queue,
    recommendations,
    schedules,
    sensitivities,
    tracks,
    uploads,
    versions,
)
from worker.jobs.evaluations import Evaluations
from worker.jobs.queue import BrokerState

OPENAPI_VERSION = "3.1.0"
RESOURCES = (
    collections,
    concepts,
    curation,
    hierarchy,
    versions,
    drift,
    tracks,
    uploads,
    explanations,
    playlists,
    placements,
    recommendations,
    evaluations,
    jobs,
    schedules,
    sensitivities,
    queue,
    api_keys,
    health,
)
"""In the order of the document."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a deployment chooses."""

    browser_url: str = ""
    """Where Neo4j Browser answers; empty when it is not offered."""
    trusted_hosts: tuple[str, ...] = ()
    """Host names a request may be sent to, against rebinding of names; empty: any."""
    check_every_s: float = 1.0
    """How often Neo4j is asked whether a version moved."""
    keys_required: bool = False
    """Whether requests need a key."""
    admin_key: str = field(default="", repr=False)
    """A key with every scope that the deployment was given; empty: there is none."""
    rate_limit: str = ""
    """Requests that one key, else one address, may send, such as `600/minute`; empty: any number."""
    data: Path | None = None
    """The data folder, which placements read scores from, and evaluations; None: there are none."""
    upload_bytes: int = 0
    """The largest file that is taken in; 0: none is."""
    audio_roots: tuple[Path, ...] = ()
    """Folders whose files may be listened to over HTTP; none by default."""
    cors: frozenset[str] = frozenset()
    """Origins whose pages may ask, besides our own."""
    streams: int = 6
    """Event streams at once; each holds one of the server's threads."""


class App(OpenAPI):
    """Flask with an OpenAPI document; bodies are read strictly."""

    request_class = StrictRequest


def create_app(
    graph: Stores,
    ring: Ring,
    options: Options | None = None,
    *,
    loader: Stores | None = None,
    broker: Broker | None = None,
) -> App:
    """Make the application.

    Args:
        graph: the stores that requests ask; each call must end within a few seconds.
        ring: called with each step that is due once a job is in the ledger.
        options: what the deployment chooses.
        loader: the stores that whole trees are read from, allowed to take longer; default: `graph`.
        broker: looks at the queues; None where there is no broker to look at.
    """
    chosen = options or Options()
    app = App(
        "webapi",
        info=_info(),
        validation_error_status=422,
        validation_error_model=schemas.Problem,
        validation_error_callback=problems.invalid,
        doc_ui=False,
        static_folder=None,
    )
    app.openapi_version = OPENAPI_VERSION
    app.config["MAX_CONTENT_LENGTH"] = MAX_BYTES
    app.config["TRUSTED_HOSTS"] = list(chosen.trusted_hosts) or None
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the document reads better in its own order
    taken_in = Uploads(chosen.data, chosen.upload_bytes) if chosen.data is not None and chosen.upload_bytes else None
    fuse = Fuse(graph)
    keeper = Keeper(fuse, loader or graph, check_every_s=chosen.check_every_s)
    patient = Fuse(loader or graph)
    packing.register(app)  # the first to be registered sees an answer last
    requesting.register(app)
    look = broker or (lambda: BrokerState({}, 0, reason="no broker"))
    metrics = Metrics(keeper, Work(fuse, look))
    metrics.watch(app)
    doorkeeper = Doorkeeper(lambda: fuse.ask(lambda stores: stores.keys.all()), chosen.admin_key)
    app.extensions[NAME] = Parts(
        fuse=fuse,
        patient=patient,
        keeper=keeper,
        archive=Archive(patient),
        ring=ring,
        broker=look,
        streams=Streams(chosen.streams),
        browser_url=chosen.browser_url,
        evaluations=None if chosen.data is None else Evaluations(chosen.data),
        usual=Usual(loader or graph),
        metrics=metrics,
        doorkeeper=doorkeeper,
        pools=Pools(chosen.data),
        explanations=Explanations(chosen.data),
        sensitivities=Sensitivities(chosen.data),
        uploads=taken_in,
        audio_roots=chosen.audio_roots if taken_in is None else (*chosen.audio_roots, taken_in.folder),
    )
    problems.register(app)
    Origins(chosen.cors).watch(app)
    if chosen.keys_required:
        app.before_request(lambda: _admit(doorkeeper))
    if chosen.rate_limit:
        Limiter(_caller, app=app, default_limits=[chosen.rate_limit], storage_uri="memory://", headers_enabled=True)
    app.after_request(_add_headers)
    register(app, (resource.bp for resource in RESOURCES))
    app.register_blueprint(page.bp)
    return app


def _info() -> Info:
    try:
        found = version("audio-concepts")
    except PackageNotFoundError:  # run from a checkout
        found = "0"
    return Info(
        title="audio-concepts",
        version=found,
        description="A hierarchy of concepts learnt from playlists and their sound.",
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
    )


def _admit(doorkeeper: Doorkeeper) -> None:
    g.key_id = doorkeeper.admit(request.method, request.path, request.headers.get("Authorization"))


def _caller() -> str:
    """Whose requests are counted together."""
    return getattr(g, "key_id", None) or request.remote_addr or "nobody"


def _add_headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    return response
