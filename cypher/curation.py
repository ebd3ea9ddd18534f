"""Curators' decisions: which concept hangs where, what it is called, what is one with another, what nobody shall see.

Conventions: a decision is one transaction under the lock of its collection: the tree is changed by `edits`, published
as a new version, and the decision is written down beside it, with who made it and why. A pin, a rename, a merge and a
hide stand until they are undone or replaced; rebuilds keep to those that stand. An undo is written down as well, and so
is what became of edits made by hand. `expected` is the current version that the curator has looked at; None: whatever
it is.

Why decisions are nodes and no properties: they are the audit trail, and a rebuild asks whether any was made since it
looked (`seen`), which a count answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from cypher import edits
from cypher.bias import read_bias
from cypher.comparison import Move, parents_of
from cypher.decisions import Curation, CurationState, Signature, Standing
from cypher.desk import Decision, Desk
from cypher.errors import CurationMeaningless, CurationOver, UnknownCollection, UnknownCuration, WouldCycle
from cypher.loader import load_query
from cypher.model import Assessment, Edge, HandEdits, Quality
from cypher.publication import draw
from cypher.runner import Row, Runner, Transaction
from cypher.versions import hand_edits

UNSIGNED = Signature()
BACK_LATER = "waiting: it comes back at the next rebuild"


class CurationStore:
    """What people decided about a collection's concepts."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    # --- decisions ---------------------------------------------------------------------------------------------------

    def pin(
        self, concept_id: str, parent: str | None, *, signed: Signature = UNSIGNED, expected: int | None = None
    ) -> Curation:
        """Hang a concept below a parent, or below the root, now and in every rebuild to come.

        An earlier pin of the concept is replaced.

        Raises:
            UnknownConcept: there is none of that id in the collection.
            NotInTree: one of the two does not stand in the current hierarchy.
            WouldCycle: the parent hangs below the concept.
            VersionMoved: the collection is at another version than expected.
        """

        def work(tx: Transaction) -> str:
            desk, concept = Desk.of(tx, concept_id, expected)
            desk.demand_in_tree(concept_id, parent)
            where = "the root" if parent is None else desk.concept(parent).name
            desk.end(desk.standing("pin", concept_id), "replaced")
            pinned = edits.pin(desk.edges, concept_id, parent, desk.similarity(parent, concept_id))
            details = desk.publish(pinned, signed, f"{concept.name} pinned below {where}")
            return desk.write_down(Decision("pin", concept_id, parent, details=details), signed)

        return self._decided(work)

    def pin_all(
        self,
        collection: str,
        wanted: Mapping[str, str | None],
        *,
        signed: Signature = UNSIGNED,
        expected: int | None = None,
    ) -> list[Curation]:
        """Pin many concepts at once: one version, and one decision a concept; or nothing, where one of them cannot be.

        Args:
            collection: its id.
            wanted: concept id -> id of its parent; None: below the root.
            signed: who decides, and why.
            expected: the version looked at.

        Raises:
            UnknownCollection: there is none of that id.
            UnknownConcept: the collection has none of one of the ids.
            NotInTree: a concept or a parent does not stand in the current hierarchy.
            WouldCycle: the pins, with what hangs where it hung, close a circle.
            VersionMoved: the collection is at another version than expected.
        """

        def work(tx: Transaction) -> list[str]:
            desk = Desk.over(tx, collection, expected)
            return _pin_all(desk, wanted, signed, f"{len(wanted)} concepts pinned")

        return [self.curation(one) for one in self._runner.write(work)]

    def hide(self, concept_id: str, *, signed: Signature = UNSIGNED, expected: int | None = None) -> Curation:
        """Take a concept out of the tree, now and in every rebuild to come; its children go to its parent.

        Raises:
            UnknownConcept: there is none of that id.
            CurationMeaningless: it is hidden already.
            VersionMoved: the collection is at another version than expected.
        """

        def work(tx: Transaction) -> str:
            desk, concept = Desk.of(tx, concept_id, expected)
            if desk.standing("hide", concept_id):
                raise CurationMeaningless(f"{concept.name!r} is hidden already")
            details = _take_out(
                desk, concept_id, None, why="hidden: a curator hid it", note=f"{concept.name} hidden", signed=signed
            )
            return desk.write_down(Decision("hide", concept_id, details=details), signed)

        return self._decided(work)

    def merge(self, absorbed: str, into: str, *, signed: Signature = UNSIGNED, expected: int | None = None) -> Curation:
        """Make two concepts one: the tree shows `into` alone, found by both names; rebuilds join their tracks.

        Raises:
            UnknownConcept: there is none of that id in the collection.
            CurationMeaningless: into itself, or one of the two is part of another already.
            VersionMoved: the collection is at another version than expected.
        """

        def work(tx: Transaction) -> str:
            desk, concept = Desk.of(tx, absorbed, expected)
            other = desk.concept(into)
            if absorbed == into:
                raise CurationMeaningless(f"{concept.name!r} cannot be merged into itself")
            for row in [*desk.standing("merge", absorbed), *desk.standing("merge", into)]:
                raise CurationMeaningless(f"{row['concept']!r} is part of {row['other']!r} already; undo that first")
            added = [one for one in (concept.name, *concept.aliases) if one not in {other.name, *other.aliases}]
            desk.call(into, other.name, [*other.aliases, *added])
            why, note = f"merged: it is part of {other.name}", f"{concept.name} merged into {other.name}"
            details = _take_out(desk, absorbed, into, why=why, note=note, signed=signed)
            return desk.write_down(Decision("merge", absorbed, into, details={**details, "added": added}), signed)

        return self._decided(work)

    def rename(
        self,
        concept_id: str,
        *,
        name: str | None = None,
        aliases: Sequence[str] | None = None,
        signed: Signature = UNSIGNED,
        expected: int | None = None,
    ) -> Curation:
        """Give a concept another name, or other names to be found by; imports leave it alone from now on.

        Args:
            concept_id: which; its id stays.
            name: what it is called from now on; the name it had becomes an alias. None: as it is.
            aliases: all its other names; None: as they are.
            signed: who decides, and why.
            expected: the version looked at.

        Raises:
            UnknownConcept: there is none of that id.
            CurationMeaningless: it is called that already.
            VersionMoved: the collection is at another version than expected.
        """

        def work(tx: Transaction) -> str:
            desk, concept = Desk.of(tx, concept_id, expected)
            new = concept.name if name is None else name
            kept = concept.aliases if aliases is None else tuple(aliases)
            wanted = [one for one in dict.fromkeys((*kept, concept.name)) if one != new]
            if (new, tuple(wanted)) == (concept.name, concept.aliases):
                raise CurationMeaningless(f"{concept.name!r} is called that already")
            desk.end(desk.standing("rename", concept_id), "replaced")
            desk.call(concept_id, new, wanted)
            names = {"from": concept.name, "to": new, "before": list(concept.aliases), "aliases": wanted}
            details = desk.publish(desk.edges, signed, f"{concept.name} renamed {new}")
            return desk.write_down(Decision("rename", concept_id, details={**details, **names}), signed)

        return self._decided(work)

    def undo(self, curation_id: str, *, signed: Signature = UNSIGNED, expected: int | None = None) -> Curation:
        """Take a decision back by publishing its inverse, where nobody has moved the concepts since.

        A concept that was hidden or merged comes back at once when no rebuild has run since, else at the next one.

        Raises:
            UnknownCuration: there is none of that id.
            CurationOver: it does not stand.
            VersionMoved: the collection is at another version than expected.
        """
        done = self.curation(curation_id)

        def work(tx: Transaction) -> str:
            desk, concept = Desk.of(tx, done.concept, expected)
            rows = [row for row in desk.standing(done.kind, done.concept) if row["id"] == done.id]
            if not rows:
                raise CurationOver(done.id, self.curation(done.id).state)
            desk.end(rows, "undone")
            if done.kind == "rename" and concept.name == done.details["to"]:
                desk.call(concept.id, done.details["from"], done.details["before"])
            if done.kind == "merge" and done.other is not None:
                other = desk.concept(done.other)
                desk.call(other.id, other.name, [one for one in other.aliases if one not in done.details["added"]])
            details = _take_back(desk, done, signed, f"undone: {done.kind} of {concept.name}")
            return desk.write_down(Decision("undo", done.concept, done.other, "done", done.id, details), signed)

        return self._decided(work)

    # --- edits made by hand ------------------------------------------------------------------------------------------

    def adopt(self, collection: str, *, signed: Signature = UNSIGNED, expected: int | None = None) -> list[Curation]:
        """Make pins of what somebody drew or deleted in PARENT_OF by hand, and publish the tree as it was drawn.

        Raises:
            CurationMeaningless: nothing was edited.
            UnknownConcept, NotInTree, WouldCycle: what was drawn is no tree of the collection; nothing is written.
        """

        def work(tx: Transaction) -> list[str]:
            desk = Desk.over(tx, collection, expected)
            wanted = parents_by_hand(_found_by_hand(tx, collection))
            return _pin_all(desk, wanted, signed, f"{len(wanted)} edits made by hand adopted", by_hand=True)

        return [self.curation(one) for one in self._runner.write(work)]

    def revert(self, collection: str, *, signed: Signature = UNSIGNED, expected: int | None = None) -> Curation:
        """Draw PARENT_OF again as the current version has it, whatever somebody drew by hand.

        Raises:
            CurationMeaningless: nothing was edited.
        """

        def work(tx: Transaction) -> str:
            desk = Desk.over(tx, collection, expected)
            found = _found_by_hand(tx, collection)
            draw(tx, collection, found.version, desk.edges)
            details = {"drawn": found.drawn, "removed": found.removed}
            about = (*found.drawn, *found.removed)[0][0]
            return desk.write_down(Decision("revert", about, state="done", details=details), signed)

        return self._decided(work)

    # --- what was decided --------------------------------------------------------------------------------------------

    def standing(self, collection: str) -> Standing:
        """What a rebuild keeps to.

        Raises:
            UnknownCollection: there is none of that id.
        """
        return self._runner.read(lambda tx: read_standing(tx, collection))

    def curation(self, curation_id: str) -> Curation:
        """One decision.

        Raises:
            UnknownCuration: there is none of that id.
        """
        for row in self._runner.run(load_query("find_curation"), id=curation_id):
            return _curation(row)
        raise UnknownCuration(curation_id)

    def curations(
        self,
        collection: str | None = None,
        *,
        concept: str | None = None,
        state: CurationState | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> list[Curation]:
        """Decisions, newest first.

        Args:
            collection: only those of this collection.
            concept: only those about this concept.
            state: only those in this state.
            before: id of the last decision of the page before.
            limit: at most this many.

        Raises:
            UnknownCuration: `before` is none.
        """
        if before is not None:
            self.curation(before)
        asked = {"collection": collection, "concept": concept, "state": state, "before": before, "limit": limit}
        return [_curation(row) for row in self._runner.run(load_query("list_curations"), **asked)]

    def _decided(self, work: Callable[[Transaction], str]) -> Curation:
        return self.curation(self._runner.write(work))


def read_standing(tx: Transaction, collection: str) -> Standing:
    """See `CurationStore.standing`; for who holds a transaction.

    Raises:
        UnknownCollection: there is none of that id.
    """
    counted = tx.run(load_query("count_curations"), collection=collection)
    if not counted:
        raise UnknownCollection(collection)
    rows = tx.run(load_query("list_standing_curations"), collection=collection)
    return standing_of(int(counted[0]["curations"]), rows)


def standing_of(seen: int, rows: Iterable[Row]) -> Standing:
    """What stands, from rows of `list_standing_curations`, oldest first: the newest word counts."""
    pins: dict[str, str | None] = {}
    merged: dict[str, str] = {}
    hidden: set[str] = set()
    for row in rows:
        if row["kind"] == "pin":
            pins[row["concept"]] = row["other"]
        elif row["kind"] == "merge":
            merged[row["concept"]] = row["other"]
        elif row["kind"] == "hide":
            hidden.add(row["concept"])
    return Standing(seen, pins, merged, frozenset(hidden))


def parents_by_hand(found: HandEdits) -> dict[str, str | None]:
    """The one parent that each concept has after edits made by hand; None where its edge was deleted.

    Where several were drawn above one concept the first by id counts.
    """
    lost: dict[str, str | None] = dict.fromkeys(child for child, _ in found.removed)
    return lost | dict(sorted(found.drawn, reverse=True))


def _found_by_hand(tx: Transaction, collection: str) -> HandEdits:
    found = hand_edits(tx, collection)
    if not found:
        raise CurationMeaningless(f"nobody edited PARENT_OF of collection {collection!r} by hand")
    return found


def _refuse_circles(tree: Sequence[Edge], wanted: Mapping[str, str | None]) -> None:
    parents = parents_of(tree)
    for child, parent in wanted.items():
        if parent is not None and child in edits.ancestors(parents, child):
            raise WouldCycle(child, parent)


def _pin_all(
    desk: Desk, wanted: Mapping[str, str | None], signed: Signature, note: str, *, by_hand: bool = False
) -> list[str]:
    """Publish the tree with these edges and write down a pin for each; returns the decisions' ids."""
    desk.demand_in_tree(*wanted, *wanted.values())
    # All at once: the one after the other, what is turned round would pass through a circle.
    rest = tuple(edge for edge in desk.edges if edge.child not in wanted)
    drawn = {child: edits.pinned(child, parent, desk.similarity(parent, child)) for child, parent in wanted.items()}
    tree = (*rest, *drawn.values())
    _refuse_circles(tree, wanted)
    details = desk.publish(tree, signed, note)
    written = []
    for child, parent in wanted.items():
        desk.end(desk.standing("pin", child), "replaced")
        own = {**details, "moves": [move for move in details["moves"] if move[0] == child]}
        said = {**own, "by_hand": True} if by_hand else own
        written.append(desk.write_down(Decision("pin", child, parent, details=said), signed))
    return written


def _take_out(
    desk: Desk, concept_id: str, into: str | None, *, why: str, note: str, signed: Signature
) -> dict[str, Any]:
    """Publish the tree without a concept, its children below `into` or else below its parent; how to undo it."""
    before = desk.assessment(concept_id)
    if before is None or concept_id not in desk.parents:
        return desk.publish(desk.edges, signed, note)
    to_heir = into is not None and into in desk.parents
    after = edits.merge(desk.edges, concept_id, into) if to_heir and into else edits.remove(desk.edges, concept_id)
    left_out = replace(before, status="left_out", reason=why)
    details = desk.publish(after, signed, note, {concept_id: left_out})
    return {**details, "assessment": asdict(before)}


def _take_back(desk: Desk, done: Curation, signed: Signature, note: str) -> dict[str, Any]:
    """Publish the tree as it was before a decision, where that still makes sense."""
    moves = [Move(child, tuple(before), tuple(after)) for child, before, after in done.details.get("moves", ())]
    assessed: dict[str, Assessment] = {}
    kept_by = done.details.get("assessment")
    now = desk.assessment(done.concept)
    if kept_by is not None and now is not None and now.status == "left_out":
        assessed[done.concept] = replace(now, status="waiting", reason=BACK_LATER)
        if done.details["staging"] == desk.staging:  # no rebuild has run since: what was measured still holds
            assessed[done.concept] = _assessment(kept_by)
    returning = frozenset(one for one, said in assessed.items() if said.status == "kept")
    after = edits.take_back(desk.edges, moves, returning=returning)
    if done.kind == "pin":
        after = edits.unpin(after, done.concept)
    return desk.publish(after, signed, note, assessed)


def _assessment(kept: Mapping[str, Any]) -> Assessment:
    quality = kept["quality"]
    read = {"quality": None if quality is None else Quality(**quality), "bias": read_bias(kept.get("bias"))}
    return Assessment(**{**kept, **read})


def _curation(row: Row) -> Curation:
    return Curation(**{**row, "details": json.loads(row["details"])})
