"""What curators decided, as a rebuild keeps to it."""

from cypher.decisions import Standing
from cypher.model import Edge
from worker.jobs.curated import contradicted, heir, joined, places, set_aside


def test_tracks_of_a_merged_concept_are_joined_down_the_chain():
    standing = Standing(merged={"viola": "violin", "violin": "strings"})

    found = joined(standing, {"viola": ["a", "b"], "violin": ["b", "c"], "strings": ["d"], "flute": ["e"]})

    assert found["strings"] == ["a", "b", "c", "d"]
    assert found["flute"] == ["e"]
    assert found["viola"] == ["a", "b"]
    assert heir(standing, "viola") == "strings"


def test_merges_in_a_circle_join_nothing_for_ever():
    standing = Standing(merged={"a": "b", "b": "a"})

    assert {heir(standing, "a"), heir(standing, "b")} <= {"a", "b"}


def test_who_is_set_aside_says_why():
    standing = Standing(merged={"viola": "violin"}, hidden=frozenset({"noise", "gone"}))

    aside = set_aside(standing, {"viola": "Viola", "violin": "Violin", "noise": "Noise"})

    assert aside == {"noise": ("hidden", "a curator hid it"), "viola": ("merged", "it is part of Violin")}


def test_a_pin_below_a_merged_concept_means_what_it_is_part_of():
    standing = Standing(pins={"fiddle": "viola"}, merged={"viola": "violin"})

    assert places(standing, ["fiddle", "violin"]).pins == {0: 1}


def test_a_pin_waits_while_one_of_its_ends_is_not_kept():
    standing = Standing(pins={"fiddle": "jazz", "jazz": None, "violin": None})

    found = places(standing, ["fiddle", "violin"])

    assert found.pins == {1: None}
    assert found.waiting == ("fiddle", "jazz")


def test_of_pins_that_a_merge_has_bent_into_a_circle_the_last_one_waits():
    standing = Standing(pins={"a": "b", "b": "c2", "d": None}, merged={"c2": "a"})

    found = places(standing, ["a", "b", "d"])

    assert found.pins == {0: 1, 2: None}
    assert found.waiting == ("b",)


def test_a_pin_is_listed_when_the_sound_speaks_strongly_against_it():
    edges = [
        Edge("a", "r", 0.4, -0.3, pinned=True),
        Edge("b", "r", 0.4, -0.1, pinned=True),
        Edge("c", "r", 0.4, -0.3),
        Edge("d", None, None, None, pinned=True),
    ]

    assert contradicted(edges) == ["a"]
