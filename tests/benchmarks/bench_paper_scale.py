"""The poster's scale on one machine: 3443 concepts, 100,000 tracks of 29 windows, from stored activations to a tree.

`python -m tests.benchmarks.bench_paper_scale [--tracks N] [--concepts N] [--units N] [--input windows|tracks]
[--folder DIR] [--part vectors|once|rest|playlist]`. Made-up activations with planted concepts of 39 to 250 tracks;
they lie in a file and are mapped, as the store maps them. What the database does (similarities, betweenness by GDS,
publication) is timed elsewhere: see docs/performance.md. Wall and CPU seconds of each part on all cores, and the
largest memory of the process so far. `rest` and `playlist` alone take vectors that are made up, `playlist` scores and
a ridge too, for what follows asks for their shape alone; but another ridge takes more or fewer steps.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.benchmarks.measure import memory_mb, report
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.quality import assess
from worker.concepts.significance import learnt_or_not
from worker.concepts.similarity import track_scores
from worker.concepts.training import Training, choose_ridge, find_basis, fit_all_tracks, learn_vectors
from worker.concepts.vectors import ConceptVectors, VectorSettings
from worker.hierarchy.builders import heymann_tree, similarity_graph
from worker.hierarchy.generality import generality_tree
from worker.jobs.builds import Builds
from worker.jobs.reuse import SCORED, Scored
from worker.jobs.scoring import MEASURES, Scoring

WINDOWS, LATENT = 29, 32


def make_activations(folder, ids, rng, units, windows=WINDOWS):
    """Windows of a track around a point of a low-dimensional space; (activations, the tracks' points)."""
    points = rng.normal(size=(len(ids), LATENT)).astype(np.float32)
    mixing = (rng.normal(size=(LATENT, units)) * np.exp(-np.arange(LATENT) / 12)[:, None]).astype(np.float32)
    path = folder / "activations.npy"
    values = np.lib.format.open_memmap(path, "w+", np.float32, (len(ids) * windows, units))
    for start in range(0, len(ids), 5000):
        part = np.repeat(points[start : start + 5000], windows, axis=0) @ mixing
        noise = rng.standard_normal(part.shape, np.float32)
        values[start * windows : start * windows + len(part)] = np.maximum(part + noise, 0)
    values.flush()
    del values
    return SimpleNamespace(
        track_ids=ids,
        values=np.load(path, mmap_mode="r"),
        offsets=np.arange(len(ids) + 1) * windows,
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


class Laps:
    """Wall and CPU seconds of each part."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def __call__(self, part: str, work: Callable[[], Any]) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        self.rows.append({"part": part, "wall s": wall, "CPU s": cpu, "memory so far, MB": memory_mb()})
        sys.stderr.write(f"{part}: {wall:.1f} s, CPU {cpu:.1f} s\n")
        return result


@dataclass(frozen=True)
class Mapped:
    """The activations as a store hands them out."""

    activations: Any

    def read(self, ids):
        """Gather some tracks."""
        whole = self.activations
        place = {track: number for number, track in enumerate(whole.track_ids)}
        parts = [whole.values[slice(*whole.offsets[[place[one], place[one] + 1]])] for one in ids]
        offsets = np.cumsum([0, *map(len, parts)])
        return SimpleNamespace(
            track_ids=list(ids), values=np.concatenate(parts), offsets=offsets, fingerprint=whole.fingerprint
        )


def made_up_vectors(members, count, rng, units):
    """Vectors of the right shape, where learning them is not what is asked about."""
    concepts = len(members.concept_ids)
    weights = rng.normal(size=(count + 1, concepts, units)).astype(np.float32) / 16
    bias = rng.normal(size=(count + 1, concepts)).astype(np.float32) - 2
    settings = VectorSettings()
    return ConceptVectors(
        members.concept_ids, weights[-1], bias[-1], weights[:-1], bias[:-1], 0.01, "made up", settings, {}
    )


def all_concepts(lap, folder, activations, members, *, folds, vectors):
    """From vectors to a tree; the files of a build, for those who come later."""
    builds = Builds(folder, "bench")
    builds.folder.mkdir(parents=True)
    names = {name: f"old.{name}.npy" for name in ("scores", *MEASURES)}
    shape = (len(members.track_ids), len(members.concept_ids))
    scores = np.lib.format.open_memmap(builds.folder / names["scores"], "w+", np.float32, shape)
    lap("scores of every track", lambda: track_scores(activations, vectors, folds, out=scores))
    for name, measure in MEASURES.items():
        table = lap(name, lambda measure=measure: measure(scores, members))
        np.save(builds.folder / names[name], table)
    qualities = lap("quality with intervals", lambda: assess(scores, members))
    names["qualities"] = builds.place_json([asdict(one) for one in qualities], name="old.qualities.json")
    Scored(list(members.track_ids), folds.tolist(), list(members.concept_ids), names).save(builds, f"old{SCORED}")
    lap("test against random sets", lambda: learnt_or_not(activations, members, folds))
    found, apart = (np.load(builds.folder / names[name]) for name in ("similarity", "separation"))
    graph = lap("graph", lambda: similarity_graph(found))
    centrality = np.bincount(graph[1], minlength=shape[1]).astype(float)
    lap("tree, heymann", lambda: heymann_tree(found, centrality))
    lap("tree, generality", lambda: generality_tree(found, apart))
    return builds


def made_up_build(folder, members, folds, rng):
    """The files of a build of the right size, where only what comes later is asked about."""
    builds = Builds(folder, "bench")
    builds.folder.mkdir(parents=True)
    names = {name: f"old.{name}.npy" for name in ("scores", *MEASURES)}
    shape = (len(members.track_ids), len(members.concept_ids))
    scores = np.lib.format.open_memmap(builds.folder / names["scores"], "w+", np.float32, shape)
    for start in range(0, len(scores), 5000):
        scores[start : start + 5000] = rng.random(scores[start : start + 5000].shape, np.float32)
    scores.flush()
    for name in MEASURES:
        np.save(builds.folder / names[name], rng.random((shape[1], shape[1])))
    names["qualities"] = builds.place_json([{}] * shape[1], name="old.qualities.json")
    Scored(list(members.track_ids), folds.tolist(), list(members.concept_ids), names).save(builds, f"old{SCORED}")
    return builds


def one_more(lap, builds, activations, everybody, folds, *, basis, vectors):
    """The last concept comes when all others are there."""
    place = len(everybody.concept_ids) - 1
    ids, tracks = activations.track_ids, everybody.rows(place)
    needed = sorted({*basis.pool, *(ids[track] for track in tracks)})
    fold = dict(zip(ids, folds.tolist(), strict=True))
    alone = Members.of({everybody.concept_ids[place]: [ids[track] for track in tracks]}, needed)
    store = Mapped(activations)

    def learn():
        return learn_vectors(
            store.read(needed), alone, np.array([fold[one] for one in needed], np.int8), VectorSettings(), basis=basis
        )

    new = lap("one playlist more: its vectors, 6 fits", learn)
    joined = replace(
        vectors,
        concept_ids=everybody.concept_ids,
        keys=everybody.concept_ids,
        weights=np.concatenate([vectors.weights, new.weights]),
        bias=np.concatenate([vectors.bias, new.bias]),
        fold_weights=np.concatenate([vectors.fold_weights, new.fold_weights], axis=1),
        fold_bias=np.concatenate([vectors.fold_bias, new.fold_bias], axis=1),
    )
    names = {name: f"new.{name}.npy" for name in ("scores", *MEASURES)} | {"qualities": "new.qualities.json"}
    scoring = Scoring(builds, store, joined, everybody, folds, names)
    work = lap(
        "its column of scores, row and column of S, errors and separation, quality; all files written anew",
        lambda: scoring.run(everybody, None, lambda _done, _total: None),
    )
    assert (work["columns_computed"], work["qualities_computed"], work["rows_computed"]) == (1, 1, 0)
    scores = builds.read_array(names["scores"], written_by="bench", mapped=True)
    last, others = np.array([place]), np.arange(place)
    lap("  of that, its column of scores", lambda: track_scores(activations, new, folds))
    for name, measure in MEASURES.items():
        lap(
            f"  of that, its row and column of {name}",
            lambda measure=measure: (measure(scores, everybody, last), measure(scores, everybody, others, last)),
        )


def fit_once(activations, members, folds):
    """One fit a concept on the tracks' means, the ridge chosen by cross-validation before."""
    settings = VectorSettings(input="tracks")
    training = Training.of(activations, members, folds, settings)
    ridge, _ = choose_ridge(training, members, settings)
    return fit_all_tracks(training, members, ridge, settings.tolerance)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--concepts", type=int, default=3443)
    parser.add_argument("--units", type=int, default=768, help="of the layer: 768 are pool4's, 128 pool5's")
    parser.add_argument("--input", choices=("windows", "tracks"), default="windows")
    parser.add_argument("--part", choices=("vectors", "once", "rest", "playlist"), help="only this; default: all")
    parser.add_argument("--folder", type=Path, help="for 14 GB of arrays; default: the system's temporary folder")
    asked = parser.parse_args()
    rng, lap = np.random.default_rng(0), Laps()
    ids = [f"t{number:06d}" for number in range(asked.tracks)]
    wanted = {asked.part} if asked.part else {"vectors", "once", "rest", "playlist"}
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder = Path(name)
        activations, points = make_activations(folder, ids, rng, asked.units)
        everybody, folds = make_members(points, ids, asked.concepts + 1, rng), assign_folds(ids)
        members = everybody.select(range(asked.concepts))
        settings, basis = VectorSettings(input=asked.input), None
        if asked.part == "playlist":
            settings = replace(settings, ridge=0.01)
        if wanted & {"vectors", "playlist"}:
            basis = lap("basis: scaling, pool, ridge", lambda: find_basis(activations, members, folds, settings))
        vectors = made_up_vectors(members, 5, rng, asked.units)
        if "vectors" in wanted:
            vectors = lap(
                "vectors, 6 fits a concept", lambda: learn_vectors(activations, members, folds, settings, basis=basis)
            )
        if "once" in wanted:
            lap("one fit a concept on track means, ridge chosen", lambda: fit_once(activations, members, folds))
        if asked.part == "playlist":
            builds = made_up_build(folder, members, folds, rng)
        elif "rest" in wanted:
            builds = all_concepts(lap, folder, activations, members, folds=folds, vectors=vectors)
        if "playlist" in wanted:
            one_more(lap, builds, activations, everybody, folds, basis=basis, vectors=vectors)
    report(f"paper_scale_{asked.input}_{asked.concepts}{'_' + asked.part if asked.part else ''}", lap.rows)


if __name__ == "__main__":
    main()
