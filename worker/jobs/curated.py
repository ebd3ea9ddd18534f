"""What curators decided, as a rebuild keeps to it.

Conventions: `Standing` comes from the graph. A concept that was merged follows the chain to the one that it is part of
in the end. The scan freezes who is set aside and whose tracks are joined; pins are looked at again when the tree is
grown, and once more when it is published, so that nothing decided during a rebuild is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cypher.decisions import Standing
from cypher.model import Edge

CONTRADICTED_BY = 0.2
"""A pin is contradicted when another parent's similarity exceeds the pinned one's by more: the poster's threshold for
further parents."""


@dataclass(frozen=True, slots=True)
class PinnedPlaces:
    """Pins as positions of the kept concepts, and those that have to wait."""

    pins: dict[int, int | None]
    waiting: tuple[str, ...]
    """Concepts whose pin cannot be kept to now: they or their parent are not among the kept ones."""


def heir(standing: Standing, concept_id: str) -> str:
    """The concept that this one is part of in the end; itself when it was not merged."""
    seen = {concept_id}
    while concept_id in standing.merged and standing.merged[concept_id] not in seen:
        concept_id = standing.merged[concept_id]
        seen.add(concept_id)
    return concept_id


def set_aside(standing: Standing, names: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Concepts that curators took out: id -> code and sentence of the verdict.

    Args:
        standing: what was decided.
        names: of every concept of the collection, by id.
    """
    aside = {one: ("hidden", "a curator hid it") for one in standing.hidden if one in names}
    for one in standing.merged:
        into = heir(standing, one)
        if one in names and into != one:
            aside[one] = ("merged", f"it is part of {names.get(into, into)}")
    return aside


def joined(standing: Standing, memberships: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Track ids by concept, those of merged concepts joined to the one they are part of."""
    found = {concept_id: set(tracks) for concept_id, tracks in memberships.items()}
    for one in standing.merged:
        into = heir(standing, one)
        if into in found and into != one:
            found[into] |= set(memberships.get(one, ()))
    return {concept_id: sorted(tracks) for concept_id, tracks in found.items()}


def places(standing: Standing, concept_ids: Sequence[str]) -> PinnedPlaces:
    """Pins between kept concepts; a pin below a merged concept means the one that it is part of.

    Args:
        standing: what was decided.
        concept_ids: the kept concepts, in the order of the arrays.
    """
    position = {concept_id: place for place, concept_id in enumerate(concept_ids)}
    pins: dict[int, int | None] = {}
    waiting = []
    for child, parent in standing.pins.items():
        above = None if parent is None else heir(standing, parent)
        if child not in position or (above is not None and above not in position) or above == child:
            waiting.append(child)
            continue
        pins[position[child]] = None if above is None else position[above]
    for circle in _circles(pins):
        waiting.append(concept_ids[circle])
        del pins[circle]
    return PinnedPlaces(pins, tuple(sorted(waiting)))


def contradicted(edges: Sequence[Edge]) -> list[str]:
    """Pinned concepts whose sound speaks strongly for another parent; they stay where they are pinned."""
    return [edge.child for edge in edges if edge.pinned and edge.margin is not None and edge.margin < -CONTRADICTED_BY]


def _circles(pins: Mapping[int, int | None]) -> list[int]:
    """The last made pin of every circle that a merge has closed."""
    fine: dict[int, int | None] = {}
    refused = []
    for child, parent in pins.items():
        above, steps = parent, 0
        while above is not None and above != child and steps <= len(fine):
            above, steps = fine.get(above), steps + 1
        if above is None:
            fine[child] = parent
        else:
            refused.append(child)
    return refused
