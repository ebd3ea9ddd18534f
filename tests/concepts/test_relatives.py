"""Whom a concept is not told from: relatives found beyond chance, and the easy half."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.concepts.errors import ShapeMismatch
from worker.concepts.members import Members
from worker.concepts.relatives import easy_tracks, tracks_of_relatives

TRACKS = [f"{number:02}" for number in range(40)]


def of(memberships):
    return Members.of(memberships, TRACKS)


def named(aside, concept):
    return [aside.track_ids[row] for row in aside.rows(concept)]


def test_the_rest_of_a_concept_that_lies_mostly_within_is_set_aside():
    aside = tracks_of_relatives(of({"funk": TRACKS[:8], "funk-rock": TRACKS[5:9], "jig": TRACKS[30:]}))
    assert named(aside, 0) == [TRACKS[8]]
    assert named(aside, 1) == TRACKS[:5]
    assert named(aside, 2) == []


def test_a_concept_of_most_tracks_is_not_everybodys_relative():
    every_other = TRACKS[::2]
    aside = tracks_of_relatives(of({"dance": TRACKS[:30], "odd": every_other}))
    assert all(not named(aside, concept) for concept in range(2))


@given(st.dictionaries(st.sampled_from("abcd"), st.sets(st.sampled_from(TRACKS), min_size=1), min_size=1))
def test_nothing_of_its_own_is_set_aside(memberships):
    members = of(memberships)
    for aside in (tracks_of_relatives(members), easy_tracks(members, np.zeros((40, len(memberships)), np.float32))):
        assert aside.concept_ids == members.concept_ids
        assert not (aside.dense() & members.dense()).any()


def test_the_easy_half_scores_lowest():
    members = of({"funk": TRACKS[:10]})
    scores = np.linspace(1, 0, 40, dtype=np.float32)[:, None]
    assert named(easy_tracks(members, scores), 0) == TRACKS[25:]


def test_scores_of_other_concepts_are_refused():
    with pytest.raises(ShapeMismatch, match="one catalogue"):
        easy_tracks(of({"funk": TRACKS[:10]}), np.zeros((40, 2), np.float32))
