"""Memberships as sorted, compressed rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.concepts.errors import DuplicateId, UnknownMember
from worker.concepts.members import Members

TRACKS = [f"t{number}" for number in range(8)]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from([*TRACKS, "gone"]), max_size=9)))
def test_rows_dense_and_selection_say_the_same_as_the_sets(memberships):
    members = Members.of(memberships, TRACKS[::-1])
    assert members.concept_ids == tuple(sorted(memberships))
    assert members.track_ids == tuple(TRACKS)
    for place, concept in enumerate(members.concept_ids):
        known = set(memberships[concept]) - {"gone"}
        assert {members.track_ids[row] for row in members.rows(place)} == known
        assert set(np.flatnonzero(members.dense()[:, place])) == {TRACKS.index(track) for track in known}
        assert members.missing[place] == ("gone" in memberships[concept])
        assert members.select([place]).rows(0).tolist() == members.rows(place).tolist()
    assert members.sizes.sum() == len(members.indices)


def test_a_part_of_the_dense_table_is_the_part():
    members = Members.of({"a": ["t0"], "b": ["t1", "t2"], "c": ["t7"]}, TRACKS)
    assert np.array_equal(members.dense(1, 3), members.dense()[:, 1:3])


def test_an_unknown_track_is_refused_when_dropping_is_off():
    with pytest.raises(UnknownMember, match="a names the unknown track x"):
        Members.of({"a": ["t0", "x"]}, TRACKS, drop_unknown=False)


def test_a_track_listed_twice_is_refused():
    with pytest.raises(DuplicateId, match="t1"):
        Members.of({}, ["t0", "t1", "t1"])


def test_the_order_of_another_list_is_found():
    members = Members.of({}, TRACKS)
    assert [TRACKS[::-1][place] for place in members.track_order(TRACKS[::-1])] == TRACKS
    with pytest.raises(UnknownMember, match="t7"):
        members.track_order(TRACKS[:-1])
