"""Vectors trained as the published code of Afchar et al. 2022 trains them, from stored activations.

Conventions: rows are raw activations, (rows, units) float32, neither scaled nor centred; tracks are positions in a
sorted list. Each concept draws from a generator seeded by its id, so that nothing depends on the order of the input or
on what is trained beside it.

What is kept of the published code: members and all other tracks are each split 70/10/20 by one seed (123) into
training, validation and test; a batch is 64 windows of members and 64 of other tracks, each track visited four times in
turn with a window drawn anew, shuffled within runs of 2560 visits; input dropout 0.25; one sigmoid unit from a Glorot
start; Adam at 0.001 without any penalty; up to 100 epochs of 100 batches, each followed by the loss on 10 batches of
validation windows; after 10 epochs without a gain of 0.0001 the rate falls to a tenth (not below 1e-6); after 20
without any gain training ends.

What differs. The published code keeps the weights of the epoch with the least validation loss, but measures those of
the last epoch; here the kept weights are the measured ones. Its splits depend on the order of its files and its
shuffling keeps a running buffer of 2560; here tracks are split in the order of their ids and runs of 2560 are shuffled
each by itself. It ends with no vector when a split is empty; here fewer than `LEAST_TRACKS` members are refused before.

Source: github.com/deezer/concept_hierarchy (training and data loading), read for its facts; Kingma & Ba 2015 (Adam).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.concepts.blocks import work_through
from worker.concepts.errors import UnusableConcept
from worker.concepts.folds import hash_order
from worker.concepts.members import Members
from worker.concepts.rows import TrackRows

SEED = 123
LEAST_TRACKS = 10
"""Every split of as many tracks or more has a training, a validation and a test track."""
BLOCK_CONCEPTS = 8
BYTE_VALUES = 256
CLIP = 60.0


@dataclass(frozen=True, slots=True)
class PosterTraining:
    """The published numbers."""

    learning_rate: float = 1e-3
    dropout: float = 0.25
    """Share of the inputs set to 0; a multiple of 1/256."""
    batch: int = 64
    """Windows of each class."""
    visits: int = 4
    """Windows drawn of a track before the next track's turn."""
    buffer: int = 2560
    """Visits that are shuffled together."""
    steps: int = 100
    """Batches an epoch."""
    validation_steps: int = 10
    epochs: int = 100
    patience: int = 20
    """Epochs without a gain before training ends."""
    rate_patience: int = 10
    """Epochs without a gain of `rate_gain` before the rate falls."""
    rate_gain: float = 1e-4
    rate_factor: float = 0.1
    least_rate: float = 1e-6


@dataclass(frozen=True, slots=True)
class Split:
    """Tracks of one class."""

    training: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PosterVectors:
    """What was trained."""

    weights: NDArray[np.float32]
    """(concepts, units) of the epoch with the least validation loss."""
    bias: NDArray[np.float32]
    epochs: NDArray[np.int64]
    """(concepts,) epochs that were run."""
    validation_loss: NDArray[np.float64]
    """(concepts,) of the kept weights."""


def split_of(members: Members, concept: int, seed: int = SEED) -> tuple[Split, Split]:
    """The tracks of a concept, and all others, each split 70/10/20.

    Args:
        members: concepts over the catalogue.
        concept: position of one.
        seed: of the shuffle.

    Raises:
        UnusableConcept: a part of the split would be empty.
    """
    mine = members.rows(concept)
    outside = np.ones(len(members.track_ids), np.bool_)
    outside[mine] = False
    # The generator of the published code, so that equal lists are split alike.
    draw = np.random.RandomState(seed)
    splits = []
    for rows, what in ((mine.copy(), "track"), (np.flatnonzero(outside), "other track")):
        draw.shuffle(rows)
        first, second = round(len(rows) * (1 - 0.1 - 0.2)), round(len(rows) * (1 - 0.2))
        if not 0 < first < second < len(rows):
            raise UnusableConcept(members.concept_ids[concept], -1, f"{what} for each part of the split 70/10/20")
        splits.append(Split(rows[:first], rows[first:second], rows[second:]))
    return splits[0], splits[1]


def judged_on(members: Members, seed: int = SEED) -> tuple[Members, Members]:
    """What each concept is judged on: its own test tracks, and those together with the other tracks' test part."""
    splits = [split_of(members, concept, seed) for concept in range(len(members.concept_ids))]
    own = _as_members(members, [mine.test for mine, _ in splits])
    return own, _as_members(members, [np.concatenate([mine.test, others.test]) for mine, others in splits])


