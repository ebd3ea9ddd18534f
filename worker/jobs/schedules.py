"""When a collection is rebuilt by itself: a rule, and the next time by it. A leaf: pydantic and arithmetic.

Conventions: times are UTC. Two rules: every so many hours, counted from when it was set; or at a time of day, on all
days or some. A time that was missed, because nothing ran then, is served once; the next is after now.

Why not cron expressions: these two say what people schedule, and need no parser that somebody has to keep.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from worker.jobs.requests import RebuildRequest

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Rule(BaseModel):
    """When: either `every_h`, or `at` with `days` where not all are meant."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    every_h: int | None = Field(default=None, ge=1, le=24 * 366, description="Hours from one rebuild to the next")
    at: str | None = Field(default=None, pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="Time of day, UTC")
    days: tuple[Day, ...] | None = Field(default=None, min_length=1, max_length=7, description="null: every day")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.every_h is None) == (self.at is None):
            raise ValueError("say either every_h or at")
        if self.days is not None and self.at is None:
            raise ValueError("days go with at")
        return self

    def text(self) -> str:
        """The rule in words.

        >>> Rule(at="03:30", days=("mon", "thu")).text()
        'at 03:30 UTC on mon, thu'
        """
        if self.every_h is not None:
            return f"every {self.every_h} h"
        return f"at {self.at} UTC" + (f" on {', '.join(self.days)}" if self.days else "")


class ScheduleRequest(Rule):
    """A rule and what is asked for each time: the settings of a rebuild, its collection apart."""

    preset: Literal["default", "poster"] = "default"
    settings: dict[str, Any] = Field(default_factory=dict, description="As in a rebuild request, e.g. {min_tracks: 5}")

    @model_validator(mode="after")
    def _settings_fit(self) -> Self:
        self.rebuild()
        return self

    def rule(self) -> Rule:
        """The rule alone."""
        return Rule(every_h=self.every_h, at=self.at, days=self.days)

    def rebuild(self) -> RebuildRequest:
        """What is asked for each time.

        Raises:
            pydantic.ValidationError: a setting is none of a rebuild.
        """
        return RebuildRequest.model_validate({"preset": self.preset, **self.settings})


def next_time(rule: Rule, *, after: datetime, anchor: datetime) -> datetime:
    """The first time by the rule later than `after`.

    Args:
        rule: when.
        after: with a time zone.
        anchor: what `every_h` counts from; with a time zone, not later than `after`.

    >>> half_past_three = datetime(2026, 5, 1, 3, 30, tzinfo=UTC)
    >>> print(next_time(Rule(at="03:30"), after=half_past_three, anchor=half_past_three))
    2026-05-02 03:30:00+00:00
    """
    after = after.astimezone(UTC)
    if rule.every_h is not None:
        step = timedelta(hours=rule.every_h)
        return anchor.astimezone(UTC) + ((after - anchor) // step + 1) * step
    hour, minute = map(int, (rule.at or "00:00").split(":"))
    days = rule.days or DAYS
    for ahead in range(9):
        found = (after + timedelta(days=ahead)).replace(hour=hour, minute=minute, second=0, microsecond=0)
        if found > after and DAYS[found.weekday()] in days:
            return found
    raise ValueError(f"no time by {rule!r}")
