"""`audio-concepts keys`: API keys, made in the graph itself, so that there is one before the API first answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli.output import note, print_table, say, say_json
from worker.settings import load_settings

if TYPE_CHECKING:
    from cypher.keys import ApiKey, KeyStore

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

app = typer.Typer(
    help="Make, list and revoke API keys; an API that listens beyond this machine asks for one.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="keys")


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="read, curate, jobs or admin; repeatable. Default: read.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. Its secret is printed this once and kept nowhere."""
    from webapi.doorkeeper import SCOPES

    scopes = scope or ["read"]
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: not among {', '.join(SCOPES)}")
    with _keys() as keys:
        key, text = keys.create(name, scopes)
    if as_json:
        say_json({**_plain(key), "key": text})
        return
    note(f"Key {key.id} may {', '.join(key.scopes)}. Send it as `Authorization: Bearer`; it is not shown again:")
    say(text)


@app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """Every key, revoked ones included."""
    with _keys() as keys:
        found = keys.all()
    if as_json:
        say_json([_plain(key) for key in found])
        return
    if not found:
        say("No keys yet; make one with `audio-concepts keys create NAME`.")
        return
    rows = [
        (key.id, key.name, ", ".join(key.scopes), f"{key.created_at:%Y-%m-%d}", "revoked" if key.revoked_at else "")
        for key in found
    ]
    print_table(("id", "name", "scopes", "made", ""), rows)


@app.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
    """Revoke a key; the API refuses it within seconds."""
    with _keys() as keys:
        key = keys.revoke(key_id)
    if as_json:
        say_json(_plain(key))
    else:
        say(f"Key {key.id} ({key.name}) is revoked.")


@contextmanager
def _keys() -> Iterator[KeyStore]:
    from cypher.store import open_graph

    settings = load_settings()
    password = settings.neo4j_password.get_secret_value() if settings.neo4j_password is not None else ""
    with open_graph(settings.neo4j_uri, settings.neo4j_user, password, deadline_s=10.0, retry_s=1.0) as graph:
        yield graph.keys


def _plain(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "created_at": key.created_at.isoformat(),
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at is not None else None,
    }
