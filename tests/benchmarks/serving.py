"""The API as the stack starts it, on a free port; what it holds in memory; and clients that cost next to nothing.

Conventions: a client keeps one connection open and sends requests that were made beforehand; of an answer it reads the
status and the length alone. So one process of clients asks many thousand times a second, and what is measured is the
server. Memory is PSS in MB (10^6 bytes): pages that processes share count once, divided among them.
"""

from __future__ import annotations

import contextlib
import json
import re
import selectors
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import free_ports
from worker.settings import Settings
from worker.stack.roster import ROSTER, child_environment

ROOT = Path(__file__).resolve().parents[2]
LAST_CHUNK = b"\r\n0\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Served:
    """An API that answers."""

    url: str
    port: int
    pid: int
    """Of gunicorn's main process; the worker is its child."""


@contextlib.contextmanager
def served(settings: Settings) -> Iterator[Served]:
    """Start gunicorn as the stack does, wait until it answers, and end it afterwards."""
    settings = settings.model_copy(update={"api_port": free_ports(1)[0]})
    command = next(one for one in ROSTER if one.name == "api").command(settings, None)
    process = subprocess.Popen(command, env=child_environment(settings), cwd=ROOT, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{settings.api_port}"
    try:
        for _ in range(300):
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{url}/health/live", timeout=2).status_code == 200:
                    break
            time.sleep(0.2)
        yield Served(url, settings.api_port, process.pid)
    finally:
        process.terminate()
        process.wait(20)


def family(pid: int) -> list[int]:
    """The process and all its children."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += family(int(child))
    return found


def pss_mb(pid: int) -> float:
    """Of the process and its children together."""
    lines = (Path(f"/proc/{one}/smaps_rollup").read_text() for one in family(pid))
    return sum(int(found[1]) for text in lines if (found := re.search(r"^Pss: +(\d+) kB", text, re.MULTILINE))) / 976.6


def request(path: str, body: dict[str, Any] | None = None, *headers: str) -> bytes:
    """What a client sends: a GET, or a POST of JSON."""
    lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", "Host: 127.0.0.1", *headers]
    payload = b"" if body is None else json.dumps(body).encode()
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(payload)}"]
    return "\r\n".join([*lines, "", ""]).encode() + payload


class Connection:
    """One client: a request at a time over one connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = b""

    def send(self, asked: bytes) -> None:
        self._read = b""
        self.socket.sendall(asked)

    def receive(self) -> bool:
        """Take what has come; whether the answer is complete.

        Raises:
            RuntimeError: it is no success.
        """
        self._read += self.socket.recv(1 << 16)
        head, found, body = self._read.partition(b"\r\n\r\n")
        if not found:
            return False
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(self._read[:1000].decode(errors="replace"))
        length = LENGTH.search(head)
        return body.endswith(LAST_CHUNK) if length is None else len(body) == int(length[1])

    def ask(self, asked: bytes) -> bytes:
        """The body of the answer."""
        self.send(asked)
        while not self.receive():
            pass
        return self._read.partition(b"\r\n\r\n")[2]


def latencies(port: int, requests: Sequence[bytes]) -> list[float]:
    """Seconds of each request, one after the other over one connection."""
    connection, taken = Connection(port), []
    for asked in requests:
        began = time.perf_counter()
        connection.ask(asked)
        taken.append(time.perf_counter() - began)
    return taken


def load(port: int, requests: Sequence[bytes], *, clients: int, seconds: float) -> tuple[list[float], float, float]:
    """Clients that each send the next request as soon as they have their answer.

    Returns:
        Seconds of each answer; answers a second; and the share of one core that the clients took.
    """
    taken: list[float] = []
    began, cpu, sent = time.perf_counter(), time.process_time(), 0
    with selectors.DefaultSelector() as waiting:
        since: dict[Connection, float] = {}
        for _ in range(clients):
            connection = Connection(port)
            waiting.register(connection.socket, selectors.EVENT_READ, connection)
            since[connection] = time.perf_counter()
            connection.send(requests[sent % len(requests)])
            sent += 1
        while since:
            for key, _ in waiting.select():
                connection = key.data
                if not connection.receive():
                    continue
                now = time.perf_counter()
                taken.append(now - since.pop(connection))
                if now - began < seconds:
                    since[connection] = now
                    connection.send(requests[sent % len(requests)])
                    sent += 1
    passed = time.perf_counter() - began
    return taken, len(taken) / passed, (time.process_time() - cpu) / passed
