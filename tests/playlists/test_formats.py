"""Every format gives back what was put into it, whatever the names hold, and others can read what is written."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.cleaning import clean
from worker.playlists.entries import Entry, Listing
from worker.playlists.errors import NotAPlaylist
from worker.playlists.formats import FORMATS, encoded, format_of_file
from worker.playlists.identifiers import reference

ISRC, MBID = "GBAYE6700001", "2f2b1f36-0f4c-4b8e-9f0c-6f9ad4a1a111"
SEVERAL = {"xspf", "jspf"}
"""Formats whose entries may have several locations."""

NAMES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["A - B", " - ", "-", "#EXTM3U", "=1+1", "'=1", "''-x", "<b>&amp;]]>", 'a,"b";c', "Björk – Jóga", "日本"]
    ),
).map(clean)
LOCATIONS = st.one_of(
    st.text(min_size=1, max_size=30).map(lambda text: "file:///" + quote(text.encode("utf-8", "replace"))),
    st.text(min_size=1, max_size=30).map(lambda text: quote(text.encode("utf-8", "replace"), safe="")),
    st.sampled_from(["https://host/a?b=c&d#e", "../up/a%20b.mp3", "spotify:track:1"]),
)


@st.composite
def entries(draw, most_locations):
    entry = Entry(
        0,
        tuple(draw(st.lists(LOCATIONS, max_size=most_locations))),
        draw(NAMES),
        draw(NAMES),
        draw(st.sampled_from(["", ISRC])),
        draw(st.sampled_from(["", MBID])),
        draw(st.sampled_from([None, "2024-05-01", "2024-05-01T10:00:00+00:00"])),
        draw(NAMES),
        draw(st.sampled_from([0.0, 0.4, 251.3])),
    )
    # An entry that says nothing is no entry in a table or a list of lines.
    return entry if any((entry.locations, entry.title, entry.isrc, entry.track)) else replace(entry, title="untitled")


def numbered_alike(given):
    return [replace(entry, line=0) for entry in given]


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
def test_what_is_written_is_read_back(name, data):
    listing = Listing(
        data.draw(NAMES), tuple(data.draw(st.lists(entries(3 if name in SEVERAL else 1), max_size=6), label="entries"))
    )
    [back] = FORMATS[name].read(encoded(FORMATS[name].write(listing)))
    assert numbered_alike(back.entries) == list(listing.entries)
    assert back.name == ("" if name == "csv" else listing.name)


@pytest.mark.parametrize("first", FORMATS)
@pytest.mark.parametrize("second", FORMATS)
def test_a_playlist_survives_the_way_from_one_format_to_another(first, second):
    listing = Listing(
        "Night",
        (
            Entry(0, ("file:///music/a%20b.mp3",), "A - B", "C - D", ISRC, MBID, "2024-05-01", "track/1"),
            Entry(0, (), "Only a title"),
            Entry(0, ("https://host/x",), "=SUM(A1)", "@someone"),
            Entry(0, (), "", "", ISRC),
        ),
    )
    [once] = FORMATS[first].read(encoded(FORMATS[first].write(listing)))
    [twice] = FORMATS[second].read(encoded(FORMATS[second].write(once)))
    assert numbered_alike(twice.entries) == list(listing.entries)


SAMPLE = Listing(
    'Rock & "Roll" <1>',
    (
        Entry(1, ("file:///music/a%20b.mp3",), "Title", "Artist", ISRC, MBID, "2024-05-01", "one", 251.3),
        Entry(2, ("/music/caf\udce9 x.mp3", "http://host/x"), "Untold"),
    ),
)


def test_m3u8_is_what_players_take():
    lines = FORMATS["m3u8"].write(SAMPLE).splitlines()
    assert lines[0] == "#EXTM3U"
    assert lines[1] == '#PLAYLIST:Rock & "Roll" <1>'
    place = lines.index("file:///music/a%20b.mp3")
    assert lines[place - 1] == "#EXTINF:251,Artist - Title"
    assert [line for line in lines if not line.startswith("#")] == ["file:///music/a%20b.mp3", "/music/caf\udce9 x.mp3"]
    assert encoded("\n".join(lines)).endswith(b"/music/caf\xe9 x.mp3")


def test_a_location_that_m3u_would_take_for_something_else_is_percent_encoded():
    odd = Listing("", (Entry(1, ("#1 hit.mp3",)), Entry(2, ("two\nlines.mp3",)), Entry(3, (" blank ",))))
    [back] = FORMATS["m3u8"].read(encoded(FORMATS["m3u8"].write(odd)))
    assert [entry.locations for entry in back.entries] == [("%231 hit.mp3",), ("two%0Alines.mp3",), ("%20blank%20",)]


def test_xspf_has_the_structure_of_its_specification():
    root = ET.fromstring(encoded(FORMATS["xspf"].write(replace_unnamed(SAMPLE))))  # noqa: S314  our own text
    space = "{http://xspf.org/ns/0/}"
    assert (root.tag, root.get("version")) == (f"{space}playlist", "1")
    assert [child.tag.removeprefix(space) for child in root] == ["title", "trackList"]
    order = ["location", "identifier", "title", "creator", "duration", "meta"]
    for track in root.iterfind(f"{space}trackList/{space}track"):
        tags = [child.tag.removeprefix(space) for child in track]
        assert tags == sorted(tags, key=order.index)
    first = root.find(f"{space}trackList/{space}track")
    assert [one.text for one in first.iterfind(f"{space}identifier")] == [
        "urn:audio-concepts:track:one",
        f"urn:isrc:{ISRC}",
        f"https://musicbrainz.org/recording/{MBID}",
    ]
    assert first.findtext(f"{space}duration") == "251300"


def replace_unnamed(given):
    return replace(given, entries=tuple(replace(one, line=0) for one in given.entries))


def test_jspf_is_what_listenbrainz_writes_and_takes():
    playlist = json.loads(FORMATS["jspf"].write(SAMPLE))["playlist"]
    assert playlist["title"] == SAMPLE.name
    assert playlist["track"][0]["identifier"][-1] == f"https://musicbrainz.org/recording/{MBID}"
    theirs = {
        "playlist": {
            "title": "Weekly",
            "track": [
                {
                    "identifier": f"https://musicbrainz.org/recording/{MBID}",
                    "creator": "Portishead",
                    "title": "Roads",
                    "extension": {"https://musicbrainz.org/doc/jspf#track": {"added_at": "2024-05-01T10:00:00Z"}},
                }
            ],
        }
    }
    [back] = FORMATS["jspf"].read(json.dumps(theirs).encode())
    assert back.entries == (Entry(1, (), "Roads", "Portishead", "", MBID, "2024-05-01T10:00:00+00:00"),)


def test_a_spreadsheet_runs_nothing_of_a_csv():
    hostile = Listing("", (Entry(1, ("=cmd|' /C calc'!A0",), "+1", "-2", track="@x"),))
    [_, row] = csv.reader(io.StringIO(FORMATS["csv"].write(hostile), newline=""))
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("#EXTINF:1,A - B\n#EXTINF:2,C - D\nx.mp3", [Entry(1, (), "B", "A"), Entry(3, ("x.mp3",), "D", "C")]),
        ("#EXTINF:1,\n#EXTINF:2,D\nx.mp3", [Entry(3, ("x.mp3",), "D")]),
        ("#EXTINF:1,A - B", [Entry(1, (), "B", "A")]),
        ("#EXTINF:1,0\n#ARTIST:0\n#EXTINF:2,0 - \nx.mp3", [Entry(1, (), "0"), Entry(4, ("x.mp3",), "", "0")]),
        ("#EXTM3U\n#EXT-X-VERSION:3\nx.mp3", [Entry(3, ("x.mp3",))]),
    ],
)
def test_an_m3u_entry_without_a_location_is_an_entry(text, entry):
    [found] = FORMATS["m3u8"].read(text.encode())
    assert list(found.entries) == entry


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("jspf", b"{"),
        ("jspf", b"[]"),
        ("jspf", b'{"playlist": {"title": "x"}}'),
        ("jspf", b'{"playlist": {"track": [1]}}'),
        ("jspf", b"[" * 100_000),
        ("xspf", b"<!DOCTYPE x [<!ENTITY a 'b'>]><playlist/>"),
        ("xspf", b"<html/>"),
        ("xspf", b""),
        ("csv", b"title,album\na,b"),
        ("m3u8", b"\xff\xfea"),
        ("m3u8", b"a\0b"),
    ],
)
def test_what_is_no_playlist_is_one_error(name, content):
    with pytest.raises(NotAPlaylist):
        FORMATS[name].read(content)


@given(st.text(max_size=40))
def test_a_reference_is_ascii_and_stays_what_it_is(text):
    once = reference(text)
    assert once.isascii()
    assert not any(character.isspace() for character in once)
    assert reference(once) == once


def test_a_file_name_promises_a_format():
    assert format_of_file("A.M3U") is FORMATS["m3u8"]
    assert format_of_file("a.jspf") is FORMATS["jspf"]
    assert format_of_file("a.txt") is None
