"""Measures against scikit-learn and against simulation; verdicts with their reasons."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, balanced_accuracy_score, roc_auc_score

from worker.concepts.errors import NotFinite, ShapeMismatch, UnusableConcept
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.quality import ConceptQuality, KeepSettings, assess, judge, screen
from worker.concepts.significance import Learnt

IDS = [f"track-{number:04d}" for number in range(400)]


def members_of(*sets, ids=IDS):
    return Members.of({f"concept-{n}": [ids[row] for row in rows] for n, rows in enumerate(sets)}, ids)


def quality(**changes):
    values = dict.fromkeys(ConceptQuality.__dataclass_fields__, 0.9) | {"concept_id": "a", "tracks": 50}
    return ConceptQuality(**(values | changes))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 3), st.integers(1, 399))
def test_measures_equal_scikit_learns_ties_included(seed, decimals, size):
    draw = np.random.default_rng(seed)
    rows = draw.choice(400, size, replace=False)
    inside = np.zeros(400, bool)
    inside[rows] = True
    scores = np.clip(draw.normal(0.45 + 0.1 * inside, 0.2), 0.001, 0.999).round(decimals + 1).astype(np.float32)
    [found] = assess(scores[:, None], members_of(rows))
    assert found.tracks == size
    assert found.auc == pytest.approx(roc_auc_score(inside, scores))
    assert found.average_precision == pytest.approx(average_precision_score(inside, scores))
    halves = scores == np.float32(0.5)
    sides = [balanced_accuracy_score(inside, np.where(halves, side, scores > 0.5)) for side in (True, False)]
    assert found.accuracy == pytest.approx(np.mean(sides))
    assert found.auc_low <= found.auc <= found.auc_high
    assert 0 <= found.brier <= 1
    assert 0 <= found.calibration_error <= 1


@pytest.mark.parametrize("size", [20, 80])
def test_intervals_cover_the_truth_about_as_often_as_they_say(size):
    """Two normal classes one deviation apart: AUC = Phi(1 / sqrt 2) = 0.7602, balanced accuracy Phi(0.5) = 0.6915."""
    draw = np.random.default_rng(7)
    inside = np.arange(400) < size
    latent = draw.normal(size=(400, 500)) + np.where(inside, 0.5, -0.5)[:, None]
    sets = members_of(*[range(size)] * 500)
    found = assess((1 / (1 + np.exp(-latent))).astype(np.float32), sets)
    auc_misses = np.mean([not q.auc_low <= 0.76025 <= q.auc_high for q in found])
    accuracy_misses = np.mean([not q.accuracy_low <= 0.69146 <= q.accuracy_high for q in found])
    assert 0.02 < auc_misses < 0.08
    assert 0.02 < accuracy_misses < 0.08


def test_a_perfect_concept_has_an_honest_lower_bound():
    scores = np.where(np.arange(400) < 12, 0.9, 0.1).astype(np.float32)
    [found] = assess(scores[:, None], members_of(range(12)))
    assert (found.auc, found.auc_low, found.auc_high) == (1.0, 0.75, 1.0)
    assert found.accuracy_low < 1.0


def test_brier_and_calibration_weigh_both_classes_the_same():
    scores = np.where(np.arange(400) < 10, 0.8, 0.2).astype(np.float32)
    [found] = assess(scores[:, None], members_of(range(10)))
    assert found.brier == pytest.approx(0.04)
    assert found.calibration_error == pytest.approx(0.2)


def test_scores_that_do_not_fit_or_are_no_numbers_are_refused():
    with pytest.raises(ShapeMismatch):
        assess(np.zeros((400, 2), np.float32), members_of(range(3)))
    with pytest.raises(NotFinite, match="track-0007"):
        assess(np.where(np.arange(400) == 7, np.nan, 0.5).astype(np.float32)[:, None], members_of(range(3)))
    for rows in ([], range(400)):
        with pytest.raises(UnusableConcept, match="concept-0"):
            assess(np.zeros((400, 1), np.float32), members_of(rows))


def test_screening_names_why_a_concept_cannot_be_learnt():
    folds = assign_folds(IDS)
    alone = np.flatnonzero(folds == 1)[:30]
    members = Members.of(
        {
            "a fine": IDS[:40],
            "b lost": ["gone", "away"],
            "c small": [*IDS[:9], "gone"],
            "d one fold": [IDS[row] for row in alone],
            "e all": IDS,
            "f nothing": [],
            "g all but one fold": [track for track, fold in zip(IDS, folds, strict=True) if fold != 2],
        },
        IDS,
    )
    verdicts = screen(members, folds)
    assert [verdict.code for verdict in verdicts] == [
        "",
        "no_sound",
        "too_few_tracks",
        "one_fold",
        "no_counter_examples",
        "no_sound",
        "no_counter_examples",
    ]
    assert verdicts[0].kept
    assert verdicts[0].reason == ""
    assert verdicts[2].reason == "too_few_tracks: it has 9 tracks (1 more have no sound); at least 10 are needed"


def test_the_posters_rule_asks_for_39_to_250_tracks():
    verdicts = screen(
        members_of(range(38), range(39), range(250), range(251)), assign_folds(IDS), KeepSettings.poster()
    )
    assert [verdict.code for verdict in verdicts] == ["too_few_tracks", "", "", "too_many_tracks"]


def test_a_concept_is_kept_only_when_learnt_and_accurate():
    def verdict(accuracy, q_value):
        return judge([quality(accuracy=accuracy)], [Learnt("a", 0.8, 0.001, q_value)])[0]

    assert verdict(0.71, 0.01).kept
    assert verdict(0.70, 0.01).code == "low_accuracy"
    assert verdict(0.71, 0.011).code == "not_learnt"
    assert "q = 0.5 > 0.01" in verdict(0.60, 0.5).sentence


def test_without_a_test_accuracy_alone_decides():
    assert judge([quality(accuracy=0.8)], None, KeepSettings.poster())[0].kept


def test_tests_of_other_concepts_are_refused():
    with pytest.raises(ShapeMismatch):
        judge([quality()], [])
    with pytest.raises(ShapeMismatch, match="concept"):
        judge([quality()], [Learnt("b", 0.8, 0.001, 0.001)])


def test_a_concept_is_judged_on_the_tracks_named_for_it_alone():
    draw = np.random.default_rng(0)
    scores = draw.random((400, 2)).astype(np.float32)
    members = members_of(range(100), range(50, 250))
    within = members_of(range(60, 300), range(400))
    one, other = assess(scores, members, within)
    part = members_of(range(40), ids=IDS[60:300])
    [alone] = assess(scores[60:300, :1], part)
    assert (one.tracks, one.auc, one.accuracy) == (100, alone.auc, alone.accuracy)
    assert other == assess(scores, members)[1]


def test_a_concept_judged_on_no_track_of_its_own_is_refused():
    with pytest.raises(UnusableConcept, match="concept-0"):
        assess(np.full((400, 1), 0.5, np.float32), members_of(range(100)), members_of(range(200, 300)))


def test_tracks_to_judge_on_of_other_concepts_are_refused():
    with pytest.raises(ShapeMismatch, match="judged on"):
        assess(np.full((400, 1), 0.5, np.float32), members_of(range(100)), members_of(range(9), range(9)))


@pytest.mark.parametrize("size", [3, 7, 13, 49, 97, 350])
def test_a_perfect_order_has_a_perfect_precision(size):
    rows = np.arange(size)
    scores = np.linspace(0.9, 0.1, 400, dtype=np.float32)
    [found] = assess(scores[:, None], members_of(rows))
    assert (found.average_precision, found.average_precision_low, found.average_precision_high) == (1.0, 1.0, 1.0)
