"""`audio-concepts explain | upload`: in which seconds a track expresses concepts; files become tracks; by the API."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from worker.cli.answers_commands import clock, sparkline
from worker.cli.output import inert, note, say, say_json, user
from worker.settings import load_settings

if TYPE_CHECKING:
    from webapi.client import Client
    from webapi.schemas import Job
    from webapi.schemas.seconds import ExplainedConcept

T = TypeVar("T")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Collection = Annotated[str | None, typer.Option("--collection", help="Collection id; default: the default one.")]
NOT_EXPLAINED = "not_explained"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(explain)
    app.command()(upload)


def explain(
    track_id: Annotated[str, typer.Argument(metavar="TRACK", help="Id of a track.")],
    *,
    concept: Annotated[str | None, typer.Option("--concept", metavar="ID", help="One concept, with its curve.")] = None,
    collection: Collection = None,
    top: Annotated[int, typer.Option("--top", min=1, max=100, help="How many concepts.")] = 10,
    as_json: AsJson = False,
) -> None:
    """In which seconds a track expresses which concepts; a worker listens first, where none has."""
    if Path(track_id).is_file():
        raise typer.BadParameter(
            f"{track_id} is a file, and tracks have ids: `audio-concepts search CONCEPT` shows some, "
            "`audio-concepts tag FILE` tells what a file expresses, `--timeline` in which seconds",
            param_hint="TRACK",
        )
    with _client() as client:
        if concept is None:
            told = _after_listening(
                client, track_id, collection, lambda: client.explanations(track_id, collection=collection, limit=top)
            )
            found, lines = told.model_dump(mode="json"), [line for item in told.items for line in _lines(item)]
        else:
            home = client.concept(concept).collection.id
            one = _after_listening(client, track_id, home, lambda: client.explain(track_id, concept))
            found, lines = one.model_dump(mode="json"), [*_lines(one), f"    {sparkline(one.curve.scores)}"]
    if as_json:
        say_json(found)
    else:
        say("\n".join([inert(found["track"]["title"]), "  score  probability", *lines]))


def upload(
    files: Annotated[list[Path], typer.Argument(help="Audio files.", metavar="FILE...", exists=True, dir_okay=False)],
    *,
    as_json: AsJson = False,
) -> None:
    """Send files to the API: each becomes a track once a worker has decoded it. Exit code 1 when one does not."""
    found: list[dict[str, Any]] = []
    with _client() as client:
        found += [{"file": str(file), **_outcome(_watched(client, client.upload_track(file)))} for file in files]
    if as_json:
        say_json(found)
    else:
        say("\n".join(_upload_line(one) for one in found))
    if any("error" in one for one in found):
        raise typer.Exit(1)


def _after_listening(client: Client, track_id: str, collection: str | None, ask: Callable[[], T]) -> T:
    """What is asked, after a worker has listened to the track where none had.

    Raises:
        NoTrackHeard: it gave no sound.
    """
    from webapi.errors import ApiRefused
    from worker.answers.errors import NoTrackHeard

    try:
        return ask()
    except ApiRefused as refused:
        if refused.code != NOT_EXPLAINED:
            raise
    done = _watched(client, client.request_explanation([track_id], collection))
    if done.error is not None:
        note(done.error.message)
        raise typer.Exit(1)
    failures = (done.steps[0].result or {}).get("failures", {})
    if failures:
        raise NoTrackHeard(done.collection.id, 1, f"{track_id}: {failures[track_id]}")
    return ask()


def _watched(client: Client, job: Job) -> Job:
    from worker.cli.job_view import watch

    return watch(client.watch(str(job.id)))


def _outcome(job: Job) -> dict[str, Any]:
    if job.error is not None:
        return {"error": job.error.model_dump()}
    return dict(job.steps[0].result or {})


def _upload_line(one: dict[str, Any]) -> str:
    if "error" in one:
        return f"{one['file']}: {one['error']['message']}"
    known = "" if one["is_new"] else " (its sound was known)"
    return f"{one['file']}: track {one['track']}{known}"


def _lines(one: ExplainedConcept) -> list[str]:
    likely = "      -" if one.probability is None else f"{one.probability:7.3f}"
    spans = ", ".join(f"{clock(part.start_s)}-{clock(part.end_s)}" for part in one.passages)
    said = f"above 0.5: {spans}" if spans else "never above 0.5"
    return [f"  {one.score:.3f}  {likely}      {inert(one.concept.name)}", f"    {said}"]


def _client() -> Client:
    from webapi.client import connect

    return connect(load_settings(), author=user())
