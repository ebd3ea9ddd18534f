"""Whether a concept is heard, or only something that goes with it: its tracks are the loud, the short, the MP3s.

Conventions: a confounder is a property of tracks (`worker.concepts.properties`). Scores are cross-fitted (see
`worker.concepts.similarity`). Of each concept and property only tracks whose value is known take part; `tracks` says
how many. AUCs are 0..1 with 0.5 for chance; intervals are 95 %, with tracks as units.

* `tells`: how well the property alone tells the concept's tracks. A track's score is the share of members among the
  other folds' tracks of its stratum (drawn to the concept's share by one track's weight), and only pairs of one fold
  count. Its p value is one-sided, by the mean and the deviation of the same number for `RANDOM_SETS` random sets of the
  concept's size.
* `overall`: AUC of the concept's score over the members and counter-examples of known value.
* `within`: the same over pairs that do not differ in the property: each member against its *counterparts*, the other
  tracks whose value lies within `CALIPER` spreads of its own (of words: is the same), members that have any weighing
  equally. What a score owes to the rest of a difference is taken off first, by the slope of score on property among
  counterparts.
* `matched`: how many members have a counterpart.
* `follows`: share of the score's variance among tracks that are *no* members that lies between strata (adjusted
  correlation ratio, 0..1): how far the vector listens to the property where no membership is at stake.

**Flagged** is a concept that is told from others only by the property: the property tells the members (`tells` >=
`TELLS`, false discovery rate `Q` over all concepts and properties); and among counterparts the score falls to chance
(the interval of `within` reaches down to `CHANCE`, and less than `LEFT` is left of what `overall` is above 0.5), or
hardly a member has a counterpart to be told from.

Source: matching within calipers, and what is left of a difference taken off by regression, Cochran & Rubin 1973, Rubin
1979; intervals of AUCs by the influence of each track, DeLong et al. 1988.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cypher.bias import Confounding
from worker.concepts.blocks import work_through
from worker.concepts.errors import ShapeMismatch
from worker.concepts.folds import hash_order
from worker.concepts.members import Members
from worker.concepts.properties import Property, Strata
from worker.concepts.significance import benjamini_hochberg

DECIMALS = 6
Z95 = 1.959964
CALIPER = 0.2
"""In spreads of the property: counterparts further apart than this are none (Austin 2011 finds 0.2 best)."""
FEWEST = 5
"""Members and counter-examples of known value that something can be said of, and members with a counterpart."""
TELLS = 0.65
Q = 0.01
LEFT, CHANCE = 0.5, 0.55
MATCHED = 0.1
"""A smaller share of members with a counterpart is none."""
SEEMS = 0.6
"""A concept whose score has a smaller AUC knows nothing that could come from anywhere."""
RANDOM_SETS, BIN_RATIO = 400, 1.25
"""Of each size bin, and the largest ratio of sizes that share one."""
SMALLEST = 1e-12
"""A smaller share of a sum of squares is rounding."""
SLAB_TRACKS = 2048
"""Rows of scores that are summed at a time."""
MOST_EXAMPLES, MOST_OTHERS = 500, 2000
"""Pairs are formed of at most so many tracks, a seeded draw."""


def confounding(
    scores: NDArray[np.float32],
    members: Members,
    folds: NDArray[np.int8],
    properties: Sequence[Property],
    *,
    seed: int = 0,
    workers: int | None = None,
) -> list[list[Confounding]]:
    """Measure every concept on every property.

    Args:
        scores: (tracks, concepts) cross-fitted, rows as `members.track_ids`, columns as `members.concept_ids`; may be
            mapped.
        members: the concepts.
        folds: (tracks,) fold of each.
        properties: over the same tracks; one that does not vary says nothing and is passed over.
        seed: of pairs and random sets.
        workers: threads; None for one a core. The result does not depend on it.

    Returns:
        For each concept, in the order of `members`, one record a property that can be measured of it.

    Raises:
        ShapeMismatch: scores, folds, properties and members do not fit.
    """
    wanted = (len(members.track_ids), len(members.concept_ids))
    if scores.shape != wanted or folds.shape != wanted[:1] or any(len(one.values) != wanted[0] for one in properties):
        raise ShapeMismatch("scores, folds or properties", wanted, scores.shape)
    order = np.argsort(hash_order(members.track_ids, seed, "counterparts"), kind="stable")
    work = _Work(scores, members, folds, order, seed, workers)
    measured = [work.measure(one) for one in properties if one.varies]
    flat = [(place, one, p) for by_concept in measured for place, one, p in by_concept]
    q_values = benjamini_hochberg(np.array([p for _, _, p in flat])) if flat else np.zeros(0)
    found: list[list[Confounding]] = [[] for _ in members.concept_ids]
    for (place, one, _), q_value in zip(flat, q_values.tolist(), strict=True):
        found[place].append(_flagged(replace(one, q_value=q_value)))
    return found


def _flagged(one: Confounding) -> Confounding:
    """With the sentence that flags the concept, where it is told from others only by the property."""
    if one.tells < TELLS or one.q_value > Q or one.overall < SEEMS:
        return one
    told = f"{one.name} alone tells its tracks from others (AUC {one.tells:.2f})"
    remedy = f"add tracks to it, and to the library, that differ in {one.name}"
    if one.within is None or one.matched < max(FEWEST, MATCHED * one.members):
        alone = f"for {one.members - one.matched} of its {one.members} no other has the same {one.name}"
        said = f"{told}, and {alone}, so that nobody can know whether it is heard; {remedy}"
        return replace(one, sentence=said)
    low = one.within if one.within_low is None else one.within_low
    if low > CHANCE or one.within - 0.5 >= LEFT * (one.overall - 0.5):
        return one
    left = f"among tracks of the same {one.name} its score has AUC {one.within:.2f} instead of {one.overall:.2f}"
    return replace(one, sentence=f"{told}, and {left}; rebuild with --balance {one.name}, or {remedy}")


@dataclass(frozen=True, slots=True)
class _Work:
    """What all properties are measured on."""

    scores: NDArray[np.float32]
    members: Members
    folds: NDArray[np.int8]
    order: NDArray[np.int64]
    """(tracks,) their rows in the order in which pairs are drawn."""
    seed: int
    workers: int | None

    def measure(self, found: Property) -> list[tuple[int, Confounding, float]]:
        """(concept, its record, p value) of one property; neither q values nor sentences are known yet."""
        strata = Strata.of(found).places(found)
        *tells, p_values = telling(strata, self.members, self.folds, self.seed)
        follows = following(self.scores, self.members, strata)
        known, spread = found.known, found.spread
        drawn = self.order[known[self.order]]
        measurable: list[tuple[int, Confounding, float]] = []

        def one(concept: int) -> Confounding | None:
            mine = self.members.rows(concept)
            inside = mine[known[mine]]
            if min(len(inside), len(drawn) - len(inside)) < FEWEST:
                return None
            pairs = _Pairs.of(self.scores[:, concept], found.values, spread, *_some(inside, drawn))
            middle, low, high = (round(float(part[concept]), DECIMALS) for part in tells)
            number, follow = len(drawn), round(float(follows[concept]), DECIMALS)
            told = (middle, low, high, 1.0, pairs.overall(), *pairs.within(), pairs.matched, follow)
            return Confounding(found.name, number, len(inside), *told)

        def keep(concept: int, one: Confounding | None) -> None:
            if one is not None:
                measurable.append((concept, one, float(p_values[concept])))

        work_through(one, range(len(self.members.concept_ids)), keep, self.workers)
        return measurable


def _some(inside: NDArray[np.int64], drawn: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first members and the first others among all known tracks in the order of the draw, as ascending rows."""
    mine = inside if len(inside) <= MOST_EXAMPLES else drawn[np.isin(drawn, inside)][:MOST_EXAMPLES]
    first = drawn[: MOST_OTHERS + len(inside)]  # so many hold enough others, wherever the members lie
    others = first[np.isin(first, inside, invert=True)][:MOST_OTHERS]
    return np.sort(mine), np.sort(others)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Some members and some others of one concept, the others by rising value of the property.

    So the counterparts of a member lie together, and pairs that are none are never formed.
    """

    scores: tuple[NDArray[np.float64], NDArray[np.float64]]
    """(members,) and (others,)"""
    values: tuple[NDArray[np.float64], NDArray[np.float64]]
    """Of the property, likewise."""
    first: NDArray[np.int64]
    """(members,) the first counterpart of each."""
    number: NDArray[np.int64]
    """(members,) how many it has."""

    @classmethod
    def of(
        cls,
        scores: NDArray[np.float32],
        values: NDArray[np.float64],
        spread: float,
        inside: NDArray[np.int64],
        outside: NDArray[np.int64],
    ) -> _Pairs:
        outside = outside[np.argsort(values[outside], kind="stable")]
        mine, theirs = values[inside], values[outside]
        first = np.searchsorted(theirs, mine - CALIPER * spread, side="left")
        number = np.searchsorted(theirs, mine + CALIPER * spread, side="right") - first
        heard = scores[inside].astype(np.float64), scores[outside].astype(np.float64)
        return cls(heard, (mine, theirs), first.astype(np.int64), number.astype(np.int64))

    @property
    def matched(self) -> int:
        return int((self.number > 0).sum())

    def overall(self) -> float:
        mine, theirs = self.scores
        ranked = np.sort(theirs)
        below = np.searchsorted(ranked, mine, side="left") + np.searchsorted(ranked, mine, side="right")
        return round(float(below.mean()) / 2 / len(theirs), DECIMALS)

    def within(self) -> tuple[float | None, float | None, float | None]:
        """AUC among counterparts with its interval."""
        rows = np.flatnonzero(self.number > 0)
        if not len(rows):
            return None, None, None
        slope = self._slope(rows)
        mine, theirs = (score - slope * value for score, value in zip(self.scores, self.values, strict=True))
        number = self.number[rows]
        ends = np.cumsum(number)
        whose = np.repeat(np.arange(len(rows)), number)
        other = np.arange(ends[-1]) + np.repeat(self.first[rows] - ends + number, number)
        left, right, share = mine[rows][whose], theirs[other], (1.0 / number)[whose]
        above = np.greater(left, right) + 0.5 * np.equal(left, right)
        each = np.bincount(whose, share * above)
        value = float(each.mean())
        weights, won = (np.bincount(other, what, len(theirs)).astype(np.float64) for what in (share, share * above))
        by_other = (won - value * weights) / len(each)
        reach = _student(len(each), weights) * float(
            np.sqrt(((each - value) ** 2).sum() / len(each) ** 2 + (by_other**2).sum())
        )
        low, high = max(value - reach, 0.0), min(value + reach, 1.0)
        return round(value, DECIMALS), round(low, DECIMALS), round(high, DECIMALS)

    def _slope(self, rows: NDArray[np.int64]) -> float:
        """How the scores of counterparts rise with the property within one caliper, over all members' calipers."""
        score, value = self.scores[1], self.values[1] - self.values[1].mean()

        def mean(what: NDArray[np.float64]) -> NDArray[np.float64]:
            sums = np.concatenate(([0.0], np.cumsum(what)))
            found: NDArray[np.float64] = sums[self.first[rows] + self.number[rows]] - sums[self.first[rows]]
            return found / self.number[rows]

        middle, square = mean(value), mean(value**2)
        spread = float((square - middle**2).sum())
        product = float((mean(score * value) - mean(score) * middle).sum())
        return product / spread if spread > SMALLEST * float(square.sum()) else 0.0


