"""Concepts through time: what each version said of one, when its tracks were added, and which two may be one.

Conventions: histories are newest first; figures and their intervals were measured when a version was learnt, against
the version that was current then, and lie on ASSESSED. Here they are only read.
"""

from __future__ import annotations

from cypher.errors import UnknownCollection, UnknownConcept
from cypher.loader import load_query
from cypher.model import Quality
from cypher.past import Moment, Twins
from cypher.records import drift_of, hierarchy_of
from cypher.runner import Row, Runner


class DriftStore:
    """Reads what was kept of the past."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def history(self, concept_id: str) -> list[Moment]:
        """The concept in every version that assessed it, newest first; empty before the first.

        Raises:
            UnknownConcept: there is none of that id.
        """
        rows = self._runner.run(load_query("list_history_of_concept"), id=concept_id)
        if not rows and not self._runner.run(load_query("find_existing_concepts"), collection=None, ids=[concept_id]):
            raise UnknownConcept(concept_id)
        return [_moment(row) for row in rows]

    def dates(self, collection: str) -> dict[str, dict[str, str]]:
        """Concept id -> track id -> when it was added, where that is known.

        Raises:
            UnknownCollection: there is none of that id.
        """
        rows = self._runner.run(load_query("list_dates_of_members"), collection=collection)
        if not rows:
            self._demand_collection(collection)
        return {row["concept"]: {one["track"]: one["added_at"] for one in row["dates"]} for row in rows}

    def twins(
        self, collection: str, *, min_similarity: float = 0.5, min_jaccard: float = 0.3, limit: int = 50
    ) -> list[Twins]:
        """Pairs that may be one concept in the current version, those that share most first.

        Args:
            collection: its id.
            min_similarity: S of both directions reaches it; below the threshold of the graph there is no S.
            min_jaccard: their tracks overlap so far; at least one track is shared in any case.
            limit: at most so many.

        Raises:
            UnknownCollection: there is none of that id.
        """
        rows = self._runner.run(
            load_query("list_twins"),
            collection=collection,
            min_similarity=min_similarity,
            min_jaccard=min_jaccard,
            limit=limit,
        )
        if not rows:
            self._demand_collection(collection)
        return [
            Twins(
                (row["first"], row["first_name"]),
                (row["second"], row["second_name"]),
                row["there"],
                row["back"],
                row["there_error"],
                row["back_error"],
                row["shared"],
                row["jaccard"],
            )
            for row in rows
        ]

    def _demand_collection(self, collection: str) -> None:
        if not self._runner.run(load_query("find_collection"), id=collection):
            raise UnknownCollection(collection)


def _moment(row: Row) -> Moment:
    said = row["said"]
    quality = None
    if said.get("auc") is not None:
        quality = Quality(
            auc=said["auc"],
            auc_low=said["auc_low"],
            auc_high=said["auc_high"],
            accuracy=said["accuracy"],
            average_precision=said["average_precision"],
            p_value=said.get("p_value"),
        )
    return Moment(
        hierarchy_of(row),
        status=said["status"],
        reason=said.get("reason", ""),
        tracks=said.get("tracks", 0),
        quality=quality,
        betweenness=said.get("betweenness"),
        depth=said.get("depth"),
        parents=tuple((one["id"], one["name"]) for one in row["parents"]),
        children=tuple((one["id"], one["name"]) for one in row["children"]),
        drift=drift_of(said),
    )
