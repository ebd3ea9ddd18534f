from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapi.searching import folded, match


@pytest.mark.parametrize(
    ("typed", "name"),
    [("voilin", "Violin"), ("eletric guitar", "Electric Guitar"), ("guitar electric", "Electric Guitar"),
     ("cafe", "Café del Mar"), ("hiphop", "hip-hop hiphop"), ("saxophne", "Alto saxophone"), ("drum", "Drum & Bass"),
     ("ROCK", "rock"), ("metl", "Metal")],
)  # fmt: skip
def test_a_slip_a_word_is_forgiven(typed, name):
    assert match(typed, name, "x") is not None


@pytest.mark.parametrize(
    ("typed", "name"),
    [("drum", "Violin"), ("bas", "Brass"), ("jaz", "Rock"), ("violin concerto", "Violin"), ("vxyzin", "Violin")],
)
def test_what_is_another_word_is_not_found(typed, name):
    assert match(typed, name, "x") is None


def test_the_better_match_comes_first():
    names = ["Rock", "Rock beat", "Punk rock", "Rick"]
    assert sorted(names, key=lambda one: match("rock", one, "x")) == names


def test_the_first_name_is_still_found_after_a_rename():
    assert match("violin", "Geige", "violin") is not None


@settings(deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_may_be_asked_for_and_what_is_held_is_found(before, asked):
    assert match(asked, before + asked, "x") is not None
    assert folded(folded(asked)) == folded(asked)


def names(http, **asked):
    answer = http.get("/concepts", query_string=asked)
    assert answer.status_code == 200, answer.json
    return [one["id"] for one in answer.json["items"]]


def test_the_list_is_searched_filtered_and_sorted(http):
    assert names(http, q="mteal") == ["metal", "death-metal"]
    assert names(http, q="metal", sort="name") == ["death-metal", "metal"]
    assert names(http, below="rock") == ["death-metal", "metal", "punk"]
    assert names(http, min_tracks=1, sort="tracks") == ["rock", "jazz"]
    assert names(http, status="left_out") == ["tiny"]
    assert names(http, sort="depth")[:2] == ["jazz", "rock"]
    assert names(http, sort="quality")[-1] == "tiny"
    assert http.get("/concepts?below=nobody").status_code == 404


@pytest.mark.parametrize("sort", ["name", "tracks", "quality", "betweenness", "depth", "match"])
def test_pages_of_every_order_go_on_where_they_ended(http, sort):
    whole, found, after = names(http, sort=sort), [], None
    while True:
        answer = http.get("/concepts", query_string={"sort": sort, "limit": 2, **({"after": after} if after else {})})
        found += [one["id"] for one in answer.json["items"]]
        after = answer.json["next"]
        if after is None:
            break
    assert found == whole
    assert len(whole) == 7


def test_siblings_are_the_other_children_of_the_parent(http):
    assert [one["id"] for one in http.get("/concepts/metal/siblings").json["items"]] == ["punk"]
    assert [one["id"] for one in http.get("/concepts/rock/siblings").json["items"]] == ["jazz"]
    assert http.get("/concepts/tiny/siblings").json["items"] == []


def test_two_concepts_meet_where_their_ways_up_meet(http):
    found = http.get("/concepts/death-metal/path/punk").json
    assert found["ancestor"] == {"id": "rock", "name": "Rock"}
    assert [one["id"] for one in found["path"]] == ["death-metal", "metal", "rock", "punk"]
    assert found["edges"] == 3
    above = http.get("/concepts/rock/path/death-metal").json
    assert (above["ancestor"]["id"], above["edges"]) == ("rock", 2)
    itself = http.get("/concepts/rock/path/rock").json
    assert (itself["ancestor"]["id"], itself["edges"]) == ("rock", 0)
    apart = http.get("/concepts/rock/path/jazz").json
    assert (apart["ancestor"], apart["path"], apart["edges"]) == (None, [], None)
    assert http.get("/concepts/rock/path/calm").status_code == 404
