"""Two versions compared: planted drift is found, another seed or tracks of the same sound are not taken for it."""

import dataclasses

import numpy as np
import pytest

from worker.answers.drift.centrality import betweenness_errors
from worker.answers.drift.figures import auc_figure, cosines, difference
from worker.answers.drift.versions import compare_versions, lead


def figure(drift, name):
    return next(one for one in drift.figures if one.name == name)


def by_id(drifts):
    return {one.concept_id: one for one in drifts}


def test_a_version_compared_with_itself_has_not_changed(learnt, half):
    view, space = learnt(half)
    for one in compare_versions(view, view, space):
        assert not one.drifted
        assert (one.jaccard, one.added, one.gone) == (1.0, (), ())
        assert figure(one, "vector").value == pytest.approx(1.0)


def test_rebuilds_with_another_seed_are_flagged_in_at_most_one_case_of_twenty(learnt, half):
    before, _ = learnt(half)
    found = []
    for seed in range(1, 11):
        after, space = learnt(half, version=2, seed=seed)
        found += compare_versions(before, after, space)
    assert len(found) == 60
    assert np.mean([bool(one.drifted) for one in found]) <= 0.05


def test_tracks_of_the_same_sound_that_come_and_go_are_flagged_in_at_most_one_case_of_twenty(learnt, half):
    before, _ = learnt(half)
    found = []
    for seed in range(10):
        draw = np.random.default_rng(seed)
        turned = {
            kind: [f"{kind}-{number:02d}" for number in sorted(draw.choice(60, 30, replace=False))] for kind in half
        }
        after, space = learnt(turned, version=2)
        found += compare_versions(before, after, space)
    assert np.mean([one.jaccard for one in found]) < 0.5
    assert np.mean([bool(one.drifted) for one in found]) <= 0.05


def test_planted_drift_is_found_in_at_least_nine_cases_of_ten(learnt, half):
    """A third of a concept's tracks give way to tracks of another kind."""
    before, _ = learnt(half)
    hits = []
    for case in range(12):
        kinds = np.random.default_rng(case).permutation(list(half)).tolist()
        changed, kind = kinds[0], kinds[1]
        turned = {**half, changed: half[changed][10:] + [f"{kind}-{number:02d}" for number in range(40, 50)]}
        after, space = learnt(turned, version=2, seed=case)
        drift = by_id(compare_versions(before, after, space))[changed]
        assert len(drift.added) == len(drift.gone) == 10
        hits.append("sound" in drift.drifted)
    assert np.mean(hits) >= 0.9


def test_what_two_networks_say_is_not_compared(learnt, half):
    """Of another number of units, and with another parent for everybody."""
    before, _ = learnt(half)
    after, space = learnt(half, version=2, fingerprint="front=b", units=12)
    last = max(half)
    after = dataclasses.replace(after, parents={one: () if one == last else (last,) for one in half})
    before = dataclasses.replace(before, parents=dict.fromkeys(half, ()))
    for one in compare_versions(before, after, space):
        for name in ("vector",) if one.concept_id == last else ("vector", "parent"):
            found = figure(one, name)
            assert found.value is None
            assert "front=a" in found.reason
            assert "front=b" in found.reason
        assert figure(one, "auc").value is not None


def test_a_parent_that_changes_while_no_lead_has_grown_is_a_tie(learnt, half):
    view, space = learnt(half)
    child = next(one for one, parents in view.parents.items() if not parents)
    other = next(one for one in half if one != child)
    moved = dataclasses.replace(view, version=2, parents={**view.parents, child: (other,)})
    drift = by_id(compare_versions(view, moved, space))[child]
    assert drift.parents_after == (other,)
    assert figure(drift, "parent").value == 0.0
    assert not drift.drifted
    assert by_id(compare_versions(view, moved, space))[other].children_gained == (child,)


def test_a_concept_that_becomes_part_of_another_has_drifted_below_it(learnt, half):
    """The harp's tracks give way to drums: it hangs below the drums, and that lead has grown beyond chance."""
    before, _ = learnt(half)
    turned = {**half, "harp": [f"drums-{number:02d}" for number in range(5, 25)]}
    after, space = learnt(turned, version=2)
    drift = by_id(compare_versions(before, after, space))["harp"]
    assert "sound" in drift.drifted
    assert "drums" in drift.parents_after or "harp" in after.parents["drums"]


def test_the_error_of_a_lead_counts_a_shared_track_once(learnt, half):
    """Against a bootstrap of tracks, with vectors that do not vary by fold."""
    view, space = learnt({**half, "violin": half["violin"] + half["harp"][:10]})
    still = dataclasses.replace(
        view.vectors,
        fold_weights=view.vectors.fold_weights[[0] * 5],
        fold_bias=view.vectors.fold_bias[[0] * 5],
    )
    value, error = lead(dataclasses.replace(view, vectors=still), space, "harp", old="drums", new="violin")
    draw, ids = np.random.default_rng(0), view.members.concept_ids
    rows = {one: view.members.rows(ids.index(one)) for one in ids}

    def s(weight, whose, vector):
        return np.average(view.scores[rows[whose], ids.index(vector)], weights=weight[rows[whose]])

    drawn = []
    for _ in range(2000):
        weight = draw.poisson(1.0, len(view.scores)).astype(float)
        there, back = (s(weight, one, "harp") + s(weight, "harp", one) for one in ("violin", "drums"))
        drawn.append((there - back) / 2)
    assert value == pytest.approx(np.mean(drawn), abs=0.01)
    assert error == pytest.approx(np.std(drawn), rel=0.1)
    assert lead(view, space, "harp", old="drums", new="violin")[1] > error


def test_the_errors_of_betweenness_are_those_of_resampled_tracks(learnt, half):
    view, _ = learnt({**half, "all": [track for kind in half for track in half[kind][:5]]})
    errors = betweenness_errors(view.scores, view.members, 0.3, resamples=30)
    assert list(errors) == list(view.members.concept_ids)
    assert max(errors.values()) > 0
    assert betweenness_errors(view.scores, view.members, 2.0) == dict.fromkeys(view.members.concept_ids, 0.0)


def test_an_interval_grows_with_both_errors_and_a_difference_of_nothing_is_no_test():
    figure = difference("betweenness", 0.1, 0.2, (0.03, 0.04))
    assert figure.high == pytest.approx(1.96 * 0.05, abs=1e-3)
    assert figure.value == pytest.approx(0.1)
    assert figure.p_value == pytest.approx(0.0455, abs=1e-3)
    assert difference("betweenness", 0.0, 0.0, (0.0, 0.0)).p_value == 1.0


def test_a_perfect_auc_has_an_interval_too():
    figure = auc_figure((1.0, 0.9, 1.0), (0.95, 0.85, 0.99))
    assert figure.low < figure.value < figure.high


def test_the_cosine_of_nothing_is_nothing():
    assert cosines(np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([[2.0, 0.0], [1.0, 1.0]])).tolist() == [1.0, 0.0]
