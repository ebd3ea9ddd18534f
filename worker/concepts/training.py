"""Learning concept activation vectors: training sets, the ridge, and all fits of all concepts, block by block.

Conventions: as in `worker.concepts.vectors`, which holds the objective and what comes of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from worker.concepts import poster
from worker.concepts.basis import Basis
from worker.concepts.blocks import MOST_WORKERS, work_through
from worker.concepts.counterexamples import stratum_weights
from worker.concepts.directions import activation_pattern, mean_difference
from worker.concepts.dual import solve_by_rows, suits
from worker.concepts.errors import NotConverged, ShapeMismatch, UnusableConcept
from worker.concepts.members import Members
from worker.concepts.problem import Balance, Fits, Matrix, Problem, Rows
from worker.concepts.properties import Property, Strata
from worker.concepts.rows import Scaling, TrackRows, negatives_pool
from worker.concepts.solver import Goal, PoolPreconditioner, solve
from worker.concepts.vectors import ConceptVectors, Progress, VectorSettings

if TYPE_CHECKING:
    from worker.activations.store import Activations

BLOCK_BYTES = 1 << 26
MOST_CONCEPTS, FEWEST_CONCEPTS = 64, 16
COARSE_TOLERANCE = 1e-3
"""Of the fits that only compare ridges."""


def learn_vectors(
    activations: Activations,
    members: Members,
    folds: NDArray[np.int8],
    settings: VectorSettings | None = None,
    progress: Progress | None = None,
    *,
    aside: Members | None = None,
    basis: Basis | None = None,
    confounder: Property | None = None,
    workers: int | None = None,
) -> ConceptVectors:
    """Learn the vectors of all concepts, cross-fitted and on all folds.

    Under one basis the vectors of a concept are a function of its own tracks, bit for bit: they do not depend on which
    other concepts are learnt beside it, or on which other tracks there are.

    Args:
        activations: rows of every track of `members.track_ids` (others are ignored), in any order.
        members: the concepts; each needs a member and a non-member outside every fold (see `quality.screen`).
        folds: (tracks,) fold of each of `members.track_ids`, 0..K-1.
        settings: see `VectorSettings`.
        progress: told (concepts done, concepts).
        aside: tracks that are neither examples nor counter-examples of a concept, for the same concepts and tracks
            as `members`; not for `poster`.
        basis: scaling, counter-examples and ridge, decided before; None decides them from these tracks and concepts.
            Of `members.track_ids` then only the examples and the basis' pool are needed. Not for `poster`.
        confounder: what `settings.balance` names, of each of `members.track_ids`.
        workers: threads; None for one a core. The result does not depend on it.

    Raises:
        ShapeMismatch: `folds` has another length than the tracks, there is no concept, `aside` is about others, or
            `confounder` is not what `settings.balance` names of these tracks.
        NotFinite: an activation is NaN or infinite.
        ConstantActivations: no unit varies.
        UnusableConcept: a training fold holds no member or no non-member of some concept.
        NotConverged: a fit did not reach the tolerance.
    """
    settings = settings or VectorSettings()
    training = Training.of(activations, members, folds, settings, aside=aside, basis=basis, confounder=confounder)
    if settings.method == "poster":
        trained = poster.train(training.rows, members, settings.seed, progress, workers=workers)
        return _without_folds(trained, members, activations.fingerprint.text, settings)
    ridge, losses = (basis.ridge, basis.ridge_losses) if basis else _decide_ridge(training, members, settings, workers)
    concepts, count = len(members.concept_ids), training.count
    weights = np.empty((count + 1, concepts, training.rows.units), np.float32)
    bias = np.empty((count + 1, concepts), np.float32)

    def fit(chosen: NDArray[np.int64]) -> tuple[Matrix, Matrix]:
        return _fit_block(training, members.select(chosen), ridge, settings)

    def keep(chosen: NDArray[np.int64], found: tuple[Matrix, Matrix]) -> None:
        weights[count, chosen], bias[count, chosen] = training.scaling.undo(found[0])
        raw, offsets = training.scaling.undo(found[1])
        weights[:count, chosen] = raw.reshape(len(chosen), count, -1).swapaxes(0, 1)
        bias[:count, chosen] = offsets.reshape(len(chosen), count).T
        if progress is not None:
            progress(int(chosen[-1]) + 1, concepts)

    most = MOST_CONCEPTS if settings.method == "logistic" else 1
    work_through(fit, training.blocks(np.arange(concepts), most), keep, workers)
    return ConceptVectors(
        members.concept_ids,
        weights[count],
        bias[count],
        weights[:count],
        bias[:count],
        ridge,
        activations.fingerprint.text,
        settings,
        losses,
    )


def find_basis(
    activations: Activations,
    members: Members,
    folds: NDArray[np.int8],
    settings: VectorSettings,
    workers: int | None = None,
    *,
    confounder: Property | None = None,
) -> Basis:
    """Decide what the fits of all concepts share, as `learn_vectors` does when it is told none.

    Args:
        activations: rows of every track of `members.track_ids`.
        members: the catalogue; its concepts vote on the ridge.
        folds: (tracks,) fold of each of `members.track_ids`.
        settings: not `poster`, which has no basis.
        workers: threads; None for one a core.
        confounder: as for `learn_vectors`.

    Raises:
        ShapeMismatch, NotFinite, ConstantActivations, UnusableConcept: as of `learn_vectors`.
    """
    training = Training.of(activations, members, folds, settings, confounder=confounder)
    ridge, losses = _decide_ridge(training, members, settings, workers)
    rows = np.flatnonzero(training.in_pool)
    pool = tuple(members.track_ids[row] for row in rows)
    found = Basis(training.scaling, pool, tuple(folds[rows].tolist()), training.count, ridge, losses)
    if confounder is None or training.strata is None:
        return found
    return replace(found, strata=Strata.of(confounder), pool_strata=tuple(training.strata[rows].tolist()))


def _decide_ridge(
    training: Training, members: Members, settings: VectorSettings, workers: int | None
) -> tuple[float, dict[float, float]]:
    if settings.method == "mean_difference":
        return 0.0, {}
    return (settings.ridge, {}) if settings.ridge is not None else choose_ridge(training, members, settings, workers)


def _without_folds(
    trained: poster.PosterVectors, members: Members, fingerprint: str, settings: VectorSettings
) -> ConceptVectors:
    """Vectors that were trained once: whoever scores by them has to mind what they saw."""
    concepts, units = trained.weights.shape
    none, no_bias = np.empty((0, concepts, units), np.float32), np.empty((0, concepts), np.float32)
    return ConceptVectors(
        members.concept_ids, trained.weights, trained.bias, none, no_bias, 0.0, fingerprint, settings, {}
    )


@dataclass(frozen=True, slots=True)
class Training:
    """What all fits of one catalogue share."""

    rows: TrackRows
    folds: NDArray[np.int8]
    count: int
    """Number of folds."""
    scaling: Scaling
    in_pool: NDArray[np.bool_]
    """(tracks,) may serve as a counter-example."""
    pool: Rows
    preconditioner: PoolPreconditioner
    aside: dict[str, NDArray[np.int64]]
    """By concept: tracks that are neither its examples nor its counter-examples."""
    strata: NDArray[np.int16] | None
    """(tracks,) of the property that counter-examples are balanced for; None where they weigh alike."""

    @classmethod
    def of(
        cls,
        activations: Activations,
        members: Members,
        folds: NDArray[np.int8],
        settings: VectorSettings,
        *,
        aside: Members | None = None,
        basis: Basis | None = None,
        confounder: Property | None = None,
    ) -> Training:
        """Gather, check and standardise."""
        if np.shape(folds) != (len(members.track_ids),):
            raise ShapeMismatch("folds", (len(members.track_ids),), np.shape(folds))
        if not members.concept_ids or not members.track_ids:
            raise ShapeMismatch("the number of concepts and of tracks", "at least 1", 0)
        if aside is not None and (aside.concept_ids, aside.track_ids) != (members.concept_ids, members.track_ids):
            raise ShapeMismatch("the concepts and tracks set aside", "those of the members", "others")
        balanced = None if confounder is None else (confounder.name, len(confounder.values))
        if balanced != (None if settings.balance is None else (settings.balance, len(folds))):
            raise ShapeMismatch("the property to balance for", settings.balance, balanced)
        rows = TrackRows.of(activations, members)
        if settings.input == "tracks":
            rows = rows.means()
        if basis is None:
            count = int(folds.max()) + 1
            scaling = Scaling.of(rows, folds, count)
            drawn = negatives_pool(members.track_ids, folds, count, settings.max_negatives, settings.seed)
        else:
            count, scaling, drawn = basis.count, basis.scaling, basis.places(members.track_ids)
        in_pool = np.zeros(len(folds), np.bool_)
        in_pool[drawn] = True
        pool = Rows.of(rows, drawn, folds, scaling)
        put = {} if aside is None else {concept: aside.rows(place) for place, concept in enumerate(aside.concept_ids)}
        strata = None if confounder is None else _strata(confounder, basis, drawn)
        return cls(rows, folds, count, scaling, in_pool, pool, PoolPreconditioner(pool), put, strata)

    def problem(self, members: Members) -> Problem:
        """The problem of some concepts.

        Raises:
            UnusableConcept: a training fold lacks examples or counter-examples.
        """
        labels, aside = members.dense(), np.zeros((len(self.folds), len(members.concept_ids)), np.bool_)
        for place, concept_id in enumerate(members.concept_ids):
            aside[self.aside.get(concept_id, []), place] = True
        aside &= ~labels
        examples = self._left(labels)
        others = self._left(~labels & ~aside & self.in_pool[:, None])
        for lacking, what in ((examples, "example"), (others, "counter-example")):
            if not lacking.all():
                concept, fold = np.argwhere(lacking == 0)[0].tolist()
                raise UnusableConcept(members.concept_ids[concept], -1 if fold == self.count else fold, what)
        own = [
            Rows.of(self.rows, tracks[~self.in_pool[tracks]], self.folds, self.scaling)
            for tracks in (members.rows(concept) for concept in range(len(members.concept_ids)))
        ]
        share = np.float32(0.5)
        return Problem(
            self.pool,
            own,
            labels=labels,
            example_share=share / examples,
            other_share=share / others,
            metric=self.scaling.metric,
            aside=aside if self.aside else None,
            balance=self._balance(labels, ~labels & ~aside & self.in_pool[:, None]),
        )

    def _balance(self, labels: NDArray[np.bool_], others: NDArray[np.bool_]) -> Balance | None:
        if self.strata is None:
            return None
        return Balance(self.strata, stratum_weights(self.strata, labels, others, self.folds, self.count))

    def blocks(self, concepts: NDArray[np.int64], most: int | None = None) -> Iterator[NDArray[np.int64]]:
        """Runs of concepts, about equally long, whose fits fit in `BLOCK_BYTES`; pool and number of concepts decide.

        Few concepts are parted too, into an even number of runs of about `FEWEST_CONCEPTS`, so that no core is idle.
        """
        a_concept = len(self.pool.values) * self.count * np.dtype(np.float32).itemsize
        size = max(1, min(most or MOST_CONCEPTS, BLOCK_BYTES // max(a_concept, 1)))
        parts = max(-(-len(concepts) // size), min(len(concepts) // FEWEST_CONCEPTS, MOST_WORKERS))
        yield from np.array_split(concepts, parts + parts % 2 if 1 < parts < len(concepts) else parts)

    def _left(self, labels: NDArray[np.bool_]) -> NDArray[np.float32]:
        """(concepts, folds + 1) tracks that each training set is left with; the last leaves nothing out."""
        total = labels.sum(axis=0)
        without = [total - labels[self.folds == fold].sum(axis=0) for fold in range(self.count)]
        return np.stack([*without, total], axis=1).astype(np.float32)


def _strata(confounder: Property, basis: Basis | None, drawn: NDArray[np.int64]) -> NDArray[np.int16]:
    """The stratum of each track; of the pool's as it was when the basis was decided."""
    if basis is None or basis.strata is None:
        return Strata.of(confounder).places(confounder)
    strata = basis.strata.places(confounder)
    strata[drawn] = basis.pool_strata
    return strata


