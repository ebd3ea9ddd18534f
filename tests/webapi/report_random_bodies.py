"""Bodies that nobody meant, at every operation: `python -m tests.webapi.report_random_bodies [--count 5000]`.

Each request takes a method and path from the served document, fills the path with ids that exist and with such that
cannot, and carries bytes at random, JSON at random, JSON with the operation's own fields and values at random, JSON too
deep, too long, cut off or in another encoding, under content types that fit and that do not. The answers are counted
by status; each of 500 and more is printed with what made it, and the program exits with 1.

It works on the stack that the settings name, whose graph must be empty, and leaves it empty.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from flask.testing import FlaskClient

from tests.webapi.library import HOSTILE
from tests.webapi.scratch import scratch_graph
from webapi.factory import Options, create_app
from worker.settings import load_settings

CALM_S = 2.0
"""Between two looks at the graph: on a busy machine a copy is not called stale, and not ready, for it."""
METHODS = ("get", "post", "put", "patch", "delete")
IDS = ("genres", "moods", "fresh", "rock", "metal", "calm", "tiny", "track-0", "track-1", "1", "2")
ODD_TEXTS = ("", " ", "\x00", "\ud800", "é" * 300, "a" * 5000, HOSTILE, "../../etc/passwd", "'; MATCH (n) DELETE n //",
             "%00", "null", "-1", "٣", "\u202e", "2" * 400, "00000000-0000-0000-0000-000000000000")  # fmt: skip
ODD_NUMBERS = (0, -1, 1, 2**31, 2**63, -(2**63), 10**400, 0.1, -0.0, 1e308, 5e-324)
CONTENT_TYPES = (
    *("application/json",) * 3,
    "application/json; charset=utf-16",
    "application/problem+json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "text/plain",
    "text/csv",
    "application/octet-stream",
    "nonsense",
    "a/b/c;;=",
    "",
)


@dataclass
class Tally:
    """What was answered."""

    statuses: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    """Each answer of 500 and more: what was asked, and what was said."""


def operations(document: dict[str, Any]) -> list[tuple[str, str, tuple[str, ...]]]:
    """(method, path, fields of its body) of everything but event streams, which have no end to wait for."""
    return [
        (method, path, tuple(_fields(document, methods[method])))
        for path, methods in document["paths"].items()
        if not path.endswith("/events")
        for method in METHODS
        if method in methods
    ]


def _fields(document: dict[str, Any], operation: dict[str, Any]) -> Iterator[str]:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        yield from document["components"]["schemas"].get(name, {}).get("properties", {})


class Chance:
    """Whatever a client could send, by chance."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def text(self) -> str:
        """An id that exists, or a text that is hard to bear."""
        return self.rng.choice(IDS if self.rng.random() < 0.5 else ODD_TEXTS)

    def value(self, depth: int = 4) -> Any:
        """Anything JSON has, and NaN."""
        kind = self.rng.randrange(8 if depth else 5)
        if kind <= 1:
            return self.text()
        if kind == 2:
            return self.rng.choice(ODD_NUMBERS)
        if kind == 3:
            return self.rng.choice([None, True, False, float("nan"), float("-inf")])
        if kind == 4:
            return self.rng.random()
        if kind == 5:
            return {self.text(): self.value(depth - 1) for _ in range(self.rng.randrange(4))}
        return [self.value(depth - 1) for _ in range(self.rng.choice([0, 1, 2, 3, 50]))]

    def path(self, template: str) -> str:
        """The path with its holes filled, and now and then a query that nobody asked for."""
        parts = [
            quote(self.text().encode("utf-8", "surrogatepass"), safe="") if part.startswith("{") else part
            for part in template.split("/")
        ]
        query = f"?{quote(self.text().encode('utf-8', 'surrogatepass'))}={self.rng.choice(IDS)}"
        return "/".join(parts) + (query if self.rng.random() < 0.1 else "")

    def body(self, fields: tuple[str, ...]) -> bytes:
        """Bytes; most often JSON with some of these fields."""
        kind = self.rng.randrange(10)
        if kind == 0:
            return self.rng.randbytes(self.rng.choice([0, 1, 10, 1000]))
        if kind == 1:
            return self._deep(self.rng.choice([31, 33, 1000, 100_000]))
        if kind == 2:
            return self._json(self.value())
        return self._spoilt(self._json({name: self.value(3) for name in fields if self.rng.random() < 0.7}))

    def _deep(self, levels: int) -> bytes:
        return self.rng.choice([b"[" * levels, b"[" * levels + b"]" * levels, b'{"a":' * levels + b"1" + b"}" * levels])

    def _spoilt(self, whole: bytes) -> bytes:
        """Cut off, in another encoding, beyond the limit; or left alone, mostly."""
        kind = self.rng.randrange(40)
        if kind < 4:
            return whole[: self.rng.randrange(len(whole) + 1)]
        if kind < 8:
            return self.rng.choice([b"\xef\xbb\xbf" + whole, whole.decode("utf-8", "replace").encode("utf-16")])
        return b'{"a": "' + b"x" * (1 << 20) + b'"}' if kind == 8 else whole

    def _json(self, value: Any) -> bytes:
        """With NaN, lone surrogates and all."""
        return json.dumps(value, ensure_ascii=self.rng.random() < 0.5).encode("utf-8", "surrogatepass")


def bombard(http: FlaskClient, count: int, seed: int) -> Tally:
    """Send so many requests; the same for the same seed."""
    chance, tally = Chance(seed), Tally()
    known = operations(http.get("/openapi.json").json)
    for _ in range(count):
        method, template, fields = chance.rng.choice(known)
        path, body = chance.path(template), chance.body(fields)
        headers = {"Content-Type": kind} if (kind := chance.rng.choice(CONTENT_TYPES)) else {}
        answer = http.open(path, method=method.upper(), data=body, headers=headers, buffered=True)
        tally.statuses[answer.status_code] += 1
        if answer.status_code >= 500:
            tally.broken.append(f"{method.upper()} {path[:200]} {kind} {body[:300]!r}\n    {answer.text[:500]}")
    return tally


def main() -> None:
    """Read the arguments, ask, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with scratch_graph(load_settings()) as graph:
        app = create_app(graph, lambda _step: None, Options(check_every_s=CALM_S))
        tally = bombard(app.test_client(), asked.count, asked.seed)
    for status, number in sorted(tally.statuses.items()):
        sys.stdout.write(f"{status}  {number}\n")
    sys.stdout.write("".join(f"{one}\n" for one in tally.broken))
    sys.stdout.write(f"{asked.count} requests, seed {asked.seed}: {len(tally.broken)} answers of 500 and more\n")
    sys.exit(1 if tally.broken else 0)


if __name__ == "__main__":
    main()
