"""Planted intersections, parts and pairs: what is true of them by construction."""

import itertools

import pytest

from worker.evaluation.planting import (
    LEFT,
    OVERLAPS,
    PLACINGS,
    contained,
    crossings,
    plant_intersections,
    plant_overlaps,
)

TRACKS = [f"{number:03}" for number in range(400)]
LIBRARY = {
    "Strings": TRACKS[:200],
    "Violin": TRACKS[:90],
    "Jig": TRACKS[60:260],
    "Slow": TRACKS[::2],
    "Rare": TRACKS[390:],
}


def test_an_intersection_has_its_two_parents_and_no_narrower_ones():
    assert ("Jig", "Strings") in crossings(LIBRARY)
    assert ("Strings", "Violin") not in crossings(LIBRARY)  # one contains the other
    narrow = {**LIBRARY, "Jig on strings": TRACKS[60:200]}
    assert ("Jig", "Strings") not in crossings(narrow)  # the intersection has a parent between


@pytest.mark.parametrize("placing", PLACINGS)
def test_intersections_hold_what_lies_in_both(placing):
    found = plant_intersections(LIBRARY, placing, seed=3)
    assert found.parents
    for name, (one, other) in found.parents.items():
        shared = set(LIBRARY[one]) & set(LIBRARY[other])
        assert found.sizes[name] == len(shared)
        if placing != "noisy":
            assert set(found.memberships[name]) == shared
    assert found == plant_intersections(dict(reversed(LIBRARY.items())), placing, seed=3)


def test_apart_means_out_of_the_parents_and_of_all_that_contains_them():
    found = plant_intersections(LIBRARY, "apart", most=1, seed=0)
    ((name, parents),) = found.parents.items()
    taken = set(found.memberships[name])
    for upper in {*parents, *itertools.chain.from_iterable(contained(LIBRARY)[one] for one in parents)}:
        assert not taken & set(found.memberships[upper])
        assert len(found.memberships[upper]) >= LEFT


def test_pairs_share_what_they_say_and_halves_lie_within():
    found = plant_overlaps(LIBRARY, parts=2, seed=1)
    assert sorted(found.pairs.values()) == list(OVERLAPS)
    for (one, other), overlap in found.pairs.items():
        first, second = (set(found.memberships[name]) for name in (one, other))
        assert len(first) == len(second)
        assert len(first & second) / len(first) == pytest.approx(overlap, abs=0.01)
    for half, whole in found.wholes.items():
        assert set(found.memberships[half]) < set(LIBRARY[whole])


def test_equal_sets_contain_each_other_and_stand_side_by_side():
    assert contained({"a": "123", "b": "123", "c": "1"}) == {"a": (), "b": (), "c": ("a", "b")}


def test_where_nothing_crosses_nothing_is_planted():
    found = plant_intersections({"a": TRACKS[:100], "b": TRACKS[100:]})
    assert not found.parents
    assert set(found.memberships) == {"a", "b"}
