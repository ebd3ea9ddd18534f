"""What a worker writes of a track's seconds is read back whole, and under no other name."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from worker.activations.fingerprint import Fingerprint
from worker.answers.attribution import attribute
from worker.answers.calibration import Calibration
from worker.answers.errors import ExplanationDamaged
from worker.answers.explanation import Explained, explanation_name
from worker.answers.published import PublishedVectors

FILES = {"vectors": "v.safetensors", "calibration": "c.json", "scores": "s.npy"}


@pytest.fixture
def explained():
    rng = np.random.default_rng(0)
    return Explained(
        track_id="t\u00e9",
        concept_ids=("a", "b", "c"),
        scores=np.array([0.2, 0.9, 0.5]),
        probabilities=np.array([0.3, 0.1, np.nan]),
        window_scores=rng.random((7, 3)),
        starts_s=np.arange(7) * 0.752,
        window_s=2.992,
        duration_s=7.5,
    )


def test_what_was_written_is_read(explained, tmp_path):
    explained.save(tmp_path / "x.npz")
    found = Explained.load(tmp_path / "x.npz")
    for field in dataclasses.fields(Explained):
        before, after = getattr(explained, field.name), getattr(found, field.name)
        np.testing.assert_array_equal(after, before)
    assert [found.probability(place) for place in range(3)] == [0.3, 0.1, None]
    assert np.array_equal(found.seconds(1).scores[:, 0], explained.window_scores[:, 1])


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"nonsense"])
def test_what_is_no_explanation_is_refused_and_named(content, tmp_path):
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(ExplanationDamaged, match=r"x\.npz.*ask again"):
        Explained.load(tmp_path / "x.npz")


def test_the_name_changes_with_all_that_the_content_rests_on():
    names = {
        explanation_name(FILES, ["a", "b"], "t"),
        explanation_name(FILES | {"vectors": "w"}, ["a", "b"], "t"),
        explanation_name(FILES | {"calibration": "d"}, ["a", "b"], "t"),
        explanation_name(FILES, ["a"], "t"),
        explanation_name(FILES, ["a", "b"], "u"),
    }
    assert len(names) == 5
    assert explanation_name(FILES | {"scores": "other"}, ["b", "a"], "t") in names


@pytest.mark.parametrize("is_calibrated", [True, False])
def test_the_strongest_come_in_the_order_of_attribution(is_calibrated, explained):
    rng = np.random.default_rng(1)
    ids = tuple(f"c{number}" for number in range(20))
    published = PublishedVectors(
        collection="x",
        version=1,
        fingerprint=Fingerprint("front", "tiny").text,
        concept_ids=ids,
        names=ids,
        weights=rng.normal(size=(20, 4)).astype(np.float32),
        bias=np.zeros(20, np.float32),
        calibration=Calibration(ids, rng.random(20), rng.normal(size=20)) if is_calibrated else None,
    )
    told = attribute(published, rng.normal(size=(5, 4)).astype(np.float32), Fingerprint("front", "tiny"))
    by_id = {one.concept_id: one for one in told}
    found = dataclasses.replace(
        explained,
        concept_ids=ids,
        scores=np.array([by_id[one].score for one in ids]),
        probabilities=np.array([by_id[one].probability if is_calibrated else np.nan for one in ids], np.float64),
    )
    assert [ids[place] for place in found.strongest()] == [one.concept_id for one in told]
