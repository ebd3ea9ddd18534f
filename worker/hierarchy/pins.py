"""Decisions of a curator that a tree is grown around.

Conventions: a pin maps a concept to the parent it shall have, None for the virtual root; positions as in the matrices.
A pinned concept is never placed by its similarities; everybody else is placed as ever, but not below a concept that
lies below them already, so that no circle closes. Pinned children take their parents' room first, and may exceed it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from worker.hierarchy.errors import OutOfRange, PinsInCircle

Pins = Mapping[int, int | None]
NO_PINS: Pins = {}


def check_pins(pins: Pins, concepts: int) -> None:
    """Refuse pins that no tree can hold.

    Args:
        pins: child -> parent, None below the root.
        concepts: how many there are.

    Raises:
        OutOfRange: a position is none of 0..concepts-1.
        PinsInCircle: following the pins upwards leads back.
    """
    for child, parent in pins.items():
        for what, position in ((f"the pinned concept {child}", child), (f"the parent pinned for {child}", parent)):
            if position is not None and not 0 <= position < concepts:
                raise OutOfRange(what, f"a position 0..{concepts - 1}", position)
    fine: set[int] = set()
    for start in sorted(pins):
        way: list[int] = []
        above: int | None = start
        while above is not None and above not in fine:
            if above in way:
                raise PinsInCircle(tuple(way[way.index(above) :]))
            way.append(above)
            above = pins.get(above)
        fine.update(way)


def pinned_children(pins: Pins, concepts: int) -> NDArray[np.int64]:
    """(concepts,) how many are pinned below each."""
    parents = [parent for parent in pins.values() if parent is not None]
    return np.bincount(np.array(parents, dtype=np.int64), minlength=concepts).astype(np.int64)


def joined_pins(pins: Pins, further: Pins) -> Pins:
    """Pins, and of the further ones those that name no pinned concept and close no circle with what is taken already.

    Example:
        >>> joined_pins({1: 2}, {1: 0, 2: 1, 3: 1})
        {1: 2, 3: 1}
    """
    taken = dict(pins)
    for child, parent in sorted(further.items()):
        above, steps = parent, 0
        while above is not None and above != child and steps <= len(taken):
            above, steps = taken.get(above), steps + 1
        if child not in taken and above is None:
            taken[child] = parent
    return taken


def children_by_pins(pins: Pins) -> dict[int, list[int]]:
    """Who is pinned below whom, known before anybody is placed: a circle may close through one that has no place yet.

    Example:
        >>> children_by_pins({2: 0, 0: 1, 3: None})
        {0: [2], 1: [0]}
    """
    found: dict[int, list[int]] = {}
    for child, parent in pins.items():
        if parent is not None:
            found.setdefault(parent, []).append(child)
    return found


def below(concept: int, children: Mapping[int, list[int]]) -> list[int]:
    """All descendants of a concept.

    Args:
        concept: whose.
        children: of every concept that has some.

    Example:
        >>> below(0, {0: [2], 2: [5, 1], 1: [3], 4: [6]})
        [2, 5, 1, 3]
    """
    found = list(children.get(concept, ()))
    for child in found:
        found.extend(children.get(child, ()))
    return list(dict.fromkeys(found))
