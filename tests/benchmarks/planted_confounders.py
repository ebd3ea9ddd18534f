"""Playlists that differ from other tracks only in loudness or in sampling rate are found; balancing listens to it less.

Run `python -m tests.benchmarks.planted_confounders DEMO [BACKBONE] [SEEDS]` on the folder of a demo library (`audio`,
`playlists`, `tracks.json`). Each seed brings
every track to a level of its own, so that loudness goes with no sound, plants, and listens to everything again:

* `planted: quiet`   tracks drawn at random, turned down by 8 ± 2 dB: nothing but loudness is common to them
* `planted: 8 kHz`   tracks drawn at random, nine tenths of them at 8 kHz, as is one in ten of all others
* a real concept, one of `REAL` by turns, whose tracks are turned up by 5 ± 2 dB: heard, and confounded in part

All concepts are learnt from all tracks, with counter-examples alike and balanced for either property. A flag on any
other concept is false.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.signal
from scipy.stats import t as student

from cypher.bias import Confounding
from tests.benchmarks.measure import report
from worker.activations.backbones import load_backbone
from worker.activations.backbones.registry import Backbone
from worker.activations.store import Activations
from worker.catalogue.audio import Decoder
from worker.concepts.confounders import confounding
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.properties import Property, PropertyName
from worker.concepts.quality import KeepSettings, screen
from worker.concepts.similarity import track_scores
from worker.concepts.training import learn_vectors
from worker.concepts.vectors import VectorSettings

QUIET, NARROW = "planted: quiet", "planted: 8 kHz"
REAL = ("Violin", "Flute", "Harp", "Trumpet", "Accordion")
PLANTED_TRACKS = 40
LEVEL_DB = (-20.0, 4.0)
"""Mean and deviation of the level that every track is brought to, whatever it was: loudness then goes with nothing."""
NARROW_HZ = 8000
BALANCES: tuple[PropertyName | None, ...] = (None, "loudness", "rate")


@dataclass(frozen=True)
class Sound:
    """Samples, full scale 1.0, and their rate."""

    samples: np.ndarray
    rate_hz: int

    def at(self, level_db: float) -> "Sound":
        """The same at another level."""
        gain = 10 ** ((level_db - self.loudness_db) / 20)
        return replace(self, samples=(self.samples * gain).astype(np.float32))

    def narrowed(self) -> "Sound":
        """At 8 kHz: nothing is left above 4 kHz."""
        up, down = NARROW_HZ // 50, self.rate_hz // 50
        return Sound(scipy.signal.resample_poly(self.samples, up, down).astype(np.float32), NARROW_HZ)

    @property
    def loudness_db(self) -> float:
        """RMS level, as an import measures it."""
        return float(10 * np.log10(np.mean(np.square(self.samples, dtype=np.float64)) + 1e-12))


@dataclass(frozen=True)
class Library:
    """Sounds and real concepts."""

    sounds: Mapping[str, Sound]
    memberships: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Planted:
    """The same with planted concepts."""

    activations: Activations
    members: Members
    properties: list[Property]
    confounded: str
    """The real concept that is confounded in part."""


def plant(library: Library, backbone: Backbone, seed: int, *, tracks: int = PLANTED_TRACKS) -> Planted:
    """Change sounds, and listen to them again.

    Args:
        library: as it is.
        backbone: what listened to it.
        seed: of all draws.
        tracks: of each planted concept.
    """
    draw = np.random.default_rng([seed, 17])
    ids = sorted(library.sounds)
    real = [name for name in REAL if name in library.memberships] or sorted(library.memberships)
    confounded = real[seed % len(real)]
    free = sorted(set(ids) - set(library.memberships[confounded]))
    order = [free[row] for row in draw.permutation(len(free))]
    quiet, narrow, rest = order[:tracks], order[tracks : 2 * tracks], order[2 * tracks :]
    levels = dict(zip(ids, draw.normal(*LEVEL_DB, len(ids)).tolist(), strict=True))
    for some, shift_db in ((quiet, -8.0), (library.memberships[confounded], 5.0)):
        for track in sorted(some):
            levels[track] += draw.normal(shift_db, 2.0)
    narrowed = {*narrow[: round(0.9 * tracks)], *rest[: len(rest) // 10]}
    sounds = {}
    for track in ids:
        sound = library.sounds[track].at(levels[track])
        sounds[track] = sound.narrowed() if track in narrowed else sound
    heard = {track: backbone.activations(sound.samples, sound.rate_hz) for track, sound in sounds.items()}
    memberships = {**library.memberships, QUIET: quiet, NARROW: narrow}
    offsets = np.cumsum([0, *(len(heard[track]) for track in ids)], dtype=np.int64)
    activations = Activations(ids, np.concatenate([heard[track] for track in ids]), offsets, backbone.fingerprint)
    properties = [
        Property.of("loudness", ids, {track: sounds[track].loudness_db for track in ids}),
        Property.of("rate", ids, {track: str(sounds[track].rate_hz) for track in ids}),
    ]
    return Planted(activations, Members.of(memberships, ids), properties, confounded)


def measured(
    planted: Planted, balance: PropertyName | None, ridge: float | None = None
) -> tuple[dict[str, Any], float]:
    """Learn everything and measure it: confounding by concept and property, and the ridge that was used."""
    folds = assign_folds(planted.members.track_ids)
    verdicts = screen(planted.members, folds, KeepSettings())
    members = planted.members.select([place for place, verdict in enumerate(verdicts) if verdict.kept])
    confounder = next((one for one in planted.properties if one.name == balance), None)
    settings = VectorSettings(ridge=ridge, balance=balance)
    vectors = learn_vectors(planted.activations, members, folds, settings, confounder=confounder)
    scores = track_scores(planted.activations, vectors, folds)
    found = confounding(scores, members, folds, planted.properties)
    by_concept = {
        concept: {one.name: one for one in some} for concept, some in zip(members.concept_ids, found, strict=True)
    }
    return by_concept, vectors.ridge


def demo_library(folder: Path) -> Library:
    """A demo library from its folder."""
    rows = json.loads((folder / "tracks.json").read_text("utf-8"))
    files = {(folder / row["file"]).resolve(): f"{row['number']:04d}" for row in rows}
    memberships = {}
    for playlist in sorted(folder.glob("playlists/*/*.m3u8")):
        lines = [line for line in playlist.read_text("utf-8").splitlines() if line and not line.startswith("#")]
        named = [(playlist.parent / line).resolve() for line in lines]
        memberships[playlist.stem] = sorted(files[path] for path in named if path in files)
    sounds = {}
    with Decoder() as decoder:
        for path, track in files.items():
            decoded = decoder.decode(path)
            sounds[track] = Sound(decoded.samples, decoded.rate_hz)
    return Library(sounds, memberships)


# --- the table -------------------------------------------------------------------------------------------------------


def interval(values: Sequence[float]) -> str:
    """Mean with Student's 95 % interval over seeds."""
    middle = float(np.mean(values))
    if len(values) < 2:
        return f"{middle:.2f}"
    reach = float(student.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / len(values) ** 0.5)
    return f"{middle:.2f} ({middle - reach:.2f} to {middle + reach:.2f})"


