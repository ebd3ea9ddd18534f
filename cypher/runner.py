"""How a named query reaches Neo4j: with an outer deadline, in managed transactions, with errors a person understands.

Why a deadline of our own: a server that is stopped, not dead, keeps Bolt waiting for over a minute in spite of every
timeout of the driver. So each call runs on a thread of its own and is abandoned when its time is up; the server is told
to end the transaction after the same time, so what was abandoned is not committed much later.

Why callers queue here and not in the driver: a call waits for one of `slots`, of which there are fewer than
connections, so that waiting counts towards the same deadline and a busy graph is told apart from one that is away.

Why the driver stays below 6.4 (pyproject.toml): after a transaction that failed, 6.4 gives its connection back and then
looks once more whether it has ended, by taking the time limit off the socket for a moment. When another thread has been
given the connection by then, the limits of the two cross and that thread waits for the whole of one: in 6 of 25 rounds
of 24 rivals for one idempotency key a call took 10 to 30 s. With 6.3 the slowest of 60 rounds took 0.34 s.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import neo4j
from neo4j import exceptions, unit_of_work
from neo4j.time import DateTime

from cypher.errors import GraphAccessDenied, GraphUnavailable, QueryMalformed, UniquenessViolated
from cypher.loader import Query

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def check_params(query: Query, params: dict[str, Any]) -> None:
    """Refuse a call whose parameters are not exactly those of the header.

    Raises:
        QueryMalformed: they are not.
    """
    if params.keys() != set(query.params):
        raise QueryMalformed(query.name, f"called with {sorted(params)}, not with {sorted(query.params)}")


class Neo4jTransaction:
    """One unit of work on a real server."""

    def __init__(self, transaction: neo4j.ManagedTransaction) -> None:
        self._transaction = transaction

    def run(self, query: Query, **params: Any) -> list[Row]:
        """See Transaction."""
        check_params(query, params)
        result = self._transaction.run(query.text, params)
        return [{name: _native(record[name]) for name in query.returns} for record in result]


class Neo4jRunner:
    """The real one. `deadline_s` bounds each call as a whole, retries and waiting for one of `slots` included."""

    def __init__(self, driver: neo4j.Driver, *, uri: str, user: str, deadline_s: float = 30.0, slots: int = 16) -> None:
        self._driver, self._uri, self._user, self._deadline_s = driver, uri, user, deadline_s
        self._slots = threading.BoundedSemaphore(slots)

    def run(self, query: Query, **params: Any) -> list[Row]:
        """See Runner."""
        return (self.read if query.access == "read" else self.write)(lambda tx: tx.run(query, **params))

    def attempt(self, query: Query) -> list[Row]:
        """Run one query without parameters once, and say at once when it fails."""

        def call() -> list[Row]:
            with self.translated(), self._driver.session() as session:
                return [{name: record[name] for name in query.returns} for record in session.run(query.text)]

        return self._within_deadline(call, threading.Event())

    def read(self, work: Callable[[Transaction], T]) -> T:
        """See Runner."""
        return self._managed(work, neo4j.READ_ACCESS)

    def write(self, work: Callable[[Transaction], T]) -> T:
        """See Runner."""
        return self._managed(work, neo4j.WRITE_ACCESS)

    def _managed(self, work: Callable[[Transaction], T], access: str) -> T:
        abandoned = threading.Event()

        @unit_of_work(timeout=self._deadline_s)
        def unit(transaction: neo4j.ManagedTransaction) -> T:
            if abandoned.is_set():
                raise GraphUnavailable(self._uri, f"no answer within {self._deadline_s:g} s")
            return work(Neo4jTransaction(transaction))

        def once() -> T:
            with self._driver.session(default_access_mode=access) as session:
                if access == neo4j.READ_ACCESS:
                    return session.execute_read(unit)
                return session.execute_write(unit)

        def call() -> T:
            with self.translated():
                while True:
                    try:
                        return once()
                    except exceptions.ResultFailedError:
                        # The connection broke within a result. The driver retries that, unless its own rollback then
                        # raises this instead; nothing was committed, and `unit` stops when the time is up.
                        continue

        return self._within_deadline(call, abandoned)

    def _within_deadline(self, call: Callable[[], T], abandoned: threading.Event) -> T:
        """Run the call on a thread; raise what it raises, or GraphUnavailable when its time is up."""
        outcome: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()
        ends_at = time.monotonic() + self._deadline_s

        def carry() -> None:
            try:
                outcome.put((call(), None))
            except BaseException as error:  # noqa: BLE001 - carried to the caller's thread, whatever it is
                outcome.put((None, error))
            finally:
                self._slots.release()

        if not self._slots.acquire(timeout=self._deadline_s):
            raise GraphUnavailable(self._uri, f"all connections were busy for {self._deadline_s:g} s")
        threading.Thread(target=carry, name="cypher", daemon=True).start()
        try:
            value, error = outcome.get(timeout=max(0.0, ends_at - time.monotonic()))
        except queue.Empty:
            raise GraphUnavailable(self._uri, f"no answer within {self._deadline_s:g} s") from None
        finally:
            abandoned.set()
        if error is not None:
            raise error
        return value  # type: ignore[return-value]

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Say in the graph's own errors what the driver says in its."""
        try:
            yield
        except exceptions.AuthError as error:
            raise GraphAccessDenied(self._uri, self._user) from error
        except exceptions.ConstraintError as error:
            raise UniquenessViolated(error.message or "") from error
        except exceptions.ClientError as error:
            code = error.code or ""
            if code.startswith("Neo.ClientError.Security."):
                raise GraphAccessDenied(self._uri, self._user) from error
            if code.startswith("Neo.ClientError.Transaction.TransactionTimedOut"):
                raise GraphUnavailable(self._uri, f"no answer within {self._deadline_s:g} s") from error
            raise
        except (exceptions.TransientError, exceptions.ServiceUnavailable, exceptions.SessionExpired) as error:
            raise GraphUnavailable(self._uri, _first_line(error)) from error
        except (exceptions.DatabaseUnavailable, exceptions.ConnectionAcquisitionTimeoutError, OSError) as error:
            raise GraphUnavailable(self._uri, _first_line(error)) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _native(value: Any) -> Any:
    """Python's own datetime for the driver's."""
    return value.to_native() if isinstance(value, DateTime) else value
