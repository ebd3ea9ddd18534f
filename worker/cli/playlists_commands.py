"""`audio-concepts playlists | place`: playlists in and out one by one, and where one would go, through the API."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from worker.cli.output import inert, note, print_table, say, say_json, user
from worker.settings import load_settings

if TYPE_CHECKING:
    from webapi.client import Client
    from webapi.schemas.playlists import MatchReport, PlaylistReport
    from webapi.schemas.tracks import Placement

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
InCollection = Annotated[str | None, typer.Option("--collection", help="Collection id; default: the default one.")]
PlaylistId = Annotated[str, typer.Argument(metavar="PLAYLIST", help="Its id, which is that of its concept.")]
PlaylistFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="M3U8, XSPF, JSPF or CSV.", exists=True, dir_okay=False, readable=True)
]
Named = Annotated[str | None, typer.Option("--name", help="What it is called; default: as the file says.")]
OfKind = Annotated[
    Literal["genre", "mood", "instrument", "activity", "era", "other"], typer.Option("--kind", help="Of concept.")
]
SHOWN = 10
"""Entries without a track that are printed; `--json` gives all."""

app = typer.Typer(
    help="List, show, make, replace, delete and export playlists. The tree learns of it at the next rebuild.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="playlists")
    parent.command()(place)


@app.command("list")
def list_(
    collection: InCollection = None,
    search: Annotated[str | None, typer.Option("--search", help="Part of the name; slips are forgiven.")] = None,
    as_json: AsJson = False,
) -> None:
    """The playlists of a collection as they are now, published or not."""
    with _client() as client:
        found = list(client.playlists.list(collection, q=search))
    if as_json:
        say_json([one.model_dump(mode="json") for one in found])
    elif found:
        print_table(("id", "name", "kind", "tracks"), [(one.id, one.name, one.kind, str(one.tracks)) for one in found])
    else:
        say("There is none; make one with `audio-concepts playlists add FILE`, or import a folder of them.")


@app.command("show")
def show(playlist_id: PlaylistId, as_json: AsJson = False) -> None:
    """One playlist, entry by entry."""
    with _client() as client:
        found = client.playlists.show(playlist_id)
    if as_json:
        say_json(found.model_dump(mode="json"))
        return
    say(inert(f"{found.name}, {found.tracks} tracks, {found.unmatched} entries without one"))
    for number, one in enumerate(found.entries, start=1):
        name = " - ".join(filter(None, (one.artist, one.title))) or next(iter(one.locations), one.track or "")
        say(inert(f"{number:5}  {name}" + (f"  ({one.sentence})" if one.reason else f"  [{one.track}]")))


@app.command("add")
def add(
    file: PlaylistFile,
    name: Named = None,
    collection: InCollection = None,
    kind: OfKind = "other",
    as_json: AsJson = False,
) -> None:
    """Make a playlist of a file."""
    with _client() as client:
        _print_saved(client.playlists.create(name, file, collection=collection, kind=kind), as_json=as_json)


@app.command("put")
def put(playlist_id: PlaylistId, file: PlaylistFile, name: Named = None, as_json: AsJson = False) -> None:
    """Make a playlist's entries exactly those of a file; sent again it changes nothing."""
    with _client() as client:
        _print_saved(client.playlists.replace(playlist_id, file, name=name), as_json=as_json)


@app.command("delete")
def delete(playlist_id: PlaylistId, as_json: AsJson = False) -> None:
    """Take a playlist out; says what remains until when."""
    with _client() as client:
        gone = client.playlists.delete(playlist_id)
    if as_json:
        say_json(gone.model_dump(mode="json"))
    else:
        say(f"{gone.id} is gone with its {gone.memberships} tracks; {gone.remains}.")


@app.command("export")
def export(
    playlist_id: PlaylistId,
    form: Annotated[Literal["m3u8", "xspf", "jspf", "csv"], typer.Option("--format")] = "m3u8",
    output: Annotated[Path | None, typer.Option("--output", help="File; default: standard output.")] = None,
) -> None:
    """One playlist as other programs read it."""
    with _client() as client:
        content = client.playlists.export(playlist_id, form)
    if output is None:
        sys.stdout.buffer.write(content)
        return
    output.write_bytes(content)
    note(f"{output}: {len(content)} bytes")


# --- place ----------------------------------------------------------------------------------------------------------


def place(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="M3U8, XSPF, JSPF or CSV.", exists=True, dir_okay=False, readable=True),
    ] = None,
    *,
    track: Annotated[list[str] | None, typer.Option("--track", metavar="ID", help="A track; repeatable.")] = None,
    collection: InCollection = None,
    as_json: AsJson = False,
) -> None:
    """Where a playlist would go in the tree, without a rebuild; nothing is written.

    Exit code 1 when it names no known track.
    """
    if (file is None) == (not track):
        raise typer.BadParameter("name a file, or tracks with --track")
    with _client() as client:
        matches = client.playlists.match(file if file is not None else track or [])
        placement = client.place(matches.tracks, collection) if matches.tracks else None
    if as_json:
        said = placement.model_dump(mode="json") if placement is not None else None
        say_json({"placement": said, "matches": matches.model_dump(mode="json")})
    else:
        _note_entries(matches)
        if placement is not None:
            say("\n".join(placement_lines(placement)))
    if placement is None:
        note(
            "no entry names a track of the catalogue; import their files first: `audio-concepts import --audio FOLDER`"
        )
        raise typer.Exit(1)


def placement_lines(found: Placement) -> list[str]:
    """Where it would hang and why, what else might hold it, or why nothing can be said."""
    lines = []
    if found.parent is not None:
        figures = f"separation {found.separation:.3f}, S {found.similarity:.3f}, margin {found.margin:.3f}"
        lines.append(inert(f"{' > '.join(one.name for one in found.path)}  ({figures})"))
    elif found.status == "top":
        lines.append(f"At the top of the tree: {found.reason}")
    else:
        lines.append(f"No place: {found.reason}")
    collection = found.collection
    lines.append(inert(f"{found.heard} tracks were heard; {collection.name}, version {found.version}"))
    others = [one for one in found.alternatives if found.parent is None or one.concept.id != found.parent.id]
    if others:
        lines += ["", "  separation      S  (* more general, so that it might be the parent)"]
    for one in others:
        mark = "*" if one.more_general else " "
        lines.append(inert(f"{mark} {one.separation:10.3f}  {one.similarity:5.3f}  {one.concept.name}"))
    return lines


# --- how ------------------------------------------------------------------------------------------------------------


def _print_saved(report: PlaylistReport, *, as_json: bool) -> None:
    if as_json:
        say_json(report.model_dump(mode="json"))
        return
    _note_entries(report)
    made = report.playlist
    said = f"{made.tracks} tracks; {report.seen}" if report.changed else "it says so already"
    say(inert(f"{made.name} ({made.id}): {said}."))


def _note_entries(report: MatchReport) -> None:
    """How many entries were found, and the first of those that were not."""
    found = ", ".join(f"{count} by {how}" for how, count in report.matched.items()) or "none"
    note(f"{report.entries} entries; found: {found}" + (f"; {report.repeated} repeated" if report.repeated else ""))
    lost = [one for one in report.items if one.track is None]
    for one in lost[:SHOWN]:
        detail = f" ({one.detail})" if one.detail else ""
        note(inert(f"  entry {one.line} {one.sentence}{detail}; {one.remedy}"))
    if len(lost) > SHOWN:
        note(f"  and {len(lost) - SHOWN} more; --json lists all")


def _client() -> Client:
    from webapi.client import connect

    return connect(load_settings(), author=user())
