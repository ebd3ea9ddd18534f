"""Correlated concepts planted in a catalogue: intersections with two true parents, parts, and pairs that overlap.

Conventions: memberships map a concept to its tracks. What is planted depends on memberships and seed alone, never on an
order. Names of what is planted say what it is (`Funk and Rock`, `Half of Funk`, `0.3 of Funk and Rock, first`).

*Intersections* A and B hold the tracks that lie in both. Only pairs are taken of which neither contains the other and
of which nothing narrower than A or B contains the intersection, so that A and B are its parents, and all of them.
*Parts* are a random half of a concept: contained in it and told from it by nothing. *Pairs* are two playlists of equal
size that share a stated part of their tracks: the first holds tracks of A, the second the shared ones and tracks of B.

Three places for an intersection's tracks: *inside* A and B as well, as in a library whose wider playlists contain the
narrower; *apart*, in the intersection alone, as most people's playlists are: who has a Funk-Rock list does not repeat
it in Funk; and *noisy*, three tenths of all memberships with a tenth of wrong ones (`worker.evaluation.regimes`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from worker.evaluation.regimes import Memberships, Thinned, nested, noisy

Placing = Literal["inside", "apart", "noisy"]
PLACINGS: tuple[Placing, ...] = get_args(Placing)
OVERLAPS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

LEAST = 25
"""Tracks of an intersection."""
LEFT = 20
"""Tracks that a concept keeps at least when intersections leave it."""
MOST_SHARED = 0.7
"""Share of the smaller of two concepts beyond which they are not two any more."""
WHOLE = 0.95
"""Share of a concept's tracks from which on another contains it."""
PAIR = 60
"""Tracks of each playlist of a pair, or as many as there are."""

