"""Playlist readers: what is written is read, and whatever else comes is one error of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.catalogue.errors import PlaylistRejected
from worker.catalogue.playlists import read_playlists
from worker.playlists.entries import MAX_LOCATION_CHARACTERS, Entry

MBID = "2f2b1f36-0f4c-4b8e-9f0c-6f9ad4a1a111"


def read(tmp_path: Path, name: str, content: bytes | str):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_playlists(path)


def locations(playlists) -> list[tuple[str, ...]]:
    return [entry.locations for playlist in playlists for entry in playlist.entries]


# --- M3U --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_m3u_with_titles_comments_and_blanks(end, mark, tmp_path):
    text = end.join(["#EXTM3U", "#PLAYLIST: Night drive ", "#EXTINF:123,Artist - Title", "a/b.mp3", "", "# x", "c.ogg"])
    [playlist] = read(tmp_path, "x.m3u8", mark + text.encode())
    assert playlist.name == "Night drive"
    assert playlist.entries == (Entry(4, ("a/b.mp3",), "Title", "Artist"), Entry(7, ("c.ogg",)))


def test_a_playlist_without_a_name_has_that_of_its_file(tmp_path):
    assert read(tmp_path, "Slow jams.m3u", "a.mp3")[0].name == "Slow jams"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_m3u_in_unicode(encoding, tmp_path):
    assert locations(read(tmp_path, "x.m3u", "Müsik/日本.mp3\n".encode(encoding))) == [("Müsik/日本.mp3",)]


def test_bytes_of_another_encoding_survive(tmp_path):
    assert locations(read(tmp_path, "x.m3u", b"caf\xe9.mp3")) == [("caf\udce9.mp3",)]


def test_a_path_that_begins_with_a_blank_or_is_endless_does_no_harm(tmp_path):
    [playlist] = read(tmp_path, "x.m3u", "  a.mp3  \n" + "x" * (MAX_LOCATION_CHARACTERS + 1))
    assert [entry.locations for entry in playlist.entries] == [("a.mp3",), ()]


# --- CSV --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_columns_in_any_order_and_case(delimiter, tmp_path):
    rows = [
        ["Added At", "ISRC", "Path", "Artist", "TITLE", "MBID", "x"],
        ["2024-05-01T10:00:00Z", "gb-aye-67-00001", "a.mp3", "A", "T", MBID.upper(), "?"],
        ["yesterday", "", "b.mp3"],
    ]
    [playlist] = read(tmp_path, "x.csv", "\n".join(delimiter.join(row) for row in rows))
    assert playlist.entries == (
        Entry(2, ("a.mp3",), "T", "A", "GBAYE6700001", MBID, "2024-05-01T10:00:00+00:00"),
        Entry(3, ("b.mp3",)),
    )


def test_one_csv_may_hold_several_playlists(tmp_path):
    text = 'playlist,path\nRock,a.mp3\n"Jazz, cool",b.mp3\nRock,c.mp3\n'
    found = {each.name: [entry.locations[0] for entry in each.entries] for each in read(tmp_path, "x.csv", text)}
    assert found == {"Rock": ["a.mp3", "c.mp3"], "Jazz, cool": ["b.mp3"]}


def test_quoted_line_ends_and_blank_rows(tmp_path):
    assert locations(read(tmp_path, "x.csv", 'path,title\r\n"a,b.mp3","two\r\nlines"\r\n\r\n,\r\n')) == [("a,b.mp3",)]


@pytest.mark.parametrize("content", ["", "no,such,column\n1,2,3", b"path\0\n", 'path\n"' + "x" * 200_000])
def test_what_is_no_csv_of_ours_is_refused(content, tmp_path):
    with pytest.raises(PlaylistRejected, match="cannot be read as a playlist"):
        read(tmp_path, "x.csv", content)


# --- XSPF -------------------------------------------------------------------------------------------------------

XSPF = f"""<?xml version="1.0" encoding="UTF-8"?>
<playlist version="1" xmlns="http://xspf.org/ns/0/"><title>Mix</title><trackList>
<track><location>file:///m/a%20b.mp3</location><location>a.ogg</location><title>T &amp; U</title><creator>C</creator>
<identifier>https://musicbrainz.org/recording/{MBID}</identifier><identifier>isrc:GBAYE6700001</identifier></track>
<track><extension application="x"><title>not this</title></extension></track>
</trackList></playlist>"""


def test_xspf_with_several_locations_and_identifiers(tmp_path):
    [playlist] = read(tmp_path, "x.xspf", XSPF)
    assert playlist.name == "Mix"
    assert playlist.entries == (
        Entry(1, ("file:///m/a%20b.mp3", "a.ogg"), "T & U", "C", "GBAYE6700001", MBID),
        Entry(2),
    )


LAUGHS = "".join(
    f'<!ENTITY l{n} "{"&l" + str(n - 1) + ";" if n else "ha"}{"&l0;" * 9 if n else ""}">' for n in range(9)
)
REFUSED = {
    "laughs": f"<!DOCTYPE p [{LAUGHS}]><playlist>&l8;</playlist>",
    "external entity": '<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><playlist><title>&x;</title></playlist>',
    "external document type": '<!DOCTYPE p SYSTEM "http://127.0.0.1:1/x.dtd"><playlist/>',
    "parameter entity": '<!DOCTYPE p [<!ENTITY % x "y"> %x;]><playlist/>',
    "undeclared entity": "<playlist><title>&x;</title></playlist>",
    "not well formed": "<playlist><title></playlist>",
    "another root": "<html/>",
    "nothing": "",
    "unknown encoding": '<?xml version="1.0" encoding="no-such"?><playlist/>',
    "too deep": "<playlist>" + "<a>" * 100_000,
}


@pytest.mark.parametrize("name", REFUSED)
def test_xml_that_does_more_than_elements_and_text_is_refused(name, tmp_path):
    with pytest.raises(PlaylistRejected):
        read(tmp_path, "x.xspf", REFUSED[name])


# --- anything ---------------------------------------------------------------------------------------------------


def test_a_playlist_that_is_no_file_is_refused(tmp_path):
    (tmp_path / "folder.m3u").mkdir()
    (tmp_path / "empty.m3u").touch()
    (tmp_path / "link.m3u").symlink_to("/etc/passwd")
    for name in ("folder.m3u", "empty.m3u", "link.m3u", "gone.m3u"):
        with pytest.raises(PlaylistRejected):
            read_playlists(tmp_path / name)


SYNTAX = st.sampled_from(
    [b"#EXTINF:", b"#PLAYLIST:", b"path\n", b"<playlist><trackList><track><location>", b"</location>", b"<!DOCTYPE",
     b"<!ENTITY x 'y'>", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"\0", b"\r", b"\n", b"file:///", b"&#0;", b"<![CDATA["]
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(SYNTAX | st.binary(max_size=40), max_size=12),
    suffix=st.sampled_from([".m3u", ".m3u8", ".csv", ".xspf"]),
)
def test_no_bytes_raise_anything_but_their_own_error(parts, suffix, tmp_path):
    path = tmp_path / f"x{suffix}"
    path.write_bytes(b"".join(parts))
    try:
        playlists = read_playlists(path)
    except PlaylistRejected as rejected:
        text = str(rejected)
    else:
        text = "".join(playlist.name + "".join(e.title + e.artist for e in playlist.entries) for playlist in playlists)
    text.encode()
