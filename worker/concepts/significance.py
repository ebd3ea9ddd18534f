"""Is a concept learnt at all, or does its vector do no better than one learnt from random tracks?

The statistic: from one mean a track, standardised, a ridge discriminant is fitted without fold k,
w = (covariance + ridge)^-1 (mean of the concept's tracks - mean of all tracks), and ranks the tracks of fold k; the AUC
counts the pairs of a member and a non-member within one fold, all folds together (so that levels that differ between
folds do not matter), with non-members from the pool of counter-examples. It is taken of every concept and, in the very
same way, of random track sets: sizes are binned, and each bin's random sets have the size of its smallest concept, so
that the null is never too narrow. As z, centred and scaled by its bin, the nulls of all bins are read together:
p = (1 + random sets at least as good) / (1 + random sets), then Benjamini-Hochberg over the collection.

Why a discriminant and not the logistic vectors: one factorisation a fold serves all sets, so that thousands of random
sets cost seconds, and it sees the same linear signal. Why all bins together: with 1000 sets p cannot be below 0.001,
and a few learnt concepts among hundreds would then never pass at a false discovery rate of 0.01.

The nulls depend on activations, folds, sizes and settings only, never on which tracks are in which concept, so they
can be kept (`Null.key`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.linalg
import scipy.sparse
from numpy.typing import NDArray

from worker.concepts.blocks import work_through
from worker.concepts.errors import ShapeMismatch
from worker.concepts.members import Members
from worker.concepts.rows import Scaling, TrackRows, negatives_pool
from worker.concepts.vectors import Progress

if TYPE_CHECKING:
    from worker.activations.store import Activations

Sets = list[NDArray[np.int64]]
"""Ascending track rows of each set."""

BLOCK_SETS = 256


@dataclass(frozen=True, slots=True)
class NullSettings:
    """How the test draws and fits."""

    sets: int = 1000
    """Random track sets a size bin."""
    bin_ratio: float = 1.25
    """Largest ratio of sizes that share a bin."""
    ridge: float = 0.3
    """Added to the correlations of the units; the same for concepts and random sets."""
    max_negatives: int = 2000
    """Non-members are ranked against at most about this many tracks, a seeded draw."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Null:
    """AUC of random track sets, by size bin."""

    key: str
    """sha256 of all it depends on; name a cached file by it."""
    sizes: NDArray[np.int64]
    """(bins,) ascending."""
    aucs: NDArray[np.float32]
    """(bins, sets) each row ascending."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """The test of one concept."""

    concept_id: str
    auc: float
    """The test's own statistic; `ConceptQuality.auc` is the better estimate of quality."""
    p_value: float
    q_value: float
    """Smallest false discovery rate at which it still counts as learnt."""


def null_key(activations: Activations, members: Members, folds: NDArray[np.int8], settings: NullSettings) -> str:
    """The `key` that `draw_null` gives, without drawing."""
    rows = TrackRows.of(activations, members)
    digest = hashlib.sha256()
    for part in (asdict(settings), activations.fingerprint.text, members.track_ids, size_bins(members, settings)):
        digest.update(repr(part).encode())
    digest.update(np.ascontiguousarray(folds, np.int8).tobytes())
    for tracks in rows.slabs():
        digest.update(rows.counts[tracks].tobytes())
        digest.update(np.ascontiguousarray(rows.take(tracks)).tobytes())
    return digest.hexdigest()


def draw_null(
    activations: Activations,
    members: Members,
    folds: NDArray[np.int8],
    settings: NullSettings | None = None,
    progress: Progress | None = None,
) -> Null:
    """Fit random track sets of the sizes that `members` needs.

    Args:
        activations: rows of every track of `members.track_ids`.
        members: only its tracks and its concepts' sizes are looked at.
        folds: (tracks,) fold of each of `members.track_ids`.
        settings: see `NullSettings`.
        progress: told (sets done, sets).
    """
    settings = settings or NullSettings()
    key = null_key(activations, members, folds, settings)
    return _draw(Discriminant.of(activations, members, folds, settings), members, key, settings, progress)


