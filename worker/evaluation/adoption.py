"""Which edges of a taxonomy would become pins of a published tree, and what becomes of every entry. Pure.

Conventions: an entry means the concept whose id it carries (as notation, name or end of its address), else the only one
of that name, whatever its case. What the catalogue does not know is passed through: a concept hangs below the nearest
entries above it that are known. An entry with none above it is the taxonomy's top and is left where it hangs, unless it
hangs below something that shall hang below it.

Why an entry with several parents makes no pin: a pin is one parent; which one is for a person to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from worker.evaluation.reference import Entry

Outcome = Literal["pin", "stands", "top", "several_parents", "unknown", "ambiguous", "not_in_tree"]
"""Becomes a pin; is so already; nothing or too much is above it; nobody, or several, are called so; stands outside."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """What becomes of one entry."""

    label: str
    concept: str | None
    """Id of the concept it means."""
    parent: str | None
    """Id of the one it shall hang below; None: the root, or none was found."""
    outcome: Outcome
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PinPlan:
    """What becomes of a taxonomy."""

    entries: tuple[Adopted, ...]
    """In the file's order."""

    @property
    def pins(self) -> dict[str, str | None]:
        """Concept -> parent, by id."""
        return {one.concept: one.parent for one in self.entries if one.outcome == "pin" and one.concept is not None}


def plan_pins(entries: Mapping[str, Entry], names: Mapping[str, str], parents: Mapping[str, str | None]) -> PinPlan:
    """Compare a taxonomy with a tree.

    Args:
        entries: as `read_entries` gives them.
        names: name by concept id.
        parents: parent by concept id, for those in the tree; None below the root.
    """
    meant = {key: _meant(entry, names) for key, entry in entries.items()}
    known = {key: found[0] for key, found in meant.items() if len(found) == 1 and found[0] in parents}
    above: dict[str, set[str]] = {}
    for key, concept in known.items():
        above.setdefault(concept, set()).update(_nearest(key, entries, known) - {concept})
    told = {key: _told(entries[key].names[0], meant[key], above, parents) for key in entries}
    wanted = {one.concept: one.parent for one in told.values() if one.outcome == "pin" and one.concept is not None}
    freed = _freed(wanted, above, parents)
    return PinPlan(
        tuple(
            Adopted(one.label, one.concept, None, "pin", "it hung below what shall hang below it")
            if one.concept in freed and one.outcome == "top"
            else one
            for one in told.values()
        )
    )


def _meant(entry: Entry, names: Mapping[str, str]) -> list[str]:
    """Ids of the concepts that an entry may mean."""
    by_id = [name for name in entry.names if name in names]
    if by_id:
        return by_id[:1]
    called = {name.casefold() for name in entry.names}
    return sorted(concept for concept, name in names.items() if name.strip().casefold() in called)


def _nearest(key: str, entries: Mapping[str, Entry], known: Mapping[str, str]) -> set[str]:
    """The known concepts next above an entry, through those that are not known."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = list(entries[key].parents)
    while waiting:
        parent = waiting.pop()
        if parent in known:
            found.add(known[parent])
        elif parent not in seen:
            seen.add(parent)
            waiting += entries[parent].parents
    return found


def _told(
    label: str, meant: Sequence[str], above: Mapping[str, set[str]], parents: Mapping[str, str | None]
) -> Adopted:
    if len(meant) != 1:
        return Adopted(label, None, None, "ambiguous" if meant else "unknown", ", ".join(meant))
    [concept] = meant
    if concept not in parents:
        return Adopted(label, concept, None, "not_in_tree")
    over = above[concept]
    if not over:
        return Adopted(label, concept, None, "top")
    if parents[concept] in over:
        return Adopted(label, concept, parents[concept], "stands")
    if len(over) > 1:
        return Adopted(label, concept, None, "several_parents", ", ".join(sorted(over)))
    return Adopted(label, concept, min(over), "pin")


def _freed(
    wanted: Mapping[str, str | None], above: Mapping[str, set[str]], parents: Mapping[str, str | None]
) -> set[str]:
    """The tops that must go to the root, because with the pins they would hang below themselves."""
    tree = {**parents, **wanted}
    freed: set[str] = set()
    for concept in sorted(one for one, over in above.items() if not over):
        way, step = {concept}, tree[concept]
        while step is not None and step not in way:
            way.add(step)
            step = tree[step]
        if step == concept:
            freed.add(concept)
            tree[concept] = None
    return freed
