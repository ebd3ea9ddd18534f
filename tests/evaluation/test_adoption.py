"""A taxonomy's edges as pins: who is meant, what passes through, and why an entry makes none."""

from __future__ import annotations

import pytest

from worker.evaluation.adoption import plan_pins
from worker.evaluation.reference import Entry, read_entries

NAMES = {"strings": "Strings", "violin": "Violin", "cello": "Cello", "winds": "Winds", "flute": "Flute", "odd": "Odd"}
FLAT = dict.fromkeys(NAMES)


def told(entries, names=NAMES, parents=FLAT):
    return {one.label: (one.outcome, one.concept, one.parent) for one in plan_pins(entries, names, parents).entries}


def tree(**parents):
    """Entries that are called as their key is."""
    return {key: Entry((key,), tuple(above)) for key, above in parents.items()}


def test_an_edge_becomes_a_pin_unless_it_stands_already():
    entries = tree(Strings=[], Violin=["Strings"], Cello=["Strings"])
    assert told(entries, parents=FLAT | {"cello": "strings"}) == {
        "Strings": ("top", "strings", None),
        "Violin": ("pin", "violin", "strings"),
        "Cello": ("stands", "cello", "strings"),
    }


def test_an_id_is_believed_before_a_name_and_a_name_only_when_it_is_one_concept_s():
    names = {"violin": "Fiddle", "violin-2": "Violin", "harp": "Harp", "harp-2": "HARP"}
    entries = {
        "x:1": Entry(("Geige", "violin-2"), ()),
        "x:2": Entry(("FIDDLE",), ("x:1",)),
        "x:3": Entry(("harp ".strip().title(),), ("x:1",)),
        "x:4": Entry(("Tuba",), ("x:1",)),
    }
    assert told(entries, names, dict.fromkeys(names)) == {
        "Geige": ("top", "violin-2", None),
        "FIDDLE": ("pin", "violin", "violin-2"),
        "Harp": ("ambiguous", None, None),
        "Tuba": ("unknown", None, None),
    }


def test_the_way_goes_through_what_the_catalogue_does_not_know():
    entries = tree(Strings=[], Bowed=["Strings"], Violin=["Bowed"])
    assert told(entries)["Violin"] == ("pin", "violin", "strings")
    assert told(entries)["Bowed"] == ("unknown", None, None)


def test_of_several_parents_none_is_chosen_and_one_that_stands_will_do():
    entries = tree(Strings=[], Winds=[], Odd=["Strings", "Winds"])
    assert told(entries)["Odd"] == ("several_parents", "odd", None)
    assert told(entries, parents=FLAT | {"odd": "winds"})["Odd"] == ("stands", "odd", "winds")


def test_what_stands_outside_the_tree_is_said():
    parents = {one: None for one in NAMES if one != "odd"}
    assert told(tree(Strings=[], Odd=["Strings"]), parents=parents)["Odd"] == ("not_in_tree", "odd", None)


@pytest.mark.parametrize(
    "parents",
    [
        FLAT | {"strings": "violin"},
        FLAT | {"strings": "odd", "odd": "violin"},
        FLAT | {"strings": "cello", "violin": "cello"},
    ],
)
def test_a_top_that_hangs_below_its_own_goes_to_the_root(parents):
    plan = plan_pins(tree(Strings=[], Violin=["Strings"], Cello=["Violin"]), NAMES, parents)
    after = {**parents, **plan.pins}
    for concept in NAMES:
        way, step = [concept], after[concept]
        while step is not None:
            assert step not in way
            way.append(step)
            step = after[step]
    assert after["violin"] == "strings"


def test_entries_keep_every_name_that_a_file_gives(tmp_path):
    (tmp_path / "a.ttl").write_text(
        """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<http://x/concepts/death%20metal> a skos:Concept ; skos:prefLabel "Death"@en, "Tod"@de ; skos:notation "dm" ;
    skos:altLabel "Grunt" ; skos:broader <http://x/concepts/metal> .
<http://x/concepts/metal> a skos:Concept .
"""
    )
    read = read_entries(tmp_path / "a.ttl")
    assert read["http://x/concepts/death%20metal"] == Entry(
        ("Death", "dm", "Tod", "Grunt", "death metal"), ("http://x/concepts/metal",)
    )
    assert read["http://x/concepts/metal"] == Entry(("metal",), ())