def choose_ridge(
    training: Training, members: Members, settings: VectorSettings, workers: int | None = None
) -> tuple[float, dict[float, float]]:
    """The ridge with the least cross-validated balanced log loss, concepts weighing equally.

    Why one for all concepts: S compares scores of different vectors, so their shrinkage must be alike.

    Returns:
        The ridge, and the mean loss of each that was tried.
    """
    voters = np.argsort(members.sizes, kind="stable")
    if len(voters) > settings.ridge_concepts:
        voters = voters[np.linspace(0, len(voters) - 1, settings.ridge_concepts).round().astype(np.int64)]
    voters = np.sort(voters)
    problems = [training.problem(members.select(chosen)) for chosen in training.blocks(voters)]
    fits = [cross_fits(problem.labels.shape[1], training.count) for problem in problems]
    starts = [np.zeros((training.rows.units + 1, len(some)), np.float32) for some in fits]
    losses: dict[float, float] = {}
    for ridge in sorted(settings.ridges, reverse=True):
        values: list[NDArray[np.float64]] = []

        def fit(number: int, ridge: float = ridge) -> tuple[Matrix, NDArray[np.float64]]:
            problem, some = problems[number], fits[number]
            found = solve(problem, some, starts[number], Goal(ridge, COARSE_TOLERANCE, training.preconditioner)).values
            return found, np.nanmean(problem.held_out_loss(some, found).reshape(-1, training.count), axis=1)

        def keep(
            number: int, found: tuple[Matrix, NDArray[np.float64]], values: list[NDArray[np.float64]] = values
        ) -> None:
            starts[number] = found[0]
            values.append(found[1])

        work_through(fit, range(len(problems)), keep, workers)
        losses[ridge] = float(np.concatenate(values).mean())
        if min(list(losses.values())[-2:]) > min(losses.values()):
            break
    return min(losses, key=lambda ridge: losses[ridge]), losses


