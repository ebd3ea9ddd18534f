"""A hundred trees of drawn tracks, at the poster's size. Run `python -m tests.benchmarks.bench_support [TREES]`."""

import sys
import time
from typing import Any

import numpy as np

from tests.benchmarks.measure import memory_mb, report
from worker.concepts.members import Members
from worker.jobs.growing import grower
from worker.jobs.requests import PresetName, RebuildRequest
from worker.jobs.trusting import track_keys, tree_support

TREES = 100


def timed(preset: PresetName, concepts: int, tracks: int, trees: int) -> dict[str, Any]:
    """One line of the table: concepts of 39 to 250 tracks, as the poster keeps them."""
    draw = np.random.default_rng(0)
    scores = draw.random((tracks, concepts), np.float32)
    rows = [np.sort(draw.choice(tracks, size, replace=False)) for size in draw.integers(39, 251, concepts)]
    indptr, indices = np.cumsum([0, *map(len, rows)]), np.concatenate(rows)
    names = tuple(f"{number:06d}" for number in range(max(tracks, concepts)))
    members = Members(names[:concepts], names[:tracks], indptr, indices, np.zeros(concepts, np.int64))
    grow = grower(RebuildRequest(preset=preset).settings(), draw.random(concepts))
    separated = preset == "default"
    keys = track_keys(members.track_ids)
    wall, cpu = time.perf_counter(), time.process_time()
    found = tree_support(scores, members, keys, grow, separated=separated, trees=trees)
    return {
        "rule": preset,
        "concepts": concepts,
        "tracks": tracks,
        "memberships": len(indices),
        "trees": found.trees,
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "memory_mb": memory_mb(),
    }


if __name__ == "__main__":
    trees = int(sys.argv[1]) if len(sys.argv) > 1 else TREES
    sizes = [(57, 720), (500, 20_000), (3443, 100_000)]
    report("support", [timed(preset, *size, trees) for size in sizes for preset in ("poster", "default")])
