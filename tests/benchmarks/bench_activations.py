"""Front end and backbones against rivals: `python tests/benchmarks/bench_activations.py [THREADS ...]`.

Conventions: milliseconds per minute of sound (20 windows of 187 frames); rivals take turns in one process, the median
of seven turns counts; `cpu` is the process's CPU time over all threads, `wall` the clock. The machine's own peak
(largest convolution of the network, and a matrix product) is measured in the same run. Prints tables and writes
`tests/benchmarks/results/activations.json`.
"""

from __future__ import annotations

import json
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
import torchaudio

from worker.activations import checkpoint
from worker.activations.backbones import load_backbone
from worker.activations.backbones.network import one_threaded_pool
from worker.activations.front_end import FrontEnd, mel_filters
from worker.activations.resampling import resample

TURNS = 7
WINDOWS = 20
RESULTS = Path(__file__).parent / "results" / "activations.json"
Rivals = dict[str, Callable[[], object]]


def take_turns(rivals: Rivals, turns: int = TURNS) -> dict[str, dict[str, float]]:
    for rival in rivals.values():
        rival()
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in rivals}
    for _ in range(turns):
        for name, rival in rivals.items():
            cpu, wall = time.process_time(), time.perf_counter()
            rival()
            times[name].append((time.process_time() - cpu, time.perf_counter() - wall))
    return {
        name: {
            "cpu_ms": round(1e3 * statistics.median(cpu for cpu, _ in taken), 1),
            "wall_ms": round(1e3 * statistics.median(wall for _, wall in taken), 1),
        }
        for name, taken in times.items()
    }


class PlainVgg:
    """The network as one writes it first: channels first, every mel column, each step by itself."""

    def __init__(self) -> None:
        weights = checkpoint.read_weights("MSD_vgg")
        self.weights = {name: torch.from_numpy(array.copy()) for name, array in weights.items()}
        self.kernels = [self.weights[f"{block}CNN/kernel"].permute(3, 2, 0, 1).contiguous() for block in range(1, 6)]

    def normalised(self, values: torch.Tensor, name: str) -> torch.Tensor:
        parts = ("moving_mean", "moving_variance", "gamma", "beta")
        return F.batch_norm(values, *(self.weights[f"{name}/{part}"] for part in parts), eps=1e-3)

    def pool5(self, log_mel: torch.Tensor) -> torch.Tensor:
        values = self.normalised(log_mel[:, None], "batch_normalization")
        poolings = [((4, 1), (2, 2)), *[((2, 2), (2, 2))] * 3, ((4, 4), (4, 4))]
        for block, (size, stride) in enumerate(poolings, start=1):
            values = F.relu(F.conv2d(values, self.kernels[block - 1], self.weights[f"{block}CNN/bias"], padding=1))
            values = F.max_pool2d(self.normalised(values, f"batch_normalization_{block}"), size, stride)
        return values


def naive_log_mel(samples: np.ndarray) -> np.ndarray:
    padded = np.pad(samples, 256)
    window = np.hanning(513)[:-1].astype(np.float32)
    filters = mel_filters()
    frames = [padded[start : start + 512] * window for start in range(0, len(padded) - 511, 256)]
    return np.array([np.log10(10_000 * (filters @ np.abs(np.fft.rfft(frame)) ** 2) + 1) for frame in frames])


def front_end_rivals(samples: np.ndarray) -> Rivals:
    ours, sound, pool = FrontEnd(), torch.from_numpy(samples), one_threaded_pool(1)
    theirs = torchaudio.transforms.MelSpectrogram(
        16_000, 512, n_mels=96, hop_length=256, pad_mode="constant", norm="slaney", mel_scale="slaney"
    )
    return {
        "log-mel, numpy frame by frame": lambda: naive_log_mel(samples),
        "log-mel, torchaudio": lambda: torch.log10(10_000 * theirs(sound) + 1),
        "log-mel, ours": lambda: pool.submit(ours.log_mel, samples, 16_000).result(),
    }


