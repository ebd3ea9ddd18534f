"""Mean difference and activation pattern are what their formulas say, and their scores are balanced probabilities."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.similarity import track_scores
from worker.concepts.training import learn_vectors
from worker.concepts.vectors import VectorSettings

METHODS = ["mean_difference", "pattern"]


def catalogue(*, tracks=150, units=16, seed=0):
    """Units of very different scale, tracks of one to four windows, three concepts."""
    draw = np.random.default_rng(seed)
    ids = [f"track-{number:04d}" for number in range(tracks)]
    counts = draw.integers(1, 5, tracks)
    latent = draw.normal(size=(tracks, units))
    rows = np.repeat(latent, counts, axis=0) + 0.5 * draw.normal(size=(counts.sum(), units))
    values = (rows @ draw.normal(size=(units, units)) * np.geomspace(0.1, 10, units) + 3).astype(np.float32)
    liking = latent @ draw.normal(size=(units, 3)) / 2 + draw.normal(size=(tracks, 3))
    memberships = {f"c{place}": [ids[t] for t in np.argsort(-liking[:, place])[:40]] for place in range(3)}
    activations = SimpleNamespace(
        track_ids=ids,
        values=values,
        offsets=np.concatenate(([0], np.cumsum(counts))),
        fingerprint=SimpleNamespace(text="front=a"),
    )
    return activations, Members.of(memberships, ids), assign_folds(ids)


def learn(activations, members, folds, method, **settings):
    return learn_vectors(activations, members, folds, VectorSettings(method=method, ridge=0.05, **settings))


def training_rows(activations, members, folds, concept, left_out):
    """(rows, labels, weights) in float64, each class weighing 1/2, tracks of a class alike."""
    counts = np.diff(activations.offsets)
    inside = np.zeros(len(counts), bool)
    inside[members.rows(concept)] = True
    training = folds != left_out
    share = np.where(inside, 0.5 / (inside & training).sum(), 0.5 / (~inside & training).sum()) * training / counts
    return activations.values.astype(np.float64), np.repeat(inside, counts), np.repeat(share, counts)


def of_fold(vectors, concept, left_out):
    if left_out < 0:
        return vectors.weights[concept].astype(float), float(vectors.bias[concept])
    return vectors.fold_weights[left_out, concept].astype(float), float(vectors.fold_bias[left_out, concept])


def cosine(one, other):
    return one @ other / np.linalg.norm(one) / np.linalg.norm(other)


@pytest.mark.parametrize("left_out", [-1, 2])
def test_a_mean_difference_points_from_the_others_mean_to_the_members(left_out):
    activations, members, folds = catalogue()
    vectors = learn(activations, members, folds, "mean_difference")
    for concept in range(3):
        rows, labels, weights = training_rows(activations, members, folds, concept, left_out)
        signed = np.where(labels, weights, -weights)
        assert cosine(of_fold(vectors, concept, left_out)[0], signed @ rows) > 1 - 1e-6


@pytest.mark.parametrize("left_out", [-1, 2])
def test_a_pattern_is_the_covariance_times_the_logistic_vector(left_out):
    activations, members, folds = catalogue()
    logistic, vectors = (learn(activations, members, folds, method) for method in ("logistic", "pattern"))
    for concept in range(3):
        rows, _, weights = training_rows(activations, members, folds, concept, left_out)
        centred = rows - weights @ rows
        covariance = (weights[:, None] * centred).T @ centred
        expected = covariance @ of_fold(logistic, concept, left_out)[0]
        assert cosine(of_fold(vectors, concept, left_out)[0], expected) > 1 - 1e-6


@pytest.mark.parametrize("left_out", [-1, 2])
@pytest.mark.parametrize("method", METHODS)
def test_scale_and_bias_are_the_balanced_optimum_along_the_direction(method, left_out):
    activations, members, folds = catalogue()
    vectors = learn(activations, members, folds, method)
    for concept in range(3):
        rows, labels, weights = training_rows(activations, members, folds, concept, left_out)
        weight, bias = of_fold(vectors, concept, left_out)
        along = rows @ (weight / np.linalg.norm(weight))
        deviation = np.sqrt(weights @ (along - weights @ along) ** 2)
        seen = weights > 0
        best = LogisticRegression(C=1e3, solver="newton-cholesky", tol=1e-12, max_iter=500)
        best.fit(along[seen, None] / deviation, labels[seen], sample_weight=weights[seen])
        assert np.linalg.norm(weight) * deviation == pytest.approx(best.coef_[0, 0], rel=1e-4)
        assert bias == pytest.approx(best.intercept_[0], rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_scores_of_both_classes_average_one_half(method):
    activations, members, folds = catalogue()
    scores = track_scores(activations, learn(activations, members, folds, method), None)
    inside = members.dense()
    middle = [(scores[inside[:, c], c].mean() + scores[~inside[:, c], c].mean()) / 2 for c in range(3)]
    assert middle == pytest.approx([0.5] * 3, abs=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_classes_that_do_not_overlap_have_a_finite_scale(method):
    activations, members, folds = catalogue()
    owner = np.repeat(np.arange(len(folds)), np.diff(activations.offsets))
    activations.values[:, 0] += 100 * members.dense()[owner, 0]
    vectors = learn(activations, members, folds, method)
    assert np.isfinite(vectors.weights).all()
    assert np.isfinite(vectors.bias).all()
    assert track_scores(activations, vectors, folds)[members.rows(0), 0].min() > 0.9


@pytest.mark.parametrize("method", METHODS)
def test_a_unit_that_never_varies_gets_no_weight(method):
    activations, members, folds = catalogue()
    activations.values[:, 4] = 1e5
    vectors = learn(activations, members, folds, method)
    assert not vectors.weights[:, 4].any()
    assert np.isfinite(vectors.bias).all()


@pytest.mark.parametrize("method", METHODS)
def test_the_kept_weights_of_a_method_come_back_from_disk(method, tmp_path):
    vectors = learn(*catalogue(), method)
    vectors.save(tmp_path / "vectors.safetensors")
    again = type(vectors).load(tmp_path / "vectors.safetensors")
    assert (again.settings.method, again.ridge) == (method, 0.0 if method == "mean_difference" else 0.05)


def test_what_is_set_aside_teaches_nothing():
    activations, members, folds = catalogue()
    aside = Members.of({"c0": members.track_ids[:30], "c1": [], "c2": []}, members.track_ids)
    settings = VectorSettings(ridge=0.05)
    before = learn_vectors(activations, members, folds, settings, aside=aside)
    out = np.setdiff1d(np.arange(30), members.rows(0))
    rows, labels, weights = training_rows(activations, members, folds, 0, -1)
    weights[np.repeat(np.isin(np.arange(150), out), np.diff(activations.offsets))] = 0
    weights[~labels] *= 0.5 / weights[~labels].sum()
    logits = rows @ before.weights[0].astype(float) + before.bias[0]
    residual = weights * (1 / (1 + np.exp(-logits)) - labels)
    assert abs(residual.sum()) < 1e-5
    without = learn_vectors(activations, members, folds, settings)
    assert np.array_equal(without.weights[1], before.weights[1])
    assert np.abs(without.weights[0] - before.weights[0]).max() > 1e-3
