"""Support of edges: what resampling counts, against draws made the slow and obvious way."""

import doctest

import numpy as np
import pytest

from worker.hierarchy import support
from worker.hierarchy.builders import heymann_tree
from worker.hierarchy.errors import OutOfRange, ShapeMismatch
from worker.hierarchy.support import lean, resampled, sampling_support, track_weights

SIZES = (30, 12, 12, 5)


@pytest.fixture
def nested():
    """Scores of 60 tracks; concepts 1 and 2 lie in concept 0, concept 3 stands alone."""
    draw = np.random.default_rng(1)
    rows = [np.arange(30), np.arange(12), np.arange(12, 24), np.arange(40, 45)]
    scores = draw.uniform(0.05, 0.15, (60, 4))
    for concept, members in enumerate(rows):
        scores[members, concept] += draw.uniform(0.4, 0.8, len(members))
    scores[:12, 0] += 0.1
    indptr = np.cumsum([0, *(len(members) for members in rows)])
    return scores.astype(np.float32), indptr, np.concatenate(rows)


def keys(tracks=60):
    return np.random.default_rng(9).integers(0, 2**63, tracks).astype(np.uint64)


def test_the_examples_hold():
    assert doctest.testmod(support).failed == 0


def test_weights_are_poisson_of_mean_one_and_independent_from_tree_to_tree():
    weights = track_weights(keys(5000), 40)
    assert abs(weights.mean() - 1) < 0.01
    assert abs(weights.var() - 1) < 0.02
    assert abs((weights == 0).mean() - np.exp(-1)) < 0.005
    assert np.abs(np.corrcoef(weights) - np.eye(40)).max() < 0.06
    assert not np.array_equal(weights, track_weights(keys(5000), 40, seed=1))


def test_a_tracks_weight_does_not_depend_on_the_others():
    order = np.random.default_rng(2).permutation(60)
    assert np.array_equal(track_weights(keys()[order], 5), track_weights(keys(), 5)[:, order])


def test_tracks_of_one_artist_are_drawn_together():
    shared = keys()
    shared[1] = shared[0]
    weights = track_weights(shared, 50)
    assert np.array_equal(weights[:, 0], weights[:, 1])


def test_a_resampled_s_is_the_mean_over_tracks_repeated_as_drawn(nested):
    scores, indptr, indices = nested
    weights = track_weights(keys(), 6)
    for drawn, found in zip(weights, resampled(scores, indptr, indices, weights), strict=True):
        for concept in range(4):
            rows = indices[indptr[concept] : indptr[concept + 1]]
            repeated = np.repeat(rows, drawn[rows].astype(int))
            wanted = scores[repeated if len(repeated) else rows].mean(axis=0, dtype=np.float64)
            assert np.allclose(found[concept], wanted, atol=2e-6)


def test_batches_change_nothing(nested, monkeypatch):
    weights = track_weights(keys(), 7)
    whole = list(resampled(*nested, weights))
    monkeypatch.setattr(support, "TABLE_BYTES", 200)
    assert all(
        np.allclose(one, other, atol=2e-6) for one, other in zip(whole, resampled(*nested, weights), strict=True)
    )


def test_sure_edges_have_support_one_and_torn_ones_share_theirs(nested):
    scores, indptr, indices = nested
    central = np.array([0.9, 0.5, 0.4, 0.1])

    def grow(similarity, _):
        return heymann_tree(similarity, central, min_similarity=0.01)

    told = []
    drawn = ((one, None) for one in resampled(scores, indptr, indices, track_weights(keys(), 200)))
    found = sampling_support(drawn, grow, told.append)
    assert told[-1] == found.trees == 200
    assert found.share(1, 0) == found.share(2, 0) == 1.0
    assert sum(found.share(3, parent) for parent in (None, 0, 1, 2)) == pytest.approx(1.0)
    chosen = max((0, 1, 2), key=lambda parent: found.share(3, parent))
    assert 0 < found.share(3, chosen) < 1
    assert found.favourite(3, chosen)[1] == max(found.share(3, one) for one in {0, 1, 2} - {chosen})
    assert found.favourite(1, 0) == (None, 0.0)


def test_the_error_of_a_direction_is_that_of_drawing(nested):
    scores, indptr, indices = nested
    pairs = [(1, 0), (2, 0), (1, 2), (3, 0)]
    drawn = np.array(list(resampled(scores, indptr, indices, track_weights(keys(), 4000))))
    for (child, parent), one in zip(pairs, lean(scores, indptr, indices, keys(), pairs), strict=True):
        differences = drawn[:, child, parent] - drawn[:, parent, child]
        assert one.difference == pytest.approx(differences.mean(), abs=0.005)
        assert (one.high - one.low) / 2 / 1.96 == pytest.approx(differences.std(), rel=0.12)
        assert one.confidence == pytest.approx((differences > 0).mean(), abs=0.05)


def test_the_part_leans_on_the_whole_and_the_whole_away_from_the_part(nested):
    down, up = lean(*nested, keys(), [(1, 0), (0, 1)])
    assert down.confidence > 0.95
    assert up.confidence == pytest.approx(1 - down.confidence)
    assert up.difference == -down.difference


def test_equal_concepts_lean_nowhere(nested):
    scores, _, _ = nested
    rows = np.arange(10)
    same = np.repeat(scores[:, :1], 2, axis=1)
    (one,) = lean(same, np.array([0, 10, 20]), np.concatenate([rows, rows]), keys(), [(0, 1)])
    assert (one.difference, one.confidence) == (0.0, 0.5)


def test_arrays_of_other_tracks_and_no_trees_are_refused(nested):
    scores, indptr, indices = nested
    with pytest.raises(ShapeMismatch):
        next(resampled(scores[:, :3], indptr, indices, track_weights(keys(), 1)))
    with pytest.raises(ShapeMismatch):
        lean(scores, indptr, indices, keys(59), [])
    with pytest.raises(OutOfRange):
        track_weights(keys(), 0)


def test_what_is_watched_has_the_spread_of_its_draws(nested):
    scores, indptr, indices = nested
    tables = list(resampled(scores, indptr, indices, track_weights(keys(), 30)))

    def watch(similarity, _):
        return similarity[1, 0], similarity[0, 1] - similarity[2, 0]

    found = sampling_support(((one, None) for one in tables), lambda *_: [], watch=watch)
    wanted = np.std([watch(one, None) for one in tables], axis=0, ddof=1)
    assert found.errors == pytest.approx(wanted)
    assert np.isnan(sampling_support([(tables[0], None)], lambda *_: [], watch=watch).errors).all()
