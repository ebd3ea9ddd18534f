"""What travels over HTTP about work to come: plans.

Conventions: those of `webapi.schemas`.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import Field

from webapi.schemas import Answer, Label, Question


class RebuildQuery(Question):
    dry_run: bool = Field(default=False, description="Answer with a plan; make no job")


class PlannedConcepts(Answer):
    """Concepts against the current version."""

    new: list[Label]
    changed: list[Label] = Field(description="Other tracks than the current version was learnt from")
    gone: list[Label]
    unchanged: int


class PlannedTracks(Answer):
    """The whole catalogue: tracks that belong to no concept are counter-examples."""

    total: int
    new: int | None = Field(description="Since the job named in `basis`; null when there is none")
    unheard: int = Field(description="To listen to; those that gave no sound before are tried again")
    failed_before: int = Field(description="Of the unheard, tracks that gave no sound the last time")
    heard: int = Field(description="Activations that are reused")
    basis: UUID | None = Field(
        description="The job whose results say what was heard: the last that listened with these settings; "
        "null when there is none, and all tracks count as unheard"
    )


class PlannedStage(Answer):
    number: int
    name: str
    label: str = Field(description="What it does, for people")
    computes: int | None = Field(
        description="Units of work, should every unheard track give sound; null where they show only when it runs"
    )
    reuses: int | None
    unit: str
    expected_s: float | None = Field(description="By the median rate of past jobs; null when nobody has timed it")


class RebuildPlan(Answer):
    """What a rebuild asked for now would do. Nothing was written."""

    collection: Label
    version: int | None = Field(description="The current version; null before the first")
    parameters: dict[str, Any]
    concepts: PlannedConcepts
    tracks: PlannedTracks
    nothing_to_do: bool = Field(description="Nothing has changed: the current version would stay current")
    stages: list[PlannedStage]
    expected_s: float | None = Field(description="Of all stages; null when any of them has never been timed")
    active_job: UUID | None = Field(description="A rebuild at work on the collection: a request now is refused")
