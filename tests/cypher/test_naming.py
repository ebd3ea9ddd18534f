"""Ids of concepts: what people call it, made safe for a URL, once."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cypher.naming import LONGEST_SLUG, bounded, free_id, qualified_key, slug, unqualified_key


@given(st.text())
def test_a_slug_holds_only_letters_marks_digits_and_single_hyphens(name):
    made = slug(name)
    assert 1 <= len(made) <= LONGEST_SLUG
    assert all(character == "-" or unicodedata.category(character)[0] in "LMN" for character in made)
    assert not made.startswith("-")
    assert not made.endswith("-")
    assert "--" not in made
    assert unquote(quote(made)) == made


@given(st.text())
def test_a_slug_of_a_slug_is_itself(name):
    assert slug(slug(name)) == slug(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Jazz & Blues", "jazz-blues"),
        ("日本のロック", "日本のロック"),
        ("हिन्दी", "हिन्दी"),
        ("Ⅷ", "viii"),
        ("../..", "concept"),
    ],
)
def test_letters_of_every_script_stay(name, expected):
    assert slug(name) == unicodedata.normalize("NFKC", expected)


def test_names_that_collide_get_numbers_in_order():
    taken: set[str] = set()
    for _ in range(3):
        taken.add(free_id("Rock!", taken))
    assert taken == {"rock", "rock-2", "rock-3"}


@given(st.text(), st.text(min_size=1))
def test_a_source_key_comes_back_as_it_was_given(key, collection):
    assert unqualified_key(collection, qualified_key(collection, key)) == bounded(key)


def test_a_key_too_long_for_an_index_is_kept_by_its_hash():
    long = "ä" * 10_000
    assert len(bounded(long)) < 100
    assert bounded(long) != bounded(long + "x")