def cross_fits(concepts: int, count: int) -> Fits:
    """Every concept without each fold in turn."""
    return Fits(np.repeat(np.arange(concepts), count), np.tile(np.arange(count), concepts))


def all_tracks(concepts: int, count: int) -> Fits:
    """Every concept on all folds."""
    return Fits(np.arange(concepts), np.full(concepts, count))


def fit_all_tracks(
    training: Training, members: Members, ridge: float, tolerance: float, *, workers: int | None = None
) -> Matrix:
    """One fit of every concept on all folds, no others.

    Returns:
        (units + 1, concepts) on standardised units, the bias last.

    Raises:
        NotConverged: a fit did not reach the tolerance.
    """
    found = np.empty((training.rows.units + 1, len(members.concept_ids)), np.float32)
    goal = Goal(ridge, tolerance, training.preconditioner)

    def fit(chosen: NDArray[np.int64]) -> Matrix:
        part = members.select(chosen)
        return _on_all_tracks(training, training.problem(part), part, goal)

    def keep(chosen: NDArray[np.int64], values: Matrix) -> None:
        found[:, chosen] = values

    work_through(fit, training.blocks(np.arange(len(members.concept_ids))), keep, workers)
    return found


def _fit_block(training: Training, members: Members, ridge: float, settings: VectorSettings) -> tuple[Matrix, Matrix]:
    """Fits on all folds, then without each, starting from the former."""
    problem, variance = training.problem(members), training.scaling.variance
    everything, crossing = (
        all_tracks(len(members.concept_ids), training.count),
        cross_fits(len(members.concept_ids), training.count),
    )
    if settings.method == "mean_difference":
        return mean_difference(problem, everything, variance), mean_difference(problem, crossing, variance)
    goal = Goal(ridge, settings.tolerance, training.preconditioner)
    refit = _on_all_tracks(training, problem, members, goal)
    start = np.ascontiguousarray(refit[:, crossing.concept])
    crossed = _solved(problem, crossing, start, goal, members.concept_ids)
    if settings.method == "pattern":
        refit = activation_pattern(problem, everything, refit, variance)
        crossed = activation_pattern(problem, crossing, crossed, variance)
    return refit, crossed


def _on_all_tracks(training: Training, problem: Problem, members: Members, goal: Goal) -> Matrix:
    everything = all_tracks(len(members.concept_ids), training.count)
    start = np.zeros((training.rows.units + 1, len(everything)), np.float32)
    return _solved(problem, everything, start, goal, members.concept_ids)


def _solved(problem: Problem, fits: Fits, start: Matrix, goal: Goal, concept_ids: tuple[str, ...]) -> Matrix:
    short = np.array([suits(problem, concept) for concept in range(len(concept_ids))])
    columns = np.flatnonzero(short[fits.concept])
    if len(columns):
        start[:, columns] = solve_by_rows(problem, fits.pick(columns), goal.ridge, goal.tolerance)
    found = solve(problem, fits, start, goal)
    if not found.solved.all():
        worst = int(np.argmax(np.where(found.solved, 0, found.gradient)))
        raise NotConverged(concept_ids[fits.concept[worst]], float(found.gradient[worst]), goal.tolerance)
    return found.values
