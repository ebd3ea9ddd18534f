"""Nouns of what became of concepts: one in each version, its changes beside chance, pairs that may be one.

Conventions: as in `model`.
"""

from __future__ import annotations

from dataclasses import dataclass

from cypher.model import ConceptStatus, Hierarchy, Quality


@dataclass(frozen=True, slots=True)
class DriftFigure:
    """One figure of a concept beside the interval that chance alone would keep it in; see `worker.answers.drift`."""

    name: str
    """`sound`, `vector`, `parent`, `betweenness` or `auc`."""
    value: float
    low: float | None
    """95 % of what no change gives lies between the two."""
    high: float | None
    q_value: float | None = None
    """The smallest false discovery rate at which it is a drift; None where nothing differs or nothing can be said."""


@dataclass(frozen=True, slots=True)
class Drift:
    """What became of a concept since an earlier version."""

    since: int
    """The version it was compared with."""
    added: int
    """Heard tracks that came."""
    gone: int
    jaccard: float
    """Tracks of both over tracks of either."""
    drifted: tuple[str, ...]
    """Names of the figures that chance does not explain."""
    figures: tuple[DriftFigure, ...]
    """By name; those of which nothing can be said are left out."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One concept in one version of its collection."""

    hierarchy: Hierarchy
    status: ConceptStatus
    reason: str
    tracks: int
    quality: Quality | None
    betweenness: float | None
    depth: int | None
    parents: tuple[tuple[str, str], ...]
    """(id, name) of each, strongest first; none below the root."""
    children: tuple[tuple[str, str], ...]
    """(id, name) of each, by id."""
    drift: Drift | None
    """Since the version that was current when this one was made; None where they were not compared."""


@dataclass(frozen=True, slots=True)
class Twins:
    """Two concepts that may be one, and what speaks for it."""

    first: tuple[str, str]
    """(id, name); of both the one with more tracks."""
    second: tuple[str, str]
    there: float
    """S[first, second]."""
    back: float
    there_error: float | None
    back_error: float | None
    shared: int
    """Tracks of both."""
    jaccard: float
    """Tracks of both over tracks of either."""
