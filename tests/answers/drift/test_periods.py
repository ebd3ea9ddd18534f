"""Drift through the time of the data: planted changes are found, random dates are not, small periods are joined."""

import numpy as np
import pytest

from worker.answers.drift.periods import drift_by_period, join_small, period_of
from worker.concepts.members import Members


def dated(memberships, years):
    return {
        concept: {track: f"{year}-06-01" for track, year in zip(tracks, years, strict=True)}
        for concept, tracks in memberships.items()
    }


@pytest.mark.parametrize(
    ("text", "span", "period"),
    [
        ("2021-01-31T10:00:00Z", "quarter", "2021-Q1"),
        ("2021-12-01", "quarter", "2021-Q4"),
        ("2021-13-01", "quarter", None),
        ("2021", "year", "2021"),
        ("", "year", None),
        (None, "year", None),
        ("last summer", "year", None),
    ],
)
def test_a_date_lies_in_a_period_or_says_too_little(text, span, period):
    assert period_of(text, span) == period


def test_small_periods_are_joined_with_the_next_and_a_last_one_with_the_one_before():
    names = ["2018"] * 3 + ["2019"] * 6 + ["2020"] * 9 + [None] + ["2021"] * 2
    titles, groups = join_small(names, 8)
    assert titles == ["2018..2019", "2020..2021"]
    assert groups.tolist() == [0] * 9 + [1] * 9 + [-1] + [1] * 2
    assert join_small([None, None], 8)[0] == []
    assert join_small(["2020"], 8)[0] == ["2020"]


def test_a_concept_whose_newer_tracks_sound_otherwise_has_drifted_toward_what_they_are(learnt, half):
    mixed = {**half, "violin": half["violin"][:20] + half["drums"][:20]}
    view, space = learnt(mixed)
    dates = dated({"violin": mixed["violin"]}, [2019] * 20 + [2020] * 20)
    found = {one.concept_id: one for one in drift_by_period(space, view.members, dates)}
    violin = found["violin"]
    assert violin.drifted
    assert violin.toward[0][0] == "drums"
    assert violin.shift > violin.limit
    later = violin.periods[1]
    assert later.name == "2020"
    assert later.cosine < later.cosine_low
    assert later.score < later.score_low
    assert "says when it was added" in found["drums"].reason


def test_of_concepts_whose_dates_mean_nothing_hardly_any_has_drifted(learnt, half):
    """20 random datings of six concepts: the test's p values are those of chance, and their correction flags none."""
    view, space = learnt(half)
    draw = np.random.default_rng(0)
    found = [
        one
        for seed in range(20)
        for one in drift_by_period(
            space, view.members, dated(half, draw.permutation(np.repeat([2019, 2020, 2021], 10))), seed=seed
        )
    ]
    assert len(found) == 120
    assert np.mean([one.drifted for one in found]) <= 0.05
    assert np.mean([one.p_value <= 0.05 for one in found]) <= 0.1
    later = [period for one in found for period in one.periods[1:]]
    assert np.mean([period.cosine >= period.cosine_low for period in later]) == pytest.approx(0.95, abs=0.04)
    assert np.mean([period.score_low <= period.score <= period.score_high for period in later]) == pytest.approx(
        0.95, abs=0.04
    )


def test_undated_tracks_are_set_aside_and_counted(learnt, half):
    view, space = learnt(half)
    dates = dated({"harp": half["harp"][:20]}, [2019] * 10 + [2020] * 10)
    harp = next(one for one in drift_by_period(space, view.members, dates) if one.concept_id == "harp")
    assert harp.undated == 10
    assert [period.tracks for period in harp.periods] == [10, 10]


def test_one_period_alone_cannot_drift(learnt, half):
    view, space = learnt(half)
    harp = drift_by_period(space, Members.of(half, space.track_ids), dated(half, [2020] * 30))[3]
    assert harp.p_value is None
    assert not harp.drifted
    assert "one period (2020)" in harp.reason
    assert view.version == 1
