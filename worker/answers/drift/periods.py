"""Have the tracks that joined a concept in different years another sound? Drift through the time of the data.

Conventions: a period is a calendar year ("2021") or quarter ("2021-Q3") by the date a track was added, UTC; periods of
fewer than `min_tracks` tracks are joined with the next one ("2019..2020"), a last one with the one before. All periods
are heard by one network, compared with the same catalogue under the same ridge; null: the concept's own tracks, their
dates dealt at random.

Of a period p a vector is learnt in closed form, v_p = (correlations + ridge)^-1 (mean of its tracks - mean of the
catalogue), on standardised track means: the discriminant that also decides whether a concept is learnt at all. Two
figures beside the test of `contrast`: the cosine of v_p with the vector before it, and how far its tracks score on that
vector, in deviations of the catalogue.

Why a closed form: the interval of every figure asks for hundreds of vectors of tracks dealt at random.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from worker.answers.drift.contrast import Floats, Space, contrast, group_weights
from worker.answers.drift.figures import Q
from worker.concepts.members import Members
from worker.concepts.significance import benjamini_hochberg
from worker.concepts.vectors import Progress

Span = Literal["year", "quarter"]

MIN_TRACKS = 8
DEALS = 399
"""Random deals behind the intervals of cosine and score; the test has more."""
MOVED = 3
"""Concepts named that the newest tracks sound more, and less, like."""
_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?")


@dataclass(frozen=True, slots=True)
class Period:
    """The tracks added in one period, beside those of the period before."""

    name: str
    tracks: int
    cosine: float | None = None
    """Of its vector with the one before; None of the first."""
    cosine_low: float | None = None
    """95 % of random deals exceed it."""
    score: float | None = None
    """Mean score of its tracks on the vector before, in deviations of the catalogue; None of the first."""
    score_low: float | None = None
    """95 % of random deals lie between the two."""
    score_high: float | None = None


@dataclass(frozen=True, slots=True)
class PeriodDrift:
    """One concept through the periods, or why nothing can be said."""

    concept_id: str
    periods: tuple[Period, ...]
    undated: int
    """Tracks without a date."""
    shift: float | None = None
    """1 on average when nothing has changed; see `contrast`."""
    limit: float | None = None
    """95 % of random deals stay below."""
    p_value: float | None = None
    q_value: float | None = None
    toward: tuple[tuple[str, float], ...] = ()
    """Concepts whose sound the last period has more of than the first, and by how many deviations of the catalogue."""
    away: tuple[tuple[str, float], ...] = ()
    reason: str = ""

    @property
    def drifted(self) -> bool:
        """Beyond what chance explains, at a false discovery rate of 5 % over the collection."""
        return self.q_value is not None and self.q_value <= Q


def period_of(added_at: str | None, span: Span) -> str | None:
    """The period of an ISO 8601 date or date-time; None where it says too little.

    Example:
        >>> period_of("2021-08-03", "quarter"), period_of("2021", "year"), period_of("2021", "quarter")
        ('2021-Q3', '2021', None)
    """
    found = _DATE.match(added_at or "")
    if found is None:
        return None
    if span == "year":
        return found[1]
    return f"{found[1]}-Q{(int(found[2]) + 2) // 3}" if found[2] and 1 <= int(found[2]) <= 12 else None  # noqa: PLR2004


def join_small(names: Sequence[str | None], min_tracks: int = MIN_TRACKS) -> tuple[list[str], NDArray[np.int64]]:
    """Group tracks by period, small ones joined.

    Args:
        names: period of each track, None where it has no date.
        min_tracks: a period has no fewer, unless it is the only one.

    Returns:
        Names of the periods, oldest first, and (tracks,) the period of each track, -1 where it has none.
    """
    counts = Counter(name for name in names if name is not None)
    runs: list[list[str]] = []
    for name in sorted(counts):
        if runs and sum(counts[one] for one in runs[-1]) < min_tracks:
            runs[-1].append(name)
        else:
            runs.append([name])
    if len(runs) > 1 and sum(counts[one] for one in runs[-1]) < min_tracks:
        last = runs.pop()
        runs[-1] += last
    place = {name: number for number, run in enumerate(runs) for name in run}
    titles = [run[0] if len(run) == 1 else f"{run[0]}..{run[-1]}" for run in runs]
    return titles, np.array([-1 if name is None else place[name] for name in names], np.int64)


def drift_by_period(
    space: Space,
    members: Members,
    added_at: Mapping[str, Mapping[str, str]],
    span: Span = "year",
    progress: Progress | None = None,
    *,
    min_tracks: int = MIN_TRACKS,
    seed: int = 0,
) -> list[PeriodDrift]:
    """Test every concept whose tracks are dated.

    Args:
        space: the catalogue.
        members: the concepts, over the same tracks.
        added_at: concept id -> track id -> when it was added, where known.
        span: length of a period.
        progress: told (concepts done, concepts).
        min_tracks: smaller periods are joined with their neighbours.
        seed: of the permutations.

    Returns:
        One result a concept, in the order of `members`.
    """
    found: list[PeriodDrift] = []
    dealer = _Dealer(space, _Discriminant.of(space), len(members.concept_ids), seed)
    for place, concept_id in enumerate(members.concept_ids):
        rows = members.rows(place)
        dates = added_at.get(concept_id, {})
        names = [period_of(dates.get(space.track_ids[row]), span) for row in rows.tolist()]
        titles, groups = join_small(names, min_tracks)
        dated = groups >= 0
        undated = int((~dated).sum())
        if len(titles) < 2:  # noqa: PLR2004  nothing to compare with
            found.append(_alone(concept_id, titles, int(dated.sum()), undated))
        else:
            one = dealer.concept(concept_id, rows[dated], groups[dated], titles)
            found.append(replace(one, undated=undated))
        if progress is not None:
            progress(place + 1, len(members.concept_ids))
    tested = [place for place, one in enumerate(found) if one.p_value is not None]
    q_values = benjamini_hochberg(np.array([found[place].p_value for place in tested], np.float64))
    for place, q_value in zip(tested, q_values.tolist(), strict=True):
        found[place] = replace(found[place], q_value=q_value)
    return found


def _alone(concept_id: str, titles: list[str], dated: int, undated: int) -> PeriodDrift:
    if not titles:
        return PeriodDrift(concept_id, (), undated, reason="no track says when it was added")
    reason = f"all its dated tracks lie in one period ({titles[0]}), or too few in any other"
    return PeriodDrift(concept_id, (Period(titles[0], dated),), undated, reason=reason)


@dataclass(frozen=True, slots=True)
class _Discriminant:
    """Vectors and scores of sets of tracks, in closed form."""

    whitened: Floats
    """(tracks, units); the inner product of two rows is sound' (correlations + ridge)^-1 sound."""
    spread: Floats
    """(units, units) covariance of the whitened rows."""
    inverse: Floats

    @classmethod
    def of(cls, space: Space) -> _Discriminant:
        whitened = space.sound @ space.whitener
        return cls(whitened, whitened.T @ whitened / len(whitened), space.whitener)

    def vectors(self, means: Floats) -> Floats:
        """(sets, units) directions of unit length, from the whitened means of the sets."""
        vectors = means @ self.inverse
        found: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-30)
        return found

    def scores(self, means: Floats, on: Floats) -> Floats:
        """Mean score of each set's tracks on the vector of another set, in deviations of the catalogue."""
        deviations = np.sqrt(np.einsum("...u,uv,...v->...", on, self.spread, on))
        found: Floats = (means * on).sum(axis=-1) / np.maximum(deviations, 1e-30)
        return found


