"""The same optimum by way of the rows: where fits have fewer rows than units, in as many unknowns as rows.

Conventions: those of `worker.concepts.problem`. The weights of a ridge fit are combinations of its rows, so with each
unit divided by the root of its penalty, rows W, the logits are W W' a + b, and Newton's method works on (a, b): one
Cholesky factorisation of rows x rows a step, after the products of the rows with each other. Those of the pool's rows
serve all concepts of a training set. Products and factorisations are float32: a step that is a little off is put right
by the next, and a Newton step costs half.

Why beside `worker.concepts.solver`, which can do it all: a thousand units and a few hundred rows are its worst case.
What is found here is handed to it as a start, so that one criterion decides what counts as solved.

Source: Rasmussen & Williams 2006, algorithm 3.1 (the symmetric system), with a free bias.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from worker.concepts.problem import CLIP, Fits, Matrix, Problem

Sums = NDArray[np.float64]

NEWTON_STEPS = 60
HALVINGS = 30
LOSS_NOISE = 2e-6
"""What float32 makes of a loss: a step may seem to raise it by so much."""
SMALLEST = 1e-12
"""A probability is at least this far from 0 and 1 where it bends the loss."""


def suits(problem: Problem, concept: int) -> bool:
    """Whether a concept's fits have fewer rows than units, so that this way is the shorter."""
    rows = len(problem.shared.values) + len(problem.own[concept].values)
    return bool(rows < problem.shared.values.shape[1] - 1)


def solve_by_rows(problem: Problem, fits: Fits, ridge: float, tolerance: float) -> Matrix:
    """Go to the optimum of every fit, as near as float32 products let one.

    Args:
        problem: rows and labels; ask `suits` first.
        fits: what to solve, sorted by concept.
        ridge: strength of the penalty, > 0.
        tolerance: a fit ends when the norm of its gradient is below half of this.

    Returns:
        (units + 1, fits) on standardised units, the bias last.
    """
    values = np.zeros((problem.shared.values.shape[1], len(fits)), np.float32)
    weights = _weights(problem, fits)
    for fold in np.unique(fits.fold).tolist():
        penalty = problem.penalty(Fits(np.zeros(1, np.int64), np.array([fold])), ridge)[:-1, 0]
        root = np.sqrt(penalty)
        pool: Matrix = (problem.shared.values[:, :-1] / root).astype(np.float32, copy=False)
        products = pool @ pool.T
        for column in np.flatnonzero(fits.fold == fold).tolist():
            concept, weight = int(fits.concept[column]), weights[column]
            own = problem.own[concept].values[:, :-1] / root
            true = np.concatenate([problem.labels[problem.shared.tracks, concept], np.ones(len(own), np.bool_)])
            seen = weight > 0
            rows = np.concatenate([pool[seen[: len(pool)]], own[seen[len(pool) :]]])
            kernel = _joined(products, rows, seen[: len(pool)])
            dual, bias = _Fit(rows, kernel, true[seen], weight[seen], root).optimum(tolerance)
            values[:-1, column] = (dual.astype(np.float32) @ rows) / root
            values[-1, column] = bias
    return values


def _weights(problem: Problem, fits: Fits) -> list[Sums]:
    """Of every fit the weights of the shared rows, then of the concept's own."""
    parts: list[list[NDArray[np.float32]]] = [[] for _ in range(len(fits))]
    for part in problem.parts(fits):
        for place, column in enumerate(range(*part.run.indices(len(fits)))):
            parts[column].append(part.weights[:, place])
    return [np.concatenate(some).astype(np.float64) for some in parts]


def _joined(products: Matrix, rows: Matrix, shared: NDArray[np.bool_]) -> Matrix:
    """Products of a fit's rows, those of the pool's among them taken from what is known."""
    count = int(shared.sum())
    kernel = np.empty((len(rows), len(rows)), np.float32)
    kernel[:count, :count] = products[np.ix_(shared, shared)]
    kernel[:, count:] = rows @ rows[count:].T
    kernel[count:, :count] = kernel[:count, count:].T
    return kernel


@dataclass(frozen=True, slots=True)
class _Fit:
    """One fit's rows and what weighs them."""

    rows: Matrix
    """(rows, units) divided by the root of the penalty."""
    kernel: Matrix
    true: NDArray[np.bool_]
    weights: Sums
    root: Matrix
    """(units,)"""

    def optimum(self, tolerance: float) -> tuple[Sums, float]:
        """The combination of rows, and the bias."""
        dual, bias, read = np.zeros(len(self.true)), 0.0, np.zeros(len(self.true))
        loss = self._loss(dual, read, bias)
        for _ in range(NEWTON_STEPS):
            probability = 1.0 / (1.0 + np.exp(-np.clip(read + bias, -CLIP, CLIP)))
            residual = self.weights * (probability - self.true)
            if self._gradient(dual, residual) < tolerance / 2:
                break
            wanted = self._newton(read + bias, probability, residual)
            if wanted is None:
                break
            step, bias_step = wanted[0] - dual, wanted[1] - bias
            moved, length = (self.kernel @ step.astype(np.float32)).astype(np.float64), 1.0
            for _ in range(HALVINGS):
                trial = self._loss(dual + length * step, read + length * moved, bias + length * bias_step)
                if trial <= loss + LOSS_NOISE:
                    break
                length *= 0.5
            dual, read, bias, before = dual + length * step, read + length * moved, bias + length * bias_step, loss
            loss = trial
            if before - loss < LOSS_NOISE / 100:
                break
        return dual, bias

    def _newton(self, logits: Sums, probability: Sums, residual: Sums) -> tuple[Sums, float] | None:
        """Where the parabola at these logits has its bottom; None where float32 cannot tell."""
        root = np.sqrt(self.weights * np.maximum(probability * (1.0 - probability), SMALLEST))
        narrow = root.astype(np.float32)
        system = self.kernel * narrow
        system *= narrow[:, None]
        system.ravel()[:: len(system) + 1] += np.float32(1.0)
        targets = np.stack([root * logits - residual / root, root], axis=1).astype(np.float32)
        # Lower of the transpose is upper of the row-major array: no copy is made.
        factor, failed = scipy.linalg.lapack.spotrf(system.T, lower=1, overwrite_a=1, clean=0)
        if failed:
            return None
        solved, _ = scipy.linalg.lapack.spotrs(factor, targets, lower=1)
        solved = solved.astype(np.float64)
        bias = float(root @ solved[:, 0]) / float(root @ solved[:, 1])
        return root * (solved[:, 0] - bias * solved[:, 1]), bias

    def _loss(self, dual: Sums, read: Sums, bias: float) -> float:
        logits = read + bias
        fit = self.weights @ np.logaddexp(0.0, np.where(self.true, -logits, logits))
        return float(fit + 0.5 * dual @ read)

    def _gradient(self, dual: Sums, residual: Sums) -> float:
        """Norm over units and bias."""
        units = ((dual + residual).astype(np.float32) @ self.rows) * self.root
        return float(np.hypot(np.linalg.norm(units), residual.sum()))
