"""The part of the client that asks for the past of concepts, and which of them may be one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from webapi.schemas import drift

if TYPE_CHECKING:
    from webapi.client import Client


class DriftClient:
    """Histories and merge suggestions."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def history(self, concept_id: str) -> drift.History:
        """One concept in every version, newest first."""
        return self._client.get(f"/concepts/{quote(concept_id, safe='')}/history", drift.History)

    def merge_suggestions(
        self, collection: str | None = None, *, min_similarity: float = 0.5, min_jaccard: float = 0.3, limit: int = 50
    ) -> drift.SuggestionPage:
        """Pairs of concepts that may be one, those that share most first."""
        asked = {
            "collection": collection,
            "min_similarity": min_similarity,
            "min_jaccard": min_jaccard,
            "limit": limit,
        }
        return self._client.get("/merge-suggestions", drift.SuggestionPage, asked)
