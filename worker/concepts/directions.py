"""Concept vectors that are no optimum of the logistic loss: mean difference and activation pattern.

Conventions: a solution is one column of a (units + 1, fits) float32 matrix on standardised units, the bias last, as in
`worker.concepts.problem`; both directions are defined on raw activations, so each unit's share grows with its variance.

* `mean_difference`: mean row of the members - mean row of the non-members.
* `activation_pattern`: cov(X) v, with v the logistic vector and the covariance over the rows it was trained on. Where
  a vector says which combination of units to read, its pattern says how the units move with what is read.

The bias. Neither definition has one, nor a length that means anything to a sigmoid. So each is taken as a direction d,
and the score is sigmoid(scale * <d, f> + bias) with the scale and bias that minimise the very loss of the logistic
vectors (classes balanced, tracks weighing equally) on the same training rows: two numbers a fit, with a ridge of 1e-3
on the scale of the unit-variance projection so that it stays finite where the classes do not overlap. A score of 0.5 is
then where member and non-member are equally likely at even odds, as it is for a logistic vector. The weights that are
kept are scale * d.

Source: Kim et al. 2018 (difference of means as a baseline of TCAV); Haufe et al. 2014 (activation patterns); Platt 1999
(two-number calibration).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.concepts.problem import CLIP, Fits, Matrix, Problem

Sums = NDArray[np.float64]

CALIBRATION_RIDGE = 1e-3
STEPS = 100
HALVINGS = 30
TOLERANCE = 1e-7
"""A calibration ends when no part of its gradient is larger."""


def mean_difference(problem: Problem, fits: Fits, variance: NDArray[np.float64]) -> Matrix:
    """Mean of the members minus mean of the non-members, on raw units, calibrated.

    Args:
        problem: rows and labels.
        fits: which training sets, sorted by concept.
        variance: (units,) see `Scaling.variance`.

    Returns:
        (units + 1, fits)
    """
    gathered = np.zeros((problem.shared.values.shape[1], len(fits)))
    for part in problem.parts(fits):
        gathered[:, part.run] += part.values.T @ np.where(part.true, part.weights, -part.weights)
    return calibrated(problem, fits, _on_raw_units(gathered, variance))


def activation_pattern(problem: Problem, fits: Fits, solution: Matrix, variance: NDArray[np.float64]) -> Matrix:
    """Covariance of the training rows times the logistic vector, on raw units, calibrated.

    Args:
        problem: rows and labels.
        fits: which training sets, sorted by concept.
        solution: (units + 1, fits) the logistic vectors.
        variance: (units,) see `Scaling.variance`.

    Returns:
        (units + 1, fits)
    """
    product, mean_row = np.zeros(solution.shape), np.zeros(solution.shape)
    for part in problem.parts(fits):
        read = part.values @ solution[:, part.run]
        product[:, part.run] += part.values.T @ (part.weights * read)
        mean_row[:, part.run] += part.values.T @ part.weights
    covariance = product - mean_row * np.einsum("ij,ij->j", mean_row, solution)
    return calibrated(problem, fits, _on_raw_units(covariance, variance))


def _on_raw_units(gathered: Sums, variance: NDArray[np.float64]) -> Matrix:
    """A raw direction as weights on standardised units: once to raw units, once because those rows are scaled."""
    scaled = gathered[:-1] * variance[:, None]
    length = np.maximum(np.sqrt(np.einsum("ij,ij->j", scaled, scaled)), np.finfo(np.float64).tiny)
    return np.concatenate([scaled / length, np.zeros((1, scaled.shape[1]))]).astype(np.float32)


def calibrated(problem: Problem, fits: Fits, direction: Matrix) -> Matrix:
    """Give each direction the scale and the bias that make its sigmoid a balanced probability.

    Args:
        problem: rows and labels.
        fits: which training sets, sorted by concept.
        direction: (units + 1, fits), its last row 0.

    Returns:
        (units + 1, fits); 0 with bias 0 for a direction along which the training rows do not vary.
    """
    read = [
        _Read(part.values @ direction[:, part.run], part.true, part.weights, part.run) for part in problem.parts(fits)
    ]
    mean, square = np.zeros(len(fits)), np.zeros(len(fits))
    for part in read:
        mean[part.run] += np.einsum("ij,ij->j", part.weights, part.values, dtype=np.float64)
        square[part.run] += np.einsum("ij,ij,ij->j", part.weights, part.values, part.values, dtype=np.float64)
    deviation = np.sqrt(np.maximum(square - mean**2, 0.0))
    varies = deviation > 0
    inverse = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=varies)
    scale, bias = _two_numbers(read, mean, inverse)
    length = scale * inverse
    solution = direction * length.astype(np.float32)
    solution[-1] = bias - length * mean
    return solution


@dataclass(frozen=True, slots=True)
class _Read:
    """Rows read along each fit's direction."""

    values: Matrix
    true: NDArray[np.bool_]
    weights: Matrix
    run: slice


def _two_numbers(read: list[_Read], mean: Sums, inverse: Sums) -> tuple[Sums, Sums]:
    """Scale and bias of every fit by Newton's method, each step halved for as long as the loss would rise."""
    scale, bias = np.zeros(len(mean)), np.zeros(len(mean))
    loss, slope, bend = _calibration(read, mean, inverse, scale, bias)
    for _ in range(STEPS):
        if np.abs(slope).max() < TOLERANCE:
            break
        determinant = bend[0] * bend[2] - bend[1] ** 2
        determinant = np.where(determinant > 0, determinant, np.inf)
        step = (
            (bend[1] * slope[1] - bend[2] * slope[0]) / determinant,
            (bend[1] * slope[0] - bend[0] * slope[1]) / determinant,
        )
        length = np.ones(len(mean))
        for _ in range(HALVINGS):
            trial = _calibration(read, mean, inverse, scale + length * step[0], bias + length * step[1])
            rises = trial[0] > loss + 1e-12
            if not rises.any():
                break
            length[rises] *= 0.5
        scale, bias = scale + length * step[0], bias + length * step[1]
        loss, slope, bend = trial
    return scale, bias


def _calibration(
    read: list[_Read], mean: Sums, inverse: Sums, scale: Sums, bias: Sums
) -> tuple[Sums, NDArray[np.float64], NDArray[np.float64]]:
    """Loss (fits,), gradient (2, fits) and Hessian (3, fits: scale-scale, scale-bias, bias-bias)."""
    loss = CALIBRATION_RIDGE / 2 * scale**2
    slope, bend = np.stack([CALIBRATION_RIDGE * scale, np.zeros_like(scale)]), np.zeros((3, len(scale)))
    bend[0] += CALIBRATION_RIDGE
    for part in read:
        run = part.run
        values = (part.values - mean[run]) * inverse[run]
        logits = np.clip(values * scale[run] + bias[run], -CLIP, CLIP)
        probability = 1.0 / (1.0 + np.exp(-logits))
        loss[run] += (part.weights * np.logaddexp(0.0, np.where(part.true, -logits, logits))).sum(axis=0)
        residual = part.weights * (probability - part.true)
        slope[0, run] += (residual * values).sum(axis=0)
        slope[1, run] += residual.sum(axis=0)
        curvature = part.weights * probability * (1.0 - probability)
        bend[0, run] += (curvature * values**2).sum(axis=0)
        bend[1, run] += (curvature * values).sum(axis=0)
        bend[2, run] += curvature.sum(axis=0)
    return loss, slope, bend
