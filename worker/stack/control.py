"""What people and tests do with the stack: bring it up, look at it, read its logs, take it down.

`up` returns when every process has answered its question (see `questions`); if one does not, everything that this call
started is stopped again, and the error carries the end of that process's log.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worker.settings import Settings
from worker.stack import credentials, jars, neo4j_server, questions, redis_server, roster
from worker.stack.errors import AlreadyRunning, NotEnoughSpace, NotRunning, PortBusy, ProcessFailed, UnknownProcess
from worker.stack.supervisor import ALIVE

LOCK = "stack.lock"
READY_S = 180.0
LEFTOVER_S = 15.0
DYING_S = 0.5
"""A supervisor that was just killed may look alive for a moment."""
DOWN_S = 90.0
SMALLEST_FREE_BYTES = 500_000_000
GIVE_UP_AFTER_RESTARTS = 3

Tell = Callable[[str, str], None]
"""Told a process's name and what is new about it."""


@dataclass(frozen=True)
class ProcessStatus:
    """What `status` says of one process."""

    name: str
    state: str
    pid: int | None
    ports: dict[str, int]
    uptime_s: float | None
    restarts: int
    reason: str


@dataclass(frozen=True)
class StackStatus:
    """What `status` says of a home."""

    home: Path
    running: bool
    supervisor: int | None
    processes: tuple[ProcessStatus, ...]


# --- up --------------------------------------------------------------------------------------------------------------


def up(
    settings: Settings,
    *,
    only: tuple[str, ...] | None = None,
    advance: jars.Advance | None = None,
    announce: Callable[[int, int], None] | None = None,
    tell: Tell | None = None,
    ready_s: float = READY_S,
) -> Settings:
    """Start the stack of `settings.home` and wait until each process has answered.

    Args:
        settings: from `load_settings`; secrets and addresses that it lacks are made up and kept in `stack.env`.
        only: names of processes; default: all.
        advance: as in `jars.ensure`.
        announce: as in `jars.ensure`.
        tell: told when a process becomes ready.
        ready_s: give up after this long.

    Returns:
        The complete settings.

    Raises:
        AlreadyRunning: this home's stack is up.
        PortBusy: named with the setting that moves it; nothing was started.
        DownloadFailed, DamagedJar, Missing, NotEnoughSpace: before anything starts.
        ProcessFailed: one did not come up; all are stopped again.
    """
    processes = roster.chosen(only)
    settings = credentials.complete(settings)
    (settings.home / "run").mkdir(parents=True, exist_ok=True)
    with _locked(settings.home) as lock_fd:
        names = {process.name for process in processes}
        for busy in busy_ports(settings, processes):
            raise busy
        _check_space(settings.home)
        if "redis" in names:
            redis_server.find_binary()
        if "neo4j" in names:
            neo4j_server.java_binary()
            jars.ensure(advance, announce)
        credentials.save(settings)
        supervisor = _start_supervisor(settings, processes, lock_fd)
    try:
        _wait_until_ready(settings, processes, tell or (lambda _name, _news: None), ready_s)
    except BaseException:
        _stop(settings.home, supervisor)
        raise
    return settings