_Sets = dict[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Crossed:
    """A catalogue with intersections in it."""

    memberships: Thinned
    parents: Mapping[str, tuple[str, str]]
    """Of each intersection, the two."""
    sizes: Mapping[str, int]
    """Of every concept, before any track was taken out or added."""


@dataclass(frozen=True, slots=True)
class Overlapping:
    """A catalogue with parts and pairs in it."""

    memberships: Thinned
    wholes: Mapping[str, str]
    """Of each part, what it is a half of."""
    pairs: Mapping[tuple[str, str], float]
    """The two playlists, and the share of each that lies in the other."""


def plant_intersections(
    memberships: Memberships, placing: Placing = "inside", *, most: int = 12, seed: int = 0
) -> Crossed:
    """Plant intersections of random crossings.

    Args:
        memberships: concept -> tracks.
        placing: where their tracks are.
        most: at most so many.
        seed: of every draw.

    Example:
        >>> tracks = [f"{n:03}" for n in range(150)]
        >>> found = plant_intersections({"Funk": tracks[:100], "Rock": tracks[50:]}, "apart")
        >>> found.parents, len(found.memberships["Funk and Rock"]), len(found.memberships["Funk"])
        ({'Funk and Rock': ('Funk', 'Rock')}, 50, 50)
    """
    given: _Sets = {name: frozenset(tracks) for name, tracks in memberships.items()}
    chosen, left = _intersections(given, most, np.random.default_rng([seed, 11]))
    shared = {name: given[one] & given[other] for name, (one, other) in chosen.items()}
    planted = (left if placing == "apart" else given) | shared
    found = noisy(planted, seed=seed) if placing == "noisy" else nested(planted)
    return Crossed(found, chosen, {name: len(tracks) for name, tracks in (given | shared).items()})


def plant_overlaps(memberships: Memberships, *, parts: int = 8, seed: int = 0) -> Overlapping:
    """Plant halves of random concepts, and one pair of each overlap.

    Args:
        memberships: concept -> tracks.
        parts: at most so many halves.
        seed: of every draw.

    Example:
        >>> tracks = [f"{n:03}" for n in range(150)]
        >>> found = plant_overlaps({"Funk": tracks[:90], "Rock": tracks[90:]}, parts=1)
        >>> found.wholes, len(found.pairs)
        ({'Half of Rock': 'Rock'}, 9)
    """
    given: _Sets = {name: frozenset(tracks) for name, tracks in memberships.items()}
    draw = np.random.default_rng([seed, 12])
    large = sorted(name for name, tracks in given.items() if len(tracks) >= PAIR)
    wholes = {f"Half of {name}": name for name in _some(large, parts, draw)}
    halves = {
        name: frozenset(_some(sorted(given[whole]), len(given[whole]) // 2, draw)) for name, whole in wholes.items()
    }
    pairs = list(_pairs(given, draw))
    lists = {name: tracks for _, both in pairs for name, tracks in both}
    overlaps = {(one, other): overlap for overlap, ((one, _), (other, _)) in pairs}
    return Overlapping(nested(given | halves | lists), wholes, overlaps)


def contained(memberships: Memberships) -> dict[str, tuple[str, ...]]:
    """The taxonomy that memberships themselves tell: each concept below the narrowest that contain it.

    Two that contain each other stand side by side.

    Example:
        >>> contained({"violin": "123", "strings": "12345", "all": "1234567"})
        {'all': (), 'strings': ('all',), 'violin': ('strings',)}
    """
    given = {name: frozenset(tracks) for name, tracks in memberships.items()}
    around = {name: _containing(given, tracks) - {name} for name, tracks in given.items()}
    wider = {name: {upper for upper in above if name not in around[upper]} for name, above in around.items()}
    return {
        name: tuple(sorted(upper for upper in wider[name] if not any(upper in wider[lower] for lower in wider[name])))
        for name in sorted(given)
    }


def crossings(memberships: Memberships, least: int = LEAST) -> list[tuple[str, str]]:
    """Pairs of concepts whose intersection has these two as its parents and no others, sorted.

    Args:
        memberships: concept -> tracks.
        least: tracks that they share at least.
    """
    given = {name: frozenset(tracks) for name, tracks in memberships.items()}
    wider = {name: _containing(given, tracks) - {name} for name, tracks in given.items()}
    found = []
    for one, other in itertools.combinations(sorted(given), 2):
        shared = given[one] & given[other]
        if len(shared) < least or len(shared) > MOST_SHARED * min(len(given[one]), len(given[other])):
            continue
        above = _containing(given, shared)
        lowest = {name for name in above if not any(name in wider[lower] for lower in above)}
        if lowest == {one, other}:
            found.append((one, other))
    return found


def _intersections(given: _Sets, most: int, draw: np.random.Generator) -> tuple[dict[str, tuple[str, str]], _Sets]:
    """Some crossings, and what the concepts keep when the tracks of those leave all that contains either parent."""
    possible = crossings(given)
    wider = {name: _containing(given, tracks) for name, tracks in given.items()}
    left, chosen = dict(given), dict[str, tuple[str, str]]()
    for place in draw.permutation(len(possible)).tolist():
        if len(chosen) >= most:
            break
        one, other = possible[place]
        shared, leaving = given[one] & given[other], wider[one] | wider[other]
        if all(len(left[name] - shared) >= LEFT for name in leaving):
            left |= {name: left[name] - shared for name in leaving}
            chosen[f"{one} and {other}"] = (one, other)
    return chosen, left


def _pairs(given: _Sets, draw: np.random.Generator) -> Iterator[tuple[float, list[tuple[str, frozenset[str]]]]]:
    """For each overlap two playlists, of concepts that have enough tracks of their own."""
    possible = [
        (one, other)
        for one, other in itertools.combinations(sorted(given), 2)
        if min(len(given[one] - given[other]), len(given[other] - given[one])) >= PAIR
    ]
    for overlap, place in zip(OVERLAPS, itertools.cycle(draw.permutation(len(possible)).tolist()), strict=False):
        one, other = possible[place]
        first = _some(sorted(given[one] - given[other]), PAIR, draw)
        shared = first[: round(overlap * PAIR)]
        second = [*shared, *_some(sorted(given[other] - given[one]), PAIR - len(shared), draw)]
        name = f"{overlap} of {one} and {other}"
        yield overlap, [(f"{name}, first", frozenset(first)), (f"{name}, second", frozenset(second))]


def _containing(given: _Sets, tracks: frozenset[str]) -> frozenset[str]:
    """Who contains them, itself included."""
    return frozenset(name for name, mine in given.items() if len(mine & tracks) >= WHOLE * len(tracks))


def _some(names: list[str], most: int, draw: np.random.Generator) -> list[str]:
    """A draw without repetition, in random order."""
    return [names[place] for place in draw.permutation(len(names))[:most].tolist()]
