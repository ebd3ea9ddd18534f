"""Rivals timed in turn, one linear-algebra thread each, in CPU seconds, beside the machine's own peak.

Conventions: `alternately` runs every rival once, then all again, so that a busy minute hits all alike; the median
counts. `report` prints a table and stores the same figures as JSON beside the scripts, in `results/`.
"""

import json
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student
from threadpoolctl import threadpool_limits

RESULTS = Path(__file__).parent / "results"


def alternately(rivals: Mapping[str, Callable[[], Any]], times: int) -> dict[str, float]:
    """Median CPU seconds of each rival."""
    taken: dict[str, list[float]] = {name: [] for name in rivals}
    with threadpool_limits(limits=1):
        for _ in range(times):
            for name, work in rivals.items():
                before = time.process_time()
                work()
                taken[name].append(time.process_time() - before)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def peak_gflops() -> float:
    """Float32 matrix product of one thread, 10^9 operations a CPU second."""
    one = np.random.default_rng(0).random((2048, 2048), np.float32)
    seconds = alternately({"product": lambda: one @ one}, 5)["product"]
    return 2 * 2048**3 / seconds / 1e9


def interval(values: Sequence[float]) -> str:
    """Mean and 95 % over seeds, as a table has it."""
    reach = student.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return f"{np.mean(values):.3f} ± {reach:.3f}"


def memory_mb() -> float:
    """Largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(name: str, rows: list[dict[str, Any]]) -> None:
    """Print the rows as a table and store them."""
    peak = peak_gflops()
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[_text(row.get(column, "")) for column in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    for line in [columns, *cells]:
        sys.stdout.write("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) + "\n")
    sys.stdout.write(f"peak of one thread, float32: {peak:.0f} GFLOP/s\n")
    RESULTS.mkdir(exist_ok=True)
    stored = {"benchmark": name, "machine": platform.processor(), "peak_gflops": round(peak, 1), "rows": rows}
    (RESULTS / f"{name}.json").write_text(json.dumps(stored, indent=1) + "\n")


def _text(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
