"""Cuts the reference outputs down to what the tests keep: `python tests/data/trim_oracles.py FOLDER`.

FOLDER holds `{MSD,MTT}_{vgg,musicnn}.npz` (inputs and layers of musicnn's own code under TensorFlow) and
`frontend_librosa.npz` (five signals with librosa's log-mel). Kept: six of fifteen windows, of the layers stored for two
windows both (pool1: one), and of each signal the beginning and the end with the frames that these alone decide. Writes
`tests/data/oracles/*.npz`, each under 1 MB, the same bytes every time.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

NETWORKS = ("MSD_vgg", "MTT_vgg", "MSD_musicnn", "MTT_musicnn")
WINDOWS = [0, 1, 4, 7, 10, 13]
FIRST_TWO = "__first2"
HOP = 256
HEAD_FRAMES = 64
TAIL_FRAMES = 64
LIMIT_BYTES = 1_000_000


def trim_network(source: Path, target: Path) -> None:
    kept = {}
    with np.load(source, allow_pickle=False) as arrays:
        for name in arrays.files:
            if not name.endswith(FIRST_TWO):
                kept[name] = arrays[name][WINDOWS]
            elif name.startswith("pool1"):
                kept["pool1"] = arrays[name][:1]
            elif name.removesuffix(FIRST_TWO) not in arrays.files:
                kept[name.removesuffix(FIRST_TWO)] = arrays[name]
    save(target, kept)


def trim_front_end(source: Path, target: Path) -> None:
    kept = {}
    with np.load(source, allow_pickle=False) as arrays:
        for name in sorted(key.removesuffix("__audio") for key in arrays.files if key.endswith("__audio")):
            audio, log_mel = arrays[f"{name}__audio"], arrays[f"{name}__logmel"]
            # Frame i looks at samples 256 i - 256 to 256 i + 255, so these cuts change none of the frames kept.
            kept[f"{name}__head"] = audio[: HEAD_FRAMES * HOP]
            kept[f"{name}__head_logmel"] = log_mel[:HEAD_FRAMES]
            first = log_mel.shape[0] - TAIL_FRAMES
            kept[f"{name}__tail"] = audio[(first - 1) * HOP :]
            kept[f"{name}__tail_logmel"] = log_mel[first:]
    save(target, kept)


def save(target: Path, arrays: dict[str, np.ndarray]) -> None:
    target.parent.mkdir(exist_ok=True)
    np.savez_compressed(target, **arrays)
    size = target.stat().st_size
    print(target.name, size, {name: array.shape for name, array in arrays.items()})  # noqa: T201
    if size > LIMIT_BYTES:
        raise SystemExit(f"{target} has {size} bytes, more than {LIMIT_BYTES}")


def main(folder: Path) -> None:
    target = Path(__file__).parent / "oracles"
    for name in NETWORKS:
        trim_network(folder / f"{name}.npz", target / f"{name}.npz")
    trim_front_end(folder / "frontend_librosa.npz", target / "frontend_librosa.npz")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
