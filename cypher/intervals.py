"""What has to change so that relationships by version say what is wanted; no database in here.

Conventions: one concept at a time. `other` is the id at the far end; a value is the tuple of what the relationship
carries. A relationship is open until a version closes it; what is standing is open, or was closed by the very version
being built (an earlier attempt of it).
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
    is_open: bool


@dataclass(slots=True)
class Changes:
    """What to write; lists of element ids, and the others that need a new relationship."""

    create: list[str] = field(default_factory=list)
    close: list[str] = field(default_factory=list)
    reopen: list[str] = field(default_factory=list)
    remove: list[str] = field(default_factory=list)


def differences(wanted: Mapping[str, Value], standing: Iterable[Standing], version: int) -> Changes:
    """The least that makes `version` hold exactly `wanted`, without touching what readers of earlier versions see.

    >>> differences({"b": (0.5,)}, [Standing("r1", "b", (0.4,), since=1, is_open=True)], version=2)
    Changes(create=['b'], close=['r1'], reopen=[], remove=[])

    Args:
        wanted: other -> value.
        standing: open relationships, and those closed by `version`.
        version: the one being built.
    """
    changes = Changes()
    satisfied: set[str] = set()
    for one in sorted(standing, key=lambda one: one.since):
        fits = one.other not in satisfied and wanted.get(one.other) == one.value
        if fits:
            satisfied.add(one.other)
            if not one.is_open:
                changes.reopen.append(one.id)
        elif one.since >= version:
            changes.remove.append(one.id)
        elif one.is_open:
            changes.close.append(one.id)
    changes.create.extend(other for other in wanted if other not in satisfied)
    return changes
