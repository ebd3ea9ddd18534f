"""One curator's transaction: the collection locked, its current tree on the desk, what is decided published with it.

Conventions: as in `curation`. A desk lives as long as its transaction. Before the first publication there is no tree:
what only needs names works all the same, what needs a place in the tree is refused.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from cypher import edits
from cypher.catalogue import concept_of
from cypher.comparison import parents_of, primary_edges
from cypher.decisions import CurationKind, CurationState, Signature
from cypher.errors import NotInTree, UnknownConcept
from cypher.loader import load_query
from cypher.model import Assessment, Concept, Edge, Version
from cypher.publication import check, lock_expecting, publish_small
from cypher.records import read_version
from cypher.runner import Row, Transaction
from cypher.staging import Numbers
from cypher.versions import publication_of


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision before it is written down."""

    kind: CurationKind
    concept: str
    other: str | None = None
    state: CurationState = "standing"
    undoes: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


class Desk:
    """Where a decision is made."""

    def __init__(self, tx: Transaction, collection: str, numbers: Numbers) -> None:
        self._tx, self._numbers = tx, numbers
        self.collection = collection
        self.version: Version | None = read_version(tx, collection, numbers.version) if numbers.version else None
        self.edges: tuple[Edge, ...] = self.version.edges if self.version is not None else ()
        self.parents = parents_of(self.edges)
        self._published = numbers.version

    @classmethod
    def over(cls, tx: Transaction, collection: str, expected: int | None) -> Self:
        """Lock a collection.

        Raises:
            UnknownCollection: there is none of that id.
            VersionMoved: it is at another version than expected.
        """
        return cls(tx, collection, lock_expecting(tx, collection, expected))

    @classmethod
    def of(cls, tx: Transaction, concept_id: str, expected: int | None) -> tuple[Self, Concept]:
        """Lock the collection of a concept; the concept as it then is.

        Raises:
            UnknownConcept: there is none of that id.
            VersionMoved: its collection is at another version than expected.
        """
        found = _concept(tx, concept_id)
        desk = cls.over(tx, found.collection, expected)
        return desk, _concept(tx, concept_id)

    def concept(self, concept_id: str) -> Concept:
        """A concept of this collection.

        Raises:
            UnknownConcept: there is none of that id in it.
        """
        found = _concept(self._tx, concept_id)
        if found.collection != self.collection:
            raise UnknownConcept(concept_id, self.collection)
        return found

    def demand_in_tree(self, *concept_ids: str | None) -> None:
        """Refuse concepts that stand in no edge, and say why they do not.

        Raises:
            UnknownConcept: there is none of that id in this collection.
            NotInTree: it is outside the current tree.
        """
        for concept_id in concept_ids:
            if concept_id is not None and concept_id not in self.parents:
                found = self.concept(concept_id)
                raise NotInTree(concept_id, found.reason or found.status)

    @property
    def staging(self) -> int | None:
        """Whose similarities and links the current version shows."""
        return self.version.hierarchy.staging if self.version is not None else None

    def assessment(self, concept_id: str) -> Assessment | None:
        """What the current version says of a concept; None where it says nothing."""
        every = self.version.assessments if self.version is not None else ()
        return next((one for one in every if one.concept_id == concept_id), None)

    def standing(self, kind: CurationKind, concept_id: str) -> list[Row]:
        """Decisions of a kind that stand for a concept, as rows of `list_standing_curations`, oldest first."""
        rows = self._tx.run(load_query("list_standing_curations"), collection=self.collection)
        return [row for row in rows if (row["kind"], row["concept"]) == (kind, concept_id)]

    def end(self, rows: Sequence[Row], state: CurationState) -> None:
        """These do not stand any more."""
        for row in rows:
            self._tx.run(load_query("end_curation"), id=row["id"], state=state)

    def call(self, concept_id: str, name: str, aliases: Sequence[str]) -> None:
        """Give a concept its names."""
        self._tx.run(load_query("rename_concept"), id=concept_id, name=name, aliases=list(aliases))

    def similarity(self, parent: str | None, child: str) -> float | None:
        """S[parent, child] where it passed the threshold of the graph, else None: the next rebuild measures it."""
        if parent is None:
            return None
        rows = self._tx.run(load_query("find_similarity"), source=parent, target=child)
        return float(rows[0]["weight"]) if rows else None

    def publish(
        self,
        edges: Sequence[Edge],
        signed: Signature,
        note: str,
        assessed: Mapping[str, Assessment] | None = None,
    ) -> dict[str, Any]:
        """Make the tree current, before the first publication nothing.

        Args:
            edges: the whole tree.
            signed: who decided.
            note: what, in a few words.
            assessed: what is said of some concepts now.

        Returns:
            The details by which `edits.take_back` undoes it.
        """
        if self.version is None:
            return {}
        depths = edits.depths(primary_edges(edges).values())
        changed = assessed or {}
        every = tuple(
            replace(changed.get(one.concept_id, one), depth=depths.get(one.concept_id))
            for one in self.version.assessments
        )
        publication = replace(
            publication_of(self.version),
            staging=None,
            edges=tuple(edges),
            assessments=every,
            measures=_measures(self.version.hierarchy.measures, edges, every),
            origin="curation",
            restores=None,
            author=signed.author,
            note=f"{note}: {signed.reason}" if signed.reason else note,
        )
        check(publication)
        self._published = publish_small(self._tx, publication, self._numbers).version
        moved = edits.moves(self.version.edges, edges)
        return {"moves": [[move.concept, move.before, move.after] for move in moved], "staging": self.staging}

    def write_down(self, decision: Decision, signed: Signature) -> str:
        """Keep the decision, beside the version that it made; its id."""
        made = str(uuid.uuid4())
        said = {
            "id": made,
            "kind": decision.kind,
            "state": decision.state,
            "author": signed.author,
            "reason": signed.reason,
            "version": self._published or None,
            "concept": decision.concept,
            "other": decision.other,
            "undoes": decision.undoes,
            "details": json.dumps(decision.details, sort_keys=True, ensure_ascii=False, allow_nan=False),
        }
        self._tx.run(load_query("save_curation"), collection=self.collection, curation=said)
        return made


def _concept(tx: Transaction, concept_id: str) -> Concept:
    for row in tx.run(load_query("find_concept"), id=concept_id):
        return concept_of(row)
    raise UnknownConcept(concept_id)


def _measures(before: Mapping[str, float], edges: Sequence[Edge], assessed: Sequence[Assessment]) -> dict[str, float]:
    """What was measured of the tree, counted again where a decision changes it; the rest stays as it was measured."""
    kept = sum(one.status == "kept" for one in assessed)
    now = {
        "concepts_kept": kept,
        "concepts_left_out": len(assessed) - kept,
        "edges": sum(edge.parent is not None for edge in edges),
        "roots": sum(edge.parent is None for edge in edges),
        "depth": max(edits.depths(primary_edges(edges).values()).values(), default=0),
    }
    return {**before, **{name: value for name, value in now.items() if name in before}}
