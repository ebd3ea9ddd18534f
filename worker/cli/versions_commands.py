"""`audio-concepts versions`: what a hierarchy was, what it is and what waits; bring one back, give space back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli.output import inert, note, print_table, say, say_json, user
from worker.settings import Settings, load_settings

if TYPE_CHECKING:
    from webapi.client import Client
    from webapi.schemas.versions import Diff, Move, Version

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
InCollection = Annotated[str | None, typer.Option("--collection", help="Collection id; default: the default one.")]
Number = Annotated[int, typer.Argument(metavar="VERSION", min=1, help="Number of a version, as `list` shows it.")]
MEGA = 1e6


def register(app: typer.Typer) -> None:
    """Add the commands."""
    versions = typer.Typer(
        name="versions",
        help="The versions of a hierarchy: list, show, diff, activate, refuse, prune.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    versions.command("list")(list_versions)
    for command in (show, diff, activate, refuse, prune):
        versions.command()(command)
    app.add_typer(versions)


def list_versions(collection: InCollection = None, as_json: AsJson = False) -> None:
    """Every version, newest first, with the disk that only it needs; one that waits for you says why."""
    settings = load_settings()
    with _client() as client:
        found = client.versions(collection, costs=True)
    disk = file_sizes(settings.data, found.collection.id, found.items)
    if as_json:
        plain = [one.model_dump(mode="json") | {"files_bytes": disk[one.version]} for one in found.items]
        said = {"collection": found.collection.model_dump(), "current": found.current, "waiting": found.waiting}
        say_json(said | {"versions": plain})
        return
    if not found.items:
        say(
            f"{inert(found.collection.name)}: no version yet; grow one with "
            f"`audio-concepts rebuild --collection {found.collection.id}`"
        )
        return
    rows = [
        (
            f"{one.version}{'*' if one.is_current else ''}",
            _what(one),
            f"{one.published_at:%Y-%m-%d %H:%M}",
            str(one.edges),
            one.sha256[:8],
            _megabytes(one.cost.bytes if one.cost else 0),
            _megabytes(disk[one.version]),
            one.author,
            one.reason or one.note,
        )
        for one in found.items
    ]
    print_table(("version", "what", "since", "edges", "sha256", "graph MB", "files MB", "author", "why"), rows)
    if found.waiting is not None:
        note(
            f"Version {found.waiting} waits: `audio-concepts versions diff {found.current or found.waiting} "
            f"{found.waiting}`, then `versions activate {found.waiting}` or `versions refuse {found.waiting}`."
        )


def show(version: Number, collection: InCollection = None, as_json: AsJson = False) -> None:
    """The tree of a version, whether it is current or not."""
    from worker.cli.browse_commands import tree_lines

    with _client() as client:
        found = client.hierarchy(collection, version=version)
    if as_json:
        say_json(found.model_dump(mode="json", exclude={"items"}))
        return
    say(f"{inert(found.collection.name)}, version {found.version}: {found.concepts} concepts, {found.edges} edges")
    for line in tree_lines(found.roots or []):
        say(line)


def diff(
    before: Annotated[int, typer.Argument(metavar="FROM", min=1)],
    after: Annotated[int | None, typer.Argument(metavar="TO", min=1, help="Default: the current one.")] = None,
    collection: InCollection = None,
    as_json: AsJson = False,
) -> None:
    """What moved, what is new and what is gone from one version to another."""
    with _client() as client:
        found = client.diff(before, after, collection=collection)
    if as_json:
        say_json(found.model_dump(mode="json"))
        return
    for line in diff_lines(found):
        say(line)


def activate(
    version: Number,
    collection: InCollection = None,
    expected: Annotated[
        int | None, typer.Option("--if-current", min=1, help="Only while this version is the current one.")
    ] = None,
    reason: Annotated[str, typer.Option("--note", help="Why; kept with the version.")] = "",
    as_json: AsJson = False,
) -> None:
    """Let readers see a version: one that waits, or an older one, which comes back as a new version."""
    with _client() as client:
        where = collection or client.versions().collection.id
        found = client.activate(where, version, expected=expected, note=reason)
    if as_json:
        say_json(found.model_dump(mode="json"))
        return
    shown = found.current
    again = f", with the tree of version {shown.restores}" if shown.restores is not None else ""
    say(f"{inert(found.collection.name)} is at version {shown.version}{again} (sha256 {shown.sha256[:8]}).")


def refuse(
    version: Number,
    collection: InCollection = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the version.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say that a version that waits will not become current; its tree can be read until it is pruned."""
    with _client() as client:
        found = client.refuse(version, collection=collection, reason=reason)
    if as_json:
        say_json(found.model_dump(mode="json"))
        return
    say(f"Version {found.version} is refused; the current one stays.")


