"""Taxonomies from files: the three forms say the same, hostile ones are refused."""

import doctest
import json

import pytest

from worker.evaluation import reference
from worker.evaluation.errors import CyclicTree, ReferenceUnreadable
from worker.evaluation.reference import matched, read_reference

WANTED = {"Strings": (), "Violin": ("Bowed", "Strings"), "Bowed": ("Strings",)}
TURTLE = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix x: <http://example.org/> .
x:strings a skos:Concept ; skos:prefLabel "Strings" ; skos:narrower x:Bowed .
x:Bowed a skos:Concept .
x:violin a skos:Concept ; skos:prefLabel "Violin" ; skos:broader x:strings, x:Bowed .
"""


def test_the_examples_hold():
    assert doctest.testmod(reference).failed == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.ttl", TURTLE),
        ("a.csv", "name,parent\nViolin,Strings\nViolin,Bowed\nBowed,Strings\nStrings,\n"),
        ("a.json", json.dumps({"Violin": ["Bowed", "Strings"], "Bowed": "Strings", "Strings": None})),
        ("b.json", json.dumps({"concepts": [
            {"name": "Violin", "parent": ["Bowed", "Strings"]},
            {"name": "Bowed", "parent": "Strings"},
            {"name": "Strings", "parent": None},
        ]})),
    ],
)  # fmt: skip
def test_skos_csv_and_json_say_the_same(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert read_reference(tmp_path / name) == WANTED


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.ttl", "this is no turtle", "is no taxonomy"),
        ("a.rdf", "<rdf", "is no taxonomy"),
        ("a.csv", "who,whom\na,b\n", "columns `name` and `parent`, not who, whom"),
        ("a.json", '"text"', "neither an object nor a list"),
        ("a.json", '{"a": 7}', "the parent of a is no name"),
        ("a.json", "{}", "names no concept"),
        ("a.jsonld", '{"@context": "http://example.org/c", "@id": "x:a"}', "write the context into the file"),
        ("a.txt", "", "its name should end in"),
    ],
)
def test_what_is_no_taxonomy_is_refused_with_the_reason(tmp_path, name, text, said):
    (tmp_path / name).write_text(text)
    with pytest.raises(ReferenceUnreadable, match=said):
        read_reference(tmp_path / name)


def test_missing_files_and_circles_are_refused(tmp_path):
    with pytest.raises(ReferenceUnreadable, match="no such file"):
        read_reference(tmp_path / "a.csv")
    (tmp_path / "a.json").write_text('{"a": "b", "b": "a"}')
    with pytest.raises(CyclicTree):
        read_reference(tmp_path / "a.json")


def test_ids_go_before_names_and_strangers_stay_on_the_way():
    tree = {"violin": ("bowed",), "bowed": ("Strings",), "Strings": ()}
    names = {"violin": "Fiddle", "violin-2": "Violin", "strings-7": "STRINGS"}
    assert matched(tree, names) == {"violin": ("bowed",), "bowed": ("strings-7",), "strings-7": ()}
