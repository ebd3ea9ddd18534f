"""`audio-concepts rebuild | jobs | tag`: learn a hierarchy, look after that work, name the concepts of a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from worker.cli import job_view
from worker.cli.output import note, say, say_json
from worker.errors import WorkerError
from worker.settings import load_settings

if TYPE_CHECKING:
    from webapi.client import Client
    from webapi.schemas import Job

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Collection = Annotated[str | None, typer.Option("--collection", help="Id of the collection; default: the default one.")]
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
    app.command()(tag)
    jobs = typer.Typer(name="jobs", help="Look after the work: list, show, cancel, retry.", no_args_is_help=True)
    jobs.command("list")(list_jobs)
    jobs.command()(show)
    jobs.command()(cancel)
    jobs.command()(retry)
    app.add_typer(jobs)


# --- rebuild ------------------------------------------------------------------------------------------------


def rebuild(
    collection: Collection = None,
    preset: Annotated[str, typer.Option(help="Values to start from: default, or poster.")] = "default",
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change one, e.g. min_tracks=5; repeatable.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show a bar a stage, and end with the job.")] = False,
    as_json: AsJson = False,
) -> None:
    """Learn a collection's concepts and their hierarchy anew. Exit code 1 when a watched job does not succeed."""
    wanted = _request(collection, preset, settings or [])
    with _client() as client:
        job = client.rebuild(wanted)
        if watch:
            _end(_followed(client, job), as_json=as_json)
        elif as_json:
            say_json({"job": str(job.id), "collection": job.collection.id, "state": job.state})
        else:
            say(
                f"Job {job.id} rebuilds {job.collection.name}; follow it by `audio-concepts jobs show {job.id} --watch`"
            )


def _request(collection: str | None, preset: str, changes: list[str]) -> dict[str, Any]:
    """The request as JSON, its names and values checked before anything is sent."""
    from pydantic import ValidationError

    from worker.jobs.requests import RebuildRequest, overrides

    wanted: dict[str, Any] = {"collection": collection, "preset": preset}
    for change in changes:
        name, equals, value = change.partition("=")
        if not equals or name not in overrides():
            raise BadSetting(change, f"write NAME=VALUE with one of {', '.join(overrides())}")
        wanted[name] = _value(value)
    try:
        return RebuildRequest.model_validate(wanted).model_dump(mode="json", exclude_none=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadSetting(f"{where}={first['input']}", first["msg"]) from error


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _followed(client: Client, job: Job) -> Job:
    try:
        return job_view.watch(client.watch(str(job.id)))
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

    with _client() as client:
        found = list(islice(client.jobs(collection), limit))
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
    with _client() as client:
        job = client.job(str(job_id))
        if watch:
            _end(_followed(client, job), as_json=as_json)
            return
    if as_json:
        say_json(json.loads(job.model_dump_json()))
    else:
        say("\n".join([job_view.summary_text(job), *job_view.stage_lines(job)]))


def cancel(job_id: JobId, as_json: AsJson = False) -> None:
    """Ask a job to stop; what is published stays as it is."""
    with _client() as client:
        _print_state(client.cancel(str(job_id)), as_json=as_json)


def retry(job_id: JobId, as_json: AsJson = False) -> None:
    """Queue a failed or cancelled job again; it resumes at the first unfinished step."""
    from worker.jobs.doorbell import Doorbell
    from worker.jobs.workshop import Workshop

    settings = load_settings()
    workshop = Workshop(settings)
    ledger = workshop.graph().ledger
    try:
        job = ledger.retry(str(job_id))
        if settings.redis_url is not None:
            doorbell = Doorbell(settings.redis_url.get_secret_value(), deadline_s=5.0)
            for step in ledger.due_steps(job.id):
                doorbell.ring(step)
    finally:
        workshop.close()
    with _client() as client:
        _print_state(client.job(str(job_id)), as_json=as_json)


def _print_state(job: Job, *, as_json: bool) -> None:
    if as_json:
        say_json({"job": str(job.id), "state": job.state})
    else:
        say(f"Job {job.id} is {job.state}.")


# --- tag ------------------------------------------------------------------------------------------------


def tag(
    files: Annotated[list[Path], typer.Argument(help="Audio files.", metavar="FILE...")],
    collection: Collection = None,
    top: Annotated[int, typer.Option("--top", min=1, help="How many concepts a file.")] = 10,
    as_json: AsJson = False,
) -> None:
    """The concepts that files express, by the published vectors; no server is needed. Exit code 1 when a file fails."""
    from worker.activations.backbones import load_backbone
    from worker.activations.fingerprint import Fingerprint
    from worker.answers.attribution import attribute
    from worker.answers.published import load_published
    from worker.catalogue.audio import Decoder
    from worker.catalogue.errors import AudioRejected

    published = load_published(load_settings().data, collection)
    fingerprint = Fingerprint.parse(published.fingerprint)
    found: list[dict[str, Any]] = []
    with _spinner("Loading the network") as tell, Decoder() as decoder:
        backbone = load_backbone(
            fingerprint.backbone,
            pooling=fingerprint.pooling,
            layer=fingerprint.layer,
            hop_frames=fingerprint.hop_frames,
            pad_frames=fingerprint.pad_frames,
            precision=fingerprint.precision,
            device=fingerprint.device_class,
        )
        for number, file in enumerate(files, start=1):
            tell(f"Listening to {number} of {len(files)}: {file.name}")
            try:
                sound = decoder.decode(file.absolute())
            except AudioRejected as error:
                found.append({"file": str(file), "error": {"code": str(error.code), "message": str(error)}})
                continue
            scores = attribute(published, backbone.activations(sound.samples, sound.rate_hz), backbone.fingerprint)
            concepts = [{"id": one.concept_id, "name": one.name, "score": round(one.score, 4)} for one in scores[:top]]
            found.append({"file": str(file), "concepts": concepts})
    if as_json:
        say_json({"collection": published.collection, "version": published.version, "files": found})
    else:
        say("\n".join(line for one in found for line in _tag_lines(one)))
    if any("error" in one for one in found):
        raise typer.Exit(1)


def _tag_lines(found: dict[str, Any]) -> list[str]:
    if "error" in found:
        return [f"{found['file']}: {found['error']['message']}"]
    return [found["file"], *(f"  {one['score']:.3f}  {one['name']}" for one in found["concepts"])]


# --- how ------------------------------------------------------------------------------------------------


def _client() -> Client:
    from webapi.client import connect

    return connect(load_settings())


@contextmanager
def _spinner(text: str) -> Iterator[Any]:
    from rich.console import Console

    with Console(stderr=True).status(text) as status:
        yield status.update
