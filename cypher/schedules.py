"""Schedules: when a collection is rebuilt without anybody asking; at most one a collection.

Conventions: `rule` and `request` are JSON that whoever runs schedules understands; the graph keeps when the next
time is and what came of the last. Times are the server's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cypher.errors import UnknownCollection, UnknownSchedule
from cypher.loader import load_query
from cypher.runner import Row, Runner
from cypher.transitions import to_json
from cypher.work import Schedule


class ScheduleStore:
    """The schedules of all collections."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def put(
        self, collection: str, rule: Mapping[str, Any], request: Mapping[str, Any], *, author: str, next_at: datetime
    ) -> Schedule:
        """Set a collection's schedule, in the place of the one it has.

        Raises:
            UnknownCollection: there is none of that id.
        """
        given = {"rule": to_json(rule), "request": to_json(request), "author": author, "next_at": next_at}
        if not self._runner.run(load_query("save_schedule"), collection=collection, **given):
            raise UnknownCollection(collection)
        return self.schedule(collection)

    def schedule(self, collection: str) -> Schedule:
        """One collection's.

        Raises:
            UnknownSchedule: it has none.
        """
        for row in self._runner.run(load_query("list_schedules"), collection=collection):
            return _schedule(row)
        raise UnknownSchedule(collection)

    def schedules(self) -> list[Schedule]:
        """All, by collection."""
        return [_schedule(row) for row in self._runner.run(load_query("list_schedules"), collection=None)]

    def remove(self, collection: str) -> None:
        """Take it away.

        Raises:
            UnknownSchedule: the collection has none.
        """
        if self._runner.run(load_query("remove_schedule"), collection=collection)[0]["removed"] == 0:
            raise UnknownSchedule(collection)

    def move(self, served: Schedule, next_at: datetime, *, job: str | None, said: str) -> bool:
        """Go on to the next time; False when the schedule was changed or moved meanwhile."""
        rows = self._runner.run(
            load_query("move_schedule"),
            collection=served.collection,
            due_at=served.next_at,
            next_at=next_at,
            job=job,
            said=said,
        )
        return bool(rows[0]["moved"])


def _schedule(row: Row) -> Schedule:
    return Schedule(**{**row, "rule": json.loads(row["rule"]), "request": json.loads(row["request"])})
