"""What has to change so that relationships by staging say what is wanted; no database in here.

Conventions: one concept at a time. `other` is the id at the far end; a value is the tuple of what the relationship
carries. A relationship is open until a staging closes it; what is standing is open, or was closed by the very staging
being built (an earlier attempt of it), or by a later one that came to nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Value = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """One relationship as it is."""

    id: str
    other: str
    value: Value
    since: int
    until: int | None = None
    """The staging that closed it; None while it is open."""


@dataclass(slots=True)
class Changes:
    """What to write; lists of element ids, and the others that need a new relationship."""

    create: list[str] = field(default_factory=list)
    close: list[str] = field(default_factory=list)
    reopen: list[str] = field(default_factory=list)
    remove: list[str] = field(default_factory=list)


def differences(wanted: Mapping[str, Value], standing: Iterable[Standing], staging: int) -> Changes:
    """The least that makes `staging` hold exactly `wanted`, without touching what readers of earlier ones see.

    >>> differences({"b": (0.5,)}, [Standing("r1", "b", (0.4,), since=1)], staging=2)
    Changes(create=['b'], close=['r1'], reopen=[], remove=[])

    Args:
        wanted: other -> value.
        standing: open relationships, and those closed by `staging` or later.
        staging: the one being built; no later one has readers.
    """
    changes = Changes()
    satisfied: set[str] = set()
    for one in sorted(standing, key=lambda one: one.since):
        fits = one.other not in satisfied and wanted.get(one.other) == one.value
        if fits and one.since <= staging:
            satisfied.add(one.other)
            if one.until is not None:
                changes.reopen.append(one.id)
        elif one.since >= staging:
            changes.remove.append(one.id)
        elif one.until != staging:
            changes.close.append(one.id)
    changes.create.extend(other for other in wanted if other not in satisfied)
    return changes
