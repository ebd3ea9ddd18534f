"""Do some tracks of a concept sound otherwise than its other tracks? A permutation test.

Conventions: `space` rows are tracks; the groups that are compared are columns of a (tracks, groups) matrix of weights,
each column adding up to 0. The statistic of a block of numbers Z is sum over groups g of |Z' weights_g|^2, and

    shift = mean over blocks of (statistic / its mean over random orders of the rows of the weights)

so 1 is what dealing the same tracks at random gives on average, and `limit` what 95 % of random deals stay below. Two
blocks: the track's mean activations, and its profile, i.e. the log odds of its cross-fitted scores on the vectors of
other concepts; each standardised over the catalogue and whitened with a ridge.

Why a permutation: whatever vector is learnt of few tracks differs from one learnt of other few, and only the same
tracks dealt at random say by how much. Why profiles too: of the statistics tried on the demo's sound (own score alone,
activations with ridges from 0.01 to 30, profiles, the largest single difference of a profile, combinations) profiles
find most, with activations beside them lose nothing, and activations alone remain where there are no other concepts.
Why not the concept's own score: its vector was learnt of some of the very tracks that are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from worker.concepts.folds import hash_order
from worker.concepts.members import Members
from worker.concepts.rows import Scaling, TrackRows

if TYPE_CHECKING:
    from worker.activations.store import Activations

Floats = NDArray[np.float64]

SOUND_RIDGE = 3.0
PROFILE_RIDGE = 10.0
LANDMARKS = 256
"""A profile holds the scores of at most so many concepts, a draw by hash."""
CLEAREST = 1e-4
"""Scores are clipped to CLEAREST..1 - CLEAREST before they become log odds."""
LIMIT = 0.95
PERMUTATIONS = 999
DOUBTFUL = 0.02
"""A p value this small is computed again with as many permutations as a correction over all concepts needs."""
BLOCK_NUMBERS = 1 << 24


@dataclass(frozen=True, slots=True)
class Space:
    """What the tracks of a catalogue sound like, in numbers that weigh about the same."""

    track_ids: tuple[str, ...]
    """Sorted; the rows."""
    sound: Floats
    """(tracks, units) standardised track means."""
    middle: Floats
    """(units,) what was taken off before that."""
    deviations: Floats
    """(units,) what they were divided by; 0 for a unit that never varies."""
    whitener: Floats
    """(units, units) applied to `sound` from the right."""
    landmarks: tuple[str, ...]
    """Concepts of the profile's columns."""
    profile: Floats
    """(tracks, landmarks) standardised log odds."""

    @classmethod
    def of(
        cls,
        activations: Activations,
        members: Members,
        scores: NDArray[np.float32],
        *,
        seed: int = 0,
    ) -> Space:
        """Standardise and whiten.

        Args:
            activations: rows of every track of `members.track_ids`.
            members: its tracks and concept ids are looked at, not who belongs where.
            scores: (tracks, concepts) cross-fitted, rows and columns as in `members`.
            seed: of the draw of landmarks.

        Raises:
            ConstantActivations: no unit varies.
            NotFinite: an activation is NaN or infinite.
        """
        rows = TrackRows.of(activations, members).means()
        one_fold = np.zeros(len(members.track_ids), np.int8)
        scaling = Scaling.of(rows, one_fold, 1)
        sound = scaling.apply(rows.values)[:, :-1].astype(np.float64)
        drawn = np.argsort(hash_order(members.concept_ids, seed, "landmarks"), kind="stable")[:LANDMARKS]
        columns = np.sort(drawn)
        clear = np.clip(scores[:, columns].astype(np.float64), CLEAREST, 1 - CLEAREST)
        profile = _standardised(np.log(clear / (1 - clear)))
        landmarks = tuple(members.concept_ids[column] for column in columns.tolist())
        whitener = _whitener(sound, SOUND_RIDGE)
        deviations = np.sqrt(scaling.variance)
        return cls(members.track_ids, sound, scaling.mean, deviations, whitener, landmarks, profile)

    def means(self, rows: NDArray[np.int64]) -> Floats:
        """(n, units) mean activations of some tracks, as they were before."""
        raw: Floats = self.sound[rows] * self.deviations + self.middle
        return raw

    def blocks(self, rows: NDArray[np.int64], without: str) -> list[Floats]:
        """The whitened numbers of some tracks, centred; the profile leaves one concept out."""
        others = [column for column, concept_id in enumerate(self.landmarks) if concept_id != without]
        found = [self.sound[rows] @ self.whitener]
        if others:
            profile = self.profile[:, others]
            found.append(profile[rows] @ _whitener(profile, PROFILE_RIDGE))
        return [block - block.mean(axis=0) for block in found]


