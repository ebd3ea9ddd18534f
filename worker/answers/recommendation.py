"""Ranks tracks by weights on concepts: searching, and recommending with diversity, novelty and caps. numpy only.

Conventions: `worker.answers.taste` says what weights and strengths are. A track's relevance is the sum of its
contributions, each `weight x strength / (sum of the sizes of all weights)`, so it lies in -1..1 and adds up; a concept
that the track has no link to contributes nothing. Ties are broken by id, so an answer is a function of its question.

Why contributions and not a learnt mixture: whoever reads a recommendation can add it up, and whoever moves a weight
sees which tracks move and by how much.

Why diversity is measured over the tree: two tracks of two kinds of strings are more alike than one of strings and one
of drums, though neither pair shares a concept. So a track is described by its links and, `reach` for each edge, by
what lies above them; likeness is the cosine of two descriptions. Source of the greedy choice: Carbonell & Goldstein
1998, maximal marginal relevance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.answers.taste import EDGES, REACH, Strengths, Tree, Weights

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one concept adds to a track's relevance."""

    concept_id: str
    weight: float
    """-1..1, after it was spread over the tree."""
    strength: float
    """0..1, of the track's link."""
    value: float
    """`weight x strength` in units of relevance."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A track that may be recommended."""

    track_id: str
    links: Strengths
    """Concept -> strength, 0..1."""
    artist: str = ""
    popularity: int = 0
    """How many concepts it was given to."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the tracks are chosen among the relevant ones."""

    limit: int = 20
    diversity: float = 0.2
    """0..1: what unlikeness to the tracks before counts against relevance."""
    novelty: float = 0.0
    """0..1: how much a track that nobody's playlist holds is lifted, in units of the best relevance."""
    max_per_artist: int | None = None
    """Tracks without an artist are not capped."""
    reach: float = REACH


@dataclass(frozen=True, slots=True)
class Chosen:
    """One recommended track; `score` is relevance plus lift."""

    track_id: str
    score: float
    relevance: float
    lift: float
    """>= 0, what novelty added."""
    alike: float
    """0..1, how alike the most similar track before it is; 0 for the first."""


def contributions(links: Strengths, weights: Mapping[str, float]) -> list[Contribution]:
    """What makes up a track's relevance, largest first by size; they add up to it.

    Args:
        links: concept -> strength of the track.
        weights: concept -> weight.
    """
    total = sum(abs(weight) for weight in weights.values()) or 1.0
    found = [
        Contribution(concept_id, weights[concept_id], strength, weights[concept_id] * strength / total)
        for concept_id, strength in links.items()
        if concept_id in weights
    ]
    return sorted(found, key=lambda one: (-abs(one.value), one.concept_id))


def shortlist(by_concept: Mapping[str, Strengths], weights: Mapping[str, float], count: int) -> list[tuple[str, float]]:
    """The most relevant tracks among those linked to weighted concepts.

    Args:
        by_concept: concept -> track -> strength.
        weights: concept -> weight; concepts without links count in the sum of weights only.
        count: at most so many.

    Returns:
        (track id, relevance) with a relevance above 0, best first, then by id.
    """
    ids = sorted({track_id for links in by_concept.values() for track_id in links})
    if not ids:
        return []
    place = {track_id: position for position, track_id in enumerate(ids)}
    total = sum(abs(weight) for weight in weights.values()) or 1.0
    relevance = np.zeros(len(ids))
    for concept_id, links in by_concept.items():
        weight = weights.get(concept_id, 0.0) / total
        rows = np.fromiter((place[track_id] for track_id in links), np.int64, len(links))
        relevance[rows] += weight * np.fromiter(links.values(), np.float64, len(links))
    order = np.argsort(-relevance, kind="stable")[:count]
    return [(ids[row], float(relevance[row])) for row in order if relevance[row] > 0]


def choose(candidates: Sequence[Candidate], weights: Weights, tree: Tree, wishes: Wishes) -> list[Chosen]:
    """Choose tracks one after another: relevant, unlike those before, no more of an artist than wished.

    Args:
        candidates: tracks, each once; those of no positive relevance are passed over.
        weights: concept -> weight.
        tree: the edges over which likeness is measured.
        wishes: how.

    Returns:
        In the order of choice, at most `wishes.limit`.
    """
    ordered = sorted(candidates, key=lambda one: one.track_id)
    relevance = _relevance([one.links for one in ordered], weights)
    keep = np.flatnonzero(relevance > 0)
    ordered, relevance = [ordered[row] for row in keep], relevance[keep]
    if not ordered:
        return []
    lift = wishes.novelty * float(relevance.max()) * _rarity(np.array([one.popularity for one in ordered], np.float64))
    scores = relevance + lift
    described = _described([one.links for one in ordered], tree, wishes.reach)
    return [
        Chosen(ordered[row].track_id, float(scores[row]), float(relevance[row]), float(lift[row]), alike)
        for row, alike in _greedily(scores, described, [one.artist for one in ordered], wishes)
    ]