def _student(members: int, weights: NDArray[np.float64]) -> float:
    """97.5 % point of Student's distribution for the fewer: members, or counterparts by their effective number."""
    from scipy.special import stdtrit  # importing this module stays quick

    fewer = min(float(members), float(weights.sum() ** 2 / (weights**2).sum()))
    return float(stdtrit(max(fewer - 1.0, 1.0), 0.975))


# --- all concepts at once --------------------------------------------------------------------------------------------


def telling(
    strata: NDArray[np.int16], members: Members, folds: NDArray[np.int8], seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """How well a property alone tells the members of every concept from other tracks.

    Args:
        strata: (tracks,) -1 where unknown.
        members: the concepts.
        folds: (tracks,) fold of each.
        seed: of the random sets.

    Returns:
        (concepts,) each: the AUC, both ends of its interval, and the p value against random sets. 0.5 and 1 where no
        pair can be formed.
    """
    inside, total = _cells(strata, members, folds)
    value, spread = _told(inside, total)
    sizes = inside.sum(axis=(1, 2)).astype(np.int64)
    centre, deviation, wider = _of_random_sets(sizes, total, seed)
    z = np.divide(value - centre, deviation, out=np.zeros_like(value), where=deviation > 0)
    surest = 3.0 / np.maximum(sizes, 3)  # where all pairs are in order: the rule of three
    reach = np.where((value > 0) & (value < 1), Z95 * wider * spread, surest)
    from scipy.special import ndtr  # importing this module stays quick

    return value, np.clip(value - reach, 0, 1), np.clip(value + reach, 0, 1), ndtr(-z)


def _cells(
    strata: NDArray[np.int16], members: Members, folds: NDArray[np.int8]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(concepts, folds, strata) members, and (folds, strata) tracks, of known stratum."""
    levels, count = int(strata.max(initial=0)) + 1, int(folds.max(initial=0)) + 1
    cell, known = folds.astype(np.int64) * levels + strata, strata >= 0
    total = np.bincount(cell[known], minlength=count * levels).reshape(count, levels).astype(np.float64)
    owner = np.repeat(np.arange(len(members.concept_ids)), members.sizes)
    mine = known[members.indices]
    places = owner[mine] * (count * levels) + cell[members.indices[mine]]
    inside = np.bincount(places, minlength=len(members.concept_ids) * count * levels)
    return inside.reshape(len(members.concept_ids), count, levels).astype(np.float64), total


def _told(inside: NDArray[np.float64], total: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(sets,) AUC and standard error of the sets whose tracks lie in these cells."""
    outside = total - inside
    elsewhere = inside.sum(axis=1, keepdims=True) - inside
    held = total.sum(axis=0) - total
    rate = elsewhere.sum(axis=2, keepdims=True) / np.maximum(held.sum(axis=1), 1.0)[None, :, None]
    score = (elsewhere + rate) / (held + 1.0)
    above = np.greater(score[..., :, None], score[..., None, :])
    above = above + 0.5 * np.equal(score[..., :, None], score[..., None, :])
    won = np.einsum("cfab,cfb->cfa", above, outside)
    lost = np.einsum("cfab,cfa->cfb", above, inside)
    sizes, rivals = inside.sum(axis=2), outside.sum(axis=2)
    pairs = (sizes * rivals).sum(axis=1)
    scale = np.where(pairs > 0, pairs, 1.0)
    value = np.where(pairs > 0, (inside * won).sum(axis=(1, 2)) / scale, 0.5)
    spread = (inside * (won - value[:, None, None] * rivals[..., None]) ** 2).sum(axis=(1, 2))
    spread += (outside * (lost - value[:, None, None] * sizes[..., None]) ** 2).sum(axis=(1, 2))
    return value, np.sqrt(spread) / scale


def _of_random_sets(
    sizes: NDArray[np.int64], total: NDArray[np.float64], seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """(concepts,) of random sets: mean and deviation of their AUC, and how many times its standard error that is.

    0.5, 0 and 1 where nothing is drawn.
    `RANDOM_SETS` a size bin, of its smallest size, from all tracks of known stratum.
    """
    found = np.tile([[0.5], [0.0], [1.0]], len(sizes))
    cells = total.ravel().astype(np.int64)
    smallest = 0
    for size in np.unique(sizes).tolist():
        if size < FEWEST or size >= cells.sum():
            continue
        if size > BIN_RATIO * smallest:
            smallest = size
            drawn = np.random.default_rng([seed, size]).multivariate_hypergeometric(cells, size, RANDOM_SETS)
            values, errors = _told(drawn.reshape(RANDOM_SETS, *total.shape).astype(np.float64), total)
            deviation, error = float(values.std()), float(np.sqrt((errors**2).mean()))
            binned = [values.mean(), deviation, max(1.0, deviation / error) if error > 0 else 1.0]
        found[:, sizes == size] = np.array(binned)[:, None]
    return found[0], found[1], found[2]


def following(scores: NDArray[np.float32], members: Members, strata: NDArray[np.int16]) -> NDArray[np.float64]:
    """How far the scores of tracks that are no members follow a property.

    Args:
        scores: (tracks, concepts).
        members: the concepts.
        strata: (tracks,) -1 where unknown.

    Returns:
        (concepts,) correlation ratio of score and stratum, adjusted for the number of strata, 0..1.
    """
    levels = int(strata.max(initial=0)) + 1
    number, first, second = _moments_of_others(scores, members, strata, levels)
    count, filled = number.sum(axis=1), (number > 0).sum(axis=1)
    total = second - _squared(first.sum(axis=1), count)
    left = second - _squared(first, number).sum(axis=1)
    told = (count > filled) & (filled >= 2) & (total > SMALLEST * second)  # noqa: PLR2004  two strata can differ
    within = np.divide(left, count - filled, out=np.zeros_like(left), where=told)
    whole = np.divide(total, count - 1, out=np.ones_like(total), where=told)
    found: NDArray[np.float64] = np.where(told, np.maximum(0.0, 1.0 - within / whole), 0.0)
    return found


def _squared(sums: NDArray[np.float64], number: NDArray[np.float64]) -> NDArray[np.float64]:
    """Square of a sum over the number of what was summed; 0 of nothing."""
    found: NDArray[np.float64] = np.divide(sums**2, number, out=np.zeros_like(sums), where=number > 0)
    return found


def _moments_of_others(
    scores: NDArray[np.float32], members: Members, strata: NDArray[np.int16], levels: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Of the tracks of known stratum that are no members: (concepts, levels) number and sum, (concepts,) squares.

    All tracks are summed in the order of the rows, and what is the members' is taken off again: the table of scores is
    read once, as it lies.
    """
    concepts = len(members.concept_ids)
    first, second = np.zeros((levels, concepts)), np.zeros(concepts)
    for start in range(0, len(strata), SLAB_TRACKS):
        rows = start + np.flatnonzero(strata[start : start + SLAB_TRACKS] >= 0)
        some = np.asarray(scores[rows], np.float64)
        first += np.equal(np.arange(levels)[:, None], strata[rows]).astype(np.float64) @ some
        second += np.einsum("tc,tc->c", some, some)
    number = np.bincount(strata[strata >= 0], minlength=levels)
    owner = np.repeat(np.arange(concepts), members.sizes)
    mine = strata[members.indices] >= 0
    owner, rows = owner[mine], members.indices[mine]
    own, cell = np.asarray(scores[rows, owner], np.float64), owner * levels + strata[rows]
    size = concepts * levels
    inside, sums = (np.bincount(cell, what, size).reshape(concepts, levels) for what in (None, own))
    return (number - inside).astype(np.float64), first.T - sums, second - np.bincount(owner, own**2, concepts)
