"""Activation rows by sorted track, and what the fits need to know of the whole catalogue: scaling and counter-examples.

Conventions: rows are (rows, units) float32, those of a track adjacent; tracks are positions in a sorted list of ids.
Means and deviations let every track weigh the same, however many windows it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from worker.concepts.errors import ConstantActivations, NotFinite, ShapeMismatch
from worker.concepts.folds import hash_order
from worker.concepts.members import Members

if TYPE_CHECKING:
    from worker.activations.store import Activations

SLAB_ROWS = 1 << 15
"""Rows that are converted and summed at a time."""
NEGLIGIBLE = 1e-6
"""A deviation below this share of the unit's largest |value| counts as none: float32 cannot tell it from rounding."""


@dataclass(frozen=True, slots=True)
class TrackRows:
    """Rows of activations, addressed by track."""

    track_ids: tuple[str, ...]
    values: NDArray[np.float32]
    first: NDArray[np.int64]
    """(tracks,) first row."""
    counts: NDArray[np.int64]
    """(tracks,) number of rows, at least 1."""

    @classmethod
    def of(cls, activations: Activations, members: Members) -> TrackRows:
        """The rows of the members' tracks, in their order.

        Raises:
            ShapeMismatch: offsets, ids and rows do not belong together, or a track has no row.
            UnknownMember: a track of `members` has no activations.
        """
        rows = cls.whole(activations)
        order = members.track_order(activations.track_ids)
        return cls(members.track_ids, rows.values, rows.first[order], rows.counts[order])

    @classmethod
    def whole(cls, activations: Activations) -> TrackRows:
        """All rows, in the order of the activations.

        Raises:
            ShapeMismatch: offsets, ids and rows do not belong together, or a track has no row.
        """
        offsets = np.asarray(activations.offsets, dtype=np.int64)
        if activations.values.ndim != 2:  # noqa: PLR2004  rows and units
            raise ShapeMismatch("activation values", "(rows, units)", activations.values.shape)
        if offsets.shape != (len(activations.track_ids) + 1,) or offsets[-1] != len(activations.values):
            raise ShapeMismatch("activation offsets", (len(activations.track_ids) + 1,), offsets.shape)
        counts = np.diff(offsets)
        if len(counts) and counts.min() < 1:
            raise ShapeMismatch(f"rows of track {activations.track_ids[int(counts.argmin())]}", "at least 1", 0)
        return cls(tuple(activations.track_ids), activations.values, offsets[:-1], counts)

    @property
    def units(self) -> int:
        """Numbers a row."""
        return int(self.values.shape[1])

    def take(self, tracks: NDArray[np.int64]) -> NDArray[np.float32]:
        """The rows of some tracks, one track after another; a view where they lie together."""
        if len(tracks) == 0:
            return np.zeros((0, self.units), np.float32)
        first, counts = self.first[tracks], self.counts[tracks]
        ends = first + counts
        if (first[1:] == ends[:-1]).all():
            return self.values[first[0] : ends[-1]]
        skipped = np.concatenate(([0], np.cumsum(counts)[:-1]))
        return self.values[np.repeat(first - skipped, counts) + np.arange(counts.sum())]

    def slabs(self) -> Iterator[NDArray[np.int64]]:
        """All tracks in order, in runs of about `SLAB_ROWS` rows that depend on the counts alone."""
        number = np.cumsum(self.counts) // SLAB_ROWS
        cuts = np.flatnonzero(np.diff(number)) + 1
        yield from np.split(np.arange(len(self.counts), dtype=np.int64), cuts)

    def means(self) -> TrackRows:
        """One row a track: the mean of its rows."""
        table = np.empty((len(self.counts), self.units), np.float32)
        for tracks in self.slabs():
            table[tracks] = _track_means(self.take(tracks).astype(np.float64), self.counts[tracks])
        ones = np.ones(len(self.counts), np.int64)
        return TrackRows(self.track_ids, table, np.arange(len(ones), dtype=np.int64), ones)


