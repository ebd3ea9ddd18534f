"""Every choice behind a demo library, in one frozen record whose digest names the sound.

Conventions: seconds, Hz, semitones; a *kind* is what a score is (jig, chorale, quartet, ...); shares lie in [0, 1].
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from worker.demo.errors import RecipeInvalid
from worker.demo.instruments import INSTRUMENTS, STANDARD_BAND
from worker.demo.kinship import KINSHIPS, STANDARD

Scores = Literal["all", "folk"]
Size = Literal["full", "small"]

GENERATOR = 1
"""Raised whenever the same recipe would sound different."""

FOLK_KINDS = ("jig", "slip jig", "reel", "hornpipe", "strathspey")
ART_KINDS = ("chorale", "quartet")
DRUM_PATTERNS = ("Rock beat", "Latin beat")
_SMALL_BAND = ("Violin", "Cello", "Harp", "Clarinet", "Oboe", "Trumpet")
_SECONDS, _RATE_HZ, _TEMPO, _OCTAVE, _ROUNDING = (3, 60), (8000, 48000), (0.25, 4), 12, 1e-9


@dataclass(frozen=True, slots=True)
class Share:
    """How many scores of a kind are used, and how many excerpts are cut from all of them together."""

    scores: int
    excerpts: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is played, by whom, how fast and how loud; all of it follows from these and the seed.

    Attributes:
        seed: any integer; another seed is another catalogue.
        kinds: scores and excerpts of each kind, in the order of numbering.
        seconds: length of an excerpt, at least 3.
        rate_hz: sampling rate of the files, 8000 to 48000.
        instruments: names from `worker.demo.instruments.INSTRUMENTS`, at least 4.
        players: share of excerpts with 1, 2, 3 and 4 instruments; sums to 1.
        drums: share of excerpts with a drum pattern.
        tempo: smallest and largest factor on a score's own tempo, above 0.
        transpose: largest transposition either way, semitones, 0 to 12.
        fewest_members: a concept with fewer excerpts gets no playlist.
        kinship: which concept is a kind of which: a name of `worker.demo.kinship.KINSHIPS`.

    Raises:
        RecipeInvalid: a value is outside what is written above.
    """

    seed: int
    kinds: Mapping[str, Share]
    seconds: float = 12.0
    rate_hz: int = 22050
    instruments: tuple[str, ...] = STANDARD_BAND
    players: tuple[float, float, float, float] = (0.34, 0.26, 0.20, 0.20)
    drums: float = 0.30
    tempo: tuple[float, float] = (0.72, 1.38)
    transpose: int = 3
    fewest_members: int = 39
    kinship: str = STANDARD

    def __post_init__(self) -> None:
        unknown = [name for name in self.instruments if name not in INSTRUMENTS]
        strange = [kind for kind in self.kinds if kind not in FOLK_KINDS + ART_KINDS]
        thin = [kind for kind, share in self.kinds.items() if share.scores < 1 or share.excerpts < share.scores]
        checks = (
            ("instruments", not unknown, f"names {', '.join(unknown)}, which nobody plays"),
            ("instruments", len(set(self.instruments)) >= len(self.players), "must name at least 4 different ones"),
            ("kinds", not strange and bool(self.kinds), f"must be among {', '.join(FOLK_KINDS + ART_KINDS)}"),
            ("kinds", not thin, f"need at least one score, and one excerpt a score: {', '.join(thin)}"),
            ("seconds", _SECONDS[0] <= self.seconds <= _SECONDS[1], "must be 3 to 60"),
            ("rate_hz", _RATE_HZ[0] <= self.rate_hz <= _RATE_HZ[1], "must be 8000 to 48000"),
            ("players", min(self.players) >= 0 and abs(sum(self.players) - 1) < _ROUNDING, "must sum to 1"),
            ("drums", 0 <= self.drums <= 1, "must lie in 0 to 1"),
            ("tempo", _TEMPO[0] <= self.tempo[0] <= self.tempo[1] <= _TEMPO[1], "must be a range within 0.25 to 4"),
            ("transpose", 0 <= self.transpose <= _OCTAVE, "must be 0 to 12"),
            ("fewest_members", self.fewest_members >= 1, "must be at least 1"),
            ("kinship", self.kinship in KINSHIPS, f"must be one of {', '.join(KINSHIPS)}"),
        )
        for setting, holds, problem in checks:
            if not holds:
                raise RecipeInvalid(setting, problem)

    @property
    def excerpts(self) -> int:
        """How many excerpts in all."""
        return sum(share.excerpts for share in self.kinds.values())

    def as_json(self) -> dict[str, Any]:
        """The record in JSON's own types, with the generator's number; the standard kinship is not mentioned."""
        told = {"generator": GENERATOR, **json.loads(json.dumps(dataclasses.asdict(self)))}
        if self.kinship == STANDARD:
            del told["kinship"]  # libraries that were made before there were others keep their digest
        return told

    def digest(self) -> str:
        """sha256 of the record: equal digests sound equal on one machine."""
        return hashlib.sha256(json.dumps(self.as_json()).encode()).hexdigest()


def standard_recipe(*, seed: int, size: Size = "full", scores: Scores = "all", excerpts: int | None = None) -> Recipe:
    """The recipe of a size, scaled to a number of excerpts.

    Args:
        seed: of everything random.
        size: `full` is 720 excerpts of 12 s from 276 scores; `small` is 120 of 6 s by 6 instruments.
        scores: `folk` leaves chorales and quartets out and gives their excerpts to the dances.
        excerpts: in all, at least one a kind; None for the size's own number.

    Raises:
        RecipeInvalid: fewer excerpts than kinds.
    """
    if size == "full":
        dances = dict.fromkeys(FOLK_KINDS, (40, 88))
        weights = dances | ({"chorale": (60, 160), "quartet": (16, 120)} if scores == "all" else {})
        total = excerpts if excerpts is not None else 720
    else:
        weights = dict.fromkeys(("jig", "reel", "chorale" if scores == "all" else "hornpipe"), (20, 40))
        total = excerpts if excerpts is not None else 120
    if total < len(weights):
        raise RecipeInvalid("excerpts", f"must be at least {len(weights)}, one for each kind of score")
    counts = _apportion([weight for _, weight in weights.values()], total)
    kinds = {
        kind: Share(min(most, count), count) for (kind, (most, _)), count in zip(weights.items(), counts, strict=True)
    }
    if size == "full":
        return Recipe(seed=seed, kinds=kinds)
    return Recipe(seed=seed, kinds=kinds, seconds=6.0, instruments=_SMALL_BAND, drums=0.34)


def _apportion(weights: list[int], total: int) -> list[int]:
    """Whole numbers in proportion to the weights that add up to the total, each at least 1 (largest remainder)."""
    free = total - len(weights)
    exact = [weight / sum(weights) * free for weight in weights]
    counts = [int(share) + 1 for share in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: (int(exact[i]) - exact[i], i))
    for i in by_remainder[: total - sum(counts)]:
        counts[i] += 1
    return counts
