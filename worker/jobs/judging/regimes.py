"""A tree's rule and its rivals against a reference, under three kinds of memberships, several times each.

Conventions: a repetition draws memberships, folds, negatives and random trees by its seed; figures are means over
repetitions with Student's interval. Repetition 0 of *nested* has the published version's own folds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from worker.concepts.members import Members
from worker.evaluation.figures import Figure, merged
from worker.evaluation.groups import branch_of
from worker.evaluation.regimes import REGIMES, Regime, in_regime
from worker.evaluation.scores import Yardstick, tree_scores
from worker.evaluation.taxonomy import Tree
from worker.jobs.judging.case import Case, Fit, refit
from worker.jobs.judging.rival_trees import Ground, perfect_tables, rival_trees, shared_tracks

Run = dict[tuple[str, str], float | None]


def regime_figures(
    case: Case, reference: Tree, seeds: int, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> Iterator[Figure]:
    """Every score of every tree in every regime.

    Args:
        case: what is judged.
        reference: by concept ids.
        seeds: repetitions, at least 1.
        progress: told (fits done, fits).
    """
    for place, regime in enumerate(REGIMES):
        runs = []
        for seed in range(seeds):
            runs.append(_run(case, reference, regime, seed))
            progress(place * seeds + seed + 1, len(REGIMES) * seeds)
        yield from merged(runs, "reference", regime)


def _run(case: Case, reference: Tree, regime: Regime, seed: int) -> Run:
    memberships = in_regime(regime, case.memberships, reference, seed=seed)
    fit = refit(case, memberships, seed=seed)
    ground = ground_of(case, fit)
    yardstick = Yardstick(reference, branch_of(reference), fit.ids, fit.similarity > case.settings.graph_threshold)
    return {
        (name, measure): value
        for name, tree in rival_trees(ground, case.settings, seed=seed).items()
        for measure, value in tree_scores(tree, yardstick, seed=seed).items()
    }


def ground_of(case: Case, fit: Fit) -> Ground:
    """What rivals are grown from; perfect labels are those of the published version."""
    place = {concept: position for position, concept in enumerate(case.ids)}
    labels: Members = case.members.select([place[concept] for concept in fit.ids])
    return Ground(
        names=case.names,
        ids=fit.ids,
        similarity=fit.similarity,
        separation=fit.separation,
        shared=shared_tracks(fit.members),
        perfect=perfect_tables(fit.members, labels),
    )
