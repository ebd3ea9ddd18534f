"""`audio-concepts up | down | status | logs | doctor`: the servers of one machine."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.output import say, say_json
from worker.settings import Settings, load_settings

if TYPE_CHECKING:
    from worker.stack.control import StackStatus
    from worker.stack.doctor import Check

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Only = Annotated[str | None, typer.Option("--only", help="Start these alone, by name, with commas: neo4j,redis.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (up, down, status, logs, doctor):
        app.command()(command)


def up(only: Only = None, as_json: AsJson = False) -> None:
    """Start Neo4j, Redis, the workers and the API; returns when each has answered."""
    started = time.monotonic()
    settings = start(load_settings(), tuple(only.split(",")) if only else None)
    seconds = round(time.monotonic() - started, 1)
    if as_json:
        say_json({**_addresses(settings), "seconds": seconds})
    else:
        say(f"Ready after {seconds} s.\n{welcome(settings, only is None)}")


def start(settings: Settings, only: tuple[str, ...] | None = None) -> Settings:
    """Bring the stack up with progress on standard error.

    Args:
        settings: from `load_settings`.
        only: names of processes; default: all.

    Returns:
        The complete settings.
    """
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TransferSpeedColumn

    from worker.stack import control, jars

    bar = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    console = Console(stderr=True)
    with Progress(*bar, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=None)

        def announce(count: int, size: int) -> None:
            console.print(jars.announcement(count, size))
            progress.update(task, description="jars", total=size)

        return control.up(
            settings,
            only=only,
            announce=announce,
            advance=lambda size: progress.advance(task, size),
            tell=lambda name, news: console.print(f"  {name}: {news}"),
        )


def welcome(settings: Settings, with_api: bool) -> str:
    """The addresses, and how to enter Neo4j Browser."""
    found = _addresses(settings)
    password = settings.neo4j_password.get_secret_value() if settings.neo4j_password else ""
    lines = [
        f"  Neo4j Browser  {found['browser']}   (user {settings.neo4j_user}, password {password})",
        f"  Bolt           {found['bolt']}",
        f"  Secrets        {settings.home / 'stack.env'}",
    ]
    if with_api:
        lines.insert(0, f"  API            {found['api']}   (documentation: {found['api']}/docs)")
    return "\n".join(lines)


def _addresses(settings: Settings) -> dict[str, Any]:
    host = "127.0.0.1" if settings.api_host == "0.0.0.0" else settings.api_host  # noqa: S104  shown, not bound
    return {
        "home": str(settings.home),
        "api": f"http://{host}:{settings.api_port}",
        "browser": f"http://127.0.0.1:{settings.neo4j_http_port}/browser/",
        "bolt": settings.neo4j_uri,
        "user": settings.neo4j_user,
        "secrets": str(settings.home / "stack.env"),
    }


def down(as_json: AsJson = False) -> None:
    """Stop everything; returns when nothing is left."""
    from worker.stack import control

    settings = load_settings()
    control.down(settings)
    if as_json:
        say_json({"home": str(settings.home.resolve()), "running": False})
    else:
        say("Stopped.")


def status(as_json: AsJson = False) -> None:
    """What runs, where, since when. Exit code 1 when the stack is down or a process is not running."""
    from worker.stack import control

    found = control.status(load_settings())
    if as_json:
        say_json(dataclasses.asdict(found) | {"home": str(found.home)})
    else:
        say(_status_table(found))
    if not found.running or any(process.state != "running" for process in found.processes):
        raise typer.Exit(1)


def _status_table(found: StackStatus) -> str:
    if not found.running:
        return f"No stack is running on {found.home}; start it with `audio-concepts up`."
    lines = [f"{'process':<12} {'state':<9} {'pid':>7} {'port':<12} {'up':>8} {'restarts':>8}"]
    for one in found.processes:
        ports = ",".join(map(str, one.ports.values()))
        since = f"{one.uptime_s:.0f} s" if one.uptime_s is not None else ""
        line = (
            f"{one.name:<12} {one.state:<9} {one.pid or '':>7} {ports:<12} {since:>8} {one.restarts:>8}  {one.reason}"
        )
        lines.append(line.rstrip())
    return "\n".join(lines)


def logs(
    name: Annotated[str | None, typer.Argument(help="A process's name; default: all.")] = None,
    lines: Annotated[int, typer.Option("-n", "--lines", min=1, help="How many lines.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new lines; one process only.")] = False,
    as_json: AsJson = False,
) -> None:
    """The end of a process's log."""
    from worker.stack import control, roster

    settings = load_settings()
    names = [name] if name else [*roster.NAMES, "supervisor"]
    found = {one: control.last_lines(control.log_path(settings, one), lines) for one in names}
    if as_json:
        say_json(found)
        return
    if follow and name is None:
        raise typer.BadParameter("name the process to follow: audio-concepts logs neo4j --follow")
    for one, said in found.items():
        heading = [f"==> {one} <=="] if name is None else []
        say("\n".join(heading + said))
    if follow and name is not None:
        for line in control.follow(control.log_path(settings, name)):
            say(line)


def doctor(as_json: AsJson = False) -> None:
    """What this machine lacks, with remedies. Exit code 1 when something is wrong."""
    from worker.stack.doctor import examine

    checks = examine(load_settings())
    if as_json:
        say_json([dataclasses.asdict(check) for check in checks])
    else:
        say("\n".join(_check_line(check) for check in checks))
    if not all(check.passed for check in checks):
        raise typer.Exit(1)


def _check_line(check: Check) -> str:
    mark = "ok   " if check.passed else "WRONG"
    return f"{mark} {check.name:<18} {check.detail}" + ("" if check.passed else f"\n{'':<24} -> {check.remedy}")
