"""The weights of the shipped networks: where they lie, what they hash to, what they hold.

Conventions: tensors carry the names of the checkpoint (`1CNN/kernel`, `batch_normalization_2/gamma`, `dense/bias`,
each below `model/`, which is cut off); kernels are stored height, width, in, out with height = time; what the
optimiser kept (Adam's moments) is left out. The package `musicnn` is found, never imported: importing it needs
TensorFlow.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from pathlib import Path

import numpy as np

from worker.activations.errors import WeightsMissing
from worker.activations.tensor_bundle import read_bundle

PACKAGE = "musicnn"
REMEDY = "run `pip install --no-deps musicnn==0.1.0` in the environment of the worker"
_PREFIX = "model/"
_OPTIMISER = ("/Adam", "/Adam_1", "beta1_power", "beta2_power")


def checkpoint_folder(name: str) -> Path:
    """Where a network's checkpoint lies.

    Args:
        name: as the package calls it, such as `MSD_vgg`.

    Raises:
        WeightsMissing: the package is not installed, or it lacks that network.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise WeightsMissing(f"the package {PACKAGE}, which holds the weights of {name},", REMEDY)
    folder = Path(next(iter(spec.submodule_search_locations))) / name
    if not _index(folder).is_file() or not _data(folder).is_file():
        raise WeightsMissing(f"the checkpoint {folder}", REMEDY)
    return folder


@functools.cache
def weights_sha256(name: str) -> str:
    """SHA-256 over a network's two checkpoint files, the index first; 64 hexadecimal digits.

    Raises:
        WeightsMissing: as `checkpoint_folder`.
    """
    folder = checkpoint_folder(name)
    digest = hashlib.sha256(_index(folder).read_bytes())
    digest.update(_data(folder).read_bytes())
    return digest.hexdigest()


def read_weights(name: str) -> dict[str, np.ndarray]:
    """The tensors of a network, float32, read-only, by name.

    Raises:
        WeightsMissing: as `checkpoint_folder`.
        CheckpointDamaged: the files are not what they should be.
    """
    folder = checkpoint_folder(name)
    tensors = read_bundle(_index(folder), _data(folder))
    return {key.removeprefix(_PREFIX): value for key, value in tensors.items() if not key.endswith(_OPTIMISER)}


def _index(folder: Path) -> Path:
    return folder / ".index"


def _data(folder: Path) -> Path:
    return folder / ".data-00000-of-00001"
