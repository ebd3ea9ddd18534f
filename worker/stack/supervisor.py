"""The parent of the stack's processes: starts them in order, restarts what dies, stops them on SIGTERM.

Started detached by `control.up` as `python -m worker.stack.supervisor HOME NAME...`; it inherits the locked
`<home>/run/stack.lock`, and so does every guard, so that the lock is free exactly when nothing of the stack is left.
What it knows stands in `<home>/run/status.json`, replaced whole at each change.

Why restarts back off (1, 2, 4 ... 30 s, forgotten after a minute of health): a process that cannot start must not eat
the machine, one that was killed should be back at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from worker.errors import WorkerError
from worker.settings import Settings, load_settings
from worker.stack import jars as jars_module
from worker.stack import questions, roster

TICK_S = 0.1
HEALTHY_S = 60.0
LONGEST_BACKOFF_S = 30.0
LOG_BYTES = 10_000_000
BY_SIGNAL = 128
"""A guard adds this to the number of the signal that ended its program."""
ALIVE = "supervisor.lock"
"""Held by the supervisor alone: free as soon as it is gone, whatever became of its process id."""
GUARD = Path(__file__).with_name("guard.py")


@dataclass
class State:
    """What is known of one process; `state` is waiting, running, backoff or stopped."""

    name: str
    state: str = "waiting"
    pid: int | None = None
    started_at: float | None = None
    restarts: int = 0
    exit_status: int | None = None
    reason: str = ""


@dataclass
class Child:
    """One process under supervision, with the guard that runs it."""

    process: roster.Process
    command: list[str]
    log: Path
    state: State
    guard: subprocess.Popen[bytes] | None = None
    pipe: int | None = None
    failures: int = 0
    not_before: float = field(default=0.0)


class Supervisor:
    """Keeps the chosen processes of one home running until it is told to stop."""

    def __init__(self, settings: Settings, names: tuple[str, ...], lock_fd: int) -> None:
        self._settings, self._lock_fd = settings, lock_fd
        self._environment = roster.child_environment(settings)
        self._stopping = False
        self._started_at = time.time()
        self._written = ""
        chosen = roster.chosen(names)
        found = jars_module.ensure() if any(process.name == "neo4j" for process in chosen) else jars_module.Jars((), ())
        logs = settings.home / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        self._children = [
            Child(process, process.command(settings, found), logs / f"{process.name}.log", State(process.name))
            for process in chosen
        ]

    def run(self) -> None:
        """Until SIGTERM; then stop all, last first."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        while not self._stopping:
            for child in self._children:
                self._look_after(child)
            self._write()
            time.sleep(TICK_S)
        for child in reversed(self._children):
            self._end(child)
        self._write()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _look_after(self, child: Child) -> None:
        if child.guard is None:
            if time.monotonic() >= child.not_before and self._may_start(child.process):
                self._start(child)
            return
        status = child.guard.poll()
        if status is not None:
            self._ended(child, status)
        elif child.failures and child.state.started_at and time.time() - child.state.started_at > HEALTHY_S:
            child.failures = 0

    def _may_start(self, process: roster.Process) -> bool:
        ours = {child.process.name: child.process for child in self._children}
        earlier = [ours[name] for name in process.after if name in ours]
        return all(questions.listens(getattr(self._settings, one.ports[0][0])) for one in earlier)

    def _start(self, child: Child) -> None:
        reading, writing = os.pipe()
        with _rotated(child.log) as log:
            child.guard = subprocess.Popen(
                [sys.executable, "-I", "-S", str(GUARD), str(reading), "--", *child.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                cwd=self._settings.home,
                pass_fds=(reading, self._lock_fd),
                start_new_session=True,
            )
        os.close(reading)
        child.pipe = writing
        child.state.state, child.state.pid = "running", child.guard.pid
        child.state.started_at, child.state.exit_status, child.state.reason = time.time(), None, ""

    def _ended(self, child: Child, status: int) -> None:
        self._release(child)
        wait_s = min(2.0**child.failures, LONGEST_BACKOFF_S)
        child.failures += 1
        child.not_before = time.monotonic() + wait_s
        child.state.state, child.state.pid, child.state.exit_status = "backoff", None, status
        child.state.restarts += 1
        child.state.reason = f"{_in_words(status)}; started again in {wait_s:.0f} s"

    def _end(self, child: Child) -> None:
        if child.guard is not None and child.pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                os.write(child.pipe, f"{child.process.grace_s}\n".encode())
            try:
                child.guard.wait(child.process.grace_s + 5)
            except subprocess.TimeoutExpired:
                child.guard.kill()
            child.state.exit_status = child.guard.wait()
            self._release(child)
        child.state.state, child.state.pid = "stopped", None
        self._write()

    @staticmethod
    def _release(child: Child) -> None:
        if child.pipe is not None:
            os.close(child.pipe)
        child.guard = child.pipe = None

    def _write(self) -> None:
        told = {
            "supervisor": os.getpid(),
            "started_at": self._started_at,
            "stopping": self._stopping,
            "processes": [asdict(child.state) for child in self._children],
        }
        text = json.dumps(told)
        if text != self._written:
            target = self._settings.home / "run" / "status.json"
            part = target.with_suffix(".part")
            part.write_text(text, "utf-8")
            part.replace(target)
            self._written = text


def _in_words(status: int) -> str:
    number = status - BY_SIGNAL
    if number in set(signal.Signals):
        return f"ended by {signal.Signals(number).name}"
    return f"ended with status {status}"


def _rotated(log: Path) -> IO[bytes]:
    """The log, opened to append; one that has grown too large becomes `<name>.log.1` first."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    return log.open("ab")


def main(arguments: list[str]) -> int:
    """Supervise until told to stop: HOME, the descriptor of the locked file, names.

    Leaves at once with the process id of the real supervisor on standard output: nobody waits for that one.
    """
    home = Path(arguments[0])
    alive = os.open(home / "run" / ALIVE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(alive, fcntl.LOCK_EX)
    pid = os.fork()
    if pid:
        sys.stdout.write(f"{pid}\n")
        return 0
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    settings = load_settings(home)
    try:
        supervisor = Supervisor(settings, tuple(arguments[2:]), int(arguments[1]))
    except WorkerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    supervisor.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
