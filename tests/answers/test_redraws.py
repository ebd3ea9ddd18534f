"""Redrawn vectors stay near the published one, vectors of random sets do not, and every draw is seeded."""

import numpy as np
import pytest

from worker.activations.fingerprint import Fingerprint
from worker.activations.store import Activations
from worker.answers.redraws import redraw
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.training import learn_vectors
from worker.concepts.vectors import VectorSettings

SETTINGS = VectorSettings(ridge=0.1)
UNITS = 16


def catalogue(tracks=120, members=30, seed=0):
    """Two windows a track; members lie apart in one direction."""
    rng = np.random.default_rng(seed)
    ids = [f"t{number:03d}" for number in range(tracks)]
    values = rng.normal(size=(2 * tracks, UNITS))
    values[: 2 * members] += 2 * np.eye(UNITS)[3]
    offsets = np.arange(0, 2 * tracks + 1, 2)
    return Activations(ids, values.astype(np.float32), offsets, Fingerprint("outside", "tiny")), ids[:members]


def cosines(vectors, other):
    return vectors @ other / np.linalg.norm(vectors, axis=1) / np.linalg.norm(other)


def test_redraws_resemble_the_vector_and_random_sets_do_not():
    activations, mine = catalogue()
    folds = assign_folds(activations.track_ids)
    published = learn_vectors(activations, Members.of({"c": mine}, activations.track_ids), folds, SETTINGS).weights[0]
    concept, random = redraw(activations, mine, SETTINGS, draws=6)
    assert concept.shape == random.shape == (6, UNITS)
    assert cosines(concept, published).min() > 0.9
    assert np.abs(cosines(random, published)).max() < 0.8
    assert len(np.unique(concept[:, 0])) == 6


def test_a_seed_draws_the_same_again_and_another_does_not():
    activations, mine = catalogue()
    one, again, other = (redraw(activations, mine, SETTINGS, draws=2, seed=seed) for seed in (0, 0, 9))
    assert np.array_equal(one[0], again[0])
    assert np.array_equal(one[1], again[1])
    assert not np.array_equal(one[1], other[1])


def test_tracks_without_sound_and_the_order_of_tracks_change_nothing():
    activations, mine = catalogue()
    one = redraw(activations, mine, SETTINGS, draws=1)
    other = redraw(activations, ["gone", *mine[::-1]], SETTINGS, draws=1)
    assert np.array_equal(one[0], other[0])


def test_the_draws_are_counted():
    told = []
    activations, mine = catalogue()
    redraw(activations, mine, SETTINGS, draws=3, progress=lambda *how_far: told.append(how_far))
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("method", ["mean_difference", "pattern"])
def test_other_methods_are_redrawn_as_they_are(method):
    activations, mine = catalogue()
    concept, _ = redraw(activations, mine, VectorSettings(method=method, ridge=0.1), draws=2)
    assert cosines(concept, np.eye(UNITS)[3]).min() > 0.8
