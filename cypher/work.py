"""The nouns of work beside jobs and steps: what plans are made from, offices, schedules.

Conventions: those of `cypher.model`; a module of its own, without the driver, so that the HTTP face may name them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cypher.decisions import Standing
from cypher.model import Collection, JobState, StepState

REAPER = "reaper"
"""The office of who rings again."""


@dataclass(frozen=True, slots=True)
class PastStep:
    """A step that was finished: what came of it, and from when to when its last attempt took."""

    job_id: str
    collection: str
    job_state: JobState
    parameters: dict[str, Any]
    """Of its job."""
    name: str
    result: dict[str, Any]
    attempt_at: datetime
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class StageCount:
    """The steps that one stage has in one state, over all jobs of a kind."""

    kind: str
    name: str
    state: StepState
    steps: int
    seconds: float
    """That the last attempts of those took that have ended."""


@dataclass(frozen=True, slots=True)
class Survey:
    """One moment of a collection, the whole catalogue of tracks, and the latest work."""

    collection: Collection
    parameters: dict[str, Any]
    """Of the current version; empty before the first publication."""
    names: dict[str, str]
    """Name by concept id: of the collection's concepts, and of those that the current version knows."""
    learnt_from: dict[str, str]
    """members_sha256 by concept id, as the current version was learnt."""
    memberships: dict[str, list[str]]
    """Track ids by concept id, as they are now."""
    tracks: int
    """In the catalogue, whatever they belong to."""
    past: tuple[PastStep, ...]
    """Newest job first."""
    standing: Standing = field(default_factory=Standing)
    """What curators decided."""


@dataclass(frozen=True, slots=True)
class Office:
    holder: str
    since: datetime
    until: datetime
    """When the holder loses it, unless it is heard of."""
    held: bool = True
    """Not yet over when this was read."""


@dataclass(frozen=True, slots=True)
class Schedule:
    collection: str
    rule: dict[str, Any]
    request: dict[str, Any]
    author: str
    set_at: datetime
    next_at: datetime
    last_at: datetime | None
    """When its last time was served."""
    last_job: str | None
    """The job that was asked for then, or the one that stood in the way."""
    last_said: str
    """What came of it, in a sentence."""
    read_at: datetime
    """The server's time when this was read."""

    @property
    def due(self) -> bool:
        return self.next_at <= self.read_at
