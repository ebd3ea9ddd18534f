"""The logistic problems of a block of concepts over rows they share: loss, gradient and curvature as matrix products.

Conventions: a fit is one (concept, left-out fold) pair; `fold == folds` leaves nothing out. A solution is one column
of a (units + 1, fits) float32 matrix on standardised units, the bias in the last row. Rows of counter-examples (the
pool, which also holds some of a concept's examples) are shared by all fits; examples outside the pool belong to one
concept and are multiplied with its fits only. Row chunks have a fixed size, so sums are always taken in one order, and
all arithmetic is by column (`worker.concepts.columns`): a fit comes out the same alone and among thousands.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.concepts.columns import long_sums, product, sums
from worker.concepts.rows import Scaling, TrackRows

Matrix = NDArray[np.float32]

CHUNK_ROWS = 1024
CLIP = 60.0
"""Logits beyond this are as good as certain; exp of more would overflow float32."""
SMALLEST = 1e-30


@dataclass(frozen=True, slots=True)
class Rows:
    """Standardised rows with what weighs them."""

    values: Matrix
    """(rows, units + 1), the last column 1."""
    folds: NDArray[np.int8]
    weights: NDArray[np.float32]
    """1 / number of rows of the track."""
    tracks: NDArray[np.int64]
    """Track of each row."""

    @classmethod
    def of(cls, rows: TrackRows, tracks: NDArray[np.int64], folds: NDArray[np.int8], scaling: Scaling) -> Rows:
        """Gather and standardise the rows of some tracks."""
        counts = rows.counts[tracks]
        owner = np.repeat(tracks, counts)
        weights = (1.0 / np.repeat(counts, counts)).astype(np.float32)
        return cls(scaling.apply(rows.take(tracks)), folds[owner], weights, owner)

    def chunks(self) -> Iterator[slice]:
        """Runs of rows."""
        for start in range(0, len(self.values), CHUNK_ROWS):
            yield slice(start, start + CHUNK_ROWS)


@dataclass(frozen=True, slots=True)
class Fits:
    """Which fits are being solved: columns of the solution, sorted by concept."""

    concept: NDArray[np.int64]
    """(fits,) position in the block."""
    fold: NDArray[np.int64]
    """(fits,) what is left out; the number of folds for nothing."""

    def __len__(self) -> int:
        return len(self.concept)

    def pick(self, columns: NDArray[np.int64]) -> Fits:
        """Some of them, in ascending order."""
        return Fits(self.concept[columns], self.fold[columns])

    def runs(self) -> Iterator[tuple[int, slice]]:
        """Each concept with its columns."""
        cuts = np.flatnonzero(np.diff(self.concept)) + 1
        edges = [0, *cuts.tolist(), len(self.concept)]
        for start, stop in itertools.pairwise(edges):
            if stop > start:
                yield int(self.concept[start]), slice(start, stop)


@dataclass(slots=True)
class Curvature:
    """Weights of the rows in the Hessian: those shared by all fits, and each concept's own."""

    shared: Matrix
    own: list[Matrix]
    """One a run of `Fits.runs`."""

    def pick(self, fits: Fits, columns: NDArray[np.int64]) -> Curvature:
        """Only some columns."""
        chosen = np.zeros(len(fits), np.bool_)
        chosen[columns] = True
        own = [
            np.ascontiguousarray(part[:, chosen[run]])
            for (_, run), part in zip(fits.runs(), self.own, strict=True)
            if chosen[run].any()
        ]
        return Curvature(np.ascontiguousarray(self.shared[:, columns]), own)


