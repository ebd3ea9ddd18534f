"""What every excerpt is an example of, and which concept is a kind of which: true by construction.

Conventions: a chain runs from the narrowest concept to the widest (Violin, Bowed strings, Strings); an edge is
(child, parent); members are excerpt numbers. Tracks of a child are in its parent.

Two collections: `timbre-and-form` holds every chain, `character` holds how the music feels; Percussive is in both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from worker.demo.instruments import INSTRUMENTS

TIMBRE_AND_FORM = "timbre-and-form"
CHARACTER = "character"

_DANCES = {
    "jig": ("Jig", "Compound time", "Folk dance"),
    "slip jig": ("Slip jig", "Compound time", "Folk dance"),
    "reel": ("Reel", "Common time", "Folk dance"),
    "hornpipe": ("Hornpipe", "Common time", "Folk dance"),
    "strathspey": ("Strathspey", "Common time", "Folk dance"),
    "chorale": ("Chorale", "Art music"),
    "quartet": ("Quartet", "Art music"),
}


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


def chains_of(facts: Facts) -> list[tuple[str, ...]]:
    """Every chain an excerpt is on, without its character."""
    chains: list[tuple[str, ...]] = [_DANCES[facts.kind]]
    for name in facts.players:
        instrument = INSTRUMENTS[name]
        chain = (name, instrument.family, instrument.group)
        chains.append(tuple(link for link in chain if link is not None))
    if facts.drums is not None:
        chains.append((facts.drums, "Drum kit", "Percussive"))
    return chains


def build_taxonomy(library: Sequence[Facts], fewest_members: int) -> Taxonomy:
    """Concepts with enough members, and the edges between them.

    A concept with exactly the members of one of its children says nothing new and is left out, as are small ones; their
    children move up to the next wider concept that is left.
    """
    chains = sorted({chain for facts in library for chain in chains_of(facts)})
    members: dict[str, set[int]] = {}
    for facts in library:
        for chain in chains_of(facts):
            for concept in chain:
                members.setdefault(concept, set()).add(facts.number)
    wider = {child: parent for chain in chains for child, parent in pairwise(chain)}
    doubled = {parent for child, parent in wider.items() if members[child] == members[parent]}
    character = _character(library)
    timbre = [name for name in members if len(members[name]) >= fewest_members and name not in doubled]
    edges = []
    for child in timbre:
        parent = wider.get(child)
        while parent is not None and parent not in timbre:
            parent = wider.get(parent)
        if parent is not None:
            edges.append((child, parent))
    feel = [name for name, tracks in character.items() if len(tracks) >= fewest_members]
    both = {name: tuple(sorted(members[name])) for name in sorted(timbre)}
    both |= {name: tuple(sorted(character[name])) for name in sorted(feel)}
    collections = {
        TIMBRE_AND_FORM: tuple(sorted(timbre)),
        CHARACTER: tuple(sorted([*feel, *[name for name in timbre if name == "Percussive"]])),
    }
    return Taxonomy(both, tuple(sorted(edges)), collections)


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
