"""How a named query reaches Neo4j: with an outer deadline, in managed transactions, with errors a person understands.

Why a deadline of our own: a server that is stopped, not dead, keeps Bolt waiting for over a minute in spite of every
timeout of the driver. So each call runs on a thread of its own and is abandoned when its time is up; the server is told
to end the transaction after the same time, so what was abandoned does not commit much later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import neo4j

from cypher.loader import Query

T = TypeVar("T")
Row = dict[str, Any]


class Transaction(Protocol):
    """What one unit of work may do."""

    def run(self, query: Query, **params: Any) -> list[Row]:
        """Run the query with exactly the parameters its header names; all rows, as plain dicts."""
        ...


class Runner(Protocol):
    """Runs named queries, alone or several in one transaction."""

    def run(self, query: Query, **params: Any) -> list[Row]:
        """Run one query in a transaction of its own, reading or writing as its header says."""
        ...

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Run a unit of work in one reading transaction; it may be called again when the server asks for it."""
        ...

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run a unit of work in one writing transaction; it may be called again when the server asks for it."""
        ...


class Neo4jRunner:
    """The real one."""

    def __init__(self, driver: neo4j.Driver, *, uri: str, user: str, deadline_s: float = 30.0) -> None:
        self._driver, self._uri, self._user, self._deadline_s = driver, uri, user, deadline_s

    def run(self, query: Query, **params: Any) -> list[Row]:
        raise NotImplementedError

    def read(self, work: Callable[[Transaction], T]) -> T:
        raise NotImplementedError

    def write(self, work: Callable[[Transaction], T]) -> T:
        raise NotImplementedError
