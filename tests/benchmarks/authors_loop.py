"""The authors' training of one concept at a time, by the framework it is asked for: `PYTHON authors_loop.py INPUTS`.

Written anew from what is known of the published code (see `worker.concepts.poster`): batches of 64 windows of members
and 64 of others, each track visited four times in turn, input dropout 0.25, one sigmoid unit, Adam at 0.001, epochs of
100 batches followed by 10 of validation, the rate falls after 10 epochs without a gain, training ends after 20. The
published code also ran the network at every step; this one reads stored activations, so it is a lower bound of theirs.

Conventions: imports nothing of the project, so that PYTHON needs numpy and one of tensorflow and torch. INPUTS is an
npz: `values` (rows, units) float32, `first` and `counts` (tracks,), and for each concept `mine_<n>` and `others_<n>`,
the positions of its tracks. Speaks JSON: what takes part, then one line for each framework and concept.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np

BATCH, VISITS, STEPS, CHECKS, EPOCHS = 64, 4, 100, 10, 100
DROPOUT, RATE, PATIENCE, RATE_PATIENCE, RATE_GAIN, LEAST_RATE = 0.25, 1e-3, 20, 10, 1e-4, 1e-6
Tracks = tuple[np.ndarray, np.ndarray]


class Windows:
    """Batches of one concept: members first."""

    def __init__(self, inputs: dict[str, np.ndarray], tracks: Tracks, seed: int) -> None:
        self.values, self.first, self.counts = inputs["values"], inputs["first"], inputs["counts"]
        self.tracks, self.draw, self.visited = tracks, np.random.default_rng(seed), 0
        self.labels = np.repeat(np.float32([1, 0]), BATCH)[:, None]

    def batch(self) -> tuple[np.ndarray, np.ndarray]:
        halves = []
        for tracks in self.tracks:
            visits = tracks[np.arange(self.visited, self.visited + BATCH) // VISITS % len(tracks)]
            halves.append(self.first[visits] + self.draw.integers(0, self.counts[visits]))
        self.visited += BATCH
        return self.values[np.concatenate(halves)], self.labels

    def endless(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        while True:
            yield self.batch()


def parts(tracks: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """70/10/20 of some tracks."""
    tracks = np.random.default_rng(seed).permutation(tracks)
    first, second = round(0.7 * len(tracks)), round(0.8 * len(tracks))
    return tracks[:first], tracks[first:second], tracks[second:]


def keras_fit(training: Windows, validation: Windows, most_epochs: int) -> tuple[int, np.ndarray, float]:
    """By Keras: fit, with callbacks for stopping and for the rate."""
    import tensorflow as tf

    units = training.values.shape[1]
    shapes = (tf.TensorSpec((2 * BATCH, units), tf.float32), tf.TensorSpec((2 * BATCH, 1), tf.float32))
    model = tf.keras.Sequential(
        [tf.keras.Input((units,)), tf.keras.layers.Dropout(DROPOUT), tf.keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile(tf.keras.optimizers.Adam(RATE), "binary_crossentropy")
    callbacks = [
        tf.keras.callbacks.EarlyStopping("val_loss", patience=PATIENCE, restore_best_weights=True),
        tf.keras.callbacks.ReduceLROnPlateau(
            "val_loss", 0.1, patience=RATE_PATIENCE, min_delta=RATE_GAIN, min_lr=LEAST_RATE
        ),
    ]
    run = model.fit(
        tf.data.Dataset.from_generator(training.endless, output_signature=shapes).prefetch(2),
        validation_data=tf.data.Dataset.from_generator(validation.endless, output_signature=shapes).prefetch(2),
        steps_per_epoch=STEPS,
        validation_steps=CHECKS,
        epochs=most_epochs,
        callbacks=callbacks,
        verbose=0,
    )
    weights, bias = model.layers[-1].get_weights()
    return len(run.history["loss"]), weights[:, 0], float(bias[0])


def torch_loop(training: Windows, validation: Windows, most_epochs: int) -> tuple[int, np.ndarray, float]:
    """By a plain torch loop."""
    import torch

    torch.set_num_threads(1)
    drop, unit = torch.nn.Dropout(DROPOUT), torch.nn.Linear(training.values.shape[1], 1)
    loss_of, adam = torch.nn.BCEWithLogitsLoss(), torch.optim.Adam(unit.parameters(), RATE)
    falls = torch.optim.lr_scheduler.ReduceLROnPlateau(
        adam, factor=0.1, patience=RATE_PATIENCE, threshold=RATE_GAIN, threshold_mode="abs", min_lr=LEAST_RATE
    )
    best, waited, epochs, kept = np.inf, 0, 0, (unit.weight.detach().clone(), unit.bias.detach().clone())
    while epochs < most_epochs and waited < PATIENCE:
        epochs += 1
        for _ in range(STEPS):
            rows, labels = map(torch.from_numpy, training.batch())
            adam.zero_grad()
            loss_of(unit(drop(rows)), labels).backward()
            adam.step()
        with torch.no_grad():
            checks = [loss_of(unit(torch.from_numpy(rows)), torch.from_numpy(labels)) for rows, labels in
                      (validation.batch() for _ in range(CHECKS))]  # fmt: skip
        loss = float(np.mean(checks))
        falls.step(loss)
        waited += 1
        if loss < best:
            best, waited, kept = loss, 0, (unit.weight.detach().clone(), unit.bias.detach().clone())
    return epochs, kept[0].numpy()[0], float(kept[1][0])


def accuracy(inputs: dict[str, np.ndarray], tracks: Tracks, weights: np.ndarray, bias: float) -> float:
    """Balanced, of test tracks, by their mean score."""
    hits = []
    for group, is_member in zip(tracks, (True, False), strict=True):
        rows = [inputs["values"][inputs["first"][t] : inputs["first"][t] + inputs["counts"][t]] for t in group]
        scores = np.array([np.mean(1 / (1 + np.exp(-(part @ weights + bias)))) for part in rows])
        hits.append(np.mean((scores > 0.5) == is_member))
    return float(np.mean(hits))


def main(path: str) -> None:
    with np.load(path, allow_pickle=False) as arrays:
        inputs = {name: arrays[name] for name in arrays.files}
    known: dict[str, Callable[[Windows, Windows, int], tuple[int, np.ndarray, float]]] = {
        "tensorflow": keras_fit,
        "torch": torch_loop,
    }
    present = [name for name in known if importlib.util.find_spec(name) is not None]
    tell({"present": present, "missing": [name for name in known if name not in present]})
    concepts = sum(name.startswith("mine_") for name in inputs)
    for name in present:
        for concept in range(-1, concepts):  # the first is to warm up and is not told
            number = max(concept, 0)
            both = [parts(inputs[f"{side}_{number}"], number) for side in ("mine", "others")]
            training, validation, test = zip(*both, strict=True)
            cpu, wall = time.process_time(), time.perf_counter()
            batches = Windows(inputs, training, 1), Windows(inputs, validation, 2)
            epochs, weights, bias = known[name](*batches, EPOCHS if concept >= 0 else 1)
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            found = accuracy(inputs, test, weights, bias)
            if concept >= 0:
                tell({"by": name, "cpu_s": cpu, "wall_s": wall, "epochs": epochs, "accuracy": found})


def tell(answer: dict[str, object]) -> None:
    print(json.dumps(answer), flush=True)  # noqa: T201


if __name__ == "__main__":
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1")
    main(sys.argv[1])
