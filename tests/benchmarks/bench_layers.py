"""Which layer of a network grows the better tree? Ancestor F1 of the default rule and the poster's, by catalogue.

`python -m tests.benchmarks.bench_layers FOLDER [--recipes demo orchestra world] [--layers pool5@0.5 pool4+pool5]`.
Makes the catalogues in the folder and listens to them, once; servers are not needed. As docs/trees.md has it: all
concepts with enough tracks, regime and folds drawn anew by each seed, the tracks of one artist within one fold, the
ridge chosen by each fit. `a+b` are layers joined, each unit standardised; `a@0.5` is layer a, and S of a parent above
0.5. CPU seconds are of one fit, all folds.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.measure import interval, report
from worker.activations.backbones import fingerprint_of, load_backbone
from worker.activations.store import Activations
from worker.catalogue.audio import Decoder
from worker.cli.output import say
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.quality import KeepSettings, assess, screen
from worker.concepts.similarity import separation, similarity, track_scores
from worker.concepts.training import learn_vectors
from worker.concepts.vectors import VectorSettings
from worker.demo.catalogues import catalogue_recipe
from worker.demo.library import make
from worker.demo.manifest import Track, read_tracks
from worker.demo.recipe import standard_recipe
from worker.evaluation.regimes import REGIMES, Regime, in_regime
from worker.evaluation.taxonomy import Tree, ancestor_match
from worker.jobs.judging.case import FEWEST_TRACKS
from worker.jobs.judging.rival_trees import OURS, POSTER, Ground, rival_trees
from worker.jobs.requests import RebuildSettings

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Library:
    """A catalogue with what is true of it."""

    tracks: list[Track]
    memberships: dict[str, list[str]]
    reference: Tree

    @property
    def ids(self) -> list[str]:
        return [track.file for track in self.tracks]


@dataclass(frozen=True, slots=True)
class Run:
    """One regime, one seed."""

    ours: float
    poster: float
    auc: float
    cpu_s: float
    ridge: float


def library_of(folder: Path, name: str) -> Library:
    """Make the catalogue, or open it."""
    recipe = standard_recipe(seed=1883) if name == "demo" else catalogue_recipe(name)
    made = make(folder / name, recipe=recipe)
    taxonomy, rows = json.loads(made.taxonomy.read_text()), json.loads(made.manifest.read_text())
    collection = next(iter(made.playlists))
    names = sorted(one["name"] for one in taxonomy["concepts"] if collection in one["collections"])
    above = {child: parent for child, parent in taxonomy["edges"] if child in names and parent in names}
    return Library(
        sorted(read_tracks(made.manifest), key=lambda track: track.file),
        {name: [row["file"] for row in rows if name in row["concepts"]] for name in names},
        {name: ((above[name],) if name in above else ()) for name in names},
    )


def heard(folder: Path, name: str, library: Library, backbone: str, layers: Sequence[str]) -> dict[str, Activations]:
    """The activations of each layer; the network runs once for those that are not yet there."""
    files = {layer: folder / f"{name}-{backbone}-{layer}.npz" for layer in layers}
    missing = [layer for layer, file in files.items() if not file.is_file()]
    if missing:
        listener, found = load_backbone(backbone), {layer: [] for layer in missing}
        with Decoder() as decoder:
            for number, track in enumerate(library.tracks, 1):
                sound = decoder.decode(folder / name / track.file)
                for layer, values in listener.several(sound.samples, sound.rate_hz, missing).items():
                    found[layer].append(values)
                if number % 100 == 0:
                    say(f"{name}: heard {number} of {len(library.tracks)}")
        for layer, values in found.items():
            np.savez(files[layer], values=np.concatenate(values), counts=[len(one) for one in values])
    made = {}
    for layer, file in files.items():
        stored = np.load(file)
        offsets = np.concatenate(([0], np.cumsum(stored["counts"]))).astype(np.int64)
        made[layer] = Activations(library.ids, stored["values"], offsets, fingerprint_of(backbone, layer=layer))
    return made


def joined(parts: Sequence[Activations]) -> Activations:
    """The units of several layers beside each other, each with mean 0 and deviation 1."""
    if len(parts) == 1:
        return parts[0]
    values = [(one.values - one.values.mean(axis=0)) / np.maximum(one.values.std(axis=0), 1e-6) for one in parts]
    return dataclasses.replace(parts[0], values=np.concatenate(values, axis=1).astype(np.float32))


def run(library: Library, activations: Activations, regime: Regime, seed: int, settings: RebuildSettings) -> Run:
    """Learn, grow, and compare."""
    members, folds = learnable(library, in_regime(regime, library.memberships, library.reference, seed=seed), seed)
    began = time.process_time()
    vectors = learn_vectors(activations, members, folds, VectorSettings(seed=seed))
    cpu_s = time.process_time() - began
    scores = track_scores(activations, vectors, folds)
    names = {one: one for one in library.reference}
    says, tells = similarity(scores, members), separation(scores, members)
    ground = Ground(names, members.concept_ids, says, separation=tells)
    trees = rival_trees(ground, settings, seed=seed)
    f1 = {name: ancestor_match(trees[name], library.reference).f1 for name in (OURS, POSTER)}
    return Run(f1[OURS], f1[POSTER], float(np.mean([one.auc for one in assess(scores, members)])), cpu_s, vectors.ridge)


def learnable(library: Library, memberships: dict[str, tuple[str, ...]], seed: int) -> tuple[Members, NDArray[np.int8]]:
    """Concepts with enough tracks, and folds that keep an artist's tracks together."""
    members = Members.of(memberships, library.ids)
    artists = {track.file: track.artist for track in library.tracks}
    folds = assign_folds([artists[one] for one in members.track_ids], FOLDS, seed)
    verdicts = screen(members, folds, KeepSettings(min_tracks=FEWEST_TRACKS))
    return members.select([place for place, verdict in enumerate(verdicts) if verdict.kept]), folds


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--recipes", nargs="+", default=["demo", "orchestra", "world"])
    parser.add_argument("--backbone", default="msd_vgg")
    parser.add_argument("--layers", nargs="+", default=["pool5@0.5", "pool4"])
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    rows = []
    for name in asked.recipes:
        library = library_of(asked.folder, name)
        layers = sorted({layer for choice in asked.layers for layer in choice.partition("@")[0].split("+")})
        parts = heard(asked.folder, name, library, asked.backbone, layers)
        for choice in asked.layers:
            which, _, limit = choice.partition("@")
            activations = joined([parts[layer] for layer in which.split("+")])
            settings = RebuildSettings(min_similarity=float(limit)) if limit else RebuildSettings()
            row: dict[str, object] = {"catalogue": name, "layer": choice, "units": activations.values.shape[1]}
            runs = {
                regime: [run(library, activations, regime, seed, settings) for seed in range(asked.seeds)]
                for regime in REGIMES
            }
            row |= {regime: interval([one.ours for one in found]) for regime, found in runs.items()}
            row |= {f"{regime}, poster": interval([one.poster for one in found]) for regime, found in runs.items()}
            row["auc"] = " / ".join(f"{np.mean([one.auc for one in found]):.2f}" for found in runs.values())
            row["cpu_s"] = float(np.median([one.cpu_s for found in runs.values() for one in found]))
            row["ridge"] = " / ".join(f"{np.median([one.ridge for one in found]):g}" for found in runs.values())
            rows.append(row)
            say(json.dumps(row))
    report("layers", rows)


if __name__ == "__main__":
    main()
