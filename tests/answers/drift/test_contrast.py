"""The permutation test: what it promises of random groups, what it finds, and what it does not depend on."""

import numpy as np
import pytest

from worker.answers.drift.contrast import Space, contrast, group_weights, turnover_weights
from worker.concepts.members import Members


def rows_of(space, *ids):
    return np.array([space.track_ids.index(one) for one in ids])


def test_one_split_of_the_same_sound_in_twenty_exceeds_the_limit(learnt, half):
    _, space = learnt(half)
    draw = np.random.default_rng(0)
    rows = rows_of(space, *half["violin"])
    beyond = 0
    for _ in range(200):
        test = contrast(space, "violin", rows, group_weights(draw.permutation(np.repeat([0, 1], 15)), 2))
        beyond += test.p_value <= 0.05
    assert 0.02 <= beyond / 200 <= 0.09


def test_half_of_the_tracks_from_another_kind_are_found(learnt, half):
    _, space = learnt(half)
    rows = rows_of(space, *half["violin"][:20], *half["drums"][:20])
    test = contrast(space, "violin", rows, group_weights(np.repeat([0, 1], 20), 2), concepts=50)
    assert test.shift > 1.5 * test.limit
    assert test.permutations == 1999
    assert test.p_value * 50 < 0.05, "so small a p value survives the correction over 50 concepts"


def test_the_statistic_is_the_sum_over_groups_of_the_squared_weighted_sum(learnt, half):
    """Against the definition written out, without permutations: of its own mean over all orders of three tracks."""
    import itertools

    _, space = learnt(half)
    rows = rows_of(space, "violin-00", "violin-01", "violin-02", "drums-00")
    weights = group_weights(np.array([0, 0, 0, 1]), 2)
    blocks = space.blocks(rows, "violin")

    def value(order):
        return [
            sum(float((block.T @ weights[list(order), g] ** 1).T @ (block.T @ weights[list(order), g])) for g in (0, 1))
            for block in blocks
        ]

    every = np.array([value(order) for order in itertools.permutations(range(4))])
    expected = (np.array(value(range(4))) / every.mean(axis=0)).mean()
    assert contrast(space, "violin", rows, weights).shift == pytest.approx(expected, rel=0.05)


def test_the_concepts_own_scores_are_not_looked_at(learnt, half):
    _, space = learnt(half)
    changed = space.profile.copy()
    changed[:, space.landmarks.index("violin")] = np.random.default_rng(0).normal(size=len(changed))
    other = Space(
        space.track_ids, space.sound, space.middle, space.deviations, space.whitener, space.landmarks, changed
    )
    rows, weights = rows_of(space, *half["violin"]), group_weights(np.repeat([0, 1], 15), 2)
    assert contrast(space, "violin", rows, weights) == contrast(other, "violin", rows, weights)


def test_a_single_concept_is_compared_by_its_activations_alone(sound, learnt, half):
    view, _ = learnt({"violin": half["violin"]})
    members = Members.of({"violin": half["violin"]}, sound.track_ids)
    space = Space.of(sound, members, view.scores)
    rows = rows_of(space, *half["violin"][:15], *half["drums"][:15])
    assert len(space.blocks(rows, "violin")) == 1
    assert contrast(space, "violin", rows, group_weights(np.repeat([0, 1], 15), 2)).p_value <= 0.001


def test_the_order_of_the_tracks_does_not_matter(sound, learnt, half):
    from types import SimpleNamespace

    view, space = learnt(half)
    order = np.random.default_rng(0).permutation(len(sound.track_ids))
    values = sound.values.reshape(len(order), -1, sound.values.shape[1])[order].reshape(sound.values.shape)
    moved = SimpleNamespace(**{**vars(sound), "track_ids": [sound.track_ids[at] for at in order], "values": values})
    again = Space.of(moved, view.members, view.scores)
    assert np.allclose(space.sound, again.sound, atol=1e-5)
    assert np.array_equal(space.profile, again.profile)


def test_weights_of_groups_and_of_a_turnover_add_up_to_nothing():
    assert group_weights(np.array([0, 1, 1, 2, 2, 2]), 3).sum(axis=0) == pytest.approx([0, 0, 0])
    turned = turnover_weights(np.array([True, True, False]), np.array([False, True, True]))
    assert turned.ravel() == pytest.approx([-0.5, 0.0, 0.5])


def test_nothing_that_weighs_is_no_test():
    assert contrast(None, "any", np.zeros(0, int), np.zeros((0, 1))).p_value == 1.0
