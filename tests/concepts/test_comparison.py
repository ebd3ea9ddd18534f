"""Two methods are compared on the very same tracks, which neither has seen."""

from types import SimpleNamespace

import numpy as np
import pytest
import scipy.stats

from worker.concepts.comparison import compare_with_poster
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.poster import judged_on, split_of
from worker.concepts.similarity import similarity, track_scores
from worker.concepts.training import learn_vectors
from worker.concepts.vectors import VectorSettings


def catalogue(*, tracks=300, units=16, concepts=4):
    draw = np.random.default_rng(1)
    ids = [f"track-{number:04d}" for number in range(tracks)]
    latent = draw.normal(size=(tracks, units))
    values = np.repeat(latent, 2, axis=0) + 0.4 * draw.normal(size=(2 * tracks, units))
    liking = latent @ draw.normal(size=(units, concepts)) / 4 + 0.6 * draw.normal(size=(tracks, concepts))
    activations = SimpleNamespace(
        track_ids=ids,
        values=values.astype(np.float32),
        offsets=2 * np.arange(tracks + 1),
        fingerprint=SimpleNamespace(text="front=a"),
    )
    memberships = {f"c{place}": [ids[t] for t in np.argsort(-liking[:, place])[:60]] for place in range(concepts)}
    return activations, Members.of(memberships, ids), assign_folds(ids)


@pytest.fixture(scope="module")
def compared():
    material = catalogue()
    return *material, compare_with_poster(*material, VectorSettings(ridge=0.1))


def test_the_default_is_at_least_as_accurate_as_the_preset(compared):
    *_, found = compared
    assert found.difference >= -0.005
    assert found.difference_low <= found.difference <= found.difference_high
    accuracies = [pair.accuracy - pair.poster_accuracy for pair in found.pairs]
    assert found.difference == pytest.approx(np.mean(accuracies))


def test_accuracies_are_those_of_the_test_tracks_alone(compared):
    activations, members, folds, found = compared
    theirs = learn_vectors(activations, members, folds, VectorSettings(method="poster", seed=123))
    scores = track_scores(activations, theirs, None)
    for place, pair in enumerate(found.pairs):
        mine, others = (split.test for split in split_of(members, place, 123))
        theirs_right = np.mean([(scores[mine, place] > 0.5).mean(), (scores[others, place] < 0.5).mean()])
        assert pair.poster_accuracy == pytest.approx(theirs_right)
        held = np.zeros(300, np.int8)
        held[np.concatenate([mine, others])] = 1
        one = learn_vectors(activations, members.select([place]), held, VectorSettings(ridge=0.1))
        logits = activations.values @ one.fold_weights[1, 0] + one.fold_bias[1, 0]
        ours = (1 / (1 + np.exp(-logits))).reshape(300, 2).mean(axis=1)
        ours_right = np.mean([(ours[mine] > 0.5).mean(), (ours[others] < 0.5).mean()])
        assert pair.accuracy == pytest.approx(ours_right)


def test_cosines_and_the_rank_agreement_of_s_are_what_they_say(compared):
    activations, members, folds, found = compared
    ours = learn_vectors(activations, members, folds, VectorSettings(ridge=0.1))
    theirs = learn_vectors(activations, members, folds, VectorSettings(method="poster", seed=123))
    for place, pair in enumerate(found.pairs):
        one, other = ours.weights[place], theirs.weights[place]
        assert pair.cosine == pytest.approx(one @ other / np.linalg.norm(one) / np.linalg.norm(other), abs=1e-5)
    apart = ~np.eye(4, dtype=bool)
    of_ours = similarity(track_scores(activations, ours, folds), members)[apart]
    of_theirs = similarity(track_scores(activations, theirs, None), judged_on(members, 123)[0])[apart]
    assert found.rank_agreement == pytest.approx(scipy.stats.spearmanr(of_ours, of_theirs).statistic)


def test_tracks_in_another_order_compare_alike(compared):
    activations, members, folds, found = compared
    turn = np.random.default_rng(5).permutation(300)
    turned = SimpleNamespace(
        track_ids=[activations.track_ids[t] for t in turn],
        values=activations.values.reshape(300, 2, -1)[turn].reshape(600, -1),
        offsets=activations.offsets,
        fingerprint=activations.fingerprint,
    )
    assert compare_with_poster(turned, members, folds, VectorSettings(ridge=0.1)) == found
