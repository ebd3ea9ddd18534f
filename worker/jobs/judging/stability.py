"""How much of a tree stays when little changes: a hundredth of the tracks, the seed, one playlist.

Conventions: a concept keeps its parent when it hangs below the same one, or below the root, before and after; the share
is over the concepts of both trees. *sticky* is the rule that moves an edge only when the tracks at hand decide it
(`worker.hierarchy.support.settled`), grown around the tree as it was before.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from worker.evaluation.figures import Figure, mean_figure
from worker.hierarchy.support import settled
from worker.jobs.growing import as_tree, betweenness_of, grow_afresh, grower
from worker.jobs.judging.case import Case, Fit, part_of, refit
from worker.jobs.judging.rival_trees import OURS, POSTER
from worker.jobs.requests import RebuildRequest, RebuildSettings
from worker.jobs.trusting import tree_support

CHANGES = ("1 % of the tracks gone", "another seed", "one playlist added")
STICKY = "sticky"
GONE = 0.01

Tree = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Change:
    """Before and after."""

    before: Fit
    after: Fit
    case: Case
    """As it is after."""


def stability_figures(
    case: Case, seeds: int, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> Iterator[Figure]:
    """Shares of parents kept, by change and rule.

    Args:
        case: what is judged.
        seeds: repetitions of each change.
        progress: told (changes done, changes).
    """
    whole = refit(case)
    poster = RebuildRequest(preset="poster").settings()
    for place, name in enumerate(CHANGES):
        shares: dict[str, list[float | None]] = {OURS: [], STICKY: [], POSTER: []}
        for seed in range(1, seeds + 1):
            change = _change(case, whole, name, seed)
            shares[OURS].append(_kept(_tree(change.before, case.settings), _tree(change.after, case.settings)))
            shares[POSTER].append(_kept(_tree(change.before, poster), _tree(change.after, poster)))
            shares[STICKY].append(_kept(_tree(change.before, case.settings), _sticky(change)))
            progress(place * seeds + seed, len(CHANGES) * seeds)
        for rule, values in shares.items():
            yield mean_figure("stability", name, rule, "parents kept", values)


def _change(case: Case, whole: Fit, name: str, seed: int) -> _Change:
    draw = np.random.default_rng([seed, 31])
    if name == CHANGES[0]:
        tracks = len(case.members.track_ids)
        gone = draw.choice(tracks, max(1, round(GONE * tracks)), replace=False)
        smaller = part_of(case, np.setdiff1d(np.arange(tracks), gone))
        return _Change(whole, refit(smaller), smaller)
    if name == CHANGES[1]:
        return _Change(whole, refit(case, seed=seed), case)
    added = int(draw.integers(len(case.ids)))
    rest = [place for place in range(len(case.ids)) if place != added]
    smaller = dataclasses.replace(case, members=case.members.select(rest))
    return _Change(refit(smaller), whole, case)


def _tree(fit: Fit, settings: RebuildSettings) -> Tree:
    return as_tree(grow_afresh(settings, fit.similarity, fit.separation), fit.ids)


def _sticky(change: _Change) -> Tree:
    fit, settings = change.after, change.case.settings
    place = {concept: position for position, concept in enumerate(fit.ids)}
    central = betweenness_of(settings, fit.similarity)
    grow = grower(settings, central)
    new = {edge.child: edge.parent for edge in grow(fit.similarity, fit.separation) if not edge.further}
    old = {
        place[child]: place[above[0]] if above else None
        for child, above in _tree(change.before, settings).items()
        if child in place and (not above or above[0] in place)
    }
    separated = settings.builder == "generality"
    support = tree_support(fit.scores, fit.members, change.case.keys, grow, separated=separated)
    pins = settled(old, new, support)
    return as_tree(grower(settings, central, pins)(fit.similarity, fit.separation), fit.ids)


def _kept(before: Tree, after: Tree) -> float | None:
    common = before.keys() & after.keys()
    if not common:
        return None
    return sum(set(before[one]) & common == set(after[one]) & common for one in common) / len(common)
