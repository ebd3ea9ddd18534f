"""The files that the authors published, as far as a folder holds them; none is needed for the others.

Conventions: files are found by their names anywhere below the folder. Concepts are the authors' playlists, by number.

    usg.npy                          collaborative-filtering vector by playlist        space CF
    llm.npy                          title embedding by playlist                       space BERT
    mwon_w2v.npy, sdoh_w2v.npy       two word2vec title embeddings by playlist         spaces W2V1, W2V2
    deezer_cav.npy                   concept activation vectors by layer                space Audio
    deezer_playlists.npy             tracks and title by playlist
    **/<track>.tensor                (29, 128) float32 activations of a track, serialised by TensorFlow

All but the tensors are pickled dictionaries; nothing of them is run (`worker.catalogue.pickled`).

Source: the published repository's scripts and notebook for the names; Zenodo record 7382664 for the tracks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.catalogue.errors import FolderMissing, PickleRefused
from worker.catalogue.pickled import read_pickled
from worker.cleaning import readable
from worker.jobs.errors import NothingToReproduce

SPACES = {"CF": "usg.npy", "BERT": "llm.npy", "W2V1": "mwon_w2v.npy", "W2V2": "sdoh_w2v.npy"}
VECTORS = "deezer_cav.npy"
PLAYLISTS = "deezer_playlists.npy"
TENSORS = "*.tensor"
TRACKS = f"{PLAYLISTS} with {TENSORS}"
POOL5 = 2
"""What `deezer_cav.npy` calls the layer that the poster's hierarchy was built from; the published embeddings are 0."""
_IDS = Path(__file__).with_name("ids.json")

Space = dict[int, NDArray[np.float64]]
"""Vector by playlist."""


@dataclass(frozen=True, slots=True)
class Material:
    """What a folder holds of the published data."""

    folder: Path
    spaces: dict[str, Space]
    """By the name of the table's column: CF, BERT, W2V1, W2V2, Audio."""
    playlists: Path | None
    has_tensors: bool
    retained: frozenset[int]
    """The poster's 3443 concepts."""
    common: frozenset[int]
    """Those of them that its table counts."""

    @property
    def can_learn(self) -> bool:
        """Whether vectors can be learnt from the tracks."""
        return self.playlists is not None and self.has_tensors


def find_material(folder: Path) -> Material:
    """Look for the published files and read those of spaces.

    Raises:
        FolderMissing: there is no such folder.
        NothingToReproduce: it holds none of the files.
        PickleRefused: a file is damaged or holds more than data.
    """
    if not folder.is_dir():
        raise FolderMissing(folder, "data")
    spaces = {name: _space(path) for name, file in SPACES.items() if (path := _found(folder, file)) is not None}
    vectors = _found(folder, VECTORS)
    if vectors is not None:
        spaces["Audio"] = _audio(vectors)
    playlists = _found(folder, PLAYLISTS)
    has_tensors = next(folder.rglob(TENSORS), None) is not None
    if not spaces and not (playlists is not None and has_tensors):
        raise NothingToReproduce(readable(folder), [*SPACES.values(), VECTORS, TRACKS])
    ids = json.loads(_IDS.read_text(encoding="utf-8"))
    return Material(folder, spaces, playlists, has_tensors, frozenset(ids["retained"]), frozenset(ids["common"]))


def _found(folder: Path, name: str) -> Path | None:
    return min(folder.rglob(name), default=None)


def _space(path: Path) -> Space:
    """Vectors by playlist, all of one length and finite."""
    read = read_pickled(path)
    if not isinstance(read, Mapping) or not read:
        raise PickleRefused(readable(path), "it is no dictionary of vectors")
    return _vectors(path, read)


def _audio(path: Path) -> Space:
    """Weights and bias of the poster's layer, one vector of 129 numbers a playlist."""
    read = read_pickled(path)
    try:
        weights, biases, names = read
        layer = POOL5 if POOL5 in weights else max(weights)
        stacked = np.concatenate([weights[layer], biases[layer]]).T
        return _vectors(path, dict(zip(names, stacked, strict=True)))
    except (TypeError, ValueError, KeyError) as error:
        raise PickleRefused(readable(path), f"it is no triple of weights, biases and names ({error})") from error


def _vectors(path: Path, read: Mapping[Any, Any]) -> Space:
    vectors: Space = {}
    lengths = set()
    for key, value in read.items():
        array = np.asarray(value)
        if isinstance(key, bool) or not isinstance(key, (int, np.integer)) or array.ndim != 1:
            raise PickleRefused(readable(path), f"{str(key)[:40]!r} is no playlist's number with a vector")
        if array.dtype.kind != "f" or not np.isfinite(array).all():
            raise PickleRefused(readable(path), f"the vector of playlist {key} has numbers that are not finite")
        vectors[int(key)] = array.astype(np.float64)
        lengths.add(len(array))
    if len(lengths) != 1:
        raise PickleRefused(readable(path), f"its vectors have different lengths: {sorted(lengths)}")
    return vectors
