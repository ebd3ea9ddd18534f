"""`audio-concepts rebuild | jobs`: learn a hierarchy, look after that work."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from worker.cli import job_view, plan_view, queue_view
from worker.cli.output import note, say, say_json, user
from worker.errors import WorkerError
from worker.settings import load_settings

if TYPE_CHECKING:
    from webapi.client import Client
    from webapi.schemas import Job

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Collection = Annotated[str | None, typer.Option("--collection", help="Id of the collection; default: the default one.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change one, e.g. min_tracks=5; repeatable.")
]
JobId = Annotated[UUID, typer.Argument(help="Id of a job.")]
INTERRUPTED = 130


class BadSetting(WorkerError):
    """`--set` with something that is no setting of a rebuild."""

    code = "bad_setting"

    def __init__(self, given: str, detail: str) -> None:
        super().__init__(given, detail)
        self.given, self.detail = given, detail

    def __str__(self) -> str:
        return f"--set {self.given}: {self.detail}"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(rebuild)
    jobs = typer.Typer(name="jobs", help="Look after the work: list, show, cancel, retry, queue.", no_args_is_help=True)
    jobs.command("list")(list_jobs)
    jobs.command()(show)
    jobs.command()(cancel)
    jobs.command()(retry)
    jobs.command()(queue)
    app.add_typer(jobs)


# --- rebuild ------------------------------------------------------------------------------------------------


def rebuild(
    *,
    collection: Collection = None,
    preset: Annotated[str, typer.Option(help="Values to start from: default, or poster.")] = "default",
    group_by: Annotated[
        str | None, typer.Option(help="What stays within one fold: track, artist, album or score.")
    ] = None,
    balance: Annotated[
        str | None,
        typer.Option(help="Weigh counter-examples against: loudness, length, year, codec, rate or popularity."),
    ] = None,
    settings: Settings = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show a bar a stage, and end with the job.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done and how long it takes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Learn a collection's concepts and their hierarchy anew. Exit code 1 when a watched job does not succeed."""
    chosen = {"group_by": group_by, "balance": balance}
    changes = [*(settings or []), *(f"{name}={value}" for name, value in chosen.items() if value)]
    wanted = _request(collection, preset, changes)
    with client() as api:
        if dry_run:
            planned = api.plan(wanted)
            if as_json:
                say_json(json.loads(planned.model_dump_json()))
            else:
                say(plan_view.plan_text(planned))
            return
        job = api.rebuild(wanted)
        if watch:
            _end(_followed(api, job), as_json=as_json)
        elif as_json:
            say_json({"job": str(job.id), "collection": job.collection.id, "state": job.state})
        else:
            say(
                f"Job {job.id} rebuilds {job.collection.name}; follow it by `audio-concepts jobs show {job.id} --watch`"
            )


def _request(collection: str | None, preset: str, changes: list[str]) -> dict[str, Any]:
    """The request as JSON, its names and values checked before anything is sent."""
    from pydantic import ValidationError

    from worker.jobs.requests import RebuildRequest

    wanted: dict[str, Any] = {"collection": collection, "preset": preset, **settings_given(changes)}
    try:
        return RebuildRequest.model_validate(wanted).model_dump(mode="json", exclude_none=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadSetting(f"{where}={first['input']}", first["msg"]) from error


def settings_given(changes: list[str]) -> dict[str, Any]:
    """What `--set` said, its names checked.

    Raises:
        BadSetting: one has no name of a setting, or no value.
    """
    from worker.jobs.requests import overrides

    wanted: dict[str, Any] = {}
    for change in changes:
        name, equals, value = change.partition("=")
        if not equals or name not in overrides():
            raise BadSetting(change, f"write NAME=VALUE with one of {', '.join(overrides())}")
        wanted[name] = _value(value)
    return wanted


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _followed(api: Client, job: Job) -> Job:
    try:
        return job_view.watch(api.watch(str(job.id)))
    except KeyboardInterrupt:
        note(
            f"Job {job.id} goes on. Follow it by `audio-concepts jobs show {job.id} --watch`, "
            f"end it by `audio-concepts jobs cancel {job.id}`",
        )
        raise typer.Exit(INTERRUPTED) from None


def _end(job: Job, *, as_json: bool) -> None:
    if as_json:
        say_json(job_view.summary(job))
    else:
        say(job_view.summary_text(job))
    if job.state != "succeeded":
        raise typer.Exit(1)


# --- jobs ------------------------------------------------------------------------------------------------


def list_jobs(
    collection: Collection = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="How many, newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Jobs, newest first."""
    from itertools import islice

    with client() as api:
        found = list(islice(api.jobs(collection), limit))
    if as_json:
        say_json([json.loads(job.model_dump_json()) for job in found])
    else:
        say("\n".join(map(job_view.job_line, found)) or "No job yet; `audio-concepts rebuild` asks for the first.")


def show(
    job_id: JobId,
    watch: Annotated[bool, typer.Option("--watch", help="Show a bar a stage, and end with the job.")] = False,
    as_json: AsJson = False,
) -> None:
    """One job: how far it is, or what it came to."""
    with client() as api:
        job = api.job(str(job_id))
        if watch:
            _end(_followed(api, job), as_json=as_json)
            return
    if as_json:
        say_json(json.loads(job.model_dump_json()))
    else:
        say("\n".join([job_view.summary_text(job), *job_view.stage_lines(job)]))


def cancel(job_id: JobId, as_json: AsJson = False) -> None:
    """Ask a job to stop; what is published stays as it is."""
    with client() as api:
        _print_state(api.cancel(str(job_id)), as_json=as_json)


def retry(job_id: JobId, as_json: AsJson = False) -> None:
    """Queue a failed or cancelled job again; it resumes at the first unfinished step."""
    with client() as api:
        _print_state(api.retry(str(job_id)), as_json=as_json)


def queue(as_json: AsJson = False) -> None:
    """What waits at the broker, what was set aside there, and which worker looks after it."""
    with client() as api:
        found = api.queue()
    if as_json:
        say_json(json.loads(found.model_dump_json()))
    else:
        say(queue_view.queue_text(found))


def _print_state(job: Job, *, as_json: bool) -> None:
    if as_json:
        say_json({"job": str(job.id), "state": job.state})
    else:
        say(f"Job {job.id} is {job.state}.")


# --- how ------------------------------------------------------------------------------------------------


def client() -> Client:
    """Of the API of these settings, in the name of who sits at the terminal."""
    from webapi.client import connect

    return connect(load_settings(), author=user())
