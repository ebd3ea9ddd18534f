"""The rivals that live in an interpreter of their own: `PYTHON rivals.py INPUTS`, started by `bench_listening.py`.

Conventions: imports nothing of the project, so that PYTHON needs only what the rivals need (numpy, and of tensorflow
and librosa those that shall take part). INPUTS is an npz with `samples` (n,) float32 at 16 kHz, `windows` (w, 187, 96)
float32 and the weights of MSD_vgg by their names. Speaks JSON, one line each way: first what takes part and what is
missing, then for each name read from stdin the CPU and wall seconds of one turn; `save PATH` writes what TensorFlow and
librosa found. One thread each.
"""

import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable

import numpy as np

PACKAGES = ("tensorflow", "librosa")
BLOCKS = 5
BATCH = 4
POOLINGS = [((4, 1), (2, 2)), *[((2, 2), (2, 2))] * 3, ((4, 4), (4, 4))]
RATE_HZ = 16_000
Rivals = dict[str, Callable[[], np.ndarray]]


def tensorflow_rivals(inputs: dict[str, np.ndarray]) -> Rivals:
    """MSD_vgg up to pool5 with musicnn's pooling: channels last, weights as constants, so that TensorFlow may fuse."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    weights = {name: tf.constant(array) for name, array in inputs.items() if "/" in name}

    def normalised(values: tf.Tensor, name: str) -> tf.Tensor:
        parts = ("gamma", "beta", "moving_mean", "moving_variance")
        found = tf.compat.v1.nn.fused_batch_norm(
            values, *(weights[f"{name}/{part}"] for part in parts), epsilon=1e-3, is_training=False
        )
        return found[0]

    @tf.function(reduce_retracing=False)
    def pool5(windows: tf.Tensor) -> tf.Tensor:
        values = normalised(windows[..., None], "batch_normalization")
        for block, (size, stride) in enumerate(POOLINGS, start=1):
            values = tf.nn.conv2d(values, weights[f"{block}CNN/kernel"], 1, "SAME")
            values = tf.nn.relu(tf.nn.bias_add(values, weights[f"{block}CNN/bias"]))
            values = tf.nn.max_pool2d(normalised(values, f"batch_normalization_{block}"), size, stride, "VALID")
        return values

    whole = tf.constant(inputs["windows"])
    pieces = [tf.constant(inputs["windows"][at : at + BATCH]) for at in range(0, len(inputs["windows"]), BATCH)]
    return {
        f"TensorFlow, batch of {len(inputs['windows'])}": lambda: pool5(whole).numpy(),
        f"TensorFlow, batches of {BATCH}": lambda: np.concatenate([pool5(piece).numpy() for piece in pieces]),
    }


def librosa_rivals(inputs: dict[str, np.ndarray]) -> Rivals:
    """Log-mel as librosa gives it, and with the steps of musicnn's own front end: its energies in float16."""
    import librosa

    def mel() -> np.ndarray:
        return librosa.feature.melspectrogram(y=inputs["samples"], sr=RATE_HZ, n_fft=512, hop_length=256, n_mels=96).T

    def musicnn() -> np.ndarray:
        with np.errstate(over="ignore"):
            return np.log10(10_000 * mel().astype(np.float16) + 1)

    return {"librosa": lambda: np.log10(10_000 * mel() + 1), "musicnn's own steps": musicnn}


def main(path: str) -> None:
    with np.load(path, allow_pickle=False) as arrays:
        inputs = {name: arrays[name] for name in arrays.files}
    missing = [package for package in PACKAGES if importlib.util.find_spec(package) is None]
    backbones = {} if "tensorflow" in missing else tensorflow_rivals(inputs)
    front_ends = {} if "librosa" in missing else librosa_rivals(inputs)
    rivals = backbones | front_ends
    tell({"backbones": list(backbones), "front_ends": list(front_ends), "missing": missing})
    for line in sys.stdin:
        name = line.strip()
        if name.startswith("save "):
            found = {name: rival() for name, rival in rivals.items() if "batch of" in name or name == "librosa"}
            np.savez(name.removeprefix("save "), **{name.partition(",")[0]: value for name, value in found.items()})
            tell({})
            continue
        cpu, wall = time.process_time(), time.perf_counter()
        rivals[name]()
        tell({"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall})


def tell(answer: dict[str, object]) -> None:
    print(json.dumps(answer), flush=True)  # noqa: T201


if __name__ == "__main__":
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    main(sys.argv[1])
