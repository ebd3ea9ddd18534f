"""Scores become probabilities that hold at the true share of members, and the order of tracks stays."""

import json

import numpy as np
import pytest
from scipy.optimize import minimize

from worker.answers.calibration import Calibration, fit_calibration
from worker.answers.errors import CalibrationDamaged
from worker.concepts.errors import ShapeMismatch, UnusableConcept
from worker.concepts.members import Members


def scored(tracks=400, sizes=(12, 40, 200), seed=0, strength=2.0):
    """Scores of tracks as class-balanced vectors give them, and who the members are."""
    rng = np.random.default_rng(seed)
    ids = [f"t{number:04d}" for number in range(tracks)]
    columns, memberships = [], {}
    for number, size in enumerate(sizes):
        inside = np.zeros(tracks, bool)
        inside[rng.choice(tracks, size, replace=False)] = True
        columns.append(1 / (1 + np.exp(-(rng.normal(size=tracks) * 2 + np.where(inside, strength, -strength)))))
        memberships[f"c{number}"] = [track for track, member in zip(ids, inside, strict=True) if member]
    return np.stack(columns, axis=1).astype(np.float32), Members.of(memberships, ids)


def brier(probabilities, members):
    return float(((probabilities - members.dense()) ** 2).mean())


def test_the_fit_is_the_optimum_of_platt_s_objective():
    scores, members = scored()
    found = fit_calibration(scores, members)
    for concept in range(len(members.concept_ids)):
        rows = members.rows(concept)
        logits = np.log(scores[:, concept].astype(float) / (1 - scores[:, concept].astype(float)))
        targets = np.full(len(logits), 1 / (len(logits) - len(rows) + 2))
        targets[rows] = (len(rows) + 1) / (len(rows) + 2)

        def loss(pair, logits=logits, targets=targets):
            line = pair[0] * logits + pair[1]
            return (np.logaddexp(0, line) - targets * line).mean()

        best = minimize(loss, [1.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-12})
        assert loss([found.slope[concept], found.offset[concept]]) <= best.fun + 1e-8
        assert [found.slope[concept], found.offset[concept]] == pytest.approx(best.x, abs=2e-3)


def test_probabilities_add_up_to_the_members_and_unseen_tracks_are_judged_better_by_them():
    scores, members = scored(seed=1)
    found = fit_calibration(scores, members)
    assert found.probabilities(scores).sum(axis=0) == pytest.approx(members.sizes, abs=1.0)
    fresh, others = scored(seed=2)
    assert brier(found.probabilities(fresh), others) < 0.8 * brier(fresh, others)


def test_only_the_tracks_named_speak_for_a_concept():
    scores, members = scored(seed=4)
    half = members.track_ids[::2]
    within = Members.of(dict.fromkeys(members.concept_ids, half), members.track_ids)
    halved = Members.of(
        {concept: [half_id for half_id in half if members.dense()[members.track_ids.index(half_id), place]]
         for place, concept in enumerate(members.concept_ids)},
        half,
    )  # fmt: skip
    found, alone = fit_calibration(scores, members, within), fit_calibration(scores[::2], halved)
    assert np.array_equal([found.slope, found.offset], [alone.slope, alone.offset])


def test_the_order_of_tracks_stays():
    scores, members = scored(seed=3)
    probabilities = fit_calibration(scores, members).probabilities(scores)
    for concept in range(scores.shape[1]):
        order = np.argsort(scores[:, concept], kind="stable")
        assert (np.diff(probabilities[order, concept]) >= 0).all()


def test_scores_that_say_the_opposite_give_the_share_of_members_to_all():
    scores, members = scored(sizes=(40,), strength=-2.0)
    found = fit_calibration(scores, members)
    assert found.slope[0] == 0
    assert found.probabilities(scores) == pytest.approx(0.1, abs=0.01)


def test_classes_that_never_meet_give_finite_maps():
    scores, members = scored(sizes=(40,))
    scores[:] = 0.0
    scores[members.rows(0)] = 1.0
    found = fit_calibration(scores, members)
    assert np.isfinite([*found.slope, *found.offset]).all()
    likely = found.probabilities(np.array([[0.0], [1.0]]))
    assert likely[0] < 0.01
    assert likely[1] > 0.95


def test_equal_scores_say_nothing():
    scores, members = scored(sizes=(40,))
    scores[:] = 0.7
    assert fit_calibration(scores, members).probabilities(scores) == pytest.approx(0.1, abs=0.01)


def test_the_order_of_tracks_and_the_number_of_threads_change_nothing():
    scores, members = scored(seed=4)
    one, other = fit_calibration(scores, members, workers=1), fit_calibration(scores, members, workers=3)
    assert np.array_equal(one.slope, other.slope)
    order = np.random.default_rng(0).permutation(len(scores))
    names = [members.track_ids[place] for place in order]
    turned = {
        concept: [names[row] for row in np.flatnonzero(np.isin(order, members.rows(number)))]
        for number, concept in enumerate(members.concept_ids)
    }
    again = Members.of(turned, members.track_ids)
    assert np.array_equal(fit_calibration(scores, again).offset, one.offset)


def test_what_was_written_is_read_and_selected(tmp_path):
    found = fit_calibration(*scored())
    path = tmp_path / "a.calibration.json"
    path.write_text(json.dumps(found.plain()))
    read = Calibration.load(path).select(("c2", "c0"))
    assert read.concept_ids == ("c2", "c0")
    assert np.array_equal(read.slope, found.slope[[2, 0]])
    assert np.array_equal(read.offset, found.offset[[2, 0]])


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}", b'{"format": "x", "concepts": {}}', b'{"format": 1}', b"\xff"])
def test_a_damaged_file_is_named(tmp_path, content):
    path = tmp_path / "a.calibration.json"
    path.write_bytes(content)
    with pytest.raises(CalibrationDamaged, match=r"a\.calibration\.json.*rebuild"):
        Calibration.load(path)


def test_a_file_that_is_gone_is_named(tmp_path):
    with pytest.raises(CalibrationDamaged):
        Calibration.load(tmp_path / "gone.json")


def test_scores_of_other_concepts_and_concepts_of_all_tracks_are_refused():
    scores, members = scored()
    with pytest.raises(ShapeMismatch):
        fit_calibration(scores[:, :2], members)
    every = Members.of({"all": members.track_ids}, members.track_ids)
    with pytest.raises(UnusableConcept, match="counter-example"):
        fit_calibration(scores[:, :1], every)
