"""How much of a tree stays when little changes: a hundredth of the tracks, the seed, one playlist.

Conventions: a concept keeps its parent when it hangs below the same one, or below the root, before and after; the share
is over the concepts of both trees. *sticky* is the rule that moves an edge only when the lead of the new parent exceeds
its standard error (`worker.hierarchy.margins`), grown around the tree as it was before.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from worker.evaluation.figures import Figure, mean_figure
from worker.hierarchy.margins import Move, Parents, moves_between, undecided
from worker.hierarchy.pins import NO_PINS
from worker.hierarchy.support import standard_errors, track_weights
from worker.jobs.growing import as_tree, betweenness_of, grower, weigher
from worker.jobs.judging.case import Case, Fit, part_of, refit
from worker.jobs.judging.rival_trees import OURS, POSTER
from worker.jobs.requests import RebuildRequest, RebuildSettings
from worker.jobs.trusting import draws

CHANGES = ("1 % of the tracks gone", "another seed", "one playlist added")
STICKY = "sticky"
GONE = 0.01

Tree = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Change:
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
            change = change_of(case, whole, name, seed)
            before = tree_of(change.before, case.settings)
            shares[OURS].append(kept(before, tree_of(change.after, case.settings)))
            shares[POSTER].append(kept(tree_of(change.before, poster), tree_of(change.after, poster)))
            shares[STICKY].append(kept(before, tree_of(change.after, case.settings, stay_of(change))))
            progress(place * seeds + seed, len(CHANGES) * seeds)
        for rule, values in shares.items():
            yield mean_figure("stability", name, rule, "parents kept", values)


def change_of(case: Case, whole: Fit, name: str, seed: int) -> Change:
    """One of `CHANGES`, drawn.

    Args:
        case: what is judged.
        whole: learnt from it.
        name: of the change.
        seed: of the draw.
    """
    draw = np.random.default_rng([seed, 31])
    if name == CHANGES[0]:
        tracks = len(case.members.track_ids)
        gone = draw.choice(tracks, max(1, round(GONE * tracks)), replace=False)
        smaller = part_of(case, np.setdiff1d(np.arange(tracks), gone))
        return Change(whole, refit(smaller), smaller)
    if name == CHANGES[1]:
        return Change(whole, refit(case, seed=seed), case)
    added = int(draw.integers(len(case.ids)))
    rest = [place for place in range(len(case.ids)) if place != added]
    smaller = dataclasses.replace(case, members=case.members.select(rest))
    return Change(refit(smaller), whole, case)


def tree_of(fit: Fit, settings: RebuildSettings, stay: Parents = NO_PINS) -> Tree:
    """The tree of a fit.

    Args:
        fit: what was learnt.
        settings: of the rule.
        stay: edges to grow around.
    """
    grow = grower(settings, betweenness_of(settings, fit.similarity), stay=stay)
    return as_tree(grow(fit.similarity, fit.separation), fit.ids)


def moves_of(change: Change) -> list[Move]:
    """The concepts whose parent is another afterwards, by their positions then."""
    place = {concept: position for position, concept in enumerate(change.after.ids)}
    old, new = (
        {
            place[child]: place[above[0]] if above else None
            for child, above in tree_of(fit, change.case.settings).items()
            if child in place and (not above or above[0] in place)
        }
        for fit in (change.before, change.after)
    )
    return moves_between(old, new)


def stay_of(change: Change) -> Parents:
    """Parents from before that sticky keeps, as a rebuild would."""
    fit, settings = change.after, change.case.settings
    moves, weigh = moves_of(change), weigher(settings, betweenness_of(settings, fit.similarity))
    separated = settings.builder == "generality"
    drawn = draws(fit.scores, fit.members, track_weights(change.case.keys), separated=separated)
    errors = standard_errors([[*map(weigh(*tables).lead, moves)] for tables in drawn])
    return undecided(moves, [*map(weigh(fit.similarity, fit.separation).lead, moves)], errors.tolist())


def kept(before: Tree, after: Tree) -> float | None:
    """Share of the concepts of both trees that keep their parent; None of trees that have none in common."""
    common = before.keys() & after.keys()
    if not common:
        return None
    return sum(set(before[one]) & common == set(after[one]) & common for one in common) / len(common)
