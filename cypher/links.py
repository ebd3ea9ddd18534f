"""Links between tracks and concepts in bulk: what recommendation reads, a few batched questions a request.

Conventions: a link is an EXPRESSES relationship of the collection's current version, with a score in 0..1; a given
membership is an EXAMPLE_OF relationship. Ids that are not known are left out of the answers; who asked sees which.

Why batches and not one question a seed: a round trip costs more than what it brings, and a recommendation touches tens
of tracks and concepts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cypher.catalogue import batches
from cypher.loader import load_query
from cypher.model import Linked
from cypher.runner import Runner


class LinkStore:
    """Reads links of many tracks or concepts at once."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def of_tracks(self, collection: str, track_ids: Iterable[str]) -> dict[str, Linked]:
        """What joins each of the tracks that are known to concepts of the collection."""
        return {
            row["track"]: Linked(dict(zip(row["concepts"], row["scores"], strict=True)), tuple(row["given"]))
            for ids in batches(dict.fromkeys(track_ids))
            for row in self._runner.run(load_query("list_links_of_tracks"), collection=collection, ids=ids)
        }

    def of_concepts(self, collection: str, concept_ids: Sequence[str], limit: int) -> dict[str, Linked]:
        """What joins each of the concepts to tracks: at most `limit` strongest links and as many given memberships.

        Concepts outside the collection are left out.
        """
        ids = list(dict.fromkeys(concept_ids))
        rows = self._runner.run(load_query("list_links_of_concepts"), collection=collection, ids=ids, limit=limit)
        return {
            row["concept"]: Linked(dict(zip(row["tracks"], row["scores"], strict=True)), tuple(row["given"]))
            for row in rows
        }

    def usual(self, collection: str) -> dict[str, float]:
        """Concept -> its mean strength over every track of the catalogue, 0..1: what is nothing special."""
        rows = self._runner.run(load_query("measure_links"), collection=collection)
        return {row["concept"]: row["total"] / max(row["tracks"], 1) for row in rows}

    def members(self, concept_ids: Iterable[str]) -> dict[str, list[str]]:
        """Concept -> ids of its example tracks, sorted, for the concepts that are known."""
        return {
            row["concept"]: sorted(row["tracks"])
            for ids in batches(dict.fromkeys(concept_ids))
            for row in self._runner.run(load_query("list_members"), ids=ids)
        }
