"""Front end and backbone against TensorFlow, librosa and plain torch: `python -m tests.benchmarks.bench_listening`.

`--rivals-python PATH` names an interpreter that has `tensorflow-cpu` and `librosa`, which are no dependencies of this
project; rivals it lacks are left out and named. Conventions: CPU milliseconds a minute of sound (20 windows of 187
frames, up to pool5 of msd_vgg with musicnn's pooling), one thread each; all take turns, ours and theirs, one turn to
warm up and five that count by their median; `ratio` is theirs over ours. The processor's peak (the network's largest
convolution, timed in the same turns) stands beside. Prints tables and writes `tests/benchmarks/results/listening.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchaudio

from tests.benchmarks.bench_activations import WINDOWS, PlainVgg
from worker.activations import checkpoint
from worker.activations.backbones import load_backbone
from worker.activations.backbones.network import one_threaded_pool
from worker.activations.front_end import FrontEnd

TURNS = 5
RATE_HZ = 16_000
RESULTS = Path(__file__).parent / "results" / "listening.json"
OPERATIONS = 2 * WINDOWS * 128 * 9 * (187 * 48 + 128 * (92 * 48 + 46 * 24 + 23 * 12 + 11 * 6))
"""Of the convolutions in a minute, counting only the mel columns that the pooling keeps."""
PEAK = "the network's largest convolution alone"
PEAK_OPERATIONS = 2 * 4 * 92 * 48 * 128 * 128 * 9
REMEDY = "give an interpreter that has them by --rivals-python PATH (pip install tensorflow-cpu librosa)"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Elsewhere:
    """Rivals in a process of another interpreter; each turn is asked for and timed there."""

    def __init__(self, python: str, inputs: Path) -> None:
        script = Path(__file__).with_name("rivals.py")
        self.process = subprocess.Popen(
            [python, str(script), str(inputs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **ONE_THREAD},
            text=True,
        )
        self.about = self.answer()

    def ask(self, line: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args} ended with {self.process.wait()}; run it by hand to see why")
        return dict(json.loads(line))

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)


def here(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def take_turns(rivals: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """Median CPU milliseconds of each."""
    turns = [{name: turn() for name, turn in rivals.items()} for _ in range(TURNS + 1)]
    return {name: round(1e3 * statistics.median(turn[name] for turn in turns[1:]), 2) for name in rivals}


def ours_and_plain(samples: np.ndarray, windows: np.ndarray) -> tuple[dict[str, Callable[[], object]], ...]:
    """Front ends and backbones of this process."""
    front_end, pool, sound = FrontEnd(), one_threaded_pool(1), torch.from_numpy(samples)
    theirs = torchaudio.transforms.MelSpectrogram(
        RATE_HZ, 512, n_mels=96, hop_length=256, pad_mode="constant", norm="slaney", mel_scale="slaney"
    )
    front_ends: dict[str, Callable[[], object]] = {
        "ours": lambda: pool.submit(front_end.log_mel, samples, RATE_HZ).result(),
        "torchaudio": lambda: torch.log10(10_000 * theirs(sound) + 1),
    }
    exact, narrow = (load_backbone("msd_vgg", precision=precision, threads=1) for precision in ("fp32", "bf16"))
    plain, batch = PlainVgg(), torch.from_numpy(windows)
    one = torch.randn(4, 128, 92, 48).to(memory_format=torch.channels_last)
    kernel = torch.randn(128, 128, 3, 3).to(memory_format=torch.channels_last)
    backbones: dict[str, Callable[[], object]] = {
        "ours": lambda: exact.of_windows(windows, ["pool5"]),
        "ours, bf16": lambda: narrow.of_windows(windows, ["pool5"]),
        f"plain torch, batch of {WINDOWS}": lambda: plain.pool5(batch),
        "plain torch, batches of 4": lambda: [plain.pool5(batch[at : at + 4]) for at in range(0, WINDOWS, 4)],
        PEAK: lambda: torch.nn.functional.conv2d(one, kernel, padding=1),
    }
    return front_ends, backbones


def differences(elsewhere: Elsewhere, folder: Path, samples: np.ndarray, windows: np.ndarray) -> dict[str, float]:
    """Largest difference of what rivals and we found: that they did the same work."""
    elsewhere.ask(f"save {folder / 'found.npz'}")
    ours = {
        "TensorFlow": load_backbone("msd_vgg", threads=1).of_windows(windows, ["pool5"])["pool5"],
        "librosa": FrontEnd().log_mel(samples, RATE_HZ),
    }
    off = {}
    with np.load(folder / "found.npz", allow_pickle=False) as found:
        for name in found:
            theirs = found[name] if name == "librosa" else found[name].mean(1).reshape(WINDOWS, -1)
            off[name] = float(np.abs(ours[name] - theirs).max())
    return off


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rivals-python", metavar="PATH", default=sys.executable)
    python = options.parse_args().rivals_python
    torch.set_num_threads(1)
    samples = np.random.default_rng(0).normal(0, 0.1, 60 * RATE_HZ).astype(np.float32)
    windows = FrontEnd().log_mel(samples, RATE_HZ)[: WINDOWS * 187].reshape(WINDOWS, 187, 96)
    with tempfile.TemporaryDirectory() as name, torch.inference_mode():
        np.savez(Path(name) / "in.npz", samples=samples, windows=windows, **checkpoint.read_weights("MSD_vgg"))
        elsewhere = Elsewhere(python, Path(name) / "in.npz")
        mine = ours_and_plain(samples, windows)
        their = [elsewhere.about["front_ends"], elsewhere.about["backbones"]]
        tables = [
            take_turns(
                {title: lambda work=work: here(work) for title, work in own.items()}
                | {title: lambda title=title: elsewhere.ask(title)["cpu_s"] for title in others}
            )
            for own, others in zip(mine, their, strict=True)
        ]
        off = differences(elsewhere, Path(name), samples, windows)
        elsewhere.close()
    report(dict(zip(("front end", "backbone"), tables, strict=True)), off, elsewhere.about["missing"])


def report(tables: dict[str, dict[str, float]], off: dict[str, float], missing: list[str]) -> None:
    peak = PEAK_OPERATIONS / tables["backbone"].pop(PEAK) / 1e6
    reached = OPERATIONS / tables["backbone"]["ours"] / 1e6
    stored: dict[str, Any] = {"machine": platform.processor() or platform.machine(), "torch": torch.__version__}
    for title, table in tables.items():
        print(f"\n{title:32}CPU ms a minute   ratio")  # noqa: T201
        first = table["ours"]
        stored[title] = {name: {"cpu_ms": spent, "ratio": round(spent / first, 2)} for name, spent in table.items()}
        for name, one in stored[title].items():
            print(f"  {name:30}{one['cpu_ms']:15}{one['ratio']:8}")  # noqa: T201
    stored |= {"GFLOP/s": round(reached), "peak GFLOP/s": round(peak), "share of peak": round(reached / peak, 2)}
    stored |= {"largest difference": off, "missing": missing, "load": os.getloadavg()[0]}
    for name in ("GFLOP/s", "peak GFLOP/s", "share of peak", "largest difference", "load"):
        print(f"{name}: {stored[name]}")  # noqa: T201
    if missing:
        print(f"left out: {', '.join(missing)}; {REMEDY}")  # noqa: T201
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(stored, indent=1) + "\n")


if __name__ == "__main__":
    main()
