"""All fits of a block to the optimum at once: Newton's method, each step by preconditioned conjugate gradients.

Why not a Hessian a fit: at 1536 units and some thousand rows, forming and factoring it costs as much as some hundred
products with it, and the products of all fits are one matrix product over shared rows. The preconditioner is shared:
the correlation matrix of the pool's units, whose largest directions are kept exactly and whose rest counts as its mean;
a fit's curvature is close to a multiple of it. The result is the optimum either way, to the gradient criterion.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from worker.concepts.columns import dots, product, sums
from worker.concepts.problem import Curvature, Fits, Matrix, Problem, Rows, State

NEWTON_STEPS = 60
GRADIENT_STEPS = 200
HALVINGS = 30
DIRECTIONS = 256
"""Of the preconditioner, at most."""
LOOSEST = 0.2
"""Conjugate gradients go at least this far below the gradient they start from."""
LOSS_NOISE = 2e-6
"""What float32 makes of a loss: a step may seem to raise it by so much."""
NEGLIGIBLE_GAP = 1e-6
"""A fit that float32 cannot bring further counts as solved when |gradient|^2 / (2 ridge), a bound on what is left of
the loss, is below this."""


@dataclass(frozen=True, slots=True)
class Preconditioner:
    """An approximate inverse of every fit's Hessian."""

    directions: Matrix
    """(units, kept) orthonormal."""
    spread: NDArray[np.float32]
    """(kept,) variance along each."""
    rest: float
    """Mean variance of what is not kept; 0 when all is."""

    @classmethod
    def of(cls, pool: Rows) -> Preconditioner:
        """From the rows of the pool, tracks weighing equally."""
        values = pool.values[:, :-1]
        units = values.shape[1]
        gram = np.zeros((units, units), np.float32)
        for rows in pool.chunks():
            part = values[rows]
            gram += (part * pool.weights[rows][:, None]).T @ part
        gram /= pool.weights.sum()
        kept = min(units, DIRECTIONS)
        spread, directions = scipy.linalg.eigh(gram, subset_by_index=(units - kept, units - 1))
        spread = np.maximum(spread, 0)
        rest = max(float(np.trace(gram) - spread.sum()), 0.0) / max(units - kept, 1)
        return cls(np.ascontiguousarray(directions), spread.astype(np.float32), rest)

    def apply(self, residual: Matrix, mass: NDArray[np.float32], ridge: float) -> Matrix:
        """Approximate Hessian inverse times a residual.

        Args:
            residual: (units + 1, fits).
            mass: (fits,) sum of each fit's curvature over its rows.
            ridge: of the objective.
        """
        base = 1.0 / (mass * self.rest + ridge)
        along = product(self.directions.T, residual[:-1])
        along *= 1.0 / (mass * self.spread[:, None] + ridge) - base
        result = np.empty_like(residual)
        result[:-1] = product(self.directions, along)
        result[:-1] += residual[:-1] * base
        result[-1] = residual[-1] / mass
        return result


class PoolPreconditioner:
    """The preconditioner of a pool, made when it is first asked for: where every start is the optimum, nobody does."""

    def __init__(self, pool: Rows) -> None:
        self._pool, self._lock = pool, threading.Lock()
        self._made: Preconditioner | None = None

    def __call__(self) -> Preconditioner:
        with self._lock:
            if self._made is None:
                self._made = Preconditioner.of(self._pool)
            return self._made


@dataclass(frozen=True, slots=True)
class Solution:
    """What the solver found."""

    values: Matrix
    """(units + 1, fits) on standardised units."""
    gradient: NDArray[np.float64]
    """(fits,) norm of the gradient at the end."""
    solved: NDArray[np.bool_]
    """(fits,) whether the criterion is met."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Which optimum, how exactly, and how to get there fast."""

    ridge: float
    """Strength of the penalty, > 0."""
    tolerance: float
    """A fit ends when the norm of its gradient is below this."""
    preconditioner: PoolPreconditioner
    """Of the problem's pool."""