@dataclass(frozen=True, slots=True)
class _Dealer:
    """What the tests of all concepts share."""

    space: Space
    discriminant: _Discriminant
    concepts: int
    seed: int

    def concept(
        self, concept_id: str, rows: NDArray[np.int64], groups: NDArray[np.int64], titles: Sequence[str]
    ) -> PeriodDrift:
        """One concept: the test, each period's figures, and where it went."""
        count = len(titles)
        weights = group_weights(groups, count)
        test = contrast(self.space, concept_id, rows, weights, concepts=self.concepts, seed=self.seed)
        toward, away = _moved(self.space, concept_id, rows[groups == 0], rows[groups == count - 1])
        return PeriodDrift(
            concept_id,
            tuple(self._periods(rows, groups, titles)),
            0,
            shift=test.shift,
            limit=test.limit,
            p_value=test.p_value,
            toward=toward,
            away=away,
        )

    def _periods(self, rows: NDArray[np.int64], groups: NDArray[np.int64], titles: Sequence[str]) -> Iterator[Period]:
        cosine, score = self._figures(rows, groups, len(titles))
        low, (lowest, highest) = np.quantile(cosine[1:], 0.05, axis=0), np.quantile(score[1:], [0.025, 0.975], axis=0)
        sizes = np.bincount(groups, minlength=len(titles)).tolist()
        yield Period(titles[0], sizes[0])
        for at in range(len(titles) - 1):
            yield Period(
                titles[at + 1],
                sizes[at + 1],
                cosine=float(cosine[0, at]),
                cosine_low=float(low[at]),
                score=float(score[0, at]),
                score_low=float(lowest[at]),
                score_high=float(highest[at]),
            )

    def _figures(self, rows: NDArray[np.int64], groups: NDArray[np.int64], count: int) -> tuple[Floats, Floats]:
        """(1 + deals, periods - 1) cosine with the vector before, and score on it; row 0 is what was, others deals."""
        deal = np.random.default_rng([self.seed, len(rows)])
        dealt = np.concatenate([groups[None], deal.permuted(np.tile(groups, (DEALS, 1)), axis=1)])
        sizes = np.bincount(groups, minlength=count)
        belongs = (dealt[:, None, :] == np.arange(count)[:, None]) / sizes[:, None]
        means = belongs @ self.discriminant.whitened[rows]
        vectors = self.discriminant.vectors(means)
        cosine: Floats = (vectors[:, 1:] * vectors[:, :-1]).sum(axis=-1)
        return cosine, self.discriminant.scores(means[:, 1:], means[:, :-1])


def _moved(
    space: Space, concept_id: str, first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[tuple[tuple[str, float], ...], tuple[tuple[str, float], ...]]:
    """The concepts whose scores rose and fell most from the first period's tracks to the last's."""
    change = space.profile[last].mean(axis=0) - space.profile[first].mean(axis=0)
    order = [place for place in np.argsort(-change, kind="stable").tolist() if space.landmarks[place] != concept_id]
    named = [(space.landmarks[place], float(change[place])) for place in order]
    toward = tuple(one for one in named[:MOVED] if one[1] > 0)
    away = tuple(one for one in reversed(named[-MOVED:]) if one[1] < 0)
    return toward, away