@contextlib.contextmanager
def _locked(home: Path) -> Iterator[int]:
    """The descriptor of the home's lock, held; waits for the leftovers of a killed supervisor to go."""
    fd = os.open(home / "run" / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    started = time.monotonic()
    try:
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                waited_s = time.monotonic() - started
                if waited_s > LEFTOVER_S or (waited_s > DYING_S and _is_held(home, ALIVE)):
                    raise AlreadyRunning(str(home), _supervisor_pid(home)) from None
                time.sleep(0.1)
        yield fd
    finally:
        os.close(fd)


def busy_ports(settings: Settings, processes: tuple[roster.Process, ...]) -> list[PortBusy]:
    """One error for each port that somebody else holds."""
    return [
        PortBusy(port, what, roster.variable(setting))
        for process in processes
        for setting, what in process.ports
        if not _can_bind(
            settings.api_host if process.name == "api" else "127.0.0.1", port := getattr(settings, setting)
        )
    ]


def _can_bind(host: str, port: int) -> bool:
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError:
            return False
    return not questions.listens(port, host)


def _check_space(home: Path) -> None:
    free = shutil.disk_usage(home).free
    if free < SMALLEST_FREE_BYTES:
        raise NotEnoughSpace(str(home), SMALLEST_FREE_BYTES, free)


def _start_supervisor(settings: Settings, processes: tuple[roster.Process, ...], lock_fd: int) -> int:
    logs = settings.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    (settings.home / "run" / "status.json").unlink(missing_ok=True)
    arguments = [str(settings.home), str(lock_fd), *(process.name for process in processes)]
    with (logs / "supervisor.log").open("wb") as log:
        forked = subprocess.run(
            [sys.executable, "-m", "worker.stack.supervisor", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=roster.child_environment(settings),
            cwd=settings.home,
            pass_fds=(lock_fd,),
            start_new_session=True,
            check=False,
        )
    if forked.returncode != 0:
        raise _failure(settings.home, "supervisor", f"ended with status {forked.returncode}")
    return int(forked.stdout)


def _wait_until_ready(
    settings: Settings,
    processes: tuple[roster.Process, ...],
    tell: Tell,
    ready_s: float,
) -> None:
    waiting = {process.name: "not asked yet" for process in processes}
    deadline = time.monotonic() + ready_s
    while waiting:
        _raise_if_failed(settings.home, waiting)
        for name in tuple(waiting):
            reason = questions.QUESTIONS[name](settings)
            if reason is None:
                del waiting[name]
                tell(name, "ready")
            else:
                waiting[name] = reason
        if waiting and time.monotonic() > deadline:
            name, reason = next(iter(waiting.items()))
            raise _failure(settings.home, name, f"not ready after {ready_s:.0f} s ({reason})")
        time.sleep(0.1)


def _raise_if_failed(home: Path, waiting: dict[str, str]) -> None:
    if not _is_held(home, ALIVE):
        raise _failure(home, "supervisor", "ended before everything was ready")
    for state in _told(home).get("processes", []):
        if state["name"] in waiting and state["restarts"] >= GIVE_UP_AFTER_RESTARTS:
            raise _failure(home, state["name"], f"{state['reason'].split(';')[0]}, {state['restarts']} times")


def _failure(home: Path, name: str, reason: str) -> ProcessFailed:
    path = home / "logs" / f"{name}.log"
    return ProcessFailed(name, reason, str(path), "\n".join(last_lines(path, 12)))


# --- status and logs -------------------------------------------------------------------------------------------------


def status(settings: Settings) -> StackStatus:
    """What runs on this home; a killed supervisor's leftovers do not count as running."""
    home = settings.home.expanduser().resolve()
    told, running = _told(home), _is_held(home, ALIVE)
    ports = {
        process.name: {setting: getattr(settings, setting) for setting, _ in process.ports} for process in roster.ROSTER
    }
    return StackStatus(
        home,
        running,
        _supervisor_pid(home) if running else None,
        tuple(_process_status(one, ports[one["name"]], running=running) for one in told.get("processes", [])),
    )


def _process_status(told: dict[str, Any], ports: dict[str, int], *, running: bool) -> ProcessStatus:
    started = told["started_at"]
    is_up = running and told["state"] == "running"
    return ProcessStatus(
        name=told["name"],
        state=told["state"] if running else "stopped",
        pid=told["pid"] if is_up else None,
        ports=ports,
        uptime_s=round(time.time() - started, 1) if is_up and started else None,
        restarts=told["restarts"],
        reason=told["reason"] if running else "",
    )


def log_path(settings: Settings, name: str) -> Path:
    """The log of one process, or of the supervisor.

    Raises:
        UnknownProcess: no such name.
    """
    if name not in {*roster.NAMES, "supervisor"}:
        raise UnknownProcess(name, (*roster.NAMES, "supervisor"))
    return settings.home.expanduser().resolve() / "logs" / f"{name}.log"


def last_lines(path: Path, count: int) -> list[str]:
    """The last lines of a log, none when it is not there; reads at most the last 256 KiB."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - (1 << 18)))
            return file.read().decode("utf-8", "replace").splitlines()[-count:]
    except FileNotFoundError:
        return []


def follow(path: Path) -> Iterator[str]:
    """New lines of a log as they come, for ever; goes on in the new file when the log was rotated."""
    position = path.stat().st_size if path.exists() else 0
    rest = ""
    while True:
        size = path.stat().st_size if path.exists() else 0
        position = 0 if size < position else position
        if size > position:
            with path.open("rb") as file:
                file.seek(position)
                raw = file.read()
            position += len(raw)
            *whole, rest = (rest + raw.decode("utf-8", "replace")).split("\n")
            yield from whole
        time.sleep(0.2)


# --- down ------------------------------------------------------------------------------------------------------------


def down(settings: Settings) -> None:
    """Stop every process of this home in order; returns when nothing is left.

    Raises:
        NotRunning: nothing was running.
        ProcessFailed: something is still there after 90 s.
    """
    home = settings.home.expanduser().resolve()
    if not _is_held(home):
        raise NotRunning(str(home))
    _stop(home, _supervisor_pid(home))


def _stop(home: Path, pid: int | None) -> None:
    if pid and _is_held(home, ALIVE):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + DOWN_S
    while _is_held(home):
        if time.monotonic() > deadline:
            raise _failure(home, "supervisor", f"still stopping after {DOWN_S:.0f} s")
        time.sleep(0.05)


# --- what the supervisor left on disk --------------------------------------------------------------------------------


def _told(home: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads((home / "run" / "status.json").read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return told


def _supervisor_pid(home: Path) -> int | None:
    pid = _told(home).get("supervisor")
    return int(pid) if pid else None


def _is_held(home: Path, lock: str = LOCK) -> bool:
    """Whether anything of the stack is left (supervisor and guards hold `LOCK`), or the supervisor itself (`ALIVE`)."""
    try:
        fd = os.open(home / "run" / lock, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False
