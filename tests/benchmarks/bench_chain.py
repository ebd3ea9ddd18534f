"""From a file to activations, stage by stage: `python -m tests.benchmarks.bench_chain [--folder DIR --files N]`.

A minute of stereo in each format: decoding in the child process (its CPU seconds and the asking process's), resampling
to 16 kHz, log-mel, and `msd_vgg` up to pool5; CPU milliseconds a minute of sound, stages in turn, medians of `TURNS`.
The last line of the table is what 100,000 previews of 30 seconds would take by these figures, in CPU hours.

`--folder` lets the whole chain, as a rebuild runs it (`compute`, store included), listen to the first N files of a
folder instead: wall and CPU seconds a minute of their sound, the child's included.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch

from tests.benchmarks.bench_activations import WINDOWS
from tests.benchmarks.measure import report
from worker.activations.backbones import load_backbone
from worker.activations.backbones.network import one_threaded_pool
from worker.activations.compute import compute
from worker.activations.front_end import FrontEnd
from worker.activations.resampling import resample
from worker.activations.store import ActivationStore
from worker.catalogue.audio import Decoder

TURNS = 5
SECONDS = 60
RATE_HZ = 44_100
FORMATS = {
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "ogg": ("OGG", "VORBIS"),
    "flac": ("FLAC", "PCM_16"),
    "wav": ("WAV", "PCM_16"),
}
BLOCK = 16_384
PREVIEW_MINUTES = 100_000 * 30 / 60
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def music() -> np.ndarray:
    """(frames, 2) float32: chords that change twice a second, their overtones, and a little noise in each channel."""
    draw = np.random.default_rng(0)
    time_s = np.arange(SECONDS * RATE_HZ) / RATE_HZ
    sound = np.zeros_like(time_s)
    for beat in range(2 * SECONDS):
        part = slice(beat * RATE_HZ // 2, (beat + 1) * RATE_HZ // 2)
        for pitch_hz in 110 * 2 ** (draw.choice(36, 4) / 12):
            for overtone in range(1, 9):
                sound[part] += np.sin(2 * np.pi * pitch_hz * overtone * time_s[part]) / overtone**1.5
    sound *= 0.2 / np.abs(sound).max()
    return (sound[:, None] + 0.01 * draw.standard_normal((len(sound), 2))).astype(np.float32)


def child_cpu_s(decoder: Decoder) -> float:
    """CPU seconds of the decoder's child so far; the clock ticks a hundred times a second."""
    assert decoder._child is not None
    fields = Path(f"/proc/{decoder._child.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def spent_ms(work: Callable[[], Any], decoder: Decoder | None = None) -> float:
    """CPU milliseconds of one turn, the child's included."""
    before, child = time.process_time(), child_cpu_s(decoder) if decoder else 0.0
    work()
    return 1e3 * (time.process_time() - before + (child_cpu_s(decoder) - child if decoder else 0.0))


def stages(folder: Path) -> list[dict[str, Any]]:
    """The table: one line a format."""
    torch.set_num_threads(1)
    front_end, pool = FrontEnd(), one_threaded_pool(1)
    network = load_backbone("msd_vgg", precision="fp32", threads=1)
    sound = music()
    rows = []
    with Decoder() as decoder:
        for name, (form, sub) in FORMATS.items():
            path = folder / f"minute.{name}"
            with soundfile.SoundFile(path, "w", RATE_HZ, 2, format=form, subtype=sub) as file:
                for start in range(0, len(sound), BLOCK):  # libsndfile's encoders crash on a minute at once
                    file.write(sound[start : start + BLOCK])
            decoded = decoder.decode(path)
            at_16k = pool.submit(lambda decoded=decoded: resample(torch.from_numpy(decoded.samples), RATE_HZ)).result()
            plain = at_16k.numpy()
            windows = front_end.log_mel(plain, 16_000)[: WINDOWS * 187].reshape(WINDOWS, 187, 96)
            works: dict[str, tuple[Callable[[], Any], Decoder | None]] = {
                "decode": (lambda path=path: decoder.decode(path), decoder),
                "resample": (
                    lambda d=decoded: pool.submit(resample, torch.from_numpy(d.samples), RATE_HZ).result(),
                    None,
                ),
                "log-mel": (lambda d=plain: pool.submit(front_end.log_mel, d, 16_000).result(), None),
                "network": (lambda w=windows: network.of_windows(w, ["pool5"]), None),
            }
            turns = [{stage: spent_ms(*work) for stage, work in works.items()} for _ in range(TURNS + 1)][1:]
            row: dict[str, Any] = {stage: statistics.median(turn[stage] for turn in turns) for stage in works}
            total = sum(row.values())
            rows.append(
                {
                    "a minute of": name,
                    **{f"{stage} ms": ms for stage, ms in row.items()},
                    "all ms": total,
                    "100k previews, CPU h": total * PREVIEW_MINUTES / 3.6e6,
                }
            )
    return rows


def whole(folder: Path, most: int, scratch: Path) -> list[dict[str, Any]]:
    """The chain as a rebuild runs it, on files of the user's."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())[:most]
    backbone = load_backbone("msd_vgg", precision="fp32")
    store = ActivationStore(scratch / "activations", backbone.fingerprint)
    with Decoder() as decoder:
        minutes = sum(decoder.facts(path).duration_s for path in paths) / 60
        wall, cpu, child = time.perf_counter(), time.process_time(), child_cpu_s(decoder)
        found = compute([(str(path), path) for path in paths], backbone, store, decoder)
        wall = time.perf_counter() - wall
        spent = time.process_time() - cpu + child_cpu_s(decoder) - child
    return [
        {
            "files": len(paths),
            "computed": found.computed,
            "failed": len(found.failures),
            "minutes of sound": minutes,
            "wall s": wall,
            "CPU s": spent,
            "CPU ms a minute": 1e3 * spent / minutes,
            "100k previews, CPU h": spent / minutes * PREVIEW_MINUTES / 3600,
        }
    ]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--folder", type=Path, help="listen to the files of this folder instead")
    options.add_argument("--files", type=int, default=2000, help="how many of them")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if asked.folder is None:
            report("chain", stages(Path(name)))
        else:
            report("chain-files", whole(asked.folder, asked.files, Path(name)))


if __name__ == "__main__":
    main()
