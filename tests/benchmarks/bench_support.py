"""A hundred resampled trees, at the poster's size. Run `python -m tests.benchmarks.bench_support`."""

import time
from typing import Any

import numpy as np

from tests.benchmarks.measure import memory_mb, report
from worker.hierarchy.builders import heymann_tree
from worker.hierarchy.support import resampled, sampling_support, track_weights

TREES = 100


def timed(concepts: int, tracks: int) -> dict[str, Any]:
    """One line of the table: concepts of 39 to 250 tracks, as the poster keeps them."""
    draw = np.random.default_rng(0)
    scores = draw.random((tracks, concepts), np.float32)
    rows = [np.sort(draw.choice(tracks, size, replace=False)) for size in draw.integers(39, 251, concepts)]
    indptr, indices = np.cumsum([0, *map(len, rows)]), np.concatenate(rows)
    central = draw.random(concepts)
    wall, cpu = time.perf_counter(), time.process_time()
    weights = track_weights(draw.integers(0, 2**63, tracks).astype(np.uint64), TREES)
    drawn = ((one, None) for one in resampled(scores, indptr, indices, weights))
    found = sampling_support(drawn, lambda similarity, _: heymann_tree(similarity, central))
    return {
        "concepts": concepts,
        "tracks": tracks,
        "memberships": len(indices),
        "trees": found.trees,
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "memory_mb": memory_mb(),
    }


if __name__ == "__main__":
    report("support", [timed(57, 720), timed(500, 20_000), timed(3443, 100_000)])