def _as_members(members: Members, rows: list[NDArray[np.int64]]) -> Members:
    indptr = np.cumsum([0, *(len(part) for part in rows)], dtype=np.int64)
    ordered = [np.sort(part) for part in rows]
    return Members(members.concept_ids, members.track_ids, indptr, np.concatenate(ordered), members.missing)


def train(
    rows: TrackRows,
    members: Members,
    seed: int = SEED,
    progress: Callable[[int, int], None] | None = None,
    *,
    training: PosterTraining | None = None,
    workers: int | None = None,
) -> PosterVectors:
    """Train every concept.

    Args:
        rows: of `members.track_ids`.
        members: the concepts, each of at least `LEAST_TRACKS` tracks.
        seed: of the splits, and with the concept's id of everything drawn.
        progress: told (concepts done, concepts).
        training: the numbers; the published ones by default.
        workers: threads; None for one a core. The result does not depend on it.

    Raises:
        UnusableConcept: a concept is too small to be split, or leaves too few other tracks.
    """
    training = training or PosterTraining()
    concepts = len(members.concept_ids)
    found = PosterVectors(
        np.empty((concepts, rows.units), np.float32),
        np.empty(concepts, np.float32),
        np.empty(concepts, np.int64),
        np.empty(concepts),
    )
    seeds = hash_order(members.concept_ids, seed, "poster")
    splits = [split_of(members, concept, seed) for concept in range(concepts)]

    def fit(block: range) -> PosterVectors:
        learners = [_Draws(rows, *splits[concept], int(seeds[concept]), training) for concept in block]
        return _Trainer.started(learners, rows.units, training).run()

    def keep(block: range, done: PosterVectors) -> None:
        part = slice(block.start, block.stop)
        found.weights[part], found.bias[part] = done.weights, done.bias
        found.epochs[part], found.validation_loss[part] = done.epochs, done.validation_loss
        if progress is not None:
            progress(block.stop, concepts)

    starts = range(0, concepts, BLOCK_CONCEPTS)
    work_through(fit, [range(start, min(start + BLOCK_CONCEPTS, concepts)) for start in starts], keep, workers)
    return found


