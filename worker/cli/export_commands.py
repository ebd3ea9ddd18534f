"""`audio-concepts export`: the hierarchy for other programs, through the API."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from worker.cli.output import note
from worker.settings import load_settings


class Form(StrEnum):
    """What it can be written as."""

    turtle = "turtle"
    json_ld = "json-ld"
    graphml = "graphml"
    csv = "csv"
    parquet = "parquet"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(export)


def export(
    form: Annotated[Form, typer.Argument(metavar="FORMAT", help="turtle, json-ld (both SKOS), graphml, csv, parquet.")],
    *,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; default: standard output.")] = None,
    collection: Annotated[str | None, typer.Option("--collection", help="Collection id; default: the default.")] = None,
    below: Annotated[str | None, typer.Option("--below", help="Concept id to begin at.")] = None,
    version: Annotated[int | None, typer.Option("--version", min=1, help="Default: the current one.")] = None,
) -> None:
    """Write the hierarchy in a format of others: for a frame, a graph program, a thesaurus."""
    from webapi.client import connect

    with connect(load_settings()) as client:
        pieces = client.export(form.value, collection, below=below, version=version)
        if output is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
            return
        partial = output.with_name(f".{output.name}.part")  # what is interrupted leaves what was there before
        try:
            with partial.open("wb") as file:
                count = sum(file.write(piece) for piece in pieces)
            partial.replace(output)
        finally:
            partial.unlink(missing_ok=True)
    note(f"wrote {count} bytes to {output}")
