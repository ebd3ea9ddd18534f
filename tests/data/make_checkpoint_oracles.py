"""Runs the graphs stored beside the vgg weights: `PYTHON tests/data/make_checkpoint_oracles.py`.

PYTHON is an interpreter with `tensorflow-cpu` (tried: 2.21) and, installed without its dependencies, `musicnn==0.1.0`,
whose folders hold the graphs (`.meta`) and the weights; neither is a dependency of this project. For a scratch one:

    python -m venv SCRATCH && SCRATCH/bin/pip install tensorflow-cpu && SCRATCH/bin/pip install --no-deps musicnn==0.1.0

What runs is the graph as it was trained, cut down to inference: its convolutions, normalisations, poolings and dense
layer under their own names, with the weights read by TensorFlow; nothing of ours or of musicnn's Python code. Inputs
are windows of `oracles/{MSD,MTT}_vgg.npz`. Writes `oracles/{MSD,MTT}_vgg_checkpoint.npz`, each under 1 MB: `windows`
(which rows of those inputs), `poolings` ((5, 2, 2): size and stride of each pooling, time x mel), `x` and the layers
(the large ones of the first windows only).
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import numpy as np

ORACLES = Path(__file__).parent / "oracles"
NETWORKS = ("MSD_vgg", "MTT_vgg")
WINDOWS = [0, 1, 3, 4]
KEPT = {"pool1": 1, "pool2": 2}
"""Windows kept of a layer; all of the others."""
LIMIT_BYTES = 1_000_000
INPUT, TRAINING = "model/Placeholder", "model/Placeholder_2"
POOLS = {f"pool{number + 1}": f"model/max_pooling2d{f'_{number}' if number else ''}/MaxPool" for number in range(5)}
LAYERS = {
    **POOLS,
    "penultimate": "model/Flatten/flatten/Reshape",
    "logits": "model/dense/BiasAdd",
    "taggram": "model/Sigmoid",
}


def run(prefix: str, log_mel: np.ndarray) -> dict[str, np.ndarray]:
    """Every layer of some windows, and the poolings as the graph states them."""
    os.environ |= {"TF_ENABLE_ONEDNN_OPTS": "0", "TF_CPP_MIN_LOG_LEVEL": "3"}
    import tensorflow.compat.v1 as tf
    from tensorflow.core.protobuf import meta_graph_pb2

    stored = meta_graph_pb2.MetaGraphDef()
    stored.ParseFromString(Path(f"{prefix}.meta").read_bytes())
    definition = tf.graph_util.extract_sub_graph(stored.graph_def, list(LAYERS.values()))
    nodes = {node.name: node for node in definition.node}
    for node in definition.node:
        node.attr.pop("_output_shapes", None)  # what TensorFlow 1.12 inferred; later ones disagree and refuse
    variables = [node.name for node in definition.node if node.op.startswith("Variable")]
    weights = tf.train.NewCheckpointReader(prefix)
    poolings = np.array(
        [[nodes[name].attr[what].list.i[1:3] for what in ("ksize", "strides")] for name in POOLS.values()]
    )
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(definition, name="")
        fed = {f"{name}:0": weights.get_tensor(name) for name in variables}
        found = session.run(
            {layer: f"{name}:0" for layer, name in LAYERS.items()},
            {**fed, f"{INPUT}:0": log_mel, f"{TRAINING}:0": False},
        )
    return {"poolings": poolings, **found}


def main() -> None:
    package = importlib.util.find_spec("musicnn")
    if package is None or not package.submodule_search_locations:
        raise SystemExit("this interpreter lacks musicnn; see the beginning of this file")
    for name in NETWORKS:
        with np.load(ORACLES / f"{name}.npz", allow_pickle=False) as arrays:
            log_mel = arrays["x"][WINDOWS]
        found = run(f"{package.submodule_search_locations[0]}/{name}/", log_mel)
        kept = {layer: values[: KEPT.get(layer)] for layer, values in found.items()}
        target = ORACLES / f"{name}_checkpoint.npz"
        np.savez_compressed(target, windows=np.array(WINDOWS), x=log_mel, **kept)
        size = target.stat().st_size
        print(target.name, size, found["poolings"].tolist(), {key: kept[key].shape for key in LAYERS})  # noqa: T201
        if size > LIMIT_BYTES:
            raise SystemExit(f"{target} has {size} bytes, more than {LIMIT_BYTES}")


if __name__ == "__main__":
    main()
