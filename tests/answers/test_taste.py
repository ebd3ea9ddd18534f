from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.answers.taste import Reaction, Tree, bounded, gather, particular, spread, strengths

#        music            loud
#      /       \
#  strings     winds
#  /    \        |
# cello viola   oboe
PARENTS = {
    "music": None, "loud": None, "strings": "music", "winds": "music",
    "cello": "strings", "viola": "strings", "oboe": "winds",
}  # fmt: skip
TREE = Tree(
    PARENTS,
    {parent: [child for child, above in PARENTS.items() if above == parent] for parent in set(PARENTS.values())},
)


def test_a_disliked_leaf_touches_its_siblings_less_than_itself():
    found = spread({"cello": -1.0}, TREE, 0.5)
    assert found["cello"] < found["strings"] < found["viola"] < 0
    assert found == {"cello": -1.0, "strings": -0.5, "viola": -0.25, "music": -0.25}


def test_a_like_lifts_the_ancestors_and_less_the_further_they_are():
    found = spread({"oboe": 1.0}, TREE, 0.2)
    assert found["oboe"] > found["winds"] > found["music"] > 0
    assert "cello" not in found


def test_tops_of_the_tree_are_no_kin_of_each_other():
    assert spread({"loud": 1.0}, TREE, 0.5) == {"loud": 1.0}


def test_without_reach_the_tree_plays_no_part():
    assert spread({"cello": 1.0, "oboe": -0.5}, TREE, 0.0) == {"cello": 1.0, "oboe": -0.5}


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(PARENTS)), st.floats(-1, 1)), st.floats(0, 1))
def test_spreading_is_linear(weights, reach):
    apart = [spread({one: weight}, TREE, reach) for one, weight in weights.items()]
    together = spread(weights, TREE, reach)
    for concept in PARENTS:
        assert together.get(concept, 0.0) == pytest.approx(sum(one.get(concept, 0.0) for one in apart), abs=1e-12)


def test_a_given_membership_is_certain_whatever_the_sound_says():
    assert strengths({"cello": 0.75, "oboe": 0.25}, ["oboe", "viola"]) == {"cello": 0.5, "oboe": 1.0, "viola": 1.0}


def test_what_every_track_has_says_nothing_of_one():
    assert particular({"music": 0.8, "cello": 0.8}, {"music": 0.9, "cello": 0.1}) == {"cello": pytest.approx(0.7)}


def test_the_largest_weights_are_kept_and_scaled():
    assert bounded({"a": 0.5, "b": -2.0, "c": 0.1, "d": 0.0}, 2) == {"a": 0.25, "b": -1.0}
    assert bounded({"a": 0.0}, 2) == {}


def test_a_session_moves_the_weights_and_its_order_does_not_matter():
    events = [Reaction("dislike", {"cello": 1.0}), Reaction("like", {"oboe": 1.0}), Reaction("dislike", {"cello": 1.0})]
    before = gather({"strings": 1.0}, [], [], {}, TREE)
    after = gather({"strings": 1.0}, [], events, {}, TREE)
    assert before["cello"] > 0 > after["cello"]
    assert after["cello"] < after["viola"]
    assert after["winds"] > before["winds"] > 0
    assert gather({"strings": 1.0}, [], events[::-1], {}, TREE) == after


def test_a_like_and_a_dislike_of_the_same_thing_cancel():
    both = [Reaction("like", {"oboe": 1.0}), Reaction("dislike", {"oboe": 1.0})]
    assert gather({"loud": 1.0}, [], both, {}, TREE) == gather({"loud": 1.0}, [], [], {}, TREE)


def test_seeds_lean_to_what_they_have_more_of_and_from_what_they_lack():
    found = gather({}, [{"cello": 0.9}, {"cello": 0.7}], [], {"cello": 0.3, "loud": 0.25}, TREE)
    assert found == {"cello": 1.0, "loud": -0.5}


def test_seeds_that_are_quite_usual_are_taken_as_they_are():
    assert gather({}, [{"cello": 0.5}], [], {"cello": 0.5}, TREE) == {"cello": 1.0}


def test_the_most_usual_track_is_taken_as_it_is():
    assert particular({"music": 0.5, "oboe": 0.1}, {"music": 0.5, "oboe": 0.1}) == {"music": 0.5, "oboe": 0.1}


def test_nothing_said_is_nothing_to_go_on():
    assert gather({}, [{}], [Reaction("like", {})], {"music": 0.5}, TREE) == {}
