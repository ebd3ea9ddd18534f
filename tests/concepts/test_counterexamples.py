"""Weighted counter-examples have the examples' strata, within stated limits, and vectors then listen less to them."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from worker.concepts.basis import Basis
from worker.concepts.confounders import following
from worker.concepts.counterexamples import LIMIT, stratum_weights
from worker.concepts.errors import ShapeMismatch
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.properties import Property, Strata
from worker.concepts.similarity import track_scores
from worker.concepts.training import find_basis, learn_vectors
from worker.concepts.vectors import VectorSettings

TRACKS, UNITS = 400, 12


def library(seed=0):
    """Units that carry loudness, and concepts that are heard by themselves and are louder than the rest."""
    draw = np.random.default_rng(seed)
    ids = [f"track-{number:04d}" for number in range(TRACKS)]
    loudness = draw.normal(-14, 3, TRACKS)
    values = draw.normal(size=(TRACKS, 3, UNITS))
    values[:, :, :4] += (loudness[:, None, None] + 14) / 3
    sets = {}
    for place in range(3):
        liking = draw.normal(size=TRACKS) + (loudness + 14) / 3
        rows = np.argsort(-liking)[:80]
        values[rows, :, 4 + place] += 1.0
        sets[f"concept-{place}"] = [ids[row] for row in rows]
    activations = SimpleNamespace(
        track_ids=ids,
        values=values.reshape(-1, UNITS).astype(np.float32),
        offsets=np.arange(TRACKS + 1) * 3,
        fingerprint=SimpleNamespace(text="front=a"),
    )
    known = dict(zip(ids, loudness.tolist(), strict=True))
    return activations, Members.of(sets, ids), assign_folds(ids), Property.of("loudness", ids, known)


def shares(strata, rows, weights=None):
    found = np.bincount(strata[rows], weights, minlength=int(strata.max()) + 1)
    return found / found.sum()


def test_counter_examples_have_the_strata_of_the_examples():
    draw = np.random.default_rng(0)
    strata, folds = draw.integers(0, 4, 2000).astype(np.int16), draw.integers(0, 5, 2000).astype(np.int8)
    examples = draw.uniform(size=(2000, 3)) < (0.1 + 0.1 * strata[:, None])
    weights = stratum_weights(strata, examples, ~examples, folds, 5)
    for concept in range(3):
        for left_out in range(6):
            seen = folds != left_out
            inside, outside = seen & examples[:, concept], seen & ~examples[:, concept]
            weight = weights[strata[outside], concept, left_out]
            assert weight.mean() == pytest.approx(1.0, abs=1e-6)
            assert shares(strata, outside, weight) == pytest.approx(shares(strata, inside), abs=1e-6)
            assert np.abs(shares(strata, outside) - shares(strata, inside)).max() > 0.05


def test_no_weight_goes_beyond_the_limits_and_none_is_nothing():
    """A concept with a stratum of its own keeps its counter-examples, all alike."""
    strata = np.repeat([0, 1], [900, 100]).astype(np.int16)
    own = (strata == 1)[:, None]
    folds = np.tile(np.arange(5), 200).astype(np.int8)
    alone = stratum_weights(strata, own, ~own, folds, 5)
    assert (alone[0] == 1.0).all()
    own[:50], own[950:] = True, False
    weights = stratum_weights(strata, own, ~own, folds, 5)
    assert weights.min() > 0
    assert weights.max() / weights[:2].min() <= LIMIT**2


def test_a_track_of_unknown_stratum_weighs_as_the_average_does():
    draw = np.random.default_rng(1)
    strata, folds = draw.integers(-1, 3, 600).astype(np.int16), draw.integers(0, 5, 600).astype(np.int8)
    examples = draw.uniform(size=(600, 1)) < 0.2 + 0.1 * (strata[:, None] > 0)
    weights = stratum_weights(strata, examples, ~examples, folds, 5)
    assert (weights[-1] == 1.0).all()
    assert weights[strata[~examples[:, 0]], 0, 5].mean() == pytest.approx(1.0)
    assert (stratum_weights(np.full(600, -1, np.int16), examples, ~examples, folds, 5) == 1.0).all()


@pytest.mark.parametrize("method", ["logistic", "mean_difference", "pattern"])
def test_balanced_vectors_follow_the_property_less(method):
    activations, members, folds, loudness = library()
    strata = Strata.of(loudness).places(loudness)
    plain = learn_vectors(activations, members, folds, VectorSettings(method=method, ridge=0.01))
    settings = VectorSettings(method=method, ridge=0.01, balance="loudness")
    even = learn_vectors(activations, members, folds, settings, confounder=loudness)
    before, after = (following(track_scores(activations, one, folds), members, strata) for one in (plain, even))
    assert (after < before).all()
    if method == "logistic":
        assert after.mean() < before.mean() / 2


def test_under_one_basis_a_balanced_vector_depends_on_its_own_tracks_alone():
    activations, members, folds, loudness = library()
    settings = VectorSettings(balance="loudness", max_negatives=200)
    basis = find_basis(activations, members, folds, settings, confounder=loudness)
    kept = Basis.read(basis.plain())
    assert (kept.strata, kept.pool_strata) == (basis.strata, basis.pool_strata)
    together = learn_vectors(activations, members, folds, settings, basis=kept, confounder=loudness)
    own = sorted({*basis.pool, *(members.track_ids[row] for row in members.rows(1))})
    place = {track: row for row, track in enumerate(members.track_ids)}
    rows = np.array([place[track] for track in own])
    moved = np.where(np.isin(own, basis.pool), loudness.values[rows] + 5, loudness.values[rows])
    alone = learn_vectors(
        activations,
        Members.of({"concept-1": [members.track_ids[row] for row in members.rows(1)]}, own),
        folds[rows],
        settings,
        basis=kept,
        confounder=Property("loudness", moved),
    )
    assert np.array_equal(alone.weights[0], together.weights[1])
    assert np.array_equal(alone.fold_weights[:, 0], together.fold_weights[:, 1])


def test_a_property_that_the_settings_do_not_name_is_refused():
    activations, members, folds, loudness = library()
    for settings, found in (
        (VectorSettings(), loudness),
        (VectorSettings(balance="year"), loudness),
        (VectorSettings(balance="loudness"), None),
        (VectorSettings(balance="loudness"), replace(loudness, values=loudness.values[1:])),
    ):
        with pytest.raises(ShapeMismatch):
            learn_vectors(activations, members, folds, settings, confounder=found)