def _relevance(links: Sequence[Strengths], weights: Mapping[str, float]) -> Matrix:
    """(tracks,) what the contributions of each add up to."""
    total = sum(abs(weight) for weight in weights.values()) or 1.0
    share = {concept_id: weight / total for concept_id, weight in weights.items()}
    return np.array([sum(share[one] * found for one, found in track.items() if one in share) for track in links])


def _rarity(popularity: Matrix) -> Matrix:
    """1 for a track that no concept was given, 0 for the most popular one, on a logarithmic scale."""
    most = float(popularity.max())
    return np.ones_like(popularity) if most == 0 else 1.0 - np.log1p(popularity) / np.log1p(most)


def _greedily(
    scores: Matrix, described: _Descriptions, artists: Sequence[str], wishes: Wishes
) -> list[tuple[int, float]]:
    """(row, likeness to the nearest before) in the order of choice."""
    scaled = scores / scores.max()
    free = np.ones(len(scores), np.bool_)
    nearest = np.zeros(len(scores))
    counts: dict[str, int] = {}
    chosen: list[tuple[int, float]] = []
    while free.any() and len(chosen) < wishes.limit:
        worth = np.where(free, (1.0 - wishes.diversity) * scaled - wishes.diversity * nearest, -np.inf)
        row = int(np.argmax(worth))
        chosen.append((row, float(nearest[row])))
        free[row] = False
        nearest = np.maximum(nearest, described.likeness(row))
        artist = artists[row].casefold()
        counts[artist] = counts.get(artist, 0) + 1
        if artist and wishes.max_per_artist is not None and counts[artist] >= wishes.max_per_artist:
            free &= np.array([one.casefold() != artist for one in artists])
    return chosen


@dataclass(frozen=True, slots=True)
class _Descriptions:
    """Tracks as vectors of length 1 over concepts; of each only the few entries that are not 0."""

    tracks: int
    concepts: int
    row: NDArray[np.int64]
    """(entries,) position of the track."""
    column: NDArray[np.int64]
    """(entries,) position of the concept."""
    value: Matrix
    """(entries,) above 0."""

    def likeness(self, row: int) -> Matrix:
        """(tracks,) cosine to one of them, 0..1."""
        other = np.zeros(self.concepts)
        own = self.row == row
        other[self.column[own]] = self.value[own]
        return np.clip(np.bincount(self.row, self.value * other[self.column], self.tracks), 0.0, 1.0)


def _described(links: Sequence[Strengths], tree: Tree, reach: float) -> _Descriptions:
    """Strengths, and above each concept the largest of `reach ** edges x strength`."""
    place = {one: position for position, one in enumerate(dict.fromkeys(one for track in links for one in track))}
    ways = [_climb(one, tree, reach) for one in place]
    column = {one: position for position, one in enumerate(dict.fromkeys(one for way in ways for one in way))}
    above = np.full((len(ways), EDGES + 1), -1, np.int64)
    for position, way in enumerate(ways):
        above[position, : len(way)] = [column[one] for one in way]
    track = np.repeat(np.arange(len(links)), [len(one) for one in links])
    concept = np.fromiter((place[one] for track in links for one in track), np.int64, len(track))
    strength = np.fromiter((found for track in links for found in track.values()), np.float64, len(track))
    carried = strength[:, None] * reach ** np.arange(EDGES + 1)
    reached = above[concept]
    there = (reached >= 0) & (carried > 0)
    entries, same = np.unique((track[:, None] * len(column) + reached)[there], return_inverse=True)
    value = np.zeros(len(entries))
    np.maximum.at(value, same, carried[there])
    row, of = np.divmod(entries, max(len(column), 1))
    length = np.sqrt(np.bincount(row, value**2, len(links)))
    return _Descriptions(len(links), len(column), row, of, value / length[row])


def _climb(concept_id: str, tree: Tree, reach: float) -> list[str]:
    """The concept and what lies above it, as many edges up as a weight travels."""
    found = [concept_id]
    while reach > 0 and len(found) <= EDGES and (above := tree.parent.get(found[-1])) is not None:
        found.append(above)
    return found
