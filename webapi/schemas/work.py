"""What travels over HTTP about work: plans, event streams, schedules, the queue.

Conventions: those of `webapi.schemas`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from webapi.schemas import Answer, Id, Label, Question
from webapi.schemas.asking import Asked
from worker.jobs.schedules import Rule


class RebuildQuery(Question):
    dry_run: bool = Field(default=False, description="Answer with a plan; make no job")


class EventHeaders(Asked):
    last_event_id: str | None = Field(default=None, max_length=200, description="Id of the last event that was heard")


# --- plans -----------------------------------------------------------------------------------------------------------


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
    computes: int | None = Field(description="Units of work at most; null where they show only when it runs")
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


# --- schedules -------------------------------------------------------------------------------------------------------


class SchedulePath(Question):
    collection_id: Id


class Schedule(Answer):
    """When a collection is rebuilt by itself; times are UTC."""

    collection: Label
    rule: Rule
    says: str = Field(description="The rule in words")
    request: dict[str, Any] = Field(description="What is asked for each time: preset and settings")
    author: str
    set_at: datetime
    next_at: datetime
    last_at: datetime | None
    last_job: UUID | None = Field(description="The job that was asked for then, or the one that stood in the way")
    last_said: str = Field(description="What came of the last time; empty before the first")


class SchedulePage(Answer):
    """Every schedule, by collection."""

    items: list[Schedule]
    next: str | None = None


# --- the queue -------------------------------------------------------------------------------------------------------


class SetAside(Answer):
    """An entry of a queue that was no message of ours."""

    queue: str
    why: str
    at: datetime
    entry: str = Field(description="Its beginning")


class Reaper(Answer):
    """The worker process that rings again for what nobody does, and serves schedules."""

    holder: str
    since: datetime
    until: datetime
    held: bool = Field(description="It was heard of in time")


class Queue(Answer):
    """What waits at the broker, and who looks after it."""

    waiting: dict[str, int] = Field(description="Messages by queue; empty when the broker does not answer")
    set_aside: int = Field(description="Entries that were ever no message of ours, since the broker began")
    latest_set_aside: list[SetAside]
    broker: str = Field(description="Why the broker does not answer; empty when it does")
    reaper: Reaper | None = Field(description="null before any worker ran")
