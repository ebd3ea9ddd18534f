"""Rules of when a concept may leave its parent: what each keeps in place, and what that costs.

Run `python -m tests.benchmarks.sticky_rules DATA COLLECTION REFERENCE [SEEDS [FIRST]]` on a data folder with a
published version. Beside the three small changes of the stability study stand two large ones, in which most moves are
right: the tree before was learnt from a third of the tracks, or from noisy memberships. `kept` is the share of concepts
that keep their parent, `F1` of the ancestors in the tree afterwards; a rule that sticks to mistakes pays there.

* `none`: the tree as it grows; `always`: nobody leaves
* `margin`: the rule of `sticky`
* `vote`: its rival, by how many trees of drawn tracks have the old edge, of those that have the old or the new one
"""

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.measure import report
from worker.evaluation.figures import mean_figure
from worker.evaluation.reference import matched, read_reference
from worker.evaluation.regimes import noisy
from worker.evaluation.taxonomy import ancestor_match
from worker.hierarchy.margins import Parents
from worker.jobs.growing import betweenness_of, grower
from worker.jobs.judging.case import Case, Fit, load_case, part_of, refit
from worker.jobs.judging.stability import CHANGES, Change, change_of, kept, moves_of, stay_of, tree_of
from worker.jobs.requests import RebuildRequest
from worker.jobs.trusting import tree_support

DOUBT = 0.16
"""What lies beyond one standard error on one side."""


def changes(case: Case, whole: Fit, seed: int) -> dict[str, Change]:
    """By name, the small ones first."""
    draw = np.random.default_rng([seed, 77])
    tracks = len(case.members.track_ids)
    third = part_of(case, np.sort(draw.choice(tracks, tracks // 3, replace=False)))
    drawn = noisy(case.memberships, seed=seed)
    return {
        **{name: change_of(case, whole, name, seed) for name in CHANGES},
        "three times the tracks": Change(refit(third, seed=seed), whole, case),
        "clean for noisy memberships": Change(refit(case, drawn, seed=seed), whole, case),
    }


def stays(change: Change) -> dict[str, Parents]:
    """Old parents that each rule holds on to."""
    fit, settings = change.after, change.case.settings
    grow = grower(settings, betweenness_of(settings, fit.similarity))
    separated = settings.builder == "generality"
    votes = tree_support(fit.scores, fit.members, change.case.keys, grow, separated=separated)
    moves = moves_of(change)
    shares = [(votes.share(child, old), votes.share(child, new)) for child, old, new in moves]
    return {
        "none": {},
        "margin": stay_of(change),
        "vote": {
            move.child: move.old
            for move, (before, after) in zip(moves, shares, strict=True)
            if before > DOUBT * (before + after)
        },
        "always": {move.child: move.old for move in moves},
    }


def compare(case: Case, reference: Mapping[str, Any], seeds: range) -> list[dict[str, Any]]:
    """A line a change and a rule of sticking, for the tree that the settings ask for."""
    whole = refit(case)
    found: dict[tuple[str, str], list[tuple[float | None, float]]] = {}
    for seed in seeds:
        for name, change in changes(case, whole, seed).items():
            before = tree_of(change.before, case.settings)
            for rule, stay in stays(change).items():
                after = tree_of(change.after, case.settings, stay)
                f1 = ancestor_match({one: after.get(one, ()) for one in case.ids}, reference).f1
                found.setdefault((name, rule), []).append((kept(before, after), f1))
    return [
        {"change": name, "sticking": rule, "kept": _mean(shares), "F1": _mean(f1), "n": len(shares)}
        for (name, rule), values in found.items()
        for shares, f1 in [zip(*values, strict=True)]
    ]


def _mean(values: Sequence[float | None]) -> str:
    found = mean_figure("", "", "", "", values)
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def main(data: str, collection: str, reference: str, seeds: str = "20", first: str = "1") -> None:
    """Print and store the table."""
    case = load_case(Path(data), collection)
    taxonomy = matched(read_reference(Path(reference)), case.names)
    rows = []
    for preset in ("default", "poster"):
        ruled = dataclasses.replace(case, settings=RebuildRequest(preset=preset).settings())
        rows += [
            {"tree": preset, **row} for row in compare(ruled, taxonomy, range(int(first), int(first) + int(seeds)))
        ]
    report("sticky_rules", rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
