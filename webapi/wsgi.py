"""`webapi.wsgi:app` for gunicorn: reads the settings, and opens the graph on the first request, so after any fork."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from cypher.catalogue import CatalogueStore
from cypher.curation import CurationStore
from cypher.drift import DriftStore
from cypher.hierarchy import HierarchyStore
from cypher.ledger import LedgerStore
from cypher.links import LinkStore
from cypher.model import Step
from cypher.offices import OfficeStore
from cypher.planning import PlanningStore
from cypher.schedules import ScheduleStore
from cypher.store import Graph, open_graph
from cypher.versions import VersionStore
from webapi.factory import App, Options, create_app
from worker.jobs.doorbell import Doorbell
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


def make_app(settings: Settings) -> App:
    """The application of these settings."""
    host = "127.0.0.1" if settings.api_host in LOOPBACK else settings.api_host
    options = Options(
        browser_url=f"http://{host}:{settings.neo4j_http_port}/browser/",
        data=settings.data,
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


app = make_app(load_settings())
