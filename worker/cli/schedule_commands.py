"""`audio-concepts schedule`: collections that are rebuilt by themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.jobs_commands import AsJson, BadSetting, Settings, client, settings_given
from worker.cli.output import say, say_json

if TYPE_CHECKING:
    from webapi.schemas.work import Schedule

Collection = Annotated[str, typer.Option("--collection", help="Id of the collection.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    schedule = typer.Typer(name="schedule", help="Rebuild collections by themselves.", no_args_is_help=True)
    schedule.command("list")(list_schedules)
    schedule.command("set")(set_schedule)
    schedule.command("remove")(remove_schedule)
    app.add_typer(schedule)


def list_schedules(as_json: AsJson = False) -> None:
    """Every schedule, when it is next, and what came of the last time."""
    with client() as api:
        found = api.schedules()
    if as_json:
        say_json([json.loads(one.model_dump_json()) for one in found])
    else:
        say("\n".join(map(_line, found)) or "No schedule yet; `audio-concepts schedule set` makes one.")


def set_schedule(
    *,
    collection: Collection,
    every: Annotated[int | None, typer.Option("--every", metavar="HOURS", help="Hours between rebuilds.")] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="HH:MM", help="Time of day, UTC.")] = None,
    days: Annotated[list[str] | None, typer.Option("--day", help="mon, tue ... with --at; repeatable.")] = None,
    preset: Annotated[str, typer.Option(help="Values to start from: default, or poster.")] = "default",
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Rebuild a collection every so many hours, or at a time of day; takes the place of the schedule it has."""
    wanted = _request({"every_h": every, "at": at, "days": days, "preset": preset}, settings_given(settings or []))
    with client() as api:
        made = api.set_schedule(collection, wanted)
    if as_json:
        say_json(json.loads(made.model_dump_json()))
    else:
        say(f"{made.collection.name} is rebuilt {made.says}; next at {made.next_at:%Y-%m-%d %H:%M} UTC.")


def remove_schedule(collection: Collection) -> None:
    """Rebuild a collection by itself no more."""
    with client() as api:
        api.remove_schedule(collection)
    say(f"{collection} has no schedule any more.")


def _request(rule: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """The request as JSON, checked before anything is sent."""
    from pydantic import ValidationError

    from worker.jobs.schedules import ScheduleRequest

    given = {name: value for name, value in rule.items() if value} | {"settings": settings}
    try:
        return ScheduleRequest.model_validate(given).model_dump(mode="json", exclude_none=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "--every, --at"
        raise BadSetting(where, first["msg"]) from error


def _line(found: Schedule) -> str:
    last = f"; last {found.last_at:%Y-%m-%d %H:%M}: {found.last_said}" if found.last_at is not None else ""
    return f"{found.collection.name:<20} {found.says}, next {found.next_at:%Y-%m-%d %H:%M} UTC{last}"
