"""`audio-concepts activations`: look after the stored activations."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from worker.settings import load_settings

if TYPE_CHECKING:
    from worker.activations.store import ActivationStore

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Result = TypeVar("Result")
DAY_S = 86_400.0


def register(app: typer.Typer) -> None:
    """Add the noun's commands."""
    noun = typer.Typer(help="Verify, prune and count the stored activations.", no_args_is_help=True)
    for command in (verify, prune, stats):
        noun.command(command.__name__)(command)
    app.add_typer(noun, name="activations")


def verify(as_json: AsJson = False) -> None:
    """Read every stored activation and compare it with its manifest; exit code 1 when something is damaged."""
    findings = _each("verifying", lambda store: store.verify())
    sentences = [sentence for found in findings.values() for sentence in found]
    _print(as_json, {"findings": findings}, sentences or [f"{len(findings)} stores, nothing is damaged"])
    if sentences:
        raise typer.Exit(1)


def prune(
    damaged: Annotated[bool, typer.Option(help="Also remove damaged shards; a rebuild computes them again.")] = False,
    older_than_s: Annotated[
        float, typer.Option(min=0, help="Leftovers younger than this many seconds stay: somebody may be writing.")
    ] = 3600.0,
    unused_days: Annotated[
        float,
        typer.Option(min=0, help="Arrays fetched from an object store and not used for so long are fetched anew."),
    ] = 30.0,
    as_json: AsJson = False,
) -> None:
    """Remove leftovers of killed writers, shards that others hold as well, and fetched arrays out of use."""
    removed = _each("pruning", lambda store: store.prune(damaged=damaged, older_than_s=older_than_s))
    from worker.activations.shelves import prune_cache

    files, size = (sum(getattr(part, field) for part in removed.values()) for field in ("files", "bytes"))
    fetched = prune_cache(unused_days * DAY_S)
    result = {"files": files, "bytes": size, "fetched_files": len(fetched), "fetched_bytes": sum(fetched)}
    lines = [f"removed {files} files, {size} bytes"]
    if fetched:
        lines.append(f"removed {len(fetched)} fetched arrays out of use, {sum(fetched)} bytes")
    _print(as_json, result, lines)


def stats(as_json: AsJson = False) -> None:
    """Count shards, tracks, windows and bytes of each fingerprint."""
    counted = [dataclasses.asdict(found) for found in _each("counting", lambda store: store.stats()).values()]
    lines = [
        f"{one['digest']}  {one['tracks']} tracks  {one['rows']} windows x {one['units']}  {one['shards']} shards  "
        f"{one['bytes']} bytes  {one['fingerprint']}"
        for one in counted
    ]
    _print(as_json, {"stores": counted}, lines or ["nothing is stored yet; `audio-concepts rebuild` computes it"])


def _each(doing: str, work: Callable[[ActivationStore], Result]) -> dict[str, Result]:
    """One result for each store, by digest, with a bar on standard error."""
    from rich.console import Console
    from rich.progress import track

    from worker.activations.errors import PackageMissing
    from worker.activations.store import open_stores

    if importlib.util.find_spec("pyarrow") is None:
        raise PackageMissing("pyarrow")
    stores = open_stores(load_settings().data / "activations")
    shown = track(stores, doing, console=Console(stderr=True), transient=True)
    return {store.fingerprint.digest: work(store) for store in shown}


def _print(as_json: bool, result: dict[str, Any], lines: list[str]) -> None:
    typer.echo(json.dumps(result) if as_json else "\n".join(lines))
