"""Fits reach the optimum of the stated objective, whatever the order of the input; what cannot be learnt is refused."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from worker.concepts.errors import BadVectorFile, ConstantActivations, NotFinite, ShapeMismatch, UnusableConcept
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.rows import negatives_pool
from worker.concepts.training import MOST_CONCEPTS, Training, learn_vectors
from worker.concepts.vectors import ConceptVectors, VectorSettings


def catalogue(*, tracks=160, units=24, concepts=6, seed=0, windows=(1, 5), smallest=20):
    """Activations as a rectified network gives them, concepts that overlap, tracks of unequal length."""
    draw = np.random.default_rng(seed)
    ids = [f"track-{number:04d}" for number in range(tracks)]
    latent = draw.normal(size=(tracks, units))
    counts = draw.integers(windows[0], windows[1] + 1, tracks)
    rows = np.repeat(latent, counts, axis=0) + 0.7 * draw.normal(size=(counts.sum(), units))
    mixing = draw.normal(size=(units, units)) * np.exp(-np.arange(units) / 8)[:, None]
    values = np.maximum(rows @ mixing + 1.0, 0).astype(np.float32)
    memberships = {}
    for number in range(concepts):
        liking = latent @ draw.normal(size=units) / 2 + draw.normal(size=tracks)
        size = smallest + int(draw.integers(tracks // 3))
        memberships[f"concept-{number}"] = [ids[place] for place in np.argsort(-liking)[:size]]
    offsets = np.concatenate(([0], np.cumsum(counts)))
    return heard(ids, values, offsets), memberships, assign_folds(ids)


def heard(ids, values, offsets, fingerprint="front=a"):
    return SimpleNamespace(
        track_ids=list(ids), values=values, offsets=offsets, fingerprint=SimpleNamespace(text=fingerprint)
    )


def learn(activations, memberships, folds, **settings):
    members = Members.of(memberships, activations.track_ids)
    return learn_vectors(activations, members, folds, VectorSettings(**settings))


def objective(activations, members, folds, *, concept, left_out):
    """(standardised rows, labels, weights, mean, deviation) written out in float64."""
    values = activations.values.astype(np.float64)
    counts = np.diff(activations.offsets)
    owner = np.repeat(np.arange(len(counts)), counts)
    training = folds != left_out
    even = (training / counts)[owner]
    mean = even @ values / even.sum()
    deviation = np.sqrt(even @ (values - mean) ** 2 / even.sum())
    inside = np.zeros(len(counts), bool)
    inside[members.rows(concept)] = True
    share = np.where(inside, 0.5 / (inside & training).sum(), 0.5 / (~inside & training).sum())
    weights = share[owner] * even
    used = weights > 0
    return (values - mean)[used] / deviation, inside[owner][used], weights[used], mean, deviation


def loss(rows, labels, weights, solution, ridge):
    coefficients, bias = solution
    logits = rows @ coefficients + bias
    return weights @ np.logaddexp(0, np.where(labels, -logits, logits)) + ridge / 2 * coefficients @ coefficients


@pytest.mark.parametrize("units", [24, 300], ids=["more rows than units", "more units than rows"])
@pytest.mark.parametrize("ridge", [1e-3, 0.1])
def test_every_fit_reaches_the_loss_of_scikit_learns_converged_optimum(units, ridge):
    activations, memberships, folds = catalogue(units=units)
    members = Members.of(memberships, activations.track_ids)
    vectors = learn_vectors(activations, members, folds, VectorSettings(ridge=ridge))
    gaps = []
    for concept in range(len(memberships)):
        for left_out in (0, 3, -1):
            rows, labels, weights, mean, deviation = objective(
                activations, members, folds, concept=concept, left_out=left_out
            )
            best = LogisticRegression(C=1 / ridge, solver="newton-cholesky", tol=1e-10, max_iter=200)
            best.fit(rows, labels, sample_weight=weights)
            raw, bias = (
                (vectors.weights[concept], vectors.bias[concept])
                if left_out < 0
                else (vectors.fold_weights[left_out, concept], vectors.fold_bias[left_out, concept])
            )
            ours = loss(rows, labels, weights, (raw * deviation, bias + raw @ mean), ridge)
            gaps.append(ours - loss(rows, labels, weights, (best.coef_[0], best.intercept_[0]), ridge))
    assert max(gaps) < 1e-6
    assert min(gaps) > -1e-6


def test_a_pool_of_counter_examples_gives_the_optimum_over_just_that_pool():
    activations, memberships, folds = catalogue(tracks=300, concepts=3)
    members = Members.of(memberships, activations.track_ids)
    vectors = learn_vectors(activations, members, folds, VectorSettings(ridge=0.01, max_negatives=100))
    rows, labels, weights, mean, deviation = objective(activations, members, folds, concept=0, left_out=-1)
    pool = negatives_pool(members.track_ids, folds, 5, 100, 0)
    assert len(pool) == 100
    in_pool = np.zeros(300, bool)
    in_pool[pool] = True
    owner = np.repeat(np.arange(300), np.diff(activations.offsets))
    inside = np.zeros(300, bool)
    inside[members.rows(0)] = True
    kept = (inside | in_pool)[owner]
    weights = np.where(labels, weights, weights * (~inside).sum() / (~inside & in_pool).sum())[kept]
    best = LogisticRegression(C=100, solver="newton-cholesky", tol=1e-10, max_iter=200)
    best.fit(rows[kept], labels[kept], sample_weight=weights)
    raw = vectors.weights[0]
    ours = loss(rows[kept], labels[kept], weights, (raw * deviation, vectors.bias[0] + raw @ mean), 0.01)
    theirs = loss(rows[kept], labels[kept], weights, (best.coef_[0], best.intercept_[0]), 0.01)
    assert ours == pytest.approx(theirs, abs=1e-6)


def test_the_order_of_tracks_and_concepts_does_not_change_a_bit():
    activations, memberships, folds = catalogue()
    draw = np.random.default_rng(4)
    order = draw.permutation(len(activations.track_ids))
    parts = [activations.values[activations.offsets[t] : activations.offsets[t + 1]] for t in order]
    shuffled = heard(
        [activations.track_ids[t] for t in order],
        np.concatenate(parts),
        np.concatenate(([0], np.cumsum([len(part) for part in parts]))),
    )
    turned = {concept: tracks[::-1] for concept, tracks in reversed(memberships.items())}
    one, other = learn(activations, memberships, folds), learn(shuffled, turned, folds)
    assert one.concept_ids == other.concept_ids
    assert one.ridge == other.ridge
    for name in ("weights", "bias", "fold_weights", "fold_bias"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def test_the_number_of_workers_does_not_change_a_bit():
    activations, memberships, folds = catalogue(concepts=9)
    members = Members.of(memberships, activations.track_ids)
    one, other = (learn_vectors(activations, members, folds, workers=workers) for workers in (1, 3))
    assert np.array_equal(one.fold_weights, other.fold_weights)


def test_tracks_weigh_the_same_however_many_windows_they_have():
    activations, memberships, folds = catalogue(windows=(2, 2))
    doubled = heard(
        activations.track_ids, np.repeat(activations.values, 2, axis=0), 2 * np.asarray(activations.offsets)
    )
    stretched = activations.values[: activations.offsets[1]].repeat(4, axis=0)
    longer = heard(
        activations.track_ids,
        np.concatenate([stretched, activations.values[activations.offsets[1] :]]),
        np.concatenate(([0], activations.offsets[1:] + len(stretched) - activations.offsets[1])),
    )
    one = learn(activations, memberships, folds, ridge=0.01)
    for other in (doubled, longer):
        assert learn(other, memberships, folds, ridge=0.01).weights == pytest.approx(one.weights, abs=1e-4)


def test_track_means_as_input_equal_windows_that_are_all_alike():
    activations, memberships, folds = catalogue(windows=(1, 1))
    repeated = heard(activations.track_ids, activations.values.repeat(3, axis=0), 3 * activations.offsets)
    one = learn(activations, memberships, folds, ridge=0.01, input="windows")
    other = learn(repeated, memberships, folds, ridge=0.01, input="tracks")
    assert other.fold_weights == pytest.approx(one.fold_weights, abs=1e-5)


def test_scale_and_shift_of_a_unit_do_not_change_the_scores():
    activations, memberships, folds = catalogue()
    scale = np.geomspace(1e-3, 1e3, activations.values.shape[1]).astype(np.float32)
    moved = heard(activations.track_ids, activations.values * scale + 5 * scale, activations.offsets)
    one, other = (learn(each, memberships, folds, ridge=0.01) for each in (activations, moved))
    before = activations.values @ one.weights.T + one.bias
    after = moved.values @ other.weights.T + other.bias
    assert after == pytest.approx(before, abs=2e-3)


def test_a_unit_that_never_varies_gets_no_weight():
    activations, memberships, folds = catalogue()
    activations.values[:, 3], activations.values[:, 7] = 0.0, 1e6
    vectors = learn(activations, memberships, folds, ridge=0.01)
    assert not vectors.weights[:, [3, 7]].any()
    assert not vectors.fold_weights[:, :, [3, 7]].any()
    assert np.isfinite(vectors.bias).all()


def test_a_unit_that_varies_only_in_the_left_out_fold_cannot_blow_up():
    activations, memberships, folds = catalogue()
    owner = np.repeat(np.arange(len(folds)), np.diff(activations.offsets))
    activations.values[:, 2] = np.where(folds[owner] == 1, activations.values[:, 2], 0.0)
    vectors = learn(activations, memberships, folds, ridge=0.01)
    assert np.abs(vectors.fold_weights[1, :, 2]).max() < 1e-3


def test_a_vector_does_not_see_the_labels_of_its_left_out_fold():
    activations, memberships, folds = catalogue()
    settings = {"ridge": 0.01}
    before = learn(activations, memberships, folds, **settings)
    held = [track for track, fold in zip(activations.track_ids, folds, strict=True) if fold == 2]
    changed = {**memberships, "concept-0": sorted(set(memberships["concept-0"]) ^ set(held))}
    after = learn(activations, changed, folds, **settings)
    assert after.fold_weights[2, 0] == pytest.approx(before.fold_weights[2, 0], abs=1e-4)
    assert np.abs(after.fold_weights[1, 0] - before.fold_weights[1, 0]).max() > 1e-2


def test_the_ridge_is_the_one_with_the_least_cross_validated_loss():
    vectors = learn(*catalogue())
    assert vectors.ridge == min(vectors.ridge_losses, key=vectors.ridge_losses.get)
    assert len(vectors.ridge_losses) >= 3
    assert learn(*catalogue(), ridge=0.5).ridge_losses == {}


def test_separable_concepts_have_a_finite_vector():
    activations, memberships, folds = catalogue(units=300)
    vectors = learn(activations, memberships, folds, ridge=1e-4)
    assert np.isfinite(vectors.fold_weights).all()


def test_vectors_come_back_from_disk_as_they_were(tmp_path):
    vectors = learn(*catalogue())
    vectors.save(tmp_path / "vectors.safetensors")
    again = ConceptVectors.load(tmp_path / "vectors.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["vectors.safetensors"]
    for name in ("concept_ids", "ridge", "fingerprint", "settings", "ridge_losses"):
        assert getattr(again, name) == getattr(vectors, name)
    for name in ("weights", "bias", "fold_weights", "fold_bias"):
        assert np.array_equal(getattr(again, name), getattr(vectors, name))


@pytest.mark.parametrize("content", [b"", b"not tensors", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "])
def test_a_file_of_something_else_is_refused_by_name(tmp_path, content):
    path = tmp_path / "vectors.safetensors"
    path.write_bytes(content)
    with pytest.raises(BadVectorFile, match=r"vectors\.safetensors"):
        ConceptVectors.load(path)


def test_folds_of_another_catalogue_are_refused():
    activations, memberships, folds = catalogue()
    with pytest.raises(ShapeMismatch, match="folds"):
        learn(activations, memberships, folds[:-1])


def test_a_concept_without_tracks_is_refused_by_name():
    activations, memberships, folds = catalogue()
    with pytest.raises(UnusableConcept, match="silence"):
        learn(activations, {**memberships, "silence": ["unknown"]}, folds)


def test_a_concept_that_lies_in_one_fold_is_refused_by_name():
    activations, memberships, folds = catalogue()
    alone = [track for track, fold in zip(activations.track_ids, folds, strict=True) if fold == 4]
    with pytest.raises(UnusableConcept, match="narrow: the tracks outside fold 4 holds no example"):
        learn(activations, {**memberships, "narrow": alone}, folds)


def test_a_concept_of_all_tracks_is_refused_by_name():
    activations, memberships, folds = catalogue()
    with pytest.raises(UnusableConcept, match=r"all: .* holds no counter-example"):
        learn(activations, {**memberships, "all": activations.track_ids}, folds)


def test_constant_activations_are_refused():
    activations, memberships, folds = catalogue()
    activations.values[:] = 0.3
    with pytest.raises(ConstantActivations):
        learn(activations, memberships, folds)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_activations_that_are_no_numbers_are_refused_by_track(bad):
    activations, memberships, folds = catalogue()
    activations.values[activations.offsets[17], 5] = bad
    with pytest.raises(NotFinite, match="track-0017"):
        learn(activations, memberships, folds)


def test_offsets_that_do_not_cover_the_rows_are_refused():
    activations, memberships, folds = catalogue()
    short = heard(activations.track_ids, activations.values[:-1], activations.offsets)
    with pytest.raises(ShapeMismatch):
        learn(short, memberships, folds)


@pytest.mark.parametrize(("concepts", "fewest"), [(1, 1), (31, 1), (32, 2), (49, 2), (400, 7), (3443, 54)])
@pytest.mark.parametrize("most", [MOST_CONCEPTS, 1])
def test_blocks_are_alike_and_leave_no_core_idle(concepts, fewest, most):
    training = SimpleNamespace(pool=SimpleNamespace(values=np.empty((2000, 0))), count=5)
    blocks = list(Training.blocks(training, np.arange(concepts), most))
    lengths = [len(block) for block in blocks]
    assert np.concatenate(blocks).tolist() == list(range(concepts))
    assert 1 <= min(lengths) >= max(lengths) - 1
    assert max(lengths) <= most
    assert len(blocks) >= fewest
    assert most == 1 or len(blocks) == 1 or len(blocks) % 2 == 0
