"""`webapi.wsgi:app` for gunicorn: reads the settings, and opens the graph on the first request, so after any fork."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from cypher.catalogue import CatalogueStore
from cypher.curation import CurationStore
from cypher.drift import DriftStore
from cypher.errors import GraphError
from cypher.hierarchy import HierarchyStore
from cypher.keys import KeyStore
from cypher.ledger import LedgerStore
from cypher.links import LinkStore
from cypher.model import Step
from cypher.offices import OfficeStore
from cypher.planning import PlanningStore
from cypher.playlists import PlaylistStore
from cypher.schedules import ScheduleStore
from cypher.store import Graph, open_graph
from cypher.versions import VersionStore
from webapi.errors import KeysWanted
from webapi.factory import App, Options, create_app
from webapi.origins import origins
from worker.jobs.doorbell import Doorbell
from worker.jobs.logs import log_as_json
from worker.jobs.queue import BrokerState, look
from worker.settings import Settings, load_settings

REQUEST_DEADLINE_S = 2.5
"""A write that Neo4j does not answer is refused within 3 s."""
LOAD_DEADLINE_S = 15.0
"""A whole tree may take longer; a Neo4j that is back is noticed within 10 s of this at worst."""
LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")


class OpenedLater:
    """A graph that is opened when somebody asks it."""

    def __init__(self, opening: Callable[[], Graph]) -> None:
        self._opening = opening
        self._lock = threading.Lock()
        self._graph: Graph | None = None

    def _open(self) -> Graph:
        with self._lock:
            if self._graph is None:
                self._graph = self._opening()
            return self._graph

    @property
    def catalogue(self) -> CatalogueStore:
        return self._open().catalogue

    @property
    def ledger(self) -> LedgerStore:
        return self._open().ledger

    @property
    def hierarchy(self) -> HierarchyStore:
        return self._open().hierarchy

    @property
    def planning(self) -> PlanningStore:
        return self._open().planning

    @property
    def versions(self) -> VersionStore:
        return self._open().versions

    @property
    def drift(self) -> DriftStore:
        return self._open().drift

    @property
    def keys(self) -> KeyStore:
        return self._open().keys

    @property
    def links(self) -> LinkStore:
        return self._open().links

    @property
    def offices(self) -> OfficeStore:
        return self._open().offices

    @property
    def schedules(self) -> ScheduleStore:
        return self._open().schedules

    @property
    def curation(self) -> CurationStore:
        return self._open().curation

    @property
    def playlists(self) -> PlaylistStore:
        return self._open().playlists

    def migrate(self) -> int:
        """See `cypher.store.Graph.migrate`."""
        return self._open().migrate()

    def ping(self) -> None:
        """See `cypher.store.Graph.ping`."""
        self._open().ping()


def _opened_later(settings: Settings, deadline_s: float, pool_size: int) -> OpenedLater:
    password = settings.neo4j_password.get_secret_value() if settings.neo4j_password is not None else ""
    return OpenedLater(
        lambda: open_graph(
            settings.neo4j_uri,
            settings.neo4j_user,
            password,
            deadline_s=deadline_s,
            pool_size=pool_size,
            retry_s=min(1.0, deadline_s),
        )
    )


def _ring(settings: Settings) -> Callable[[Step], object]:
    if settings.redis_url is None:
        return lambda _step: False
    return Doorbell(settings.redis_url.get_secret_value()).ring


def _broker(settings: Settings) -> Callable[[], BrokerState]:
    if settings.redis_url is None:
        return lambda: BrokerState({}, 0, reason="no broker is set: AUDIO_CONCEPTS_REDIS_URL")
    url = settings.redis_url.get_secret_value()
    return lambda: look(url)


def _admin_key(settings: Settings) -> str:
    return settings.api_key.get_secret_value() if settings.api_key is not None else ""


def demand_keys(settings: Settings) -> None:
    """Refuse to listen beyond this machine when nobody could be told from anybody.

    Raises:
        KeysWanted: there is no key, or Neo4j could not be asked whether there is one.
    """
    if settings.api_host in LOOPBACK or _admin_key(settings):
        return
    password = settings.neo4j_password.get_secret_value() if settings.neo4j_password is not None else ""
    try:
        with open_graph(settings.neo4j_uri, settings.neo4j_user, password, deadline_s=LOAD_DEADLINE_S) as graph:
            keys = graph.keys.all()
    except GraphError as error:
        raise KeysWanted(settings.api_host, f"whether there is one cannot be known: {error}") from error
    if all(key.revoked_at is not None for key in keys):
        raise KeysWanted(settings.api_host, "there is none")


def make_app(settings: Settings) -> App:
    """The application of these settings.

    Raises:
        KeysWanted: it would listen beyond this machine without keys.
        BadOrigin: an origin that is named is none.
    """
    demand_keys(settings)
    host = "127.0.0.1" if settings.api_host in LOOPBACK else settings.api_host
    options = Options(
        browser_url=f"http://{host}:{settings.neo4j_http_port}/browser/",
        keys_required=settings.api_host not in LOOPBACK,
        admin_key=_admin_key(settings),
        rate_limit=settings.api_rate,
        data=settings.data,
        cors=origins(settings.api_cors),
        upload_bytes=settings.upload_mb << 20,
        audio_roots=tuple(Path(part) for part in settings.audio_roots.split(os.pathsep) if part),
        trusted_hosts=LOOPBACK if settings.api_host in LOOPBACK else (),
    )
    return create_app(
        _opened_later(settings, REQUEST_DEADLINE_S, pool_size=16),
        _ring(settings),
        options,
        loader=_opened_later(settings, LOAD_DEADLINE_S, pool_size=2),
        broker=_broker(settings),
    )


log_as_json()
app = make_app(load_settings())
