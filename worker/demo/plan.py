"""Who plays what: one plan an excerpt, from the recipe's seed alone, before any score is read.

Conventions: tempo is a factor on the score's own, transposition in semitones. An excerpt's seed comes from hashing the
recipe's seed with its kind, score slot and take, so neither order nor number of processes changes how it sounds.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from worker.demo.instruments import INSTRUMENTS
from worker.demo.recipe import DRUM_PATTERNS, Recipe
from worker.demo.scores import ScoreRef


@dataclass(frozen=True, slots=True)
class ExcerptPlan:
    """One excerpt to be.

    Attributes:
        number: 1 to the number of excerpts, in the order of the recipe's kinds.
        slot: which of the kind's scores; several excerpts share one.
        take: which excerpt of that score, from 0; `takes` is how many there are.
        players: instruments, highest first.
        drums: the pattern's name, or None.
        seed: of everything random inside this excerpt.
    """

    number: int
    kind: str
    slot: int
    take: int
    takes: int
    players: tuple[str, ...]
    drums: str | None
    tempo: float
    transpose: int
    seed: int


def hashed_seed(*parts: object) -> int:
    """A seed of 64 bits from anything printable; the same on every machine."""
    text = "|".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def queue_of_scores(recipe: Recipe, kind: str, refs: list[ScoreRef]) -> list[ScoreRef]:
    """The scores of one kind in the order in which slots take them; the first that turn out usable are played."""
    mine = [ref for ref in refs if ref.kind == kind]
    return sorted(mine, key=lambda ref: hashed_seed(recipe.seed, "score", ref.name))


def plan_excerpts(recipe: Recipe) -> list[ExcerptPlan]:
    """Plan every excerpt, in the order of their numbers."""
    frames = [
        (kind, slot, take, takes)
        for kind, share in recipe.kinds.items()
        for slot in range(share.scores)
        for takes in [share.excerpts // share.scores + (slot < share.excerpts % share.scores)]
        for take in range(takes)
    ]
    bands = _bands(recipe, len(frames))
    drums = _drums(recipe, len(frames))
    plans = []
    for number, (kind, slot, take, takes) in enumerate(frames, start=1):
        seed = hashed_seed(recipe.seed, kind, slot, take)
        rng = np.random.default_rng([seed, 0])
        tempo = float(np.exp(rng.uniform(np.log(recipe.tempo[0]), np.log(recipe.tempo[1]))))
        transpose = int(rng.integers(-recipe.transpose, recipe.transpose + 1))
        band, beat = bands[number - 1], drums[number - 1]
        plans.append(ExcerptPlan(number, kind, slot, take, takes, band, beat, tempo, transpose, seed))
    return plans


def _bands(recipe: Recipe, count: int) -> list[tuple[str, ...]]:
    """Instruments of every excerpt: whoever played least so far comes first, ties by chance."""
    rng = np.random.default_rng(hashed_seed(recipe.seed, "bands"))
    sizes = np.repeat(np.arange(1, 5), _shares(recipe.players, count))
    rng.shuffle(sizes)
    played = dict.fromkeys(sorted(recipe.instruments), 0)
    bands = []
    for size in sizes:
        order = sorted(zip(played, rng.random(len(played)), strict=True), key=lambda pair: (played[pair[0]], pair[1]))
        band = [name for name, _ in order[: int(size)]]
        for name in band:
            played[name] += 1
        bands.append(tuple(sorted(band, key=lambda name: (-INSTRUMENTS[name].middle, name))))
    return bands


def _drums(recipe: Recipe, count: int) -> list[str | None]:
    rng = np.random.default_rng(hashed_seed(recipe.seed, "drums"))
    beaten = round(recipe.drums * count)
    patterns: list[str | None] = [DRUM_PATTERNS[i % len(DRUM_PATTERNS)] for i in range(beaten)]
    patterns += [None] * (count - beaten)
    return [patterns[int(i)] for i in rng.permutation(count)]


def _shares(shares: tuple[float, ...], count: int) -> list[int]:
    edges = np.round(np.cumsum([0.0, *shares]) * count).astype(int)
    return [int(n) for n in np.diff(edges)]
