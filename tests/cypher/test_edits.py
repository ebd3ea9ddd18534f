"""Curators' decisions on small trees, and that each is taken back exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cypher import edits
from cypher.comparison import parents_of
from cypher.errors import NotInTree, WouldCycle
from cypher.model import Edge


def tree(**parents):
    return tuple(Edge(child, parent) for child, parent in parents.items())


MUSIC = tree(music=None, rock="music", metal="rock", punk="rock", funk="music", disco="funk")


def shape(edges):
    return {child: sorted(one or "" for one in above) for child, above in parents_of(edges).items()}


def test_a_pinned_concept_hangs_below_its_parent_and_says_that_it_is_pinned():
    after = edits.pin(MUSIC, "punk", "funk")

    assert shape(after)["punk"] == ["funk"]
    assert [edge.pinned for edge in after if edge.child == "punk"] == [True]
    assert not any(edge.pinned for edge in after if edge.child != "punk")


def test_a_concept_can_be_pinned_below_the_root():
    assert shape(edits.pin(MUSIC, "metal", None))["metal"] == [""]


@pytest.mark.parametrize("parent", ["rock", "metal"])
def test_a_pin_below_itself_or_its_own_descendant_is_refused(parent):
    with pytest.raises(WouldCycle):
        edits.pin(MUSIC, "rock", parent)


@pytest.mark.parametrize(("child", "parent"), [("jazz", "rock"), ("rock", "jazz")])
def test_what_is_not_in_the_tree_cannot_be_pinned(child, parent):
    with pytest.raises(NotInTree, match="jazz"):
        edits.pin(MUSIC, child, parent)


def test_children_of_a_hidden_concept_go_to_its_parent():
    after = shape(edits.remove(MUSIC, "rock"))

    assert "rock" not in after
    assert (after["metal"], after["punk"]) == (["music"], ["music"])


def test_children_of_a_hidden_top_concept_become_tops():
    after = shape(edits.remove(MUSIC, "music"))

    assert (after["rock"], after["funk"]) == ([""], [""])


def test_a_child_with_a_second_parent_keeps_that_one_alone():
    both = (*MUSIC, Edge("disco", "rock"))

    assert shape(edits.remove(both, "rock"))["disco"] == ["funk"]


def test_children_of_a_merged_concept_follow_it():
    after = shape(edits.merge(MUSIC, "rock", "funk"))

    assert after == {"music": [""], "funk": ["music"], "disco": ["funk"], "metal": ["funk"], "punk": ["funk"]}


def test_a_concept_can_be_merged_into_its_own_descendant():
    after = shape(edits.merge(MUSIC, "rock", "metal"))

    assert (after["metal"], after["punk"]) == (["music"], ["music"])


def test_a_concept_cannot_be_merged_into_itself():
    with pytest.raises(WouldCycle):
        edits.merge(MUSIC, "rock", "rock")


def test_a_decision_is_not_taken_back_where_somebody_has_moved_the_concept_since():
    pinned = edits.pin(MUSIC, "punk", "funk")
    moved = edits.pin(pinned, "punk", "disco")

    assert shape(edits.take_back(moved, edits.moves(MUSIC, pinned))) == shape(moved)


def test_a_concept_whose_old_parent_has_left_the_tree_stays_where_it_is():
    pinned = edits.pin(MUSIC, "punk", "funk")
    without = edits.remove(pinned, "rock")

    assert shape(edits.take_back(without, edits.moves(MUSIC, pinned)))["punk"] == ["funk"]


def test_a_concept_whose_old_parent_now_hangs_below_it_stays_where_it_is():
    pinned = edits.pin(MUSIC, "rock", None)
    turned = edits.pin(pinned, "music", "rock")

    assert shape(edits.take_back(turned, edits.moves(MUSIC, pinned)))["rock"] == [""]


def test_a_hidden_concept_stays_outside_when_nothing_is_known_of_it_any_more():
    hidden = edits.remove(MUSIC, "rock")
    back = shape(edits.take_back(hidden, edits.moves(MUSIC, hidden)))

    assert "rock" not in back
    assert back["metal"] == ["music"]


@st.composite
def trees(draw):
    size = draw(st.integers(2, 9))
    return tuple(
        Edge(f"c{n}", None if n == 0 else draw(st.sampled_from([None, *(f"c{m}" for m in range(n))])))
        for n in range(size)
    )


@given(trees(), st.data())
def test_every_decision_is_taken_back_exactly_and_never_makes_a_cycle(before, data):
    ids = [edge.child for edge in before]
    kind = data.draw(st.sampled_from(["pin", "remove", "merge"]))
    one, other = data.draw(st.sampled_from(ids)), data.draw(st.sampled_from([*ids, None]))
    try:
        if kind == "pin":
            after = edits.pin(before, one, other)
        elif kind == "remove":
            after = edits.remove(before, one)
        else:
            after = edits.merge(before, one, other or ids[0])
    except WouldCycle:
        return
    parents = parents_of(after)
    assert not any(child in edits.ancestors(parents, child) for child in parents)
    back = edits.take_back(after, edits.moves(before, after), returning=frozenset(ids))
    assert shape(back) == shape(before)
