"""Sampling support beside full refits: what holding vectors fixed leaves out.

Run `python -m tests.benchmarks.support_calibration DATA [COLLECTION]` on a data folder with a published version. Tracks
are drawn with repetition and everything is learnt again from the draw, vectors included, 20 times; the share of those
trees that have an edge stands beside the support that a rebuild gives it, for every edge of the tree.
"""

import dataclasses
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.measure import report
from worker.activations.store import Activations
from worker.concepts.members import Members
from worker.hierarchy.support import track_weights
from worker.jobs.growing import grow_afresh
from worker.jobs.judging.case import Case, Fit, load_case, refit
from worker.jobs.judging.rival_trees import OURS, POSTER
from worker.jobs.judging.trust import supported
from worker.jobs.requests import RebuildRequest, RebuildSettings

REFITS = 20
BINS = ((0.0, 0.5), (0.5, 0.8), (0.8, 0.95), (0.95, 1.01))


def drawn(case: Case, weights: np.ndarray) -> Case:
    """The case with every track as often as its weight says; copies share their fold."""
    rows = np.repeat(np.arange(len(weights)), weights.astype(int))
    copy = np.arange(len(rows)) - np.searchsorted(rows, rows)
    names = [f"{case.members.track_ids[row]}#{number:02d}" for row, number in zip(rows, copy, strict=True)]
    whole = case.activations
    parts = [whole.values[whole.offsets[row] : whole.offsets[row + 1]] for row in rows]
    offsets = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    named = dict.fromkeys(case.members.track_ids, ())
    for name in names:
        named[name[:-3]] = (*named[name[:-3]], name)
    memberships = {
        concept: [name for track in tracks for name in named[track]] for concept, tracks in case.memberships.items()
    }
    return dataclasses.replace(
        case,
        activations=Activations(names, np.concatenate(parts), offsets, whole.fingerprint),
        members=Members.of(memberships, names),
        folds=case.folds[rows],
    )


def edges(fit: Fit, settings: RebuildSettings) -> set[tuple[str, str | None]]:
    """(child, parent) of the tree."""
    grown = grow_afresh(settings, fit.similarity, fit.separation)
    return {(fit.ids[edge.child], None if edge.parent is None else fit.ids[edge.parent]) for edge in grown}


def compare(case: Case) -> list[dict[str, Any]]:
    """A line a rule and a bin of support."""
    fit = refit(case)
    refits = [refit(drawn(case, weights)) for weights in track_weights(case.keys, REFITS, seed=99)]
    rows = []
    for name, settings in ((OURS, case.settings), (POSTER, RebuildRequest(preset="poster").settings())):
        grown, support = supported(fit, case.keys, settings)
        trees = [edges(one, settings) for one in refits]
        pairs = [(edge.child, edge.parent) for edge in grown if edge.parent is not None]
        ours = np.array([support.share(child, parent) for child, parent in pairs])
        theirs = np.array([np.mean([(fit.ids[c], fit.ids[p]) in tree for tree in trees]) for c, p in pairs])
        for low, high in (*BINS, (0.0, 1.01)):
            inside = (ours >= low) & (ours < high)
            rows.append(
                {
                    "rule": name,
                    "support": f"{low:.2f}-{min(high, 1.0):.2f}",
                    "edges": int(inside.sum()),
                    "mean support": float(ours[inside].mean()) if inside.any() else "",
                    "share of refits": float(theirs[inside].mean()) if inside.any() else "",
                    "correlation": float(np.corrcoef(ours, theirs)[0, 1]) if high - low > 1 else "",
                }
            )
    return rows


if __name__ == "__main__":
    report("support_calibration", compare(load_case(Path(sys.argv[1]), *sys.argv[2:3])))
