"""What disk a version costs in Neo4j: what would be freed if it alone were pruned, estimated from counts.

Conventions: bytes follow the record sizes of Neo4j's standard store: 34 a relationship, 41 for four blocks of
properties, of which a float takes two and a small integer one. They are estimates; freed space is used again by Neo4j,
and its files do not shrink.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cypher.loader import load_query
from cypher.model import Hierarchy

if TYPE_CHECKING:  # the API takes the nouns from here, and the driver is heavy
    from cypher.runner import Transaction

RELATIONSHIP_BYTES = 34
PROPERTIES_BYTES = 41
SIMILARITY_BYTES = LINK_BYTES = RELATIONSHIP_BYTES + 2 * PROPERTIES_BYTES
ASSESSMENT_BYTES = RELATIONSHIP_BYTES + 9 * PROPERTIES_BYTES + 4 * 128
"""Nine blocks of numbers, and four texts and lists in records of their own."""


@dataclass(frozen=True, slots=True)
class VersionCost:
    """What only one version needs."""

    assessments: int
    similarities: int
    """SIMILAR_TO that no other version shows."""
    links: int
    """EXPRESSES that no other version shows."""

    @property
    def bytes(self) -> int:
        """Estimated."""
        return self.assessments * ASSESSMENT_BYTES + self.similarities * SIMILARITY_BYTES + self.links * LINK_BYTES


@dataclass(frozen=True, slots=True)
class Interval:
    """How many relationships stagings from `since` up to, without, `until` show; 0: still open."""

    since: int
    until: int
    count: int


def costs(tx: Transaction, collection: str, every: Sequence[Hierarchy]) -> dict[int, VersionCost]:
    """By version; a staging that several versions show costs none of them anything."""
    shown = [one.staging for one in every if one.staging is not None and one.state != "refused"]
    similarities = own(_intervals(tx, "count_similarity_intervals", collection), shown)
    links = own(_intervals(tx, "count_link_intervals", collection), shown)
    assessed = {row["version"]: row["assessed"] for row in tx.run(load_query("list_sizes"), collection=collection)}
    return {
        one.version: VersionCost(
            assessments=assessed.get(one.version, 0),
            similarities=similarities.get(one.staging, 0) if one.state != "refused" and one.staging else 0,
            links=links.get(one.staging, 0) if one.state != "refused" and one.staging else 0,
        )
        for one in every
    }


def own(intervals: Iterable[Interval], shown: Sequence[int]) -> dict[int, int]:
    """How many relationships only one version shows, by its staging.

    >>> own([Interval(1, 0, 5), Interval(1, 2, 3), Interval(2, 0, 4)], [1, 2])
    {1: 3, 2: 4}
    >>> own([Interval(1, 0, 5)], [1, 1])
    {}

    Args:
        intervals: of one kind of relationship.
        shown: the staging of each version.
    """
    found: dict[int, int] = {}
    for one in intervals:
        by = [staging for staging in shown if one.since <= staging and (not one.until or one.until > staging)]
        if len(by) == 1:
            found[by[0]] = found.get(by[0], 0) + one.count
    return found


def _intervals(tx: Transaction, query: str, collection: str) -> list[Interval]:
    return [Interval(**row) for row in tx.run(load_query(query), collection=collection)]