def solve(problem: Problem, fits: Fits, start: Matrix, goal: Goal) -> Solution:
    """Go to the optimum of every fit.

    Args:
        problem: rows and labels.
        fits: what to solve, sorted by concept.
        start: (units + 1, fits) where to begin.
        goal: which optimum.

    Returns:
        Solutions in the order of `fits`; look at `solved`.
    """
    values = start.copy()
    norms = np.full(len(fits), np.inf)
    solved = np.zeros(len(fits), np.bool_)
    columns = np.arange(len(fits))
    penalty = problem.penalty(fits, goal.ridge)
    state = problem.state(fits, values.copy(), penalty)
    for _ in range(NEWTON_STEPS):
        norm = _norms(state.gradient)
        values[:, columns] = state.solution
        stuck = (norm >= 0.5 * norms[columns]) & (norm**2 < 2 * goal.ridge * NEGLIGIBLE_GAP)
        norms[columns] = np.minimum(norm, norms[columns])
        solved[columns] = (norm <= goal.tolerance) | stuck
        open_ = np.flatnonzero(~solved[columns])
        if len(open_) == 0:
            break
        if len(open_) < len(columns):
            state, penalty = state.pick(fits, open_), np.ascontiguousarray(penalty[:, open_])
            fits, columns = fits.pick(open_), columns[open_]
        step = _newton_step(problem, fits, state, penalty, goal)
        state = _advance(problem, fits, state, step, penalty)
    return Solution(values, norms, solved)


def _newton_step(problem: Problem, fits: Fits, state: State, penalty: Matrix, goal: Goal) -> Matrix:
    """Hessian^-1 (-gradient) by conjugate gradients, the more exactly the smaller the gradient."""
    mass = _mass(fits, state.curvature)
    step = np.zeros_like(state.gradient)
    residual = -state.gradient
    start = _norms(residual)
    target = start * np.clip(np.sqrt(start), 0.3 * goal.tolerance / np.maximum(start, goal.tolerance), LOOSEST)
    preconditioner = goal.preconditioner()
    towards = preconditioner.apply(residual, mass, goal.ridge)
    direction = towards.copy()
    energy = dots(residual, towards)
    going = np.ones(len(fits), np.bool_)
    for _ in range(GRADIENT_STEPS):
        product = problem.curve(fits, state.curvature, direction, penalty)
        bend = dots(direction, product)
        going &= bend > 0
        length = np.divide(energy, bend, out=np.zeros_like(energy), where=going).astype(np.float32)
        step += length * direction
        residual -= length * product
        going &= _norms(residual) > target
        if not going.any():
            break
        towards = preconditioner.apply(residual, mass, goal.ridge)
        fresh = dots(residual, towards)
        share = np.divide(fresh, energy, out=np.zeros_like(energy), where=going).astype(np.float32)
        direction *= share
        direction += towards
        energy = fresh
    return step


def _advance(problem: Problem, fits: Fits, state: State, step: Matrix, penalty: Matrix) -> State:
    """Take the step, halved for as long as the loss of a fit would rise."""
    length = np.ones(len(fits), np.float32)
    slope = dots(state.gradient, step)
    for _ in range(HALVINGS):
        trial = problem.state(fits, state.solution + length * step, penalty)
        rises = trial.loss > state.loss + 1e-4 * length * slope + LOSS_NOISE
        if not rises.any():
            break
        length[rises] *= 0.5
    return trial


def _mass(fits: Fits, curvature: Curvature) -> NDArray[np.float32]:
    """Sum of each fit's curvature over its rows."""
    mass = sums(curvature.shared)
    for (_, run), part in zip(fits.runs(), curvature.own, strict=True):
        mass[run] += sums(part)
    np.maximum(mass, np.float32(1e-12), out=mass)
    return mass


def _norms(matrix: Matrix) -> NDArray[np.float64]:
    return np.sqrt(dots(matrix, matrix))