def prune(
    keep: Annotated[int, typer.Option("--keep", min=1, help="Published versions to keep, the current one included.")],
    collection: InCollection = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete older versions, the similarities and links only they show, and the build files only they name."""
    from cypher.store import open_graph
    from worker.jobs import pruning

    settings = load_settings()
    with open_graph(settings.neo4j_uri, settings.neo4j_user, _password(settings), deadline_s=120.0) as graph:
        graph.migrate()
        chosen = graph.catalogue.collection(collection)
        found = pruning.prune(graph, settings.data, chosen.id, keep, dry_run=dry_run)
    if as_json:
        say_json(
            {
                "collection": {"id": chosen.id, "name": chosen.name},
                "dry_run": dry_run,
                "versions": list(found.graph.versions),
                "kept": list(found.graph.kept),
                "relationships": found.graph.relationships,
                "files": list(found.files),
                "files_bytes": found.bytes,
                "active_job": found.active_job,
            }
        )
        return
    verb = "Would delete" if dry_run else "Deleted"
    gone = ", ".join(map(str, found.graph.versions)) or "none"
    say(
        f"{verb} from {inert(chosen.name)}: versions {gone}; {found.graph.relationships} similarities and links; "
        f"{len(found.files)} build files, {_megabytes(found.bytes)} MB"
    )
    say(f"Left: {', '.join(map(str, found.graph.kept)) or 'none'}")
    if found.active_job is not None:
        note(f"Job {found.active_job} is rebuilding it, so no file was touched; prune again when it has ended.")


# --- how it looks ----------------------------------------------------------------------------------------------------


def diff_lines(found: Diff) -> Iterable[str]:
    """A difference, for people."""
    yield (
        f"{inert(found.collection.name)}, version {found.from_version} to {found.to_version}: {len(found.moved)} of "
        f"{found.common} concepts moved ({found.moved_share:.1%}), {len(found.new)} new, {len(found.gone)} gone"
    )
    for one in found.moved:
        yield f"  moved  {inert(one.name)} [{one.id}]  {_below(one, 'before')} -> {_below(one, 'after')}"
    for word, labels in (("new", found.new), ("gone", found.gone)):
        for label in labels:
            yield f"  {word:<5}  {inert(label.name)} [{label.id}]"


def file_sizes(data: Path, collection: str, versions: Iterable[Version]) -> dict[int, int]:
    """Bytes on this machine of the build files that only one version names."""
    from worker.jobs.builds import Builds

    every = list(versions)
    named = Counter(name for one in every for name in set(one.files.values()))
    folder = Builds(data, collection).folder

    def size(name: str) -> int:
        path = folder / name
        return path.stat().st_size if path.is_file() else 0

    return {one.version: sum(size(name) for name in set(one.files.values()) if named[name] == 1) for one in every}


def _what(one: Version) -> str:
    if one.state != "published":
        return one.state
    return one.origin if one.restores is None else f"{one.origin} of {one.restores}"


def _below(one: Move, when: str) -> str:
    labels = one.before if when == "before" else one.after
    return ", ".join(inert(label.name) for label in labels) or "(top)"


def _megabytes(size: float) -> str:
    return f"{size / MEGA:.1f}"


def _password(settings: Settings) -> str:
    return settings.neo4j_password.get_secret_value() if settings.neo4j_password is not None else ""


def _client() -> Client:
    from webapi.client import connect

    return connect(load_settings(), author=user())