@dataclass(frozen=True, slots=True)
class Scaling:
    """How the units of a catalogue are standardised: over all folds, and how each training set differs from that."""

    mean: NDArray[np.float64]
    """(units,)"""
    inverse: NDArray[np.float64]
    """(units,) 1 / deviation; 0 for a unit that never varies, which gets no weight."""
    metric: NDArray[np.float32]
    """(folds + 1, units) squared ratio of a training set's deviation to the catalogue's: what the ridge on units
    standardised over that training set amounts to on units standardised over the catalogue. The last row, all folds,
    is 1; so is a unit that does not vary within the training set."""

    @classmethod
    def of(cls, rows: TrackRows, folds: NDArray[np.int8], count: int) -> Scaling:
        """Measure mean and deviation of every training set.

        Args:
            rows: the catalogue.
            folds: (tracks,) fold of each track.
            count: number of folds.

        Raises:
            NotFinite: a row holds NaN or infinity.
            ConstantActivations: no unit varies.
        """
        number, first, second, largest = _moments(rows, folds, count)
        total, mean = number.sum(), first.sum(0) / number.sum()
        deviation = np.sqrt(np.maximum(second.sum(0) / total - mean**2, 0.0))
        varies = deviation > NEGLIGIBLE * largest
        if not varies.any():
            raise ConstantActivations(int(rows.counts.sum()))
        inverse = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=varies)
        left = np.maximum(total - number, 1)[:, None]
        fold_mean = (first.sum(0) - first) / left
        fold_deviation = np.sqrt(np.maximum((second.sum(0) - second) / left - fold_mean**2, 0.0))
        ratio = np.where(fold_deviation > NEGLIGIBLE * largest, fold_deviation * inverse, 1.0)
        ratio = np.where(varies, ratio, 1.0)
        shift = _shift(rows)
        metric = np.concatenate([ratio**2, np.ones((1, rows.units))]).astype(np.float32)
        return cls(mean + shift, inverse, metric)

    @property
    def variance(self) -> NDArray[np.float64]:
        """(units,) over all folds; 0 for a unit that never varies."""
        found: NDArray[np.float64] = np.zeros_like(self.inverse)
        np.divide(1.0, self.inverse**2, out=found, where=self.inverse > 0)
        return found

    def apply(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Standardised rows with a last column of ones, for the bias: (rows, units + 1) float32."""
        scaled = np.ones((len(values), values.shape[1] + 1), np.float32)
        for start in range(0, len(values), SLAB_ROWS):
            part = slice(start, start + SLAB_ROWS)
            scaled[part, :-1] = (values[part] - self.mean) * self.inverse
        return scaled

    def undo(self, solution: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Fold the scaling back into raw weights and bias.

        Args:
            solution: (units + 1, fits) on standardised units, the bias last.

        Returns:
            (fits, units) weights and (fits,) bias for raw rows.
        """
        weights = (solution[:-1].T.astype(np.float64) * self.inverse).astype(np.float32)
        bias = solution[-1].astype(np.float64) - (weights.astype(np.float64) * self.mean).sum(axis=1)
        return weights, bias.astype(np.float32)


def negatives_pool(
    track_ids: Sequence[str], folds: NDArray[np.int8], count: int, most: int, seed: int
) -> NDArray[np.int64]:
    """The tracks that may serve as counter-examples: all, or a seeded draw of the same number from every fold.

    Why one pool for all concepts: the draw's luck is then the same for all of them and cancels in comparisons, and
    their fits share rows, which makes them matrix products. A concept's own tracks are never its counter-examples.

    Args:
        track_ids: the catalogue.
        folds: (tracks,) fold of each.
        count: number of folds.
        most: at most about this many tracks (rounded up to a multiple of the folds).
        seed: of the draw, which looks at ids only.

    Returns:
        Ascending track rows.
    """
    if len(track_ids) <= most:
        return np.arange(len(track_ids), dtype=np.int64)
    rank = np.argsort(hash_order(track_ids, seed, "negatives"), kind="stable")
    each = -(-most // count)
    drawn = [rank[folds[rank] == fold][:each] for fold in range(count)]
    return np.sort(np.concatenate(drawn)).astype(np.int64)


def _shift(rows: TrackRows) -> NDArray[np.float64]:
    """A value near the data, taken off before squaring so that large means cost no digits."""
    near: NDArray[np.float64] = rows.values[rows.first[0]].astype(np.float64)
    return near


def _moments(
    rows: TrackRows, folds: NDArray[np.int8], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Tracks a fold, sums over its tracks of the mean row and of the mean squared row (shifted), largest |value|."""
    number = np.bincount(folds, minlength=count).astype(np.float64)
    first, second = np.zeros((count, rows.units)), np.zeros((count, rows.units))
    shift, largest = _shift(rows), np.zeros(rows.units)
    for tracks in rows.slabs():
        raw = rows.take(tracks)
        values = raw.astype(np.float64) - shift
        means = _track_means(values, rows.counts[tracks])
        if not np.isfinite(means).all():
            bad = tracks[int(np.argmin(np.isfinite(means).all(axis=1)))]
            raise NotFinite("activations", f"track {rows.track_ids[int(bad)]}")
        np.maximum(largest, np.abs(raw).max(axis=0), out=largest)
        squares = _track_means(np.square(values, out=values), rows.counts[tracks])
        for fold in range(count):
            here = folds[tracks] == fold
            first[fold] += means[here].sum(0)
            second[fold] += squares[here].sum(0)
    return number, first, second, largest


def _track_means(values: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    if len(values) == len(counts):
        return values.copy()
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    sums: NDArray[np.float64] = np.add.reduceat(values, starts, axis=0)
    return sums / counts[:, None]
