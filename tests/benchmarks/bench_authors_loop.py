"""The authors' training loop beside ours, on equal stored activations: `python -m tests.benchmarks.bench_authors_loop`.

`--rivals-python PATH` (may be given twice) names interpreters that have TensorFlow or torch; by default this one, so
torch. See `authors_loop` for what theirs does and leaves out. Ours are the preset `poster` (the same training for
blocks of concepts), the default's one fit to the optimum, and the default as it is used: five folds, a refit and the
choice of the ridge. CPU seconds a concept on one thread, the mean of `TIMED` concepts (ours of all), and what that
makes of 3443 concepts; their loop again with the accuracy on held-out tracks, to show that it learns.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from tests.benchmarks.bench_vectors import RIDGE, catalogue
from tests.benchmarks.measure import report
from worker.concepts import poster
from worker.concepts.rows import TrackRows
from worker.concepts.training import Training, fit_all_tracks, learn_vectors
from worker.concepts.vectors import VectorSettings

TRACKS, WINDOWS, UNITS, CONCEPTS, TIMED = 5000, 29, 128, 16, 3
PAPER = 3443


def theirs(python: str, inputs: Path) -> list[dict[str, Any]]:
    """One line for each framework that the interpreter has."""
    script = Path(__file__).with_name("authors_loop.py")
    told = subprocess.run(
        [python, str(script), str(inputs)], capture_output=True, text=True, check=True, env={**os.environ}
    )
    lines = [json.loads(line) for line in told.stdout.splitlines() if line.startswith("{")][1:]
    rows = []
    for name in dict.fromkeys(line["by"] for line in lines):
        mine = [line for line in lines if line["by"] == name]
        mean = {key: statistics.mean(line[key] for line in mine) for key in ("cpu_s", "epochs", "accuracy")}
        rows.append(line_of(f"their loop, {name}", mean["cpu_s"], mean["epochs"], mean["accuracy"]))
    return rows


def line_of(what: str, cpu_s: float, epochs: float | str = "", accuracy: float | str = "") -> dict[str, Any]:
    return {
        "what": what,
        "CPU s a concept": cpu_s,
        f"x {PAPER}, h": cpu_s * PAPER / 3600,
        "epochs": epochs,
        "accuracy": accuracy,
    }


def timed(work: Callable[[], Any]) -> float:
    before = time.process_time()
    with threadpool_limits(limits=1):
        work()
    return (time.process_time() - before) / CONCEPTS


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rivals-python", metavar="PATH", action="append")
    pythons = options.parse_args().rivals_python or [sys.executable]
    activations, members, folds = catalogue(TRACKS, WINDOWS, UNITS, CONCEPTS)
    everything = np.arange(TRACKS)
    inputs = {"values": activations.values, "first": activations.offsets[:-1], "counts": np.diff(activations.offsets)}
    for number in range(TIMED):
        mine = members.rows(number * CONCEPTS // TIMED)
        inputs |= {f"mine_{number}": mine, f"others_{number}": np.setdiff1d(everything, mine)}
    rows = []
    with tempfile.TemporaryDirectory() as name:
        np.savez(Path(name) / "inputs.npz", **inputs)
        for python in pythons:
            rows += theirs(python, Path(name) / "inputs.npz")
    settings = VectorSettings(ridge=RIDGE)
    found: list[poster.PosterVectors] = []
    spent = timed(lambda: found.append(poster.train(TrackRows.whole(activations), members, workers=1)))
    rows.append(line_of("ours, preset poster", spent, float(found[0].epochs.mean())))
    training = Training.of(activations, members, folds, settings)
    one = timed(lambda: fit_all_tracks(training, members, RIDGE, settings.tolerance, workers=1))
    rows.append(line_of("ours, one fit to the optimum", one))
    rows.append(
        line_of(
            "ours, five folds, refit, ridge chosen",
            timed(lambda: learn_vectors(activations, members, folds, VectorSettings())),
        )
    )
    report("authors_loop", rows)


if __name__ == "__main__":
    main()