def rows_of(runs: Sequence[tuple[Planted, Mapping[PropertyName | None, dict[str, Any]]]]) -> list[dict[str, Any]]:
    """A line a planted concept and balance."""
    rows = []
    for label, name in ((QUIET, "loudness"), (NARROW, "rate"), ("a real concept, confounded in part", "loudness")):
        for balance in (None, name):
            some: list[Confounding] = [
                by[balance][label if label in by[balance] else planted.confounded][name] for planted, by in runs
            ]
            rows.append(
                {
                    "concept": label,
                    "property": name,
                    "balanced": "yes" if balance else "no",
                    "tells": interval([one.tells for one in some]),
                    "overall": interval([one.overall for one in some]),
                    "within": interval([one.within for one in some if one.within is not None]),
                    "follows": interval([one.follows for one in some]),
                    "flagged": f"{sum(one.flagged for one in some)} of {len(some)}",
                }
            )
    return rows


def false_flags(runs: Sequence[tuple[Planted, Mapping[PropertyName | None, dict[str, Any]]]]) -> tuple[list[str], int]:
    """Concepts that were not planted and are flagged all the same, with how many could have been."""
    said, asked = [], 0
    for seed, (planted, by) in enumerate(runs):
        for concept, found in by[None].items():
            if concept not in {QUIET, NARROW, planted.confounded}:
                asked += len(found)
                said += [f"{concept} ({name}, seed {seed})" for name, one in found.items() if one.flagged]
    return said, asked


def main(folder: Path, network: str = "logmel", seeds: int = 5) -> None:
    """Print and store the table."""
    backbone = load_backbone(network, device="cpu")
    library = demo_library(folder)
    runs = []
    for seed in range(seeds):
        planted = plant(library, backbone, seed)
        plain, ridge = measured(planted, None)
        runs.append((planted, {None: plain, **{one: measured(planted, one, ridge)[0] for one in BALANCES if one}}))
    said, asked = false_flags(runs)
    others = {"concept": "all others", "balanced": "no", "flagged": f"{len(said)} of {asked}", "which": ", ".join(said)}
    report(f"planted_confounders_{network}", [*rows_of(runs), others])


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3], *map(int, sys.argv[3:4]))