@dataclass(slots=True)
class State:
    """A solution with its loss, gradient and curvature."""

    solution: Matrix
    loss: NDArray[np.float64]
    gradient: Matrix
    curvature: Curvature

    def pick(self, fits: Fits, columns: NDArray[np.int64]) -> State:
        """Only some columns."""
        return State(
            np.ascontiguousarray(self.solution[:, columns]),
            self.loss[columns],
            np.ascontiguousarray(self.gradient[:, columns]),
            self.curvature.pick(fits, columns),
        )


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows with their labels and weights in each fit."""

    values: Matrix
    true: NDArray[np.bool_]
    weights: Matrix
    times: Callable[[Matrix, Matrix], Matrix]
    """`product` where columns come in changing company, plain where they are one concept's."""

    def add(self, solution: Matrix, gradient: Matrix, curvature: Matrix) -> NDArray[np.float64]:
        """Add to the gradient, fill the curvature and return the weighted log likelihood of each fit."""
        probability, likelihood = _likelihood(self.times(self.values, solution), self.true)
        residual = probability - self.true
        residual *= self.weights
        gradient += self.times(self.values.T, residual)
        np.subtract(1.0, probability, out=curvature)
        curvature *= probability
        curvature *= self.weights
        return long_sums(self.weights * np.log(likelihood))


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows as the training sets of some fits see them."""

    values: Matrix
    """(rows, units + 1) standardised, the last column 1."""
    true: NDArray[np.bool_]
    """(rows, fits of the run)"""
    weights: Matrix
    """(rows, fits of the run); over all parts each class of a fit weighs 1/2, and 0 is what it does not see."""
    run: slice
    """Columns among the fits."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What counter-examples weigh beside each other, by the stratum of some property of their tracks."""

    strata: NDArray[np.int16]
    """(tracks,) -1 where unknown."""
    weights: NDArray[np.float32]
    """(strata + 1, concepts, folds + 1); see `worker.concepts.counterexamples`."""

    def of(self, tracks: NDArray[np.int64], fits: Fits) -> Matrix:
        """(rows, fits) weight of each row's track as a counter-example of each fit."""
        weights: Matrix = self.weights[:, fits.concept, fits.fold][self.strata[tracks]]
        return weights


