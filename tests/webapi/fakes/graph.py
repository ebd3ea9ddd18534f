"""The fake graph: every store in memory, in one object.

It keeps the same promises as `cypher`'s stores; `test_contract.py` holds both to them.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime

from cypher.entries import Listed
from cypher.errors import GraphUnavailable
from cypher.model import Concept, Edge, Hierarchy, Job
from cypher.past import Moment, Twins
from cypher.work import Schedule
from tests.webapi.fakes.catalogue import FakeCatalogue
from tests.webapi.fakes.hierarchy import FakeHierarchy
from tests.webapi.fakes.keys import KeyRing
from tests.webapi.fakes.ledger import FakeLedger
from tests.webapi.fakes.playlists import FakePlaylists
from tests.webapi.fakes.schedules import FakeOffices, FakeSchedules
from tests.webapi.fakes.versions import FakeVersions
from tests.webapi.library import Library


@dataclass
class FakeGraph(FakeCatalogue, FakeHierarchy, FakeLedger, FakeOffices):
    """The stores in memory. `away`: every call fails; `slow_s`: every call takes so long; `torn`: tree reads fail."""

    library: Library
    away: bool = False
    torn: bool = False
    slow_s: float = 0.0
    calls: list[str] = field(default_factory=list)
    published: dict[str, Hierarchy] = field(default_factory=dict)
    kept: dict[tuple[str, int], tuple[Hierarchy, list[Concept], list[Edge]]] = field(default_factory=dict)
    """Every version by (collection, number), waiting and refused ones included."""
    jobs_by_id: dict[str, Job] = field(default_factory=dict)
    job_keys: dict[str, str] = field(default_factory=dict)
    scheduled: dict[str, Schedule] = field(default_factory=dict)
    moments: dict[str, list[Moment]] = field(default_factory=dict)
    pairs: list[Twins] = field(default_factory=list)
    listed: dict[str, tuple[tuple[Listed, ...], datetime]] = field(default_factory=dict)
    """What was said of the entries of a playlist, and when."""
    key_ring: KeyRing = field(default_factory=KeyRing)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self):
        for collection in self.library.edges:
            self.publish(collection, self.library.edges[collection])

    # one object plays all stores
    @property
    def catalogue(self):
        return self

    @property
    def ledger(self):
        return self

    @property
    def hierarchy(self):
        return self

    # `versions` is a store and a method of another: a list of hierarchies that has the store's methods as well
    @property
    def versions(self):
        return FakeVersions(self)

    @property
    def planning(self):
        return self

    @property
    def links(self):
        return self

    @property
    def keys(self):
        return self.key_ring

    @property
    def drift(self):
        return self

    @property
    def offices(self):
        return self

    # `playlists` is a store and a method of it
    @property
    def playlists(self):
        return FakePlaylists(self)

    @property
    def schedules(self):
        return FakeSchedules(self)

    def _asked(self, what: str) -> None:
        self.calls.append(what)
        if self.slow_s:
            time.sleep(self.slow_s)
        if self.away:
            raise GraphUnavailable("bolt://fake", "switched off")

    def migrate(self) -> int:
        self._asked("migrate")
        return 1

    def ping(self) -> None:
        self._asked("ping")
