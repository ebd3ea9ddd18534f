"""A guard ends its program's whole group when the supervisor is gone, and hands on how the program ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import worker.stack

GUARD = Path(worker.stack.__file__).with_name("guard.py")
FAMILY = """
import os, signal, subprocess, sys, time
if {stubborn}: signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session={runaway})
print(os.getpid(), child.pid, flush=True)
time.sleep(600)
"""


class Guarded:
    """A guarded program, its pids, and the pipe that the supervisor would hold."""

    def __init__(self, code: str) -> None:
        reading, self.pipe = os.pipe()
        self.guard = subprocess.Popen(
            [sys.executable, "-I", "-S", GUARD, str(reading), "--", sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            pass_fds=(reading,),
            start_new_session=True,
            text=True,
        )
        os.close(reading)
        assert self.guard.stdout is not None
        self.pids = [int(word) for word in self.guard.stdout.readline().split()]

    def leave(self) -> None:
        if self.pipe >= 0:
            os.close(self.pipe)
        self.pipe = -1

    def say(self, grace_s: float) -> None:
        os.write(self.pipe, f"{grace_s}\n".encode())


@pytest.fixture
def guarded() -> Iterator[type[Guarded]]:
    made: list[Guarded] = []

    def make(code: str) -> Guarded:
        made.append(Guarded(code))
        return made[-1]

    yield make
    for one in made:
        one.leave()
        one.guard.wait(10)
        one.guard.stdout.close()


def gone(pids: list[int], within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if not any(alive(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_program_that_ends_hands_on_its_status(guarded):
    one = guarded("import sys; print(1, flush=True); sys.exit(7)")
    assert one.guard.wait(10) == 7


def test_a_killed_program_is_told_as_128_and_its_signal(guarded):
    one = guarded("import os; print(os.getpid(), flush=True); os.kill(os.getpid(), 9)")
    assert one.guard.wait(10) == 128 + signal.SIGKILL


def test_an_orderly_stop_ends_program_and_children(guarded):
    one = guarded(FAMILY.format(stubborn=False, runaway=False))
    one.say(10)
    assert one.guard.wait(10) == 128 + signal.SIGTERM
    assert gone(one.pids, 1)


def test_a_program_that_will_not_stop_is_killed_when_its_grace_is_over(guarded):
    one = guarded(FAMILY.format(stubborn=True, runaway=False))
    started = time.monotonic()
    one.say(0.5)
    assert one.guard.wait(10) == 128 + signal.SIGKILL
    assert 0.5 <= time.monotonic() - started < 5
    assert gone(one.pids, 1)


def test_when_the_supervisor_is_gone_even_the_stubborn_are_gone_within_five_seconds(guarded):
    one = guarded(FAMILY.format(stubborn=True, runaway=False))
    one.leave()
    assert gone(one.pids, 5)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a guard adopt what leaves its group")
def test_what_left_the_group_is_found_too(guarded):
    one = guarded(FAMILY.format(stubborn=False, runaway=True))
    one.leave()
    assert gone(one.pids, 5)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
def test_a_killed_guard_takes_its_program_along(guarded):
    one = guarded("import os, time; print(os.getpid(), flush=True); time.sleep(600)")
    one.guard.kill()
    assert gone(one.pids, 5)
