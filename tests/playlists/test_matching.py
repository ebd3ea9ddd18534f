"""From an entry to a track: every honest spelling finds it, nothing else is touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.catalogue.scan import Root, Scan
from worker.playlists.entries import Entry
from worker.playlists.matching import Matcher
from worker.reasons import Reason

MUSIC = Path("/library/music")
LISTS = Path("/library/playlists")
FILES = {
    MUSIC / "Artist/Album/01 Söng.mp3": "song",
    MUSIC / "Artist/Album/02 100%.mp3": "percent",
    MUSIC / "Other/Album/03 two.mp3": "two",
    MUSIC / "Case/x.mp3": "lower",
    MUSIC / "case/X.mp3": "upper",
    Path(os.fsdecode(b"/library/music/caf\xe9.mp3")): "latin",
    MUSIC / "café2.mp3": "unicode",
}


@pytest.fixture
def matcher() -> Matcher:
    scan = Scan((Root(Path("/home/me/music"), MUSIC),), aliases={MUSIC / "link.mp3": MUSIC / "Other/Album/03 two.mp3"})
    return Matcher(
        scan,
        FILES,
        isrcs={"GBAYE6700001": "song"},
        mbids={"id": "two"},
        left_out={MUSIC / "broken.mp3": Reason.UNDECODABLE},
    )


def match(matcher: Matcher, location: str):
    return matcher.match(Entry(1, (location,)), LISTS)


@pytest.mark.parametrize(
    ("location", "track"),
    [
        ("/library/music/Artist/Album/01 Söng.mp3", "song"),
        ("../music/Artist/Album/01 Söng.mp3", "song"),
        ("Artist/Album/01 Söng.mp3", "song"),
        ("./Artist/../Artist/Album//01 Söng.mp3", "song"),
        ("Artist\\Album\\01 Söng.mp3", "song"),
        ("file:///library/music/Artist/Album/01%20S%C3%B6ng.mp3", "song"),
        ("file://localhost/library/music/Artist/Album/01%20S%C3%B6ng.mp3", "song"),
        ("FILE:///library/music/Artist/Album/01 Söng.mp3", "song"),
        ("Artist/Album/01%20S%C3%B6ng.mp3", "song"),
        ("artist/album/01 SÖNG.MP3", "song"),
        ("Artist/Album/01 So\u0308ng.mp3", "song"),
        ("/home/me/music/Artist/Album/01 Söng.mp3", "song"),
        ("Artist/Album/02 100%.mp3", "percent"),
        ("file:///library/music/Artist/Album/02%20100%25.mp3", "percent"),
        ("caf\udce9.mp3", "latin"),
        ("caf\udce92.mp3", "unicode"),
        ("link.mp3", "two"),
        ("Case/x.mp3", "lower"),
    ],
)
def test_a_path_is_found_however_it_is_written(location, track, matcher):
    found = match(matcher, location)
    assert (found.track_id, found.how) == (track, "path")


@pytest.mark.parametrize(
    "location",
    [
        "/mnt/old/disk/Artist/Album/01 Söng.mp3",
        "D:\\Music\\Artist\\Album\\01 Söng.mp3",
        "file:///C:/M/Album/01%20Söng.mp3",
    ],
)
def test_a_library_that_moved_is_found_by_the_ending(location, matcher):
    found = match(matcher, location)
    assert (found.track_id, found.how) == ("song", "ending")


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("/etc/passwd", Reason.ENTRY_OUTSIDE),
        ("../../../etc/passwd", Reason.ENTRY_OUTSIDE),
        ("file:///dev/zero", Reason.ENTRY_OUTSIDE),
        ("/elsewhere/x.mp3", Reason.ENTRY_OUTSIDE),
        ("file://server/share/x.mp3", Reason.ENTRY_REMOTE),
        ("http://example.org/x.mp3", Reason.ENTRY_REMOTE),
        ("spotify:track:123", Reason.ENTRY_REMOTE),
        ("file://[broken/x.mp3", Reason.ENTRY_REMOTE),
        ("Artist/Album/gone.mp3", Reason.ENTRY_MISSING),
        ("/library/music/Elsewhere/Album/01 Söng.mp3", Reason.ENTRY_MISSING),
        ("broken.mp3", Reason.ENTRY_LEFT_OUT),
        ("CASE/X.mp3", Reason.ENTRY_AMBIGUOUS),
        ("file:///library/%00", Reason.ENTRY_OUTSIDE),
    ],
)
def test_what_is_not_found_has_its_reason(location, reason, matcher):
    found = match(matcher, location)
    assert (found.track_id, found.reason) == (None, reason)


def test_codes_help_where_the_path_does_not(matcher):
    assert matcher.match(Entry(1, ("gone.mp3",), isrc="GBAYE6700001"), LISTS).how == "isrc"
    assert matcher.match(Entry(1, mbid="id"), LISTS).track_id == "two"
    assert matcher.match(Entry(1, ("http://x/y",), mbid="id"), LISTS).track_id == "two"
    assert matcher.match(Entry(1, isrc="GBAYE6700002"), LISTS).reason is Reason.ENTRY_MISSING
    assert matcher.match(Entry(1), LISTS).reason is Reason.ENTRY_EMPTY


def test_a_path_comes_before_a_code(matcher):
    found = matcher.match(Entry(1, ("Other/Album/03 two.mp3",), isrc="GBAYE6700001"), LISTS)
    assert (found.track_id, found.how) == ("two", "path")


def test_the_second_location_is_tried(matcher):
    assert matcher.match(Entry(1, ("http://x/y", "Case/x.mp3")), LISTS).track_id == "lower"


PIECES = st.sampled_from(
    ["/", "..", "\\", "%2e%2e", "file://", "C:", "\0", "%00", "etc", "passwd", "~", "music", "Case"]
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(location=st.lists(PIECES | st.text(max_size=8), max_size=10).map("".join))
def test_no_location_raises_or_is_opened(location, matcher, monkeypatch):
    with monkeypatch.context() as patched:
        for name in ("open", "stat", "lstat", "listdir", "scandir", "readlink"):
            patched.setattr(os, name, None)
        patched.setattr("builtins.open", None)
        found = match(matcher, location.encode(errors="ignore").decode())
    assert (found.track_id is None) != (found.reason is None)
    assert found.track_id is None or found.track_id in FILES.values()
    found.detail.encode()
