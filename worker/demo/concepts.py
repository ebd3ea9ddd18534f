"""What every excerpt is an example of, and which concept is a kind of which: true by construction.

Conventions: a chain runs from the narrowest concept to the widest (Violin, Bowed strings, Strings); an edge is
(child, parent); members are excerpt numbers. Tracks of a child are in its parent.

The standard kinship makes two collections: `timbre-and-form` holds every chain, `character` holds how the music feels;
Percussive is in both. Any other makes one of its own name, in which that, where it is graded, makes chains too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from worker.demo.kinship import KINSHIPS, STANDARD, Chain, Grade, Kinship

TIMBRE_AND_FORM = "timbre-and-form"
CHARACTER = "character"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one excerpt that makes it an example of something."""

    number: int
    kind: str
    players: tuple[str, ...]
    drums: str | None
    minor: bool
    notes_per_s: float
    mean_pitch: float


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The concepts of a library.

    Attributes:
        members: concept -> excerpt numbers, sorted; concepts in a fixed order.
        edges: (child, parent), sorted.
        collections: collection -> its concepts.
    """

    members: Mapping[str, tuple[int, ...]]
    edges: tuple[tuple[str, str], ...]
    collections: Mapping[str, tuple[str, ...]]

    def parent_of(self, concept: str) -> str | None:
        """The one wider concept, if any."""
        return next((parent for child, parent in self.edges if child == concept), None)


def chains_of(facts: Facts, kinship: Kinship = KINSHIPS[STANDARD]) -> list[Chain]:
    """Every chain an excerpt is on by its score, players and drums."""
    chains: list[Chain] = [kinship.kinds[facts.kind], *(kinship.players[name] for name in facts.players)]
    if facts.drums is not None:
        chains.append((facts.drums, *kinship.drums))
    return chains


def collections_of(kinship: str) -> tuple[str, ...]:
    """The collections that a kinship's concepts come in."""
    return (TIMBRE_AND_FORM, CHARACTER) if kinship == STANDARD else (kinship,)


def build_taxonomy(library: Sequence[Facts], fewest_members: int, kinship: str = STANDARD) -> Taxonomy:
    """Concepts with enough members, and the edges between them.

    A concept with exactly the members of one of its children says nothing new and is left out, as are small ones; their
    children move up to the next wider concept that is left.
    """
    rules = KINSHIPS[kinship]
    graded = [_graded(library, grade) for grade in rules.grades]
    chains: set[Chain] = set()
    members: dict[str, set[int]] = {}
    for place, facts in enumerate(library):
        mine = [*chains_of(facts, rules), *(each[place] for each in graded if each[place])]
        chains.update(mine)
        for concept in (concept for chain in mine for concept in chain):
            members.setdefault(concept, set()).add(facts.number)
    wider = {child: parent for chain in sorted(chains) for child, parent in pairwise(chain)}
    doubled = {parent for child, parent in wider.items() if members[child] == members[parent]}
    chained = sorted(name for name in members if len(members[name]) >= fewest_members and name not in doubled)
    edges = []
    for child in chained:
        parent = wider.get(child)
        while parent is not None and parent not in chained:
            parent = wider.get(parent)
        if parent is not None:
            edges.append((child, parent))
    both = {name: tuple(sorted(members[name])) for name in chained}
    if kinship != STANDARD:
        return Taxonomy(both, tuple(sorted(edges)), {kinship: tuple(chained)})
    character = {name: tracks for name, tracks in _character(library).items() if len(tracks) >= fewest_members}
    both |= {name: tuple(sorted(character[name])) for name in sorted(character)}
    feel = sorted([*character, *[name for name in chained if name == "Percussive"]])
    return Taxonomy(both, tuple(sorted(edges)), {TIMBRE_AND_FORM: tuple(chained), CHARACTER: tuple(feel)})


def _graded(library: Sequence[Facts], grade: Grade) -> list[Chain]:
    """Of each excerpt its chain by a measured property; empty where it has too little of it."""
    values = np.array([getattr(facts, grade.fact) for facts in library]) * (1 if grade.highest else -1)
    floors = [float(np.quantile(values, 1 - share)) for _, share in grade.concepts]
    names = tuple(name for name, _ in grade.concepts)
    return [names[sum(value <= floor for floor in floors) :] for value in values]


def _character(library: Sequence[Facts]) -> dict[str, set[int]]:
    """Thirds by speed and by pitch, thirds of the key, one player or more."""
    speed = np.array([facts.notes_per_s for facts in library])
    pitch = np.array([facts.mean_pitch for facts in library])
    (slow, fast), (low, high) = (np.quantile(values, [1 / 3, 2 / 3]) for values in (speed, pitch))

    def where(holds: Sequence[bool]) -> set[int]:
        return {facts.number for facts, held in zip(library, holds, strict=True) if held}

    alone = [len(facts.players) == 1 and facts.drums is None for facts in library]
    return {
        "Fast": where(list(speed > fast)),
        "Slow": where(list(speed < slow)),
        "High": where(list(pitch > high)),
        "Low": where(list(pitch < low)),
        "Solo": where(alone),
        "Ensemble": where([not held for held in alone]),
        "Major": where([not facts.minor for facts in library]),
        "Minor": where([facts.minor for facts in library]),
    }
