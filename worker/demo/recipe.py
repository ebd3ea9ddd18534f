"""Every choice behind a demo library, in one frozen record whose digest names the sound.

Conventions: seconds, Hz, semitones; a *kind* is what a score is (jig, chorale, quartet, ...); shares lie in [0, 1].
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from worker.demo.errors import RecipeInvalid
from worker.demo.instruments import INSTRUMENTS

Scores = Literal["all", "folk"]
Regime = Literal["nested", "disjoint", "noisy"]

GENERATOR = 1  # raised whenever the same recipe would sound different

FOLK_KINDS = ("jig", "slip jig", "reel", "hornpipe", "strathspey")
ART_KINDS = ("chorale", "quartet")


@dataclass(frozen=True, slots=True)
class Share:
    """How many scores of a kind are used, and how many excerpts are cut from them together."""

    scores: int
    excerpts: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is played, by whom, how fast and how loud; all of it follows from these and the seed.

    Attributes:
        seed: any integer; another seed is another catalogue.
        seconds: length of an excerpt, at least 2.
        rate_hz: sampling rate of the files.
        kinds: scores and excerpts of each kind.
        instruments: names from `worker.demo.instruments.INSTRUMENTS`, at least 4.
        players: share of excerpts with 1, 2, 3 and 4 instruments; sums to 1.
        drums: share of excerpts with a drum pattern.
        tempo: smallest and largest factor on a score's own tempo.
        transpose: largest transposition either way, semitones.
        fewest_members: a concept with fewer excerpts gets no playlist.
    """

    seed: int
    kinds: Mapping[str, Share]
    seconds: float = 12.0
    rate_hz: int = 22050
    instruments: tuple[str, ...] = tuple(INSTRUMENTS)
    players: tuple[float, float, float, float] = (0.34, 0.26, 0.20, 0.20)
    drums: float = 0.30
    tempo: tuple[float, float] = (0.72, 1.38)
    transpose: int = 3
    fewest_members: int = 39


FULL = 720
SMALL = 120
