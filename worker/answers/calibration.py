"""From a score to a probability: how often a track of this catalogue that scores so belongs to the concept.

Conventions: a score is the mean over windows of sigmoid(<v, f> + b), 0..1, learnt with classes balanced; a probability
is at the catalogue's true share of members. The map is monotone, one a concept:
`probability = sigmoid(slope * logit(score) + offset)`, slope >= 0, so it never changes which of two tracks comes first.

Why a map at all: vectors are learnt as if half of all tracks were members, so the score of a concept of 20 tracks
among 700 is many times too sure of itself. Why two numbers and not a staircase (isotonic): concepts of ten members
have too few steps to learn one, and a staircase gives many tracks one probability. On unseen folds of the demo the
mean Brier score falls from 0.134 to 0.086 (staircase 0.088), and a track's own concepts rank higher (0.82 for 0.79).

Source: Platt 1999, with his smoothed targets; fitted on cross-fitted scores, so that no track speaks for itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from worker.answers.errors import CalibrationDamaged
from worker.concepts.blocks import work_through
from worker.concepts.errors import ShapeMismatch, UnusableConcept
from worker.concepts.members import Members

FORMAT = "calibration-1"
CLIP = 1e-6
"""Scores are taken as at least this far from 0 and 1."""
STEPS = 50
HALVINGS = 30
ENOUGH = 1e-9
"""The fit ends when Newton would gain less than this of log loss a track."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The maps of some concepts."""

    concept_ids: tuple[str, ...]
    slope: NDArray[np.float64]
    """(concepts,) >= 0"""
    offset: NDArray[np.float64]
    """(concepts,)"""

    def probabilities(self, scores: NDArray[np.floating]) -> NDArray[np.float64]:
        """Scores as probabilities.

        Args:
            scores: (..., concepts) 0..1.

        Returns:
            The same shape, 0..1.
        """
        return _sigmoid(self.slope * _logit(scores) + self.offset)

    def select(self, concept_ids: tuple[str, ...]) -> Calibration:
        """The maps of these concepts, in this order.

        Raises:
            KeyError: there is none of one of them.
        """
        place = {concept_id: position for position, concept_id in enumerate(self.concept_ids)}
        rows = [place[concept_id] for concept_id in concept_ids]
        return Calibration(concept_ids, self.slope[rows], self.offset[rows])

    def plain(self) -> dict[str, object]:
        """As JSON; `load` reads it."""
        pairs = zip(self.slope.tolist(), self.offset.tolist(), strict=True)
        return {"format": FORMAT, "concepts": dict(zip(self.concept_ids, pairs, strict=True))}

    @classmethod
    def load(cls, path: Path) -> Calibration:
        """Read what `plain` gave.

        Raises:
            CalibrationDamaged: it is something else, or gone.
        """
        try:
            read = json.loads(path.read_bytes())
            if read["format"] != FORMAT:
                raise CalibrationDamaged(str(path), f"its format is {read['format']!r}, not {FORMAT!r}")
            concepts: dict[str, list[float]] = read["concepts"]
            pairs = np.array([concepts[concept_id] for concept_id in concepts], np.float64).reshape(-1, 2)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CalibrationDamaged(str(path), str(error)) from error
        return cls(tuple(concepts), pairs[:, 0], pairs[:, 1])


def fit_calibration(
    scores: NDArray[np.float32], members: Members, within: Members | None = None, *, workers: int | None = None
) -> Calibration:
    """Learn the map of every concept.

    Args:
        scores: (tracks, concepts) cross-fitted, rows as `members.track_ids`, columns as `members.concept_ids`.
        members: the concepts.
        within: the tracks that speak for each concept, for the same concepts and tracks; None for all.
        workers: threads; None for one a core. The result does not depend on it.

    Raises:
        ShapeMismatch: scores and members do not fit.
        UnusableConcept: a concept holds no track, or all.
    """
    wanted = (len(members.track_ids), len(members.concept_ids))
    if scores.shape != wanted:
        raise ShapeMismatch("scores", wanted, scores.shape)
    for concept, size in zip(members.concept_ids, members.sizes.tolist(), strict=True):
        if size in (0, wanted[0]):
            raise UnusableConcept(concept, -1, "counter-example" if size else "example")
    found = np.empty((wanted[1], 2))

    def fit(position: int) -> tuple[float, float]:
        if within is None:
            return _fit(_logit(scores[:, position]), members.rows(position))
        used = within.rows(position)
        return _fit(_logit(scores[used, position]), np.flatnonzero(np.isin(used, members.rows(position))))

    def keep(position: int, pair: tuple[float, float]) -> None:
        found[position] = pair

    work_through(fit, range(wanted[1]), keep, workers)
    return Calibration(members.concept_ids, found[:, 0], found[:, 1])


def _fit(logits: NDArray[np.float64], rows: NDArray[np.int64]) -> tuple[float, float]:
    """Slope and offset of the least log loss against Platt's targets, by Newton's method with halved steps."""
    members, others = len(rows), len(logits) - len(rows)
    targets = np.full(len(logits), 1.0 / (others + 2))
    targets[rows] = (members + 1) / (members + 2)
    share = float(targets.mean())
    table = np.stack([logits, np.ones_like(logits)], axis=1)
    solution = np.array([0.0, np.log(share / (1 - share))])
    loss = _log_loss(table @ solution, targets)
    for _ in range(STEPS):
        likely = _sigmoid(table @ solution)
        gradient = table.T @ (likely - targets) / len(targets)
        curvature = (table * (likely * (1 - likely))[:, None]).T @ table / len(targets)
        step = np.linalg.lstsq(curvature, gradient, rcond=None)[0]
        if float(gradient @ step) < 2 * ENOUGH:
            break
        solution, loss = _descended(table, targets, solution, step, loss)
    if solution[0] < 0:
        return 0.0, float(np.log(share / (1 - share)))
    return float(solution[0]), float(solution[1])


def _descended(
    table: NDArray[np.float64],
    targets: NDArray[np.float64],
    solution: NDArray[np.float64],
    step: NDArray[np.float64],
    loss: float,
) -> tuple[NDArray[np.float64], float]:
    """The first of step, step / 2, step / 4 .. that lowers the loss; else where we are."""
    for halving in range(HALVINGS):
        tried = solution - step * 0.5**halving
        found = _log_loss(table @ tried, targets)
        if found < loss:
            return tried, found
    return solution, loss


def _log_loss(logits: NDArray[np.float64], targets: NDArray[np.float64]) -> float:
    return float((np.logaddexp(0.0, logits) - targets * logits).mean())


def _logit(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    inside = np.clip(scores.astype(np.float64), CLIP, 1 - CLIP)
    logits: NDArray[np.float64] = np.log(inside) - np.log1p(-inside)
    return logits


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = 0.5 * (1.0 + np.tanh(0.5 * logits))
    return found
