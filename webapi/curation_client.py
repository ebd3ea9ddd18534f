"""The part of the client that decides about concepts: `Client.curation`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel

from cypher.decisions import CurationState
from webapi.schemas import curation

if TYPE_CHECKING:
    from webapi.client import Client

Model = TypeVar("Model", bound=BaseModel)


class CurationClient:
    """Pins, names, merges, what is hidden, and what was edited by hand; signed with the client's author."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def pin(self, concept_id: str, parent: str | None, *, reason: str = "") -> curation.Curation:
        """Pin a concept below a parent (None: below the root), now and in every rebuild to come."""
        said = {"parent": parent, "reason": reason}
        return self._decide("PUT", _concept(concept_id, "parent"), curation.Curation, said)

    def pin_all(
        self, wanted: Mapping[str, str | None], collection: str | None = None, *, reason: str = ""
    ) -> list[curation.Curation]:
        """Pin many concepts as one version (concept -> parent; None: below the root), or none of them."""
        pins = [{"concept": child, "parent": parent} for child, parent in wanted.items()]
        said = {"collection": collection, "pins": pins, "reason": reason}
        return self._decide("POST", "/pins", curation.CurationPage, said).items

    def unpin(self, concept_id: str) -> curation.Curation:
        """Undo the pin of a concept."""
        return self._decide("DELETE", _concept(concept_id, "parent"), curation.Curation, None)

    def change(
        self,
        concept_id: str,
        *,
        name: str | None = None,
        aliases: Sequence[str] | None = None,
        hidden: bool | None = None,
        reason: str = "",
    ) -> list[curation.Curation]:
        """Rename a concept, give it aliases, hide it or show it again."""
        said = {"name": name, "aliases": aliases, "hidden": hidden}
        said = {field: value for field, value in said.items() if value is not None}
        return self._decide("PATCH", _concept(concept_id), curation.CurationPage, {**said, "reason": reason}).items

    def merge(self, concept_id: str, into: str, *, reason: str = "") -> curation.Curation:
        """Make a concept part of another."""
        said = {"concept": concept_id, "into": into, "reason": reason}
        return self._decide("POST", "/merges", curation.Curation, said)

    def curations(
        self, collection: str | None = None, *, concept: str | None = None, state: CurationState | None = None
    ) -> Iterator[curation.Curation]:
        """Decisions of curators, newest first."""
        asked = {"collection": collection, "concept": concept, "state": state}
        for page in self._client.pages("/curations", curation.CurationPage, asked):
            yield from page.items

    def undo(self, curation_id: str, *, reason: str = "") -> curation.Curation:
        """Take a decision back."""
        path = f"/curations/{quote(curation_id, safe='')}/undo"
        return self._decide("POST", path, curation.Curation, {"reason": reason})

    def hand_edits(self, collection: str | None = None) -> curation.HandEdits:
        """What somebody edited of PARENT_OF past this service."""
        return self._client.get("/hand-edits", curation.HandEdits, {"collection": collection})

    def decide_hand_edits(
        self, decision: str, collection: str | None = None, *, reason: str = ""
    ) -> list[curation.Curation]:
        """`adopt` makes pins of edits made by hand, `revert` draws the tree again as it was."""
        said = {"decision": decision, "collection": collection, "reason": reason}
        return self._decide("POST", "/hand-edits", curation.CurationPage, said).items

    def _decide(self, method: str, path: str, model: type[Model], said: Mapping[str, Any] | None) -> Model:
        how: dict[str, Any] = {} if said is None else {"json": dict(said)}
        return self._client.send(method, path, model, headers=self._client.signed(), **how)


def _concept(concept_id: str, part: str = "") -> str:
    path = f"/concepts/{quote(concept_id, safe='')}"
    return f"{path}/{part}" if part else path