def resampling_rivals() -> Rivals:
    random, pool = np.random.default_rng(1), one_threaded_pool(1)
    rivals: Rivals = {}
    for rate_hz in (44_100, 48_000):
        sound = torch.from_numpy(random.normal(0, 0.1, 60 * rate_hz).astype(np.float32))
        theirs = torchaudio.transforms.Resample(rate_hz, 16_000)
        rivals[f"{rate_hz} Hz, torchaudio"] = lambda theirs=theirs, sound=sound: theirs(sound)
        rivals[f"{rate_hz} Hz, ours"] = lambda sound=sound, rate_hz=rate_hz: pool.submit(
            resample, sound, rate_hz
        ).result()
    return rivals


def backbone_rivals(samples: np.ndarray, threads: int) -> Rivals:
    log_mel = torch.from_numpy(FrontEnd().log_mel(samples, 16_000)[: WINDOWS * 187].reshape(WINDOWS, 187, 96))
    plain = PlainVgg()
    rivals: Rivals = {
        "msd_vgg, plain torch, batch 20": lambda: plain.pool5(log_mel),
        "msd_vgg, plain torch, batches of 4": lambda: [plain.pool5(log_mel[at : at + 4]) for at in range(0, 20, 4)],
    }
    for name, choice in {
        "msd_vgg": {"name": "msd_vgg"},
        "msd_vgg, bf16": {"name": "msd_vgg", "precision": "bf16"},
        "msd_vgg, checkpoint": {"name": "msd_vgg", "pooling": "checkpoint"},
        "msd_musicnn": {"name": "msd_musicnn"},
    }.items():
        backbone = load_backbone(**choice, threads=threads)
        rivals[f"{name}, ours"] = lambda backbone=backbone: backbone.of_windows(
            log_mel.numpy(), [backbone.fingerprint.layer]
        )
    whole = load_backbone("msd_vgg", threads=threads)
    rivals["msd_vgg, ours, with the front end"] = lambda: whole.activations(samples, 16_000)
    return rivals


def peak(threads: int) -> dict[str, float]:
    """Billions of operations a second of the network's largest convolution, and of a square matrix product."""
    torch.set_num_threads(threads)
    values = torch.randn(2, 128, 92, 48).to(memory_format=torch.channels_last)
    kernel = torch.randn(128, 128, 3, 3).to(memory_format=torch.channels_last)
    square = torch.randn(2048, 2048)
    times = take_turns({"conv": lambda: F.conv2d(values, kernel, padding=1), "mm": lambda: square @ square})
    work = {"conv": 2 * 2 * 92 * 48 * 128 * 128 * 9, "mm": 2 * 2048**3}
    return {name: round(work[name] / times[name]["wall_ms"] / 1e6) for name in times}


def main(threads: list[int]) -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, 60 * 16_000).astype(np.float32)
    found: dict[str, object] = {"machine": platform.processor() or platform.machine(), "torch": torch.__version__}
    for count in threads:
        torch.set_num_threads(count)
        with torch.inference_mode():
            tables = {
                "front end": take_turns(front_end_rivals(samples)),
                "resampling": take_turns(resampling_rivals()),
                "backbone": take_turns(backbone_rivals(samples, count)),
            }
            found[f"{count} threads"] = {**tables, "peak GFLOP/s": peak(count)}
        for title, table in tables.items():
            print(f"\n{title}, {count} threads{'':24}cpu ms   wall ms a minute")  # noqa: T201
            for name, one in table.items():
                print(f"  {name:42}{one['cpu_ms']:10}{one['wall_ms']:10}")  # noqa: T201
    found["largest resident MB"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1))
    print("\n" + json.dumps({name: value for name, value in found.items() if name[0] not in "12"}))  # noqa: T201


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [1])