class Problem:
    """The objective of a block of concepts under one ridge."""

    def __init__(
        self,
        shared: Rows,
        own: list[Rows],
        *,
        labels: NDArray[np.bool_],
        example_share: NDArray[np.float32],
        other_share: NDArray[np.float32],
        metric: Matrix,
        aside: NDArray[np.bool_] | None = None,
        balance: Balance | None = None,
    ) -> None:
        """Hold the rows.

        Args:
            shared: rows of the pool.
            own: for each concept the rows of its examples outside the pool.
            labels: (tracks, concepts) membership.
            example_share: (concepts, folds + 1) weight of one example in each training set.
            other_share: (concepts, folds + 1) weight of one counter-example.
            metric: (folds + 1, units), see `Scaling.metric`.
            aside: (tracks, concepts) tracks that are neither example nor counter-example; None for none.
            balance: what counter-examples weigh beside each other; None: alike.
        """
        self.shared, self.own, self.labels, self.aside, self.balance = shared, own, labels, aside, balance
        self.example_share, self.other_share = example_share, other_share
        self.metric = np.concatenate([metric, np.zeros((len(metric), 1), np.float32)], axis=1)

    def penalty(self, fits: Fits, ridge: float) -> Matrix:
        """(units + 1, fits) diagonal of the ridge; the bias is free."""
        return np.ascontiguousarray(np.float32(ridge) * self.metric[fits.fold].T)

    def state(self, fits: Fits, solution: Matrix, penalty: Matrix) -> State:
        """Loss, gradient and curvature at a solution."""
        loss = 0.5 * sums(solution * solution * penalty).astype(np.float64)
        gradient = solution * penalty
        shared = np.empty((len(self.shared.values), len(fits)), np.float32)
        for rows in self.shared.chunks():
            true = self.labels[self.shared.tracks[rows]][:, fits.concept]
            weights = self._weights(self.shared, rows, fits, true)
            chunk = Chunk(self.shared.values[rows], true, weights, product)
            loss -= chunk.add(solution, gradient, shared[rows])
        own = []
        for concept, run in fits.runs():
            mine = self.own[concept]
            part = np.empty((len(mine.values), run.stop - run.start), np.float32)
            for rows in mine.chunks():
                true = np.ones(part[rows].shape, np.bool_)
                weights = self._weights(mine, rows, Fits(fits.concept[run], fits.fold[run]), true)
                chunk = Chunk(mine.values[rows], true, weights, np.matmul)
                loss[run] -= chunk.add(np.ascontiguousarray(solution[:, run]), gradient[:, run], part[rows])
            own.append(part)
        return State(solution, loss, gradient, Curvature(shared, own))

    def parts(self, fits: Fits) -> Iterator[Part]:
        """All rows with their labels and weights in the training sets of the fits, chunk by chunk."""
        held = [(self.shared, fits, slice(0, len(fits)))]
        held += [(self.own[concept], Fits(fits.concept[run], fits.fold[run]), run) for concept, run in fits.runs()]
        for rows, some, run in held:
            for chunk in rows.chunks():
                true = self.labels[rows.tracks[chunk]][:, some.concept]
                yield Part(rows.values[chunk], true, self._weights(rows, chunk, some, true), run)

    def curve(self, fits: Fits, curvature: Curvature, direction: Matrix, penalty: Matrix) -> Matrix:
        """Hessian times a direction for every fit."""
        curved = direction * penalty
        for rows in self.shared.chunks():
            values = self.shared.values[rows]
            moved = product(values, direction)
            moved *= curvature.shared[rows]
            curved += product(values.T, moved)
        for (concept, run), part in zip(fits.runs(), curvature.own, strict=True):
            values = self.own[concept].values
            if len(values):
                moved = values @ np.ascontiguousarray(direction[:, run])
                moved *= part
                curved[:, run] += values.T @ moved
        return curved

    def held_out_loss(self, fits: Fits, solution: Matrix) -> NDArray[np.float64]:
        """Balanced log loss of each fit on the fold it left out; NaN where that holds one class only."""
        sums = np.zeros((2, len(fits)))
        mass = np.zeros((2, len(fits)))
        parts = [(self.shared, fits, slice(None))]
        parts += [(self.own[concept], Fits(fits.concept[run], fits.fold[run]), run) for concept, run in fits.runs()]
        for held, some, run in parts:
            for rows in held.chunks():
                true = self.labels[held.tracks[rows]][:, some.concept]
                weights = held.weights[rows][:, None] * (held.folds[rows][:, None] == some.fold)
                self._rule_out(weights, held.tracks[rows], some)
                if self.balance is not None:
                    weights = np.where(true, weights, weights * self.balance.of(held.tracks[rows], some))
                surprise = -np.log(_likelihood(held.values[rows] @ solution[:, run], true)[1]) * weights
                for label in (0, 1):
                    of_class = true == bool(label)
                    sums[label, run] += np.where(of_class, surprise, 0).sum(0, dtype=np.float64)
                    mass[label, run] += np.where(of_class, weights, 0).sum(0, dtype=np.float64)
        with np.errstate(invalid="ignore"):
            losses: NDArray[np.float64] = (sums / mass).mean(0)
        return losses

    def _weights(self, rows: Rows, part: slice, fits: Fits, true: NDArray[np.bool_]) -> Matrix:
        """(rows, fits) weight of each row in each fit: 0 in the fold that is left out."""
        examples = self.example_share[fits.concept, fits.fold]
        others = self.other_share[fits.concept, fits.fold]
        if self.balance is not None:
            others = others * self.balance.of(rows.tracks[part], fits)
        weights = np.where(true, examples, others)
        weights *= rows.weights[part][:, None]
        weights *= rows.folds[part][:, None] != fits.fold
        self._rule_out(weights, rows.tracks[part], fits)
        return weights

    def _rule_out(self, weights: Matrix, tracks: NDArray[np.int64], fits: Fits) -> None:
        """Take the weight from the tracks that a concept sets aside."""
        if self.aside is not None:
            weights *= ~self.aside[tracks][:, fits.concept]


def _likelihood(logits: Matrix, true: NDArray[np.bool_]) -> tuple[Matrix, Matrix]:
    """Probability of membership, and of what is the case (at least `SMALLEST`)."""
    np.clip(logits, -CLIP, CLIP, out=logits)
    signed = np.where(true, logits, -logits)
    likelihood = np.float32(1.0) / (np.float32(1.0) + np.exp(-signed))
    np.maximum(likelihood, SMALLEST, out=likelihood)
    return np.where(true, likelihood, np.float32(1.0) - likelihood), likelihood
