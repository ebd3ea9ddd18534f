"""Real Celery workers of one bench, started as the stack starts them; and waiting for what they do."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from cypher.errors import GraphUnavailable
from cypher.model import FINAL_STATES, Job
from worker.stack.roster import child_environment

ROOT = Path(__file__).resolve().parents[2]
LOG_CHARACTERS = 20_000
"""The end of each worker's log that a failed test shows."""


def wait_for(look: Callable[[], Any], seconds: float = 60.0, every_s: float = 0.05) -> Any:
    """What `look` finds, as soon as it finds something."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(every_s)
    raise AssertionError(f"not within {seconds} s: {look()!r}")


def ended(bench: Any, job_id: str, seconds: float = 120.0) -> Job:
    """The job as it ended; a graph that is away meanwhile is waited for."""

    def look() -> Job | None:
        try:
            job = bench.graph.ledger.job(job_id)
        except GraphUnavailable:
            return None
        return job if job.state in FINAL_STATES else None

    return wait_for(look, seconds)


@dataclass
class WorkerProcess:
    """One worker: a main process and the child that runs steps."""

    process: subprocess.Popen
    log: Path

    def children(self) -> list[int]:
        tasks = Path(f"/proc/{self.process.pid}/task")
        return [int(pid) for task in tasks.glob("*/children") for pid in task.read_text().split()]

    def kill_all(self) -> None:
        """kill -9 of the main process and its children, stopped ones too."""
        for pid in [*self.children(), self.process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        """A warm shutdown; one that will not end is killed."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill_all()


@dataclass
class Crew:
    """The workers of one bench; they are killed at its end."""

    bench: Any
    folder: Path
    members: list[WorkerProcess] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for one in self.members:
            if one.process.poll() is None:
                one.kill_all()
            # pytest shows this when the test has failed.
            sys.stdout.write(f"--- {one.log.name} ---\n{one.log.read_text(errors='replace')[-LOG_CHARACTERS:]}\n")

    def start(self, queues: str = "cpu,gpu") -> WorkerProcess:
        env = child_environment(self.bench.settings) | {"OMP_NUM_THREADS": "1"}
        log = self.folder / f"worker-{len(self.members)}.log"
        command = [sys.executable, "-m", "celery", "-A", "worker.jobs.app:app", "worker", "-Q", queues]
        command += ["--pool", "prefork", "-c", "1", "-l", "INFO", "-n", f"w{len(self.members)}-{os.getpid()}@test"]
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [*command, "--without-gossip", "--without-mingle"], env=env, stdout=sink, stderr=sink, cwd=ROOT
            )
        self.members.append(WorkerProcess(process, log))
        return self.members[-1]