def learnt_or_not(
    activations: Activations,
    members: Members,
    folds: NDArray[np.int8],
    settings: NullSettings | None = None,
    progress: Progress | None = None,
    *,
    null: Null | None = None,
) -> list[Learnt]:
    """Test every concept against random track sets of its size.

    Args:
        activations: rows of every track of `members.track_ids`.
        members: the concepts, screened (see `quality.screen`).
        folds: (tracks,) fold of each of `members.track_ids`.
        settings: see `NullSettings`.
        progress: told (sets done, sets).
        null: from `draw_null` with the same arguments; drawn when None.

    Returns:
        One result a concept, in the order of `members`.

    Raises:
        ShapeMismatch: `folds` has another length than the tracks, or `null` was drawn for other sizes.
    """
    settings = settings or NullSettings()
    discriminant = Discriminant.of(activations, members, folds, settings)
    if null is None:
        null = _draw(discriminant, members, "", settings, progress)
    bins = size_bins(members, settings)
    if not np.array_equal(null.sizes, bins):
        raise ShapeMismatch("the sizes of the null", bins.tolist(), null.sizes.tolist())
    aucs = _all_aucs(discriminant, [members.rows(concept) for concept in range(len(members.concept_ids))], None)
    centre = null.aucs.mean(axis=1, dtype=np.float64)
    spread = np.maximum(null.aucs.std(axis=1, dtype=np.float64), np.finfo(np.float32).eps)
    pooled = np.sort(((null.aucs - centre[:, None]) / spread[:, None]).ravel())
    place = np.searchsorted(null.sizes, members.sizes, side="right") - 1
    scores = (aucs - centre[place]) / spread[place]
    better = len(pooled) - np.searchsorted(pooled, scores, side="left")
    p_values = (1.0 + better) / (1.0 + len(pooled))
    q_values = benjamini_hochberg(p_values)
    return [
        Learnt(concept, float(auc), float(p), float(q))
        for concept, auc, p, q in zip(members.concept_ids, aucs, p_values, q_values, strict=True)
    ]


def statistics_of(
    means: TrackRows, members: Members, folds: NDArray[np.int8], settings: NullSettings | None = None
) -> NDArray[np.float64]:
    """The test's statistic alone.

    Args:
        means: one row for every track of `members.track_ids`.
        members: the concepts.
        folds: (tracks,) fold of each of `members.track_ids`.
        settings: see `NullSettings`.

    Returns:
        (concepts,) AUC of the cross-fitted discriminant, in the order of `members`.

    Raises:
        ShapeMismatch: `folds` has another length than the tracks.
    """
    discriminant = Discriminant.of_means(means, members, folds, settings or NullSettings())
    return _all_aucs(discriminant, [members.rows(concept) for concept in range(len(members.concept_ids))], None)


