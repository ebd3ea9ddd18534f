"""How many tracks a concept needs: what is learnt from seeded parts of concepts, and what is believed of random sets.

Conventions: sizes are tracks. A part is `size` tracks drawn from a concept; the concept's other tracks are set aside in
training, so that a part is never told that they do not belong. Everything is cross-fitted with the catalogue's folds:
every track is scored by a vector that did not see it. One ridge serves all sizes, as it does in a rebuild: that of the
concepts learnt whole. Intervals are 95 %.

Of each size is measured

* the AUC of the vectors learnt from parts, with all tracks of the concept against all that are not of it: the mean over
  concepts (each the mean of its parts) with a bootstrap interval over concepts, the lowest tenth of the parts, and how
  far the mean lies behind that of the same concepts learnt whole;
* how many parts would be kept by the rules of a rebuild, p <= q against random sets and balanced accuracy above the
  limit, the concept's other tracks left out of account; and how far the vectors of those lie behind;
* how many random sets of that size would be kept by the same rules, and by either rule alone.

p is compared with q as it stands. In a collection the false discovery rate asks for a smaller p, so the share of random
sets that is kept here is the most that can be.

Why two smallest sizes follow and not one: whatever stands in a tree should be a concept and no accident, and its vector
about as good as more tracks would make it. Random sets should be kept in at most 5 % of cases (upper end of the
interval), and vectors lie at most 0.05 of AUC behind. Where the rules of a rebuild choose among concepts, only the
vectors they keep have to do so: `least_size`. Where a size is to be trusted by itself, as without the test, the mean of
all parts has to: `least_size_of_any`, never the smaller one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from worker.concepts.errors import ShapeMismatch
from worker.concepts.folds import hash_order
from worker.concepts.members import Members
from worker.concepts.quality import Z95, assess
from worker.concepts.significance import NullSettings, learnt_or_not
from worker.concepts.similarity import track_scores
from worker.concepts.training import learn_vectors
from worker.concepts.vectors import VectorSettings

if TYPE_CHECKING:
    from worker.activations.store import Activations

SIZES = (3, 5, 10, 20, 39, 100, 250)
RESAMPLES = 2000
MOST_FALSE = 0.05
MOST_BEHIND = 0.05
TRIES = 100


@dataclass(frozen=True, slots=True)
class CurveSettings:
    """What is drawn, and by which rules a concept is kept."""

    sizes: Sequence[int] = SIZES
    parts: int = 5
    """Drawn of each concept; one where the concept is no larger than the part."""
    concepts: int = 64
    """At most so many, a seeded draw."""
    random_sets: int = 200
    """Of each size."""
    q: float = 0.01
    min_accuracy: float = 0.70
    seed: int = 0
    vectors: VectorSettings = field(default_factory=VectorSettings)


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One size."""

    size: int
    concepts: int
    """With at least so many tracks."""
    parts: int
    auc: float
    """Mean over concepts; NaN where there is none."""
    auc_low: float
    auc_high: float
    auc_lowest_tenth: float
    """A tenth of the parts lie below it."""
    behind: float
    """AUC of the same concepts learnt whole, minus `auc`."""
    kept: float
    """Share of the parts that both rules keep."""
    kept_whole: float
    """Share of the same concepts that both rules keep when learnt whole."""
    kept_auc: float
    """Mean AUC of the kept parts' vectors; NaN where none is kept."""
    kept_behind: float
    """AUC of the same concepts learnt whole, minus `kept_auc`."""
    random_sets: int
    random_by_accuracy: float
    """Share of random sets whose balanced accuracy passes."""
    random_by_test: float
    """Share of random sets with p <= q."""
    random_kept: float
    """Share of random sets that both rules keep."""
    random_kept_high: float
    """Upper end of its interval."""


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """All sizes, and what follows."""

    points: tuple[CurvePoint, ...]
    """Ascending."""
    tracks: int
    """Of the catalogue."""
    ridge: float
    """Of all vectors."""
    least_size: int | None
    """The smallest size from which on random sets are not kept and kept vectors are good; None where there is none."""
    least_size_of_any: int | None
    """The smallest size from which on, besides, the mean of all vectors is good; None where there is none."""


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Sets of one size: parts of concepts and random sets, sorted by id as `members` is."""

    members: Members
    aside: Members
    source: NDArray[np.int64]
    """(sets,) position of the concept a part is of, -1 for a random set."""
    size: int


def learning_curve(
    activations: Activations,
    members: Members,
    folds: NDArray[np.int8],
    settings: CurveSettings | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> LearningCurve:
    """Learn from parts of concepts and from random sets of every size.

    Args:
        activations: rows of every track of `members.track_ids`.
        members: the concepts, screened (see `quality.screen`), however many tracks they have.
        folds: (tracks,) fold of each of `members.track_ids`.
        settings: see `CurveSettings`.
        progress: told (sizes done, sizes + 1): the first step learns the concepts whole.

    Raises:
        ShapeMismatch: a size is below 2, or leaves no other track.
    """
    settings = settings or CurveSettings()
    sizes = sorted(set(settings.sizes))
    if not sizes or sizes[0] < 2 or sizes[-1] >= len(members.track_ids):  # noqa: PLR2004  one track cannot be held out
        raise ShapeMismatch("the sizes of a learning curve", f"2..{len(members.track_ids) - 1}", sizes)
    order = np.argsort(hash_order(members.concept_ids, settings.seed, "learning curve"), kind="stable")
    study = _Study(activations, members.select(order[: settings.concepts]), folds, settings)
    drawn = [_whole(study.concepts), *(_draw(study.concepts, folds, size, settings) for size in sizes)]
    tested = study.tested(drawn)
    found: list[_Found] = []
    for sets, significant in zip(drawn, tested, strict=True):
        learning = replace(settings.vectors, ridge=found[0].ridge) if found else settings.vectors
        found.append(study.learnt(sets, significant, learning))
        if progress is not None:
            progress(len(found), len(drawn))
    points = [study.point(sets, one, found[0]) for sets, one in zip(drawn[1:], found[1:], strict=True)]
    least = _least(points, lambda point: point.kept_behind)
    of_any = _least(points, lambda point: max(point.kept_behind, point.behind))
    return LearningCurve(tuple(points), len(members.track_ids), found[0].ridge, least, of_any)


def _whole(concepts: Members) -> _Drawn:
    nothing = [np.zeros(0, np.int64)] * len(concepts.concept_ids)
    aside = _gathered(concepts.concept_ids, nothing, concepts.track_ids)
    return _Drawn(concepts, aside, np.arange(len(nothing)), 0)


def _draw(members: Members, folds: NDArray[np.int8], size: int, settings: CurveSettings) -> _Drawn:
    parts: dict[str, tuple[int, NDArray[np.int64], NDArray[np.int64]]] = {}
    seeds = hash_order(members.concept_ids, settings.seed, f"part {size}")
    for concept, number in enumerate(members.sizes.tolist()):
        if number < size:
            continue
        draw, rows = np.random.default_rng(int(seeds[concept])), members.rows(concept)
        for part in range(settings.parts if number > size else 1):
            some = _some(draw, rows, size, folds)
            parts[f"part {concept:06d} {part:03d}"] = concept, some, np.setdiff1d(rows, some)
    draw, nothing = np.random.default_rng([settings.seed, size]), np.zeros(0, np.int64)
    for number in range(settings.random_sets):
        everything = np.arange(len(members.track_ids))
        parts[f"random {number:06d}"] = -1, _some(draw, everything, size, folds), nothing
    ids = sorted(parts)
    return _Drawn(
        _gathered(ids, [parts[one][1] for one in ids], members.track_ids),
        _gathered(ids, [parts[one][2] for one in ids], members.track_ids),
        np.array([parts[one][0] for one in ids], np.int64),
        size,
    )


def _some(draw: np.random.Generator, rows: NDArray[np.int64], size: int, folds: NDArray[np.int8]) -> NDArray[np.int64]:
    """`size` of the rows, drawn again until they lie in two folds or more, as the screen of a rebuild demands."""
    for _ in range(TRIES):
        some = np.sort(draw.choice(rows, size, replace=False, shuffle=False))
        if len(np.unique(folds[some])) > 1:
            return some
    raise ShapeMismatch("the tracks of a concept", "in more than one fold", "in one")


def _gathered(ids: Sequence[str], rows: Sequence[NDArray[np.int64]], track_ids: tuple[str, ...]) -> Members:
    indptr = np.cumsum([0, *(len(part) for part in rows)], dtype=np.int64)
    return Members(tuple(ids), track_ids, indptr, np.concatenate(rows), np.zeros(len(ids), np.int64))


@dataclass(frozen=True, slots=True)
class _Found:
    """What a rebuild would find of some sets."""

    ridge: float

    auc: NDArray[np.float64]
    """(sets,) for the tracks that truly belong."""
    kept: NDArray[np.bool_]
    accurate: NDArray[np.bool_]
    significant: NDArray[np.bool_]


class _Study:
    """One catalogue under one set of rules."""

    def __init__(
        self, activations: Activations, concepts: Members, folds: NDArray[np.int8], settings: CurveSettings
    ) -> None:
        self.activations, self.concepts, self.folds, self.settings = activations, concepts, folds, settings
        self.order = concepts.track_order(activations.track_ids)
        self.by_activation = np.zeros(len(activations.track_ids), np.int8)
        self.by_activation[self.order] = folds

    def tested(self, drawn: Sequence[_Drawn]) -> list[NDArray[np.bool_]]:
        """Whether p <= q, of every set; all sizes tested together, as a rebuild tests a collection."""
        ids = [f"{sets.size:09d} {one}" for sets in drawn for one in sets.members.concept_ids]
        rows = [sets.members.rows(place) for sets in drawn for place in range(len(sets.members.concept_ids))]
        nulls = NullSettings(max_negatives=self.settings.vectors.max_negatives, seed=self.settings.seed + 1)
        found = learnt_or_not(self.activations, _gathered(ids, rows, self.concepts.track_ids), self.folds, nulls)
        significant = np.array([one.p_value <= self.settings.q for one in found])
        return np.split(significant, np.cumsum([len(sets.members.concept_ids) for sets in drawn])[:-1])

    def learnt(self, sets: _Drawn, significant: NDArray[np.bool_], settings: VectorSettings) -> _Found:
        """Learn the sets and judge them, their concepts' other tracks left out of account."""
        taught = sets.members
        vectors = learn_vectors(self.activations, taught, self.folds, settings, aside=sets.aside)
        scores = track_scores(self.activations, vectors, self.by_activation)[self.order]
        places = range(len(taught.concept_ids))
        belong = [np.sort(np.concatenate([taught.rows(place), sets.aside.rows(place)])) for place in places]
        everything = np.arange(len(taught.track_ids))
        judged = [np.setdiff1d(everything, sets.aside.rows(place)) for place in places]
        truth, within = (_gathered(taught.concept_ids, rows, taught.track_ids) for rows in (belong, judged))
        accurate = np.array([one.accuracy > self.settings.min_accuracy for one in assess(scores, taught, within)])
        auc = np.array([one.auc for one in assess(scores, truth)])
        return _Found(vectors.ridge, auc, accurate & significant, accurate, significant)

    def point(self, sets: _Drawn, found: _Found, whole: _Found) -> CurvePoint:
        """One size's figures."""
        part, random = sets.source >= 0, sets.source < 0
        sources, kept = np.unique(sets.source[part]), part & found.kept
        means = np.array([found.auc[sets.source == source].mean() for source in sources])
        low, high = _bootstrap(means, self.settings.seed)
        return CurvePoint(
            size=sets.size,
            concepts=len(sources),
            parts=int(part.sum()),
            auc=_mean(means),
            auc_low=low,
            auc_high=high,
            auc_lowest_tenth=float(np.quantile(found.auc[part], 0.1)) if part.any() else float("nan"),
            behind=_mean(whole.auc[sources] - means),
            kept=_mean(found.kept[part]),
            kept_whole=_mean(whole.kept[sources]),
            kept_auc=_mean(found.auc[kept]),
            kept_behind=_mean(whole.auc[sets.source[kept]] - found.auc[kept]),
            random_sets=int(random.sum()),
            random_by_accuracy=_mean(found.accurate[random]),
            random_by_test=_mean(found.significant[random]),
            random_kept=_mean(found.kept[random]),
            random_kept_high=_wilson_high(int(found.kept[random].sum()), int(random.sum())),
        )


def _mean(values: NDArray[np.floating] | NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _bootstrap(values: NDArray[np.float64], seed: int) -> tuple[float, float]:
    """95 % interval of the mean, values drawn with replacement."""
    if len(values) == 0:
        return float("nan"), float("nan")
    drawn = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def _wilson_high(hits: int, number: int) -> float:
    """Upper end of the 95 % interval of a share."""
    if number == 0:
        return float("nan")
    share, square = hits / number, Z95**2 / number
    reach = Z95 * np.sqrt(share * (1 - share) / number + square / (4 * number))
    return float((share + square / 2 + reach) / (1 + square))


def _least(points: Sequence[CurvePoint], behind: Callable[[CurvePoint], float]) -> int | None:
    """See the module's last paragraph. Sizes that no concept has say nothing; one that keeps nothing is no size."""
    least = None
    for point in reversed([point for point in points if point.concepts]):
        if not (point.random_kept_high <= MOST_FALSE and behind(point) <= MOST_BEHIND):
            break
        least = point.size
    return least
