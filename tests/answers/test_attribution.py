"""Attribution of new music: the mean of sigmoids, by the published vectors of the data folder alone."""

import json

import numpy as np
import pytest

from worker.activations.errors import FingerprintMismatch
from worker.activations.fingerprint import Fingerprint
from worker.answers.attribution import attribute, window_scores
from worker.answers.calibration import Calibration
from worker.answers.errors import CalibrationDamaged, NothingPublished, PointerDamaged, SeveralPublished
from worker.answers.published import POINTER, load_published
from worker.concepts.vectors import ConceptVectors, VectorSettings

PRINT = Fingerprint("outside", "tiny", layer="1")
IDS = ("brass", "strings", "violin")


def publish(data, collection="timbre", kept=("brass", "violin"), seed=0, calibration=None):
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(3, 4)).astype(np.float32)
    bias = rng.normal(size=3).astype(np.float32)
    folder = data / "builds" / collection
    folder.mkdir(parents=True)
    vectors = ConceptVectors(
        IDS, weights, bias, weights[None] * 2, bias[None] * 2, 0.1, PRINT.text, VectorSettings(), {}
    )
    vectors.save(folder / "abc.safetensors")
    pointer = {
        "collection": collection,
        "version": 3,
        "vectors": "abc.safetensors",
        "fingerprint": PRINT.text,
        "kept": {concept: concept.title() for concept in kept},
    }
    if calibration is not None:
        (folder / "abc.calibration.json").write_text(json.dumps(calibration.plain()))
        pointer["calibration"] = "abc.calibration.json"
    (folder / POINTER).write_text(json.dumps(pointer))
    return weights, bias


def test_scores_are_the_mean_over_windows_of_the_sigmoid(tmp_path):
    weights, bias = publish(tmp_path)
    windows = np.random.default_rng(1).normal(size=(7, 4)).astype(np.float32)
    found = {one.concept_id: one for one in attribute(load_published(tmp_path), windows, PRINT)}
    assert set(found) == {"brass", "violin"}
    assert found["violin"].name == "Violin"
    for concept, row in (("brass", 0), ("violin", 2)):
        slow = np.mean([1 / (1 + np.exp(-(float(weights[row] @ window) + float(bias[row])))) for window in windows])
        assert found[concept].score == pytest.approx(slow, abs=1e-6)


def test_the_strongest_comes_first_and_ties_go_by_id(tmp_path):
    publish(tmp_path, kept=IDS)
    published = load_published(tmp_path)
    windows = np.zeros((1, 4), np.float32)
    scores = [one.score for one in attribute(published, windows, PRINT)]
    assert scores == sorted(scores, reverse=True)
    flat = type(published)(**{name: getattr(published, name) for name in published.__slots__} | {"bias": np.zeros(3)})
    assert [one.concept_id for one in attribute(flat, windows, PRINT)] == sorted(IDS)


def test_probabilities_decide_the_order_where_there_are_any(tmp_path):
    """A rare concept with the higher score comes after a frequent one that is likelier."""
    publish(tmp_path, calibration=Calibration(IDS, np.array([1.0, 1.0, 1.0]), np.array([-5.0, 9.0, 2.0])))
    published = load_published(tmp_path)
    windows = np.random.default_rng(3).normal(size=(6, 4)).astype(np.float32) * 0.1
    first, second = attribute(published, windows, PRINT)
    assert (first.concept_id, second.concept_id) == ("violin", "brass")
    for one, offset in ((first, 2.0), (second, -5.0)):
        odds = one.score / (1 - one.score) * np.exp(offset)
        assert one.probability == pytest.approx(odds / (1 + odds))


def test_publications_of_older_releases_have_scores_alone(tmp_path):
    publish(tmp_path)
    found = attribute(load_published(tmp_path), np.zeros((1, 4), np.float32), PRINT)
    assert [one.probability for one in found] == [None, None]


def test_a_calibration_that_is_gone_is_named(tmp_path):
    publish(tmp_path, calibration=Calibration(IDS, np.ones(3), np.zeros(3)))
    (tmp_path / "builds" / "timbre" / "abc.calibration.json").unlink()
    with pytest.raises(CalibrationDamaged, match=r"abc\.calibration\.json"):
        load_published(tmp_path)


def test_huge_activations_give_scores_of_zero_and_one_and_no_warning(tmp_path):
    publish(tmp_path)
    scores = window_scores(load_published(tmp_path), np.full((2, 4), 1e6, np.float32))
    assert np.isfinite(scores).all()
    assert ((scores >= 0) & (scores <= 1)).all()


def test_the_order_of_windows_does_not_matter(tmp_path):
    publish(tmp_path)
    published = load_published(tmp_path)
    windows = np.random.default_rng(2).normal(size=(9, 4)).astype(np.float32)
    one, other = attribute(published, windows, PRINT), attribute(published, windows[::-1], PRINT)
    assert [found.score for found in one] == pytest.approx([found.score for found in other], abs=1e-12)


def test_activations_of_another_layer_are_refused(tmp_path):
    publish(tmp_path)
    other = Fingerprint("outside", "tiny", layer="2")
    with pytest.raises(FingerprintMismatch, match="layer=1"):
        attribute(load_published(tmp_path), np.zeros((1, 4), np.float32), other)


def test_nothing_published_says_what_to_run(tmp_path):
    with pytest.raises(NothingPublished, match="audio-concepts rebuild"):
        load_published(tmp_path)
    publish(tmp_path)
    with pytest.raises(NothingPublished, match="moods"):
        load_published(tmp_path, "moods")


def test_of_several_collections_one_has_to_be_named(tmp_path):
    publish(tmp_path, "timbre")
    publish(tmp_path, "moods", seed=1)
    with pytest.raises(SeveralPublished, match="moods, timbre"):
        load_published(tmp_path)
    assert load_published(tmp_path, "moods").collection == "moods"


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}", b"\xff"])
def test_a_damaged_pointer_is_named(tmp_path, content):
    publish(tmp_path)
    (tmp_path / "builds" / "timbre" / POINTER).write_bytes(content)
    with pytest.raises(PointerDamaged, match=POINTER):
        load_published(tmp_path)


def test_vectors_that_are_gone_are_said_to_be_gone(tmp_path):
    publish(tmp_path)
    (tmp_path / "builds" / "timbre" / "abc.safetensors").unlink()
    with pytest.raises(PointerDamaged, match="gone"):
        load_published(tmp_path)
