"""Concept vectors against scikit-learn at equal loss: one fit of every concept on all tracks, no folds.

Run `python -m tests.benchmarks.bench_vectors [--large [--line N]]`. Both solve one problem: balanced, tracks weighing
equally, same standardised float32 rows, the same counter-examples. Ours counts standardising and preparing as well;
scikit-learn is given each concept's rows ready. Of it some concepts are timed and the rest extrapolated. `gap` is the
largest loss (ours - scikit-learn's converged) over those concepts; `crossed` is five folds and a refit.
"""

import argparse
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from tests.benchmarks.measure import memory_mb, report
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.training import Training, fit_all_tracks, learn_vectors
from worker.concepts.vectors import VectorSettings

RIDGE = 0.03
TIMED = 8
MOST_CROSSED = 400
"""Above it `bench_paper_scale` is the place to look."""


def catalogue(tracks: int, windows: int, units: int, concepts: int) -> tuple[Any, Members, np.ndarray]:
    """Rectified activations and overlapping concepts of 39 to 250 tracks."""
    draw = np.random.default_rng(0)
    ids = [f"t{number:06d}" for number in range(tracks)]
    latent = draw.normal(size=(tracks, 64)).astype(np.float32)
    mixing = draw.normal(size=(64, units)).astype(np.float32) * np.exp(-np.arange(64) / 20, dtype=np.float32)[:, None]
    rows = np.repeat(latent, windows, axis=0) + draw.normal(size=(tracks * windows, 64)).astype(np.float32)
    values = np.maximum(rows @ mixing + draw.normal(size=(len(rows), units)).astype(np.float32), 0)
    memberships = {}
    for number in range(concepts):
        liking = latent @ draw.normal(size=64).astype(np.float32) / 8 + draw.normal(size=tracks)
        size = int(np.exp(draw.uniform(np.log(39), np.log(250))))
        memberships[f"c{number:05d}"] = [ids[place] for place in np.argsort(-liking)[: min(size, tracks // 2)]]
    activations = SimpleNamespace(
        track_ids=ids,
        values=values,
        offsets=np.arange(tracks + 1) * windows,
        fingerprint=SimpleNamespace(text="benchmark"),
    )
    return activations, Members.of(memberships, ids), assign_folds(ids)


def rival(training: Training, members: Members, concept: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, labels and weights of one concept."""
    inside = members.dense(concept, concept + 1)[:, 0]
    tracks = np.flatnonzero(inside | training.in_pool)
    counts = training.rows.counts[tracks]
    rows = training.scaling.apply(training.rows.take(tracks))[:, :-1]
    share = np.where(inside, 0.5 / inside.sum(), 0.5 / (~inside & training.in_pool).sum())[tracks]
    return rows, np.repeat(inside[tracks], counts), np.repeat(share / counts, counts)


def loss(rows: np.ndarray, labels: np.ndarray, weights: np.ndarray, solution: np.ndarray) -> float:
    """The objective in float64."""
    logits = rows.astype(np.float64) @ solution[:-1] + solution[-1]
    fit = weights @ np.logaddexp(0, np.where(labels, -logits, logits))
    return float(fit + RIDGE / 2 * solution[:-1] @ solution[:-1])


def compare(tracks: int, windows: int, units: int, concepts: int, pool: int) -> dict[str, Any]:
    """One line of the table."""
    activations, members, folds = catalogue(tracks, windows, units, concepts)
    settings = VectorSettings(ridge=RIDGE, max_negatives=pool)
    before = time.process_time()
    training = Training.of(activations, members, folds, settings)
    found = fit_all_tracks(training, members, RIDGE, settings.tolerance, workers=1)
    ours = time.process_time() - before
    theirs, gaps = {"lbfgs": 0.0, "newton-cholesky": 0.0}, []
    chosen = np.linspace(0, concepts - 1, TIMED).astype(int)
    with threadpool_limits(limits=1):
        for concept in chosen:
            problem = rival(training, members, concept)
            best = np.inf
            for solver in theirs:
                model = LogisticRegression(C=1 / RIDGE, solver=solver, tol=1e-6, max_iter=1000)
                before = time.process_time()
                model.fit(problem[0], problem[1], sample_weight=problem[2])
                theirs[solver] += (time.process_time() - before) * concepts / TIMED
                best = min(best, loss(*problem, np.append(model.coef_[0], model.intercept_[0]).astype(np.float64)))
            gaps.append(loss(*problem, found[:, concept].astype(np.float64)) - best)
    crossed: dict[str, float] = {}
    if concepts <= MOST_CROSSED:
        before, wall = time.process_time(), time.perf_counter()
        learn_vectors(activations, members, folds, settings)
        crossed = {"crossed_cpu_s": time.process_time() - before, "crossed_wall_s": time.perf_counter() - wall}
    return {
        "concepts": concepts,
        "tracks": tracks,
        "windows": windows,
        "units": units,
        "pool": pool,
        "ours_s": ours,
        **{f"{solver}_s": seconds for solver, seconds in theirs.items()},
        "ratio": min(theirs.values()) / ours,
        "gap": max(gaps),
        **crossed,
        "memory_mb": memory_mb(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="3443 concepts (tens of minutes)")
    parser.add_argument("--line", type=int, help="only this line of the table, from 0")
    asked = parser.parse_args()
    lines = [(720, 4, 128, 57, 2000), (720, 1, 768, 57, 2000), (5000, 1, 768, 57, 2000), (5000, 1, 1536, 57, 2000)]
    lines += [(5000, 1, 1536, 57, 250), (5000, 1, 1536, 400, 250), (5000, 29, 128, 57, 2000)]
    if asked.large:
        lines = [(10_000, 1, 128, 3443, 2000), (10_000, 1, 768, 3443, 2000), (10_000, 1, 1536, 3443, 2000)]
        lines += [(10_000, 1, 1536, 3443, 250), (10_000, 29, 128, 3443, 2000)]
    name = "vectors-large" if asked.large else "vectors"
    if asked.line is not None:
        name, lines = f"{name}-{asked.line}", [lines[asked.line]]
    report(name, [compare(*line) for line in lines])


if __name__ == "__main__":
    main()
