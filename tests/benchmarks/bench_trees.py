"""A tree of 50,000 concepts as JSON, written as it is sent, beside the model of the whole: memory, seconds, bytes.

`python -m tests.benchmarks.bench_trees [--concepts 3443 50000]`. The copy is made up and held by all alike; what is
measured is what one request adds to it (`tracemalloc`'s peak, in MB of 10^6 bytes). Seconds are of CPU, without it.
"""

import argparse
import time
import tracemalloc
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from cypher.model import Collection, Concept, Edge, Hierarchy, hierarchy_sha256
from tests.benchmarks.measure import report
from webapi import schemas, translate, trees
from webapi.copies import make_copy
from webapi.packing import packed
from webapi.snapshot import Held


def made_up(count: int) -> Held:
    """Ten tops, three children each, and so on."""
    concepts = [Concept(f"concept-{n}", f"Concept {n}", "many", "genre", status="kept", tracks=n) for n in range(count)]
    edges = [
        Edge(f"concept-{n}", f"concept-{(n - 10) // 3}" if n >= 10 else None, 0.5 if n >= 10 else None, 0.1, 0.9)
        for n in range(count)
    ]
    digest = hierarchy_sha256((one.child, one.parent) for one in edges)
    hierarchy = Hierarchy("many", 1, datetime(2026, 1, 1, tzinfo=UTC), count - 10, digest, {}, "made up", {})
    copy = make_copy(Collection("many", "Many", version=1, concepts=count), hierarchy, concepts, edges)
    return Held(copy, 0.0, stale=False)


def whole(held: Held) -> Iterable[bytes]:
    """The rival: one model of everything, then one text."""

    def node(one: str) -> schemas.TreeNode:
        inside = [node(child) for child in held.copy.children.get(one, ())]
        return translate.node(held.copy, one).model_copy(update={"children": inside})

    roots = [node(one) for one in held.copy.children[None]]
    yield translate.hierarchy(held, "nested").model_copy(update={"roots": roots}).model_dump_json().encode()


def measured(what: str, concepts: int, make: Callable[[], Iterable[bytes]]) -> dict[str, Any]:
    """One line of the table."""
    began = time.process_time()
    length = sum(len(piece) for piece in make())
    seconds = time.process_time() - began
    tracemalloc.start()
    for _ in make():
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {"what": what, "concepts": concepts, "mb": length / 1e6, "cpu_s": seconds, "peak_mb": peak / 1e6}


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--concepts", type=int, nargs="+", default=[3443, 50_000])
    rows = []
    for count in parser.parse_args().concepts:
        held = made_up(count)
        rows += [
            measured("as it is sent", count, lambda held=held: trees.write(held, None, 64, "nested")),
            measured("as it is sent, flat", count, lambda held=held: trees.write(held, None, 64, "flat")),
            measured("as it is sent, gzip", count, lambda held=held: packed(trees.write(held, None, 64, "nested"))),
            measured("one model", count, lambda held=held: whole(held)),
        ]
    report("trees", rows)


if __name__ == "__main__":
    main()
