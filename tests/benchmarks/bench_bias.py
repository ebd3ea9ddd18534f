"""What every concept may be mistaken for, timed at the poster's size. Run `python -m tests.benchmarks.bench_bias`.

Made-up numbers of the right shape: concepts of 39 to 250 tracks, scores in a mapped file as a rebuild has them, all six
properties known of every track, artists of ten tracks and albums of five, activations of 29 windows and 128 units.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.measure import memory_mb, report
from worker.activations.fingerprint import Fingerprint
from worker.activations.store import Activations
from worker.concepts.concentration import concentration, loss_by_group
from worker.concepts.confounders import confounding
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.properties import PROPERTIES, Property

SIZES = ((600, 50_000), (3443, 100_000))
UNITS, WINDOWS, FOLDS = 128, 29, 5


def members_of(concepts: int, tracks: int, draw: np.random.Generator) -> Members:
    """Concepts of random tracks, of the sizes that the poster keeps."""
    rows = [np.sort(draw.choice(tracks, size, replace=False)) for size in draw.integers(39, 251, concepts)]
    ids = [tuple(f"{number:06d}" for number in range(count)) for count in (concepts, tracks)]
    indptr = np.cumsum([0, *map(len, rows)])
    return Members(ids[0], ids[1], indptr, np.concatenate(rows), np.zeros(concepts, np.int64))


def properties_of(ids: tuple[str, ...], draw: np.random.Generator) -> list[Property]:
    """All there are."""
    known = {
        "loudness": draw.normal(-14, 4, len(ids)),
        "length": draw.lognormal(5.4, 0.4, len(ids)),
        "year": draw.integers(1960, 2024, len(ids)).astype(float),
        "codec": draw.choice(["flac", "mp3", "ogg", "wav"], len(ids), p=[0.3, 0.5, 0.1, 0.1]),
        "rate": draw.choice(["22050", "44100", "48000"], len(ids), p=[0.1, 0.7, 0.2]),
        "popularity": draw.pareto(1.2, len(ids)) * 100,
    }
    return [Property.of(name, ids, dict(zip(ids, known[name].tolist(), strict=True))) for name in PROPERTIES]


def mapped(tracks: int, concepts: int, folder: Path, draw: np.random.Generator) -> np.ndarray:
    """Scores in a file."""
    made = np.lib.format.open_memmap(folder / "scores.npy", "w+", np.float32, (tracks, concepts))
    for start in range(0, tracks, 10_000):
        made[start : start + 10_000] = draw.random(made[start : start + 10_000].shape, np.float32)
    made.flush()
    return np.load(folder / "scores.npy", mmap_mode="r")


def timed(concepts: int, tracks: int, folder: Path) -> Iterator[dict[str, Any]]:
    """A line a part."""
    draw = np.random.default_rng(0)
    members, scores = members_of(concepts, tracks, draw), mapped(tracks, concepts, folder, draw)
    folds, properties = assign_folds(members.track_ids, FOLDS), properties_of(members.track_ids, draw)
    values = draw.standard_normal((tracks * WINDOWS, UNITS), np.float32)
    offsets = np.arange(0, tracks * WINDOWS + 1, WINDOWS)
    heard = Activations(list(members.track_ids), values, offsets, Fingerprint("outside", "bench"))
    artists = [f"artist {number}" for number in draw.integers(0, tracks // 10, tracks)]
    albums = [f"{artist}, {number}" for artist, number in zip(artists, draw.integers(0, 2, tracks), strict=True)]
    parts: dict[str, Callable[[], object]] = {
        "six properties": lambda: confounding(scores, members, folds, properties),
        "artists": lambda: (concentration(members, artists), loss_by_group(heard, members, artists, folds=FOLDS)),
        "albums": lambda: (concentration(members, albums), loss_by_group(heard, members, albums, folds=FOLDS)),
    }
    for name, work in parts.items():
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        about = {"concepts": concepts, "tracks": tracks, "memberships": len(members.indices), "part": name}
        yield {**about, "wall_s": wall, "cpu_s": cpu, "memory_mb": memory_mb()}


if __name__ == "__main__":
    rows = []
    for concepts, tracks in SIZES[: int(sys.argv[1]) if len(sys.argv) > 1 else None]:
        with tempfile.TemporaryDirectory() as scratch:
            rows += timed(concepts, tracks, Path(scratch))
    report("bias", rows)
