"""The poster's scale on one machine: 3443 concepts, 100,000 tracks of 29 windows, from stored activations to a tree.

`python -m tests.benchmarks.bench_paper_scale [--tracks N] [--concepts N] [--input windows|tracks] [--folder DIR]`.
Made-up activations with planted concepts of 39 to 250 tracks; they lie in a file and are mapped, as the store maps
them. What the database does (similarities, betweenness by GDS, publication) is timed elsewhere: see
docs/performance.md. Wall and CPU seconds of each part on all cores, and the largest memory of the process so far.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.benchmarks.measure import memory_mb, report
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.quality import assess
from worker.concepts.significance import learnt_or_not
from worker.concepts.similarity import similarity, track_scores
from worker.concepts.training import learn_vectors
from worker.concepts.vectors import VectorSettings
from worker.hierarchy.builders import heymann_tree, similarity_graph

WINDOWS, UNITS, LATENT = 29, 128, 32


def make_activations(folder, ids, rng):
    """Windows of a track around a point of a low-dimensional space; (activations, the tracks' points)."""
    points = rng.normal(size=(len(ids), LATENT)).astype(np.float32)
    mixing = (rng.normal(size=(LATENT, UNITS)) * np.exp(-np.arange(LATENT) / 12)[:, None]).astype(np.float32)
    path = folder / "activations.npy"
    values = np.lib.format.open_memmap(path, "w+", np.float32, (len(ids) * WINDOWS, UNITS))
    for start in range(0, len(ids), 5000):
        part = np.repeat(points[start : start + 5000], WINDOWS, axis=0) @ mixing
        noise = rng.standard_normal(part.shape, np.float32)
        values[start * WINDOWS : start * WINDOWS + len(part)] = np.maximum(part + noise, 0)
    values.flush()
    del values
    return SimpleNamespace(
        track_ids=ids,
        values=np.load(path, mmap_mode="r"),
        offsets=np.arange(len(ids) + 1) * WINDOWS,
        fingerprint=SimpleNamespace(text="made up"),
    ), points


def make_members(points, ids, concepts, rng):
    """Concepts of 39 to 250 tracks that lean one way in that space."""
    members = {}
    for number in range(concepts):
        leaning = points @ rng.normal(size=LATENT).astype(np.float32) / 4 + rng.normal(size=len(ids))
        size = int(np.exp(rng.uniform(np.log(39), np.log(250))))
        members[f"c{number:05d}"] = [ids[at] for at in np.argpartition(-leaning, size)[:size]]
    return Members.of(members, ids)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--concepts", type=int, default=3443)
    parser.add_argument("--input", choices=("windows", "tracks"), default="windows")
    parser.add_argument("--folder", type=Path, help="for 3 GB of arrays; default: the system's temporary folder")
    asked = parser.parse_args()
    rng = np.random.default_rng(0)
    ids = [f"t{number:06d}" for number in range(asked.tracks)]
    rows: list[dict[str, Any]] = []

    def lap(part: str, work: Callable[[], Any]) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        rows.append({"part": part, "wall s": wall, "CPU s": cpu, "memory so far, MB": memory_mb()})
        return result

    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder = Path(name)
        activations, points = make_activations(folder, ids, rng)
        members, folds = make_members(points, ids, asked.concepts, rng), assign_folds(ids)
        vectors = lap(
            "vectors, 6 fits a concept, ridge chosen",
            lambda: learn_vectors(activations, members, folds, VectorSettings(input=asked.input)),
        )
        scores = np.lib.format.open_memmap(folder / "scores.npy", "w+", np.float32, (len(ids), asked.concepts))
        lap("scores of every track", lambda: track_scores(activations, vectors, folds, out=scores))
        found = lap("similarity", lambda: similarity(scores, members))
        lap("quality with intervals", lambda: assess(scores, members))
        lap("test against random sets", lambda: learnt_or_not(activations, members, folds))
        graph = lap("graph", lambda: similarity_graph(found))
        centrality = np.bincount(graph[1], minlength=asked.concepts).astype(float)
        lap("tree", lambda: heymann_tree(found, centrality))
    report(f"paper_scale_{asked.input}_{asked.concepts}", rows)


if __name__ == "__main__":
    main()
