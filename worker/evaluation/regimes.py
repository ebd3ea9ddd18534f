"""Three kinds of memberships under which a tree is judged: as imported, without containment, and noisy.

Conventions: memberships map a concept to its tracks, the taxonomy is a tree as in `worker.evaluation.taxonomy`; both by
the same names. A concept that the taxonomy does not know stands alone. Results are sorted and depend on the contents
and the seed only, never on the order of anything.

Why three: a playlist that contains the tracks of a narrower one gives the taxonomy away without a note being heard.
*nested* is the catalogue as imported. *disjoint* takes containment away: on each of its chains a track keeps one level,
so that no track lies in a concept and in an ancestor of it, and memberships alone say nothing. *noisy* is what people's
own playlists are like: three tenths of the memberships, and a tenth as many wrong ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Literal, get_args

import numpy as np

from worker.evaluation.taxonomy import Parents, Tree, ancestors_among

Memberships = Mapping[str, Collection[str]]
Thinned = dict[str, tuple[str, ...]]
Regime = Literal["nested", "disjoint", "noisy"]
REGIMES: tuple[Regime, ...] = get_args(Regime)

STEP = 2 / 3
"""Each wider level is kept so many times as often as the one below it: narrow concepts have fewer tracks to lose."""
KEPT, WRONG = 0.3, 0.1


def in_regime(regime: Regime, memberships: Memberships, taxonomy: Tree, *, seed: int = 0) -> Thinned:
    """The memberships of one of the three regimes by its name; for the arguments see there."""
    if regime == "disjoint":
        return disjoint(memberships, taxonomy, seed=seed)
    return noisy(memberships, seed=seed) if regime == "noisy" else nested(memberships)


def nested(memberships: Memberships) -> Thinned:
    """As they are, repeated tracks once."""
    return {concept: tuple(sorted(set(memberships[concept]))) for concept in sorted(memberships)}


def disjoint(memberships: Memberships, taxonomy: Tree, *, seed: int = 0) -> Thinned:
    """In each tree of the taxonomy a track keeps its concepts of one level, and leaves at higher ones.

    A level is how deep a concept lies below the topmost concept that has tracks. It is drawn for each track and tree
    among the levels at which the track has a concept, the deepest most likely; of what lies higher only those concepts
    stay that have none of the track's other concepts below them. So a track stays somewhere in each tree it was in.

    Args:
        memberships: concept -> tracks.
        taxonomy: which concept is a kind of which; several parents may be given.
        seed: of the draws; one a track and tree.

    Raises:
        CyclicTree: a concept of the taxonomy is its own ancestor.

    Example:
        >>> disjoint({"violin": "1234", "strings": "12345"}, {"violin": "strings"})
        {'strings': ('4', '5'), 'violin': ('1', '2', '3')}
    """
    members = nested(memberships)
    above = ancestors_among(taxonomy, members)
    depth = _depths(above)
    tree = _trees(above)
    on: dict[tuple[str, str], list[str]] = {}
    for concept, tracks in members.items():
        for track in tracks:
            on.setdefault((tree[concept], track), []).append(concept)
    kept: dict[str, list[str]] = {concept: [] for concept in members}
    for (name, track), concepts in sorted(on.items()):
        level = _drawn_level({depth[concept] for concept in concepts}, _uniform(seed, "disjoint", name, track))
        broader = frozenset[str]().union(*(above[concept] for concept in concepts))
        for concept in concepts:
            if depth[concept] == level or (depth[concept] < level and concept not in broader):
                kept[concept].append(track)
    return {concept: tuple(tracks) for concept, tracks in kept.items()}


def noisy(memberships: Memberships, *, seed: int = 0) -> Thinned:
    """Three tenths of each concept's tracks, and a tenth as many that are not its own.

    Args:
        memberships: concept -> tracks; wrong ones are drawn from the tracks of all concepts.
        seed: of the draws; each concept has its own.

    Example:
        >>> found = noisy({"a": [f"{n:03}" for n in range(100)], "b": [f"{n:03}" for n in range(50, 150)]})
        >>> len(found["a"]), sum(track > "099" for track in found["a"])
        (33, 3)
    """
    members = nested(memberships)
    everything = np.array(sorted(set().union(*members.values())), dtype=object)
    place = {track: position for position, track in enumerate(everything)}
    thinned: Thinned = {}
    for concept, tracks in members.items():
        rng = np.random.default_rng(_hash(seed, "noisy", concept))
        mine = np.array([place[track] for track in tracks], dtype=np.int64)
        kept = rng.choice(mine, size=round(KEPT * len(mine)), replace=False)
        others = np.delete(np.arange(len(everything)), mine)
        wrong = rng.choice(others, size=min(len(others), round(WRONG * len(kept))), replace=False)
        thinned[concept] = tuple(everything[np.sort(np.concatenate([kept, wrong]))])
    return thinned


def _drawn_level(levels: set[int], draw: float) -> int:
    """The deepest with weight 1, each next one with 2/3 of that before it."""
    deepest_first = sorted(levels, reverse=True)
    weights = STEP ** np.arange(len(deepest_first))
    place = int(np.searchsorted(np.cumsum(weights / weights.sum()), draw, side="right"))
    return deepest_first[min(place, len(deepest_first) - 1)]


def _depths(above: Parents) -> dict[str, int]:
    """1 + the ancestors on the longest way up. Whoever has fewer ancestors cannot lie below."""
    depth: dict[str, int] = {}
    for concept in sorted(above, key=lambda concept: len(above[concept])):
        depth[concept] = 1 + max((depth[upper] for upper in above[concept]), default=0)
    return depth


def _trees(above: Parents) -> dict[str, str]:
    """The smallest name of all concepts that are connected with each concept."""
    name = {concept: concept for concept in above}

    def find(concept: str) -> str:
        while name[concept] != concept:
            name[concept] = name[name[concept]]
            concept = name[concept]
        return concept

    for concept, uppers in above.items():
        for upper in uppers:
            one, other = sorted((find(concept), find(upper)))
            name[other] = one
    return {concept: find(concept) for concept in above}


def _uniform(*parts: object) -> float:
    return _hash(*parts) / 2**64


def _hash(*parts: object) -> int:
    text = "|".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
