"""What a plan is made from: the catalogue as it is, what the current version was learnt from, and how past work went.

Conventions: everything is read in one transaction, so that a plan never mixes two moments.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cypher.curation import read_standing
from cypher.errors import UnknownCollection
from cypher.loader import load_query
from cypher.model import Collection
from cypher.work import PastStep, Survey

if TYPE_CHECKING:
    from cypher.runner import Row, Runner, Transaction

PAST_JOBS = 10
"""How many of the latest jobs are looked at."""
LONG_RESULTS = ("publish",)
"""Steps whose results grow with the collection and say nothing of speed."""


class PlanningStore:
    """Reads what plans need; writes nothing."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def survey(self, kind: str, collection_id: str | None) -> Survey:
        """Look at a collection; None is the default one.

        Args:
            kind: of the jobs whose past counts.
            collection_id: whose plan is wanted.

        Raises:
            UnknownCollection: there is none of that id.
        """

        def work(tx: Transaction) -> Survey:
            found = tx.run(load_query("find_collection"), id=collection_id)
            if not found:
                raise UnknownCollection(collection_id)
            collection = Collection(**found[0])
            version = tx.run(load_query("find_current_hierarchy"), collection=collection.id)
            assessed = tx.run(load_query("list_assessed_members"), collection=collection.id)
            concepts = tx.run(load_query("list_concept_names"), collection=collection.id)
            memberships = tx.run(load_query("list_memberships"), collection=collection.id)
            return Survey(
                collection=collection,
                parameters=json.loads(version[0]["parameters"]) if version else {},
                names={row["concept"]: row["name"] for row in (*assessed, *concepts)},
                learnt_from={row["concept"]: row["members_sha256"] for row in assessed},
                memberships={row["concept"]: sorted(row["tracks"]) for row in memberships},
                tracks=int(tx.run(load_query("count_tracks"))[0]["tracks"]),
                past=_past(tx, kind),
                standing=read_standing(tx, collection.id),
            )

        return self._runner.read(work)

    def past(self, kind: str) -> tuple[PastStep, ...]:
        """Finished steps of the latest jobs, newest job first."""
        return self._runner.read(lambda tx: _past(tx, kind))

    def learnt_from(self, collection_id: str) -> dict[str, str]:
        """members_sha256 by concept id of the current version; empty before the first publication."""
        rows = self._runner.run(load_query("list_assessed_members"), collection=collection_id)
        return {row["concept"]: row["members_sha256"] for row in rows}


def _past(tx: Transaction, kind: str) -> tuple[PastStep, ...]:
    rows = tx.run(load_query("list_past_steps"), kind=kind, long=list(LONG_RESULTS), limit=PAST_JOBS)
    return tuple(_past_step(row) for row in rows)


def _past_step(row: Row) -> PastStep:
    return PastStep(
        row["job_id"],
        row["collection"],
        row["job_state"],
        json.loads(row["parameters"]),
        row["name"],
        json.loads(row["result"]),
        row["attempt_at"],
        row["finished_at"],
    )
