"""The one door to the graph: a connection with its stores, made by the wiring and handed to everybody else."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import neo4j

from cypher.catalogue import CatalogueStore
from cypher.curation import CurationStore
from cypher.drift import DriftStore
from cypher.hierarchy import HierarchyStore
from cypher.keys import KeyStore
from cypher.ledger import LedgerStore
from cypher.links import LinkStore
from cypher.loader import load_query
from cypher.migrate import migrate
from cypher.offices import OfficeStore
from cypher.planning import PlanningStore
from cypher.playlists import PlaylistStore
from cypher.runner import Neo4jRunner
from cypher.schedules import ScheduleStore
from cypher.versions import VersionStore

SPARE_CONNECTIONS = 4
"""For who uses the driver past the runner, such as the Graph Data Science client."""


@dataclass(frozen=True, slots=True)
class Graph:
    """An open connection; close it, or use it in a `with` statement. Make one after fork, never before."""

    driver: neo4j.Driver
    runner: Neo4jRunner
    catalogue: CatalogueStore
    ledger: LedgerStore
    hierarchy: HierarchyStore
    planning: PlanningStore
    versions: VersionStore
    links: LinkStore
    offices: OfficeStore
    schedules: ScheduleStore
    drift: DriftStore
    curation: CurationStore
    keys: KeyStore
    playlists: PlaylistStore

    def migrate(self) -> int:
        """Bring the database to this release's schema; any number of processes may call it at once.

        Returns:
            The number of the last migration.

        Raises:
            DatabaseNewer: the database was migrated by a newer release.
            MigrationChanged: an applied migration has another text now.
        """
        return migrate(self.runner)

    def ping(self) -> None:
        """Ask the server a question.

        Raises:
            GraphUnavailable: no answer in time.
            GraphAccessDenied: user or password are wrong.
        """
        self.runner.attempt(load_query("ping"))

    def close(self) -> None:
        """Close every connection."""
        self.driver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_graph(
    uri: str, user: str, password: str, *, deadline_s: float = 30.0, pool_size: int = 16, retry_s: float | None = None
) -> Graph:
    """Make the connection and its stores. Nothing is sent yet: a server that is away is noticed by the first call.

    Args:
        uri: bolt://host:port.
        user: Neo4j user.
        password: its password.
        deadline_s: no call takes longer; large batches of a worker want 120, an API 3.
        pool_size: calls at the same time at most; further ones wait.
        retry_s: how long transient failures are retried within the deadline; default: the deadline.
    """
    logging.getLogger("neo4j").addHandler(logging.NullHandler())  # its retries are ours to report, not for stderr
    driver = neo4j.GraphDatabase.driver(
        uri,
        auth=(user, password),
        max_connection_pool_size=pool_size + SPARE_CONNECTIONS,
        connection_timeout=min(5.0, deadline_s),
        connection_acquisition_timeout=deadline_s,
        max_transaction_retry_time=deadline_s if retry_s is None else retry_s,
        notifications_min_severity="OFF",
    )
    runner = Neo4jRunner(driver, uri=uri, user=user, deadline_s=deadline_s, slots=pool_size)
    return Graph(
        driver,
        runner,
        CatalogueStore(runner),
        LedgerStore(runner),
        HierarchyStore(runner),
        PlanningStore(runner),
        VersionStore(runner),
        LinkStore(runner),
        OfficeStore(runner),
        ScheduleStore(runner),
        DriftStore(runner),
        CurationStore(runner),
        KeyStore(runner),
        PlaylistStore(runner),
    )
