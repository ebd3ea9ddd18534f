"""The near end of the pipe to `worker.catalogue.decoder_process`: starting it, asking it, giving it up.

Conventions: one question is under way at a time; the deadline covers it from the question to the last sample. The child
gets a bare environment (no secrets, one thread) and its own process group, which is killed as one with whatever it
started.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.catalogue.errors import DecoderMissing
from worker.catalogue.limits import Limits
from worker.reasons import Reason

START_DEADLINE_S = 60.0
MAX_LINE_BYTES = 2**20
_ROOT = str(Path(__file__).resolve().parents[2])


class ChildEnded(Exception):
    """The child died, or was killed for being late."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


class Child:
    """One running decoder process.

    Raises:
        DecoderMissing: it does not start at all; the installation is at fault, not a file.
    """

    def __init__(self, limits: Limits, ffmpeg: str) -> None:
        self._limits = limits
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "worker.catalogue.decoder_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            env=_bare_environment(),
        )
        self._buffer = bytearray()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._output, selectors.EVENT_READ)
        self._deadline = time.monotonic() + START_DEADLINE_S
        try:
            self._send({"limits": dataclasses.asdict(limits), "ffmpeg": ffmpeg})
            self._line()
        except ChildEnded as ended:
            said = self._process.stderr.read(4000).decode(errors="replace") if self._process.stderr else ""
            self.kill()
            raise DecoderMissing(said.strip().rpartition("\n")[2]) from ended

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def _output(self) -> int:
        assert self._process.stdout is not None  # noqa: S101  # a pipe was asked for
        return self._process.stdout.fileno()

    def ask(self, what: str, path: Path) -> tuple[dict[str, Any], NDArray[np.float32]]:
        """Ask for "decode", "facts" or "tags" of one file.

        Returns:
            The answer, and the samples (frames,) of "decode", else none.

        Raises:
            ChildEnded: there will be no answer; this child is of no further use.
        """
        self._deadline = time.monotonic() + self._limits.deadline_s
        self._send({"do": what, "path": base64.b64encode(os.fsencode(path)).decode()})
        answer = json.loads(self._line())
        frames = answer["frames"] if what == "decode" and "error" not in answer else 0
        samples = np.empty(frames, np.float32)
        if frames:
            self._fill(samples.data.cast("B"))
        return answer, samples

    def stop(self) -> None:
        """End it and whatever it started; whoever waits for an answer learns it."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def kill(self) -> None:
        """End it and give back all that belonged to it."""
        self.stop()
        self._process.wait()
        self._selector.close()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None  # noqa: S101  # a pipe was asked for
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
        except BrokenPipeError:
            raise self._ended() from None

    def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            self._wait()
            content = os.read(self._output, 65536)
            if not content or len(self._buffer) > MAX_LINE_BYTES:
                raise self._ended()
            self._buffer += content
        line, _, rest = self._buffer.partition(b"\n")
        self._buffer = rest
        return bytes(line)

    def _fill(self, target: memoryview) -> None:
        """Read exactly as many bytes as the target has."""
        taken = min(len(target), len(self._buffer))
        target[:taken] = self._buffer[:taken]
        del self._buffer[:taken]
        while taken < len(target):
            self._wait()
            count = os.readv(self._output, [target[taken:]])
            if not count:
                raise self._ended()
            taken += count

    def _wait(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0 or not self._selector.select(left):
            raise ChildEnded(Reason.TOO_SLOW, f"no answer within {self._limits.deadline_s:g} s")

    def _ended(self) -> ChildEnded:
        """What the way the child ended says about the file."""
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return ChildEnded(Reason.DECODER_DIED, "it closed its output")
        if status == -signal.SIGXCPU:
            return ChildEnded(Reason.TOO_SLOW, f"over {self._limits.cpu_s} s of processor time")
        if status == -signal.SIGKILL:
            return ChildEnded(Reason.TOO_MUCH_MEMORY, "the system killed the decoder")
        detail = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        return ChildEnded(Reason.DECODER_DIED, detail)


def _bare_environment() -> dict[str, str]:
    return {
        "PYTHONPATH": os.pathsep.join([_ROOT, *filter(os.path.isdir, sys.path)]),
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LC_ALL": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",
        # Memory of a large file goes back to the system when it is freed.
        "MALLOC_MMAP_THRESHOLD_": "262144",
    }
