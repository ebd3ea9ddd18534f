"""The preset trains on its own splits, keeps the best epoch, and depends on nothing but ids, seed and sound."""

from types import SimpleNamespace

import numpy as np
import pytest

from worker.concepts.errors import UnusableConcept
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.poster import LEAST_TRACKS, PosterTraining, judged_on, split_of, train
from worker.concepts.rows import TrackRows
from worker.concepts.similarity import track_scores
from worker.concepts.training import learn_vectors
from worker.concepts.vectors import ConceptVectors, VectorSettings

QUICK = PosterTraining(steps=20, epochs=15, validation_steps=3)


def catalogue(*, tracks=200, units=12, concepts=3, seed=0, order=None):
    draw = np.random.default_rng(seed)
    ids = [f"track-{number:04d}" for number in range(tracks)]
    latent = draw.normal(size=(tracks, units))
    counts = draw.integers(1, 4, tracks)
    rows = np.repeat(latent, counts, axis=0) + 0.3 * draw.normal(size=(counts.sum(), units))
    parts = np.split(np.maximum(rows, -1).astype(np.float32), np.cumsum(counts)[:-1])
    liking = latent @ draw.normal(size=(units, concepts)) / 2 + 0.5 * draw.normal(size=(tracks, concepts))
    memberships = {f"c{place}": [ids[t] for t in np.argsort(-liking[:, place])[:50]] for place in range(concepts)}
    order = range(tracks) if order is None else order
    activations = SimpleNamespace(
        track_ids=[ids[t] for t in order],
        values=np.concatenate([parts[t] for t in order]),
        offsets=np.concatenate(([0], np.cumsum([len(parts[t]) for t in order]))),
        fingerprint=SimpleNamespace(text="front=a"),
    )
    return activations, Members.of(memberships, ids)


def trained(activations, members, how=QUICK, **more):
    return train(TrackRows.of(activations, members), members, training=how, **more)


@pytest.mark.parametrize("tracks", [*range(LEAST_TRACKS, 60), 250])
def test_a_concept_and_the_others_are_split_seventy_ten_twenty(tracks):
    members = Members.of({"c": [f"t{number:03d}" for number in range(tracks)]}, [f"t{n:03d}" for n in range(400)])
    for split, size in zip(split_of(members, 0), (tracks, 400 - tracks), strict=True):
        parts = (split.training, split.validation, split.test)
        assert len(set(np.concatenate(parts).tolist())) == size
        assert all(abs(len(part) - share * size) <= 1 for part, share in zip(parts, (0.7, 0.1, 0.2), strict=True))
        assert min(map(len, parts)) >= 1


def test_equal_lists_are_split_as_the_published_code_splits_them():
    members = Members.of({"c": [f"t{number:03d}" for number in range(20)]}, [f"t{n:03d}" for n in range(60)])
    np.random.seed(123)  # noqa: NPY002  the published code does
    mine, others = np.arange(20), np.arange(20, 60)
    np.random.shuffle(mine)  # noqa: NPY002
    np.random.shuffle(others)  # noqa: NPY002
    found = split_of(members, 0)
    assert np.array_equal(np.concatenate([found[0].training, found[0].validation, found[0].test]), mine)
    assert np.array_equal(np.concatenate([found[1].training, found[1].validation, found[1].test]), others)


def test_a_concept_that_cannot_be_split_is_refused_by_name():
    members = Members.of({"tiny": ["t000", "t001"]}, [f"t{number:03d}" for number in range(60)])
    with pytest.raises(UnusableConcept, match="tiny"):
        split_of(members, 0)


def test_test_tracks_teach_nothing():
    activations, members = catalogue()
    before = trained(activations, members)
    held = split_of(members, 0)[0].test
    owner = np.repeat(np.arange(200), np.diff(activations.offsets))
    activations.values[np.isin(owner, held)] = 1e3
    assert np.array_equal(trained(activations, members).weights[0], before.weights[0])


def test_the_order_of_tracks_and_the_concepts_beside_do_not_change_a_bit():
    activations, members = catalogue()
    whole = trained(activations, members, workers=1)
    shuffled, _ = catalogue(order=np.random.default_rng(1).permutation(200))
    assert np.array_equal(trained(shuffled, members, workers=3).weights, whole.weights)
    assert np.array_equal(trained(activations, members.select([1])).weights[0], whole.weights[1])
    assert not np.array_equal(trained(activations, members, seed=5).weights, whole.weights)


def test_the_kept_weights_are_those_of_the_least_validation_loss():
    activations, members = catalogue(concepts=1)
    longer = [
        trained(activations, members, PosterTraining(steps=20, epochs=n, validation_steps=3)) for n in range(1, 16)
    ]
    losses = [one.validation_loss[0] for one in longer]
    assert losses == sorted(losses, reverse=True)
    best = losses.index(losses[-1])
    assert np.array_equal(longer[best].weights, longer[-1].weights)


def test_training_ends_when_nothing_is_gained():
    activations, members = catalogue(concepts=2)
    draw = np.random.default_rng(3)
    activations.values[:] = draw.normal(size=activations.values.shape)
    how = PosterTraining(steps=5, epochs=200, validation_steps=3, patience=6)
    assert (trained(activations, members, how).epochs < 200).all()


def test_without_dropout_and_noise_it_approaches_the_logistic_optimum():
    draw = np.random.default_rng(0)
    ids = [f"t{number:04d}" for number in range(2000)]
    values = draw.normal(size=(2000, 4)).astype(np.float32)
    truth = np.array([1.0, -1.0, 0.5, 0.0])
    inside = draw.random(2000) < 1 / (1 + np.exp(-values @ truth))
    activations = SimpleNamespace(
        track_ids=ids, values=values, offsets=np.arange(2001), fingerprint=SimpleNamespace(text="f")
    )
    members = Members.of({"c": [ids[t] for t in np.flatnonzero(inside)]}, ids)
    found = trained(activations, members, PosterTraining(dropout=0.0, learning_rate=1e-2, epochs=40))
    assert found.weights[0] == pytest.approx(truth, abs=0.25)


def test_the_method_poster_gives_vectors_without_folds_that_come_back_from_disk(tmp_path):
    activations, members = catalogue(concepts=2)
    told = []
    folds = assign_folds(members.track_ids)
    settings = VectorSettings(method="poster", seed=123)
    vectors = learn_vectors(activations, members, folds, settings, lambda *done: told.append(done))
    assert told[-1] == (2, 2)
    assert vectors.fold_weights.shape == (0, 2, 12)
    vectors.save(tmp_path / "v.safetensors")
    again = ConceptVectors.load(tmp_path / "v.safetensors")
    assert np.array_equal(again.weights, vectors.weights)
    assert again.fold_bias.shape == (0, 2)
    scores = track_scores(activations, again, None)
    own, both = judged_on(members)
    for concept in range(2):
        tested = both.rows(concept)
        inside = np.isin(tested, own.rows(concept))
        assert scores[tested[inside], concept].mean() > scores[tested[~inside], concept].mean() + 0.2
