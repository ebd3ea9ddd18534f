"""The nouns of curation: what people decided, as frozen records. Conventions: as in `cypher.model`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

CurationKind = Literal["pin", "rename", "merge", "hide", "undo", "revert"]
CurationState = Literal["standing", "replaced", "undone", "done"]


@dataclass(frozen=True, slots=True)
class Signature:
    """Who decides, and why."""

    author: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Curation:
    """One decision of a curator, kept for ever."""

    id: str
    collection: str
    kind: CurationKind
    state: CurationState
    author: str
    reason: str
    at: datetime
    version: int | None
    """The version that it published, or that was current; None before the first publication."""
    concept: str
    """Whom it is about."""
    concept_name: str
    """What that is called now."""
    other: str | None
    """Of a pin the parent, None below the root; of a merge the concept it is part of."""
    other_name: str | None
    undoes: str | None
    """Of an undo, the decision that it took back."""
    details: dict[str, Any]
    """What an undo needs."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What people decided about a collection, as far as a rebuild has to keep to it."""

    seen: int = 0
    """Decisions ever made about the collection: another number means that there are further ones."""
    pins: Mapping[str, str | None] = field(default_factory=dict)
    """Concept -> the parent it shall have, None for the root."""
    merged: Mapping[str, str] = field(default_factory=dict)
    """Concept -> the one that it is part of."""
    hidden: frozenset[str] = frozenset()