@dataclass(frozen=True, slots=True)
class Contrast:
    """How far apart groups of a concept's tracks are, beside what random groups of these sizes are."""

    shift: float
    """1 on average when nothing has changed."""
    limit: float
    """95 % of random deals stay below."""
    p_value: float
    permutations: int


def contrast(
    space: Space,
    concept_id: str,
    rows: NDArray[np.int64],
    weights: Floats,
    *,
    concepts: int = 1,
    seed: int = 0,
) -> Contrast:
    """Test whether tracks that weigh differently sound different.

    Args:
        space: the catalogue.
        concept_id: whose column of the profile is left out.
        rows: (n,) rows of the tracks that are compared.
        weights: (n, groups) their weights; each column adds up to 0. See `group_weights`.
        concepts: how many are tested together; small p values are then computed finely enough to survive a correction.
        seed: of the permutations.

    Returns:
        The shift; 0 with p = 1 when all weights are 0.
    """
    if not np.any(weights):
        return Contrast(0.0, 0.0, 1.0, 0)
    blocks = space.blocks(rows, concept_id)
    found = _test(blocks, weights, PERMUTATIONS, seed)
    wanted = 40 * concepts - 1
    if found.p_value <= DOUBTFUL and wanted > PERMUTATIONS:
        found = _test(blocks, weights, wanted, seed + 1)
    return found


def group_weights(groups: NDArray[np.int64], count: int) -> Floats:
    """Weights that compare the mean of each of several groups with the mean of all.

    Args:
        groups: (n,) group of each track, 0..count-1; none may be empty.
        count: number of groups.

    Returns:
        (n, count); columns add up to 0, and larger groups weigh more.
    """
    sizes = np.bincount(groups, minlength=count)
    table = (groups[:, None] == np.arange(count)) / sizes - 1.0 / len(groups)
    weights: Floats = table * np.sqrt(sizes)
    return weights


def turnover_weights(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> Floats:
    """Weights that compare the mean of the tracks there were with the mean of those there are.

    Args:
        before: (n,) was the track a member?
        after: (n,) is it? Both need one.

    Returns:
        (n, 1)
    """
    weights: Floats = (after / after.sum() - before / before.sum())[:, None]
    return weights


def _test(blocks: Sequence[Floats], weights: Floats, permutations: int, seed: int) -> Contrast:
    """Add-one p; the same seed and sizes deal the same way, whatever the order of the concepts."""
    number, groups = weights.shape
    deal = np.random.default_rng([seed, number])
    statistics = np.empty((len(blocks), permutations + 1))
    statistics[:, 0] = [np.square(block.T @ weights).sum() for block in blocks]
    widest = max(block.shape[1] for block in blocks)
    step = max(1, BLOCK_NUMBERS // (groups * max(number, widest)))
    for start in range(1, permutations + 1, step):
        some = min(step, permutations + 1 - start)
        order = deal.permuted(np.tile(np.arange(number), (some, 1)), axis=1)
        dealt = weights[order].transpose(1, 0, 2).reshape(number, some * groups)
        for place, block in enumerate(blocks):
            squares = np.square(block.T @ dealt).sum(axis=0)
            statistics[place, start : start + some] = squares.reshape(some, groups).sum(axis=1)
    expected = statistics[:, 1:].mean(axis=1, keepdims=True)
    # Tracks that all sound alike in a block have nothing to shift there.
    shifts = np.divide(statistics, expected, out=np.ones_like(statistics), where=expected > 0).mean(axis=0)
    at_least = int((shifts[1:] >= shifts[0] * (1 - 1e-12)).sum())
    return Contrast(
        float(shifts[0]), float(np.quantile(shifts[1:], LIMIT)), (1 + at_least) / (1 + permutations), permutations
    )


def _standardised(values: Floats) -> Floats:
    spread = values.std(axis=0)
    found: Floats = np.divide(values - values.mean(axis=0), spread, out=np.zeros_like(values), where=spread > 0)
    return found


def _whitener(values: Floats, ridge: float) -> Floats:
    """Symmetric inverse square root of the correlations plus a ridge."""
    correlations = values.T @ values / len(values)
    roots, axes = np.linalg.eigh(correlations)
    found: Floats = (axes / np.sqrt(np.maximum(roots, 0.0) + ridge)) @ axes.T
    return found