def benjamini_hochberg(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Adjusted p values: the smallest false discovery rate at which each would be called.

    Example:
        >>> benjamini_hochberg(np.array([0.01, 0.02, 0.5])).round(3).tolist()
        [0.03, 0.03, 0.5]
    """
    order = np.argsort(p_values, kind="stable")
    raised = p_values[order] * len(p_values) / np.arange(1, len(p_values) + 1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum.accumulate(raised[::-1])[::-1]
    return np.minimum(adjusted, 1.0)


def size_bins(members: Members, settings: NullSettings) -> NDArray[np.int64]:
    """(bins,) ascending: the smallest size in each bin."""
    bins: list[int] = []
    for size in np.unique(members.sizes).tolist():
        if not bins or size > settings.bin_ratio * bins[-1]:
            bins.append(size)
    return np.array(bins, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Discriminant:
    """Everything that all sets share: standardised track means, and each training set's factored covariance."""

    values: NDArray[np.float32]
    """(tracks, units)"""
    folds: NDArray[np.int8]
    pool: NDArray[np.bool_]
    """(tracks,) may be ranked against."""
    factors: tuple[NDArray[np.float32], ...]
    """For each fold the inverse of covariance + ridge of the other folds, (units, units)."""
    means: NDArray[np.float64]
    """(folds, units) mean of the other folds."""

    @classmethod
    def of(
        cls, activations: Activations, members: Members, folds: NDArray[np.int8], settings: NullSettings
    ) -> Discriminant:
        """Take the track means, standardise them and factor."""
        return cls.of_means(TrackRows.of(activations, members).means(), members, folds, settings)

    @classmethod
    def of_means(
        cls, rows: TrackRows, members: Members, folds: NDArray[np.int8], settings: NullSettings
    ) -> Discriminant:
        """Of one row a track."""
        if np.shape(folds) != (len(members.track_ids),):
            raise ShapeMismatch("folds", (len(members.track_ids),), np.shape(folds))
        count = int(folds.max()) + 1
        values = Scaling.of(rows, folds, count).apply(rows.values)[:, :-1]
        pool = np.zeros(len(folds), np.bool_)
        pool[negatives_pool(members.track_ids, folds, count, settings.max_negatives, settings.seed)] = True
        factors, means = [], []
        for fold in range(count):
            training = values[folds != fold].astype(np.float64)
            means.append(training.mean(axis=0))
            training -= means[-1]
            covariance = training.T @ training / len(training)
            covariance[np.diag_indices_from(covariance)] += settings.ridge
            factor = scipy.linalg.cho_factor(covariance, lower=True)
            factors.append(scipy.linalg.cho_solve(factor, np.eye(len(covariance))).astype(np.float32))
        return cls(values, folds, pool, tuple(factors), np.array(means))

    def aucs(self, sets: Sets) -> NDArray[np.float64]:
        """(sets,) the statistic; 0.5 where no pair can be formed.

        Scored are the members of each set and the pool, not every track on every set.
        """
        sizes = np.array([len(rows) for rows in sets], np.int64)
        members, owner = np.concatenate(sets), np.repeat(np.arange(len(sets)), sizes)
        wins, pairs = np.zeros(len(sets)), np.zeros(len(sets))
        total, fold_of = self._sums(members, sizes), self.folds[members]
        for fold, (inverse, mean) in enumerate(zip(self.factors, self.means, strict=True)):
            here = fold_of == fold
            rows, whose = members[here], owner[here]
            held = np.bincount(whose, minlength=len(sets))
            left = np.maximum(sizes - held, 1)[:, None]
            contrast = (total - self._sums(rows, held)) / left - mean * (sizes > held)[:, None]
            vectors = inverse @ contrast.T.astype(np.float32)
            scores = np.einsum("ru,ru->r", self.values[rows], np.ascontiguousarray(vectors.T)[whose])
            rivals = np.flatnonzero(self.pool & (self.folds == fold))
            ranked = np.ascontiguousarray((self.values[rivals] @ vectors).T)
            for one, part in enumerate(np.split(np.arange(len(rows)), np.cumsum(held)[:-1])):
                others = ranked[one][np.isin(rivals, rows[part], assume_unique=True, invert=True)]
                wins[one] += _in_order(scores[part], others)
                pairs[one] += float(len(others)) * len(part)
        aucs: NDArray[np.float64] = np.divide(wins, pairs, out=np.full(len(sets), 0.5), where=pairs > 0)
        return aucs

    def _sums(self, members: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.float32]:
        """(sets, units) sums over the members of each set, which lie one set after another."""
        ends = np.concatenate(([0], np.cumsum(sizes)))
        ones = np.ones(len(members), np.float32)
        table = scipy.sparse.csr_matrix((ones, members, ends), shape=(len(sizes), len(self.values)))
        sums: NDArray[np.float32] = table @ self.values
        return sums


def _in_order(mine: NDArray[np.float32], others: NDArray[np.float32]) -> float:
    """How many pairs of a member and a non-member are in order, ties half."""
    ranked = np.sort(others)
    below = np.searchsorted(ranked, mine, side="left").sum() + np.searchsorted(ranked, mine, side="right").sum()
    return float(below) / 2


def _draw(
    discriminant: Discriminant, members: Members, key: str, settings: NullSettings, progress: Progress | None
) -> Null:
    sizes = size_bins(members, settings)
    aucs = np.empty((len(sizes), settings.sets), np.float32)
    for place, size in enumerate(sizes.tolist()):
        sets = list(_random_sets(len(members.track_ids), size, settings))
        told = None if progress is None else _shifted(progress, place * settings.sets, aucs.size)
        aucs[place] = np.sort(_all_aucs(discriminant, sets, told))
    return Null(key, sizes, aucs)


def _random_sets(tracks: int, size: int, settings: NullSettings) -> Iterator[NDArray[np.int64]]:
    """Seeded by size, so that a bin's sets do not depend on the other bins."""
    draw = np.random.default_rng([settings.seed, size])
    for _ in range(settings.sets):
        yield np.sort(draw.choice(tracks, size, replace=False, shuffle=False))


def _all_aucs(discriminant: Discriminant, sets: Sets, progress: Progress | None) -> NDArray[np.float64]:
    aucs = np.empty(len(sets))

    def work(block: slice) -> NDArray[np.float64]:
        return discriminant.aucs(sets[block])

    def keep(block: slice, found: NDArray[np.float64]) -> None:
        aucs[block] = found
        if progress is not None:
            progress(block.start + len(found), len(sets))

    work_through(work, [slice(start, start + BLOCK_SETS) for start in range(0, len(sets), BLOCK_SETS)], keep)
    return aucs


def _shifted(progress: Progress, before: int, total: int) -> Progress:
    def told(done: int, _: int) -> None:
        progress(before + done, total)

    return told
