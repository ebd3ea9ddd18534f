"""`audio-concepts import`: a folder of music and its playlists come into the catalogue, or any model's activations."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from worker.cli.output import say, say_json
from worker.errors import WorkerError
from worker.settings import Settings, load_settings

if TYPE_CHECKING:
    from cypher.catalogue import CatalogueStore
    from cypher.model import Kind
    from worker.activations.outside.importing import OutsideReport
    from worker.catalogue.importer import OnProgress, Target
    from worker.catalogue.report import ConceptCount, ImportReport
    from worker.catalogue.scan import LeftOut

ConceptsFrom = Literal["folders", "tags"]
SHOWN = 20
"""Left-out things and concepts shown on the terminal; the report file has all."""
STAGES = {
    "scan": "Looking for audio",
    "listen": "Listening to files",
    "tags": "Reading tags",
    "read": "Reading activations",
    "save": "Saving concepts",
}


class ImportOptionsClash(WorkerError):
    """Two sources of the same were named, or one lacks what belongs to it."""

    code = "import_options_clash"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return self.detail


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_command)


def import_command(
    *,
    audio: Annotated[
        list[Path] | None, typer.Option("--audio", help="Folder of audio files; may be given several times.")
    ] = None,
    playlists: Annotated[
        Path | None,
        typer.Option("--playlists", help="Folder of M3U, M3U8, XSPF, JSPF or CSV playlists: each is a concept."),
    ] = None,
    concepts_from: Annotated[
        ConceptsFrom | None, typer.Option("--concepts-from", help="Make folders, or genre and mood tags, the concepts.")
    ] = None,
    tracks: Annotated[
        Path | None,
        typer.Option(
            "--tracks",
            help="CSV that tells of tracks: path, track, isrc or mbid; title, artist, album, work, year, popularity.",
        ),
    ] = None,
    activations: Annotated[
        Path | None,
        typer.Option("--activations", help="File or folder of any model's activations (npz, Parquet, npy), no audio."),
    ] = None,
    memberships: Annotated[
        Path | None, typer.Option("--memberships", help="CSV, JSON or Parquet: which track belongs to which concept.")
    ] = None,
    fingerprint: Annotated[
        str | None, typer.Option("--fingerprint", help="Name of that model and layer, such as mert-v1-330m.")
    ] = None,
    namespace: Annotated[
        str, typer.Option("--namespace", help="Whose track ids the activations carry; parts equal ids of two sources.")
    ] = "outside",
    collection: Annotated[
        str | None,
        typer.Option("--collection", help="Id or name; made when new. Default: the default one, or Library."),
    ] = None,
    kind: Annotated[
        Literal["genre", "mood", "instrument", "activity", "era", "other"] | None,
        typer.Option("--kind", help="What the concepts are."),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=64, help="Files decoded at once.")] = 2,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write the whole report, each left-out thing in it, as JSON.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole report as JSON.")] = False,
) -> None:
    """Import audio, and concepts from playlists, folders or tags; or activations and memberships, without audio.

    What is left out is named; no audio is copied.
    """
    if playlists is not None and concepts_from is not None:
        raise ImportOptionsClash("--playlists and --concepts-from both say where concepts come from; give one of them")
    if activations is not None or memberships is not None or fingerprint is not None:
        if activations is None or memberships is None or fingerprint is None:
            raise ImportOptionsClash("--activations, --memberships and --fingerprint belong together; give all three")
        if audio or playlists is not None or concepts_from is not None:
            raise ImportOptionsClash("--activations come without audio; import --audio by a command of its own")
        files = _Brought(activations, memberships, tracks, fingerprint, namespace)
        brought = _bring(files, collection, kind, quiet=as_json)
        _say(brought, report, lambda: _show_brought(brought, report), as_json=as_json)
        return
    if not audio:
        raise typer.BadParameter("give --audio, or --activations with --memberships and --fingerprint")
    from worker.catalogue.importer import import_library  # decoders are not in the base install

    with open_catalogue(load_settings()) as catalogue, _progress(quiet=as_json) as progress:
        done = import_library(
            catalogue,
            audio=audio,
            collection=_target(catalogue, collection),
            playlists=playlists,
            concepts_from=concepts_from,
            tracks=tracks,
            kind=kind,
            jobs=jobs,
            progress=progress,
        )
    _say(done, report, lambda: _show(done, report), as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Brought:
    """What the command line says of activations from outside."""

    activations: Path
    memberships: Path
    tracks: Path | None
    fingerprint: str
    namespace: str


def _bring(files: _Brought, collection: str | None, kind: Kind | None, *, quiet: bool) -> OutsideReport:
    """Import activations from outside."""
    from worker.activations.outside.fingerprints import declared_fingerprint  # pyarrow is not in the base install
    from worker.activations.outside.importing import import_outside
    from worker.activations.store import ActivationStore
    from worker.catalogue.given_ids import checked_namespace

    settings = load_settings()
    store = ActivationStore(settings.data / "activations", declared_fingerprint(files.fingerprint))
    try:
        namespace = checked_namespace(files.namespace)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    with open_catalogue(settings) as catalogue, _progress(quiet=quiet) as progress:
        return import_outside(
            catalogue,
            store,
            activations=files.activations,
            memberships=files.memberships,
            tracks=files.tracks,
            collection=_target(catalogue, collection),
            kind=kind,
            namespace=namespace,
            progress=progress,
        )


def _say(done: ImportReport | OutsideReport, written: Path | None, show: Callable[[], None], *, as_json: bool) -> None:
    """Write the report where it was asked for, and print it or what it comes to."""
    if written is not None:
        _write(written, done)
    if as_json:
        say_json(done.as_json())
    else:
        show()


@contextlib.contextmanager
def open_catalogue(settings: Settings) -> Iterator[CatalogueStore]:
    """The catalogue of the graph that the settings name."""
    from cypher.store import open_graph  # the driver takes a moment to import

    password = settings.neo4j_password.get_secret_value() if settings.neo4j_password is not None else ""
    with open_graph(settings.neo4j_uri, settings.neo4j_user, password, deadline_s=120.0) as graph:
        graph.ping()
        graph.migrate()
        yield graph.catalogue


def _target(catalogue: CatalogueStore, wanted: str | None) -> Target:
    """The collection of that id or name, the default one, or a new one."""
    from cypher.naming import slug
    from worker.catalogue.importer import Target

    for known in catalogue.collections():
        if (wanted is None and known.is_default) or wanted in {known.id, known.name}:
            return Target(known.id, known.name)
    name = wanted or "Library"
    return Target(slug(name), name)


@contextlib.contextmanager
def _progress(*, quiet: bool) -> Iterator[OnProgress]:
    """Bars on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as bars:
        tasks = {}

        def show(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(STAGES[stage], total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield show


def _write(path: Path, report: ImportReport | OutsideReport) -> None:
    """Write the report whole or not at all."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("w", encoding="utf-8") as file:
            json.dump(report.as_json(), file, ensure_ascii=False, indent=2)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _show(report: ImportReport, written: Path | None) -> None:
    """Summary on standard output, warnings on standard error."""
    _print(_rows(report), report.concepts)
    _warn("left out", report.left_out, written)
    _warn("used, but odd", report.flagged, written)
    if report.concepts:
        say(f"Next: audio-concepts rebuild --collection {report.collection} --watch")


def _show_brought(report: OutsideReport, written: Path | None) -> None:
    """Summary on standard output, warnings on standard error."""
    _print(_rows_brought(report), report.concepts)
    _warn("left out", report.left_out, written)
    chosen = f"--set backbone=outside:{report.digest}"
    say(f"Next: audio-concepts rebuild --collection {report.collection} {chosen} --watch")


def _print(rows: Iterable[tuple[str, int]], concepts: Sequence[ConceptCount]) -> None:
    """Counts and concepts."""
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    for name, count in rows:
        table.add_row(name, str(count))
    console = Console(highlight=False, markup=False)
    console.print(table)
    for concept in concepts[:SHOWN]:
        console.print(f"  {concept.name}: {concept.tracks} tracks")
    if len(concepts) > SHOWN:
        console.print(f"  and {len(concepts) - SHOWN} more: `audio-concepts concepts list` lists them")


def _rows_brought(report: OutsideReport) -> Iterator[tuple[str, int]]:
    yield "Tracks with activations", report.tracks
    yield "  new in the catalogue", report.new_tracks
    yield "  activations stored now", report.stored
    yield "Windows", report.windows
    yield "Numbers a window", report.units
    yield "Memberships", report.entries
    yield "  of tracks that are there", report.matched
    if report.described:
        yield "Tracks told of by the table", report.described
    yield "Concepts imported", len(report.concepts)
    yield "Concepts of the collection left as they are", len(report.untouched)


def _rows(report: ImportReport) -> Iterator[tuple[str, int]]:
    yield "Audio files", report.files
    yield "  new", report.new_files
    yield "  known already, not decoded again", report.known_files
    yield "  copies of another file's sound", report.copies
    yield "  left out", report.rejected
    yield "Tracks", report.tracks
    if report.described:
        yield "  told of by the table", report.described
    if report.playlists:
        yield "Playlists", report.playlists
        yield "Playlist entries", report.entries
        for how, count in report.matched.items():
            yield f"  found by {how}", count
        yield "  left out", report.entries_left_out
    if report.concepts:
        yield "Concepts imported", len(report.concepts)
        yield "  of them new", sum(concept.tracks_before is None for concept in report.concepts)
        yield "Concepts of the collection left as they are", len(report.untouched)


def _warn(heading: str, items: tuple[LeftOut, ...], written: Path | None) -> None:
    from rich.console import Console

    if not items:
        return
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    console.print(f"{len(items)} {heading}:")
    for item in items[:SHOWN]:
        console.print(f"  {item.reason.value}: {item}")
    if len(items) > SHOWN:
        where = str(written) if written is not None else "--report FILE"
        console.print(f"  and {len(items) - SHOWN} more, see {where}")