class _Draws:
    """What one concept draws: its start, its batches of windows, what dropout spares."""

    def __init__(self, rows: TrackRows, mine: Split, others: Split, seed: int, training: PosterTraining) -> None:
        self.rows, self.how, self.draw = rows, training, np.random.Generator(np.random.SFC64(seed))
        self.training, self.validation = (mine.training, others.training), (mine.validation, others.validation)
        self.visited = [0, 0]

    def start(self) -> NDArray[np.float32]:
        """(units,) Glorot's uniform start."""
        reach = np.sqrt(6.0 / (self.rows.units + 1))
        return self.draw.uniform(-reach, reach, self.rows.units).astype(np.float32)

    def epoch(self) -> NDArray[np.int64]:
        """(steps, 2 batch) rows of the catalogue, members first."""
        wanted = self.how.steps * self.how.batch
        halves = []
        for side, tracks in enumerate(self.training):
            halves.append(self._windows(tracks, self.visited[side], wanted))
            self.visited[side] += wanted
        return np.concatenate([half.reshape(self.how.steps, -1) for half in halves], axis=1)

    def check(self) -> NDArray[np.int64]:
        """(validation steps, 2 batch) rows of the validation tracks, from their first on."""
        wanted = self.how.validation_steps * self.how.batch
        halves = [self._windows(tracks, 0, wanted) for tracks in self.validation]
        return np.concatenate([half.reshape(self.how.validation_steps, -1) for half in halves], axis=1)

    def spared(self) -> NDArray[np.bool_]:
        """(2 batch, units) inputs that dropout leaves."""
        shape = (2 * self.how.batch, self.rows.units)
        numbers = np.frombuffer(self.draw.bytes(shape[0] * shape[1]), np.uint8).reshape(shape)
        spared: NDArray[np.bool_] = numbers >= round(self.how.dropout * BYTE_VALUES)
        return spared

    def _windows(self, tracks: NDArray[np.int64], visited: int, wanted: int) -> NDArray[np.int64]:
        visits = tracks[np.arange(visited, visited + wanted) // self.how.visits % len(tracks)]
        for start in range(0, wanted, self.how.buffer):
            self.draw.shuffle(visits[start : start + self.how.buffer])
        return self.rows.first[visits] + self.draw.integers(0, self.rows.counts[visits])


@dataclass(slots=True)
class _Adam:
    """Running moments of the gradient, (concepts, units + 1), and the rate of each concept."""

    first: NDArray[np.float32]
    second: NDArray[np.float32]
    rate: NDArray[np.float64]

    def step(self, gradient: NDArray[np.float32], number: int) -> NDArray[np.float32]:
        """What to take off the weights in this step, from 1, with the usual 0.9, 0.999 and 1e-7."""
        self.first += np.float32(0.1) * (gradient - self.first)
        self.second += np.float32(0.001) * (gradient * gradient - self.second)
        length = (self.rate * np.sqrt(1.0 - 0.999**number) / (1.0 - 0.9**number)).astype(np.float32)
        taken: NDArray[np.float32] = length[:, None] * self.first / (np.sqrt(self.second) + np.float32(1e-7))
        return taken


@dataclass(slots=True)
class _Trainer:
    """Some concepts in training: everything that changes, one row a concept."""

    draws: list[_Draws]
    how: PosterTraining
    weights: NDArray[np.float32]
    """(concepts, units + 1), the bias last."""
    first: NDArray[np.float32]
    second: NDArray[np.float32]
    rate: NDArray[np.float64]
    best: NDArray[np.float64]
    """Least validation loss."""
    best_weights: NDArray[np.float32]
    waited: NDArray[np.int64]
    """Epochs since the best."""
    rate_best: NDArray[np.float64]
    rate_waited: NDArray[np.int64]
    epochs: NDArray[np.int64]

    @classmethod
    def started(cls, draws: list[_Draws], units: int, how: PosterTraining) -> _Trainer:
        count = len(draws)
        weights = np.zeros((count, units + 1), np.float32)
        for row, draw in zip(weights, draws, strict=True):
            row[:-1] = draw.start()
        moments = (np.zeros_like(weights), np.zeros_like(weights))
        best, whole = np.full(count, np.inf), np.zeros(count, np.int64)
        rate = np.full(count, how.learning_rate)
        return cls(
            draws, how, weights, *moments, rate, best, weights.copy(), whole.copy(), best.copy(), whole.copy(), whole
        )

    def run(self) -> PosterVectors:
        """All epochs; a concept that has stopped is drawn for no more."""
        going = np.arange(len(self.draws))
        for epoch in range(self.how.epochs):
            self._learn(going, epoch)
            self._look(going)
            going = going[self.waited[going] < self.how.patience]
            if len(going) == 0:
                break
        return PosterVectors(self.best_weights[:, :-1], self.best_weights[:, -1], self.epochs, self.best)

    def _learn(self, going: NDArray[np.int64], epoch: int) -> None:
        """One epoch of Adam."""
        batches = [self.draws[concept].epoch() for concept in going.tolist()]
        weights, adam = self.weights[going], _Adam(self.first[going], self.second[going], self.rate[going])
        values = self.draws[0].rows.values
        gradient = np.empty_like(weights)
        spare = np.float32(1.0 / (1.0 - self.how.dropout))
        for step in range(self.how.steps):
            for place, concept in enumerate(going.tolist()):
                rows = values[batches[place][step]] * self.draws[concept].spared()
                residual = _residual(rows @ (weights[place, :-1] * spare) + weights[place, -1], self.how.batch)
                gradient[place, :-1] = (residual @ rows) * spare
                gradient[place, -1] = residual.sum()
            weights -= adam.step(gradient, epoch * self.how.steps + step + 1)
        self.weights[going], self.first[going], self.second[going] = weights, adam.first, adam.second
        self.epochs[going] += 1

    def _look(self, going: NDArray[np.int64]) -> None:
        """Measure on validation windows; keep the best, lower the rate."""
        values, how = self.draws[0].rows.values, self.how
        for concept in going.tolist():
            rows = self.draws[concept].check()
            logits = values[rows.ravel()] @ self.weights[concept, :-1] + self.weights[concept, -1]
            signed = logits.reshape(rows.shape).astype(np.float64)
            signed[:, : how.batch] *= -1.0
            loss = float(np.logaddexp(0.0, signed).mean())
            if loss < self.best[concept]:
                self.best[concept], self.best_weights[concept] = loss, self.weights[concept]
                self.waited[concept] = 0
            else:
                self.waited[concept] += 1
            if loss < self.rate_best[concept] - how.rate_gain:
                self.rate_best[concept], self.rate_waited[concept] = loss, 0
                continue
            self.rate_waited[concept] += 1
            if self.rate_waited[concept] >= how.rate_patience:
                self.rate[concept] = max(self.rate[concept] * how.rate_factor, how.least_rate)
                self.rate_waited[concept] = 0


def _residual(logits: NDArray[np.float32], batch: int) -> NDArray[np.float32]:
    """(2 batch,) derivative of the mean loss; members stand first."""
    residual = np.float32(1.0) / (np.float32(1.0) + np.exp(-np.clip(logits, -CLIP, CLIP)))
    residual[:batch] -= np.float32(1.0)
    residual /= np.float32(2 * batch)
    return residual
