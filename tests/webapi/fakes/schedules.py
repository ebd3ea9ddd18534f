"""The schedules of a fake graph, and who holds its offices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cypher.errors import UnknownCollection, UnknownSchedule
from cypher.work import Office, Schedule

if TYPE_CHECKING:
    from tests.webapi.fakes.graph import FakeGraph


@dataclass
class FakeSchedules:
    """The schedules of a fake graph."""

    graph: FakeGraph

    def put(self, collection, rule, request, *, author, next_at):
        self.graph._asked("put_schedule")
        if collection not in self.graph.library.collections:
            raise UnknownCollection(collection)
        now = datetime.now(UTC)
        self.graph.scheduled[collection] = Schedule(
            collection, dict(rule), dict(request), author, now, next_at, None, None, "", now
        )
        return self.graph.scheduled[collection]

    def schedule(self, collection):
        self.graph._asked("schedule")
        if collection not in self.graph.scheduled:
            raise UnknownSchedule(collection)
        return self.graph.scheduled[collection]

    def schedules(self):
        self.graph._asked("schedules")
        return [self.graph.scheduled[one] for one in sorted(self.graph.scheduled)]

    def remove(self, collection):
        self.schedule(collection)
        del self.graph.scheduled[collection]


class FakeOffices:
    """Every office is held."""

    def holder(self, office):
        self._asked("holder")
        return Office(f"{office}@test", *[datetime(2026, 1, 1, tzinfo=UTC)] * 2, held=True)
