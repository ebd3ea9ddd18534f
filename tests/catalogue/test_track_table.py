"""A table tells of tracks what their tags do not; what it says of nothing is named."""

from __future__ import annotations

import pytest

from cypher.model import Track
from worker.catalogue.errors import TrackTableRejected
from worker.catalogue.importer import Target, import_library
from worker.catalogue.track_table import read_track_table
from worker.reasons import Reason


@pytest.fixture
def music(tmp_path, write, tone):
    """Two takes of one tune, and another."""
    for name, pitch in {"take 1": 200, "take 2": 300, "other": 400}.items():
        write(tmp_path / f"music/{name}.wav", tone(0.6, pitch))
    return tmp_path / "music"


def bring_in(catalogue, music, table):
    return import_library(catalogue, audio=[music], collection=Target("all", "All"), tracks=table, jobs=1)


def told(catalogue) -> dict[str, Track]:
    return {track.uri.rsplit("/", 1)[1].replace("%20", " "): track for track in catalogue.all_tracks()}


def test_what_the_table_says_replaces_the_tags_and_empty_cells_say_nothing(catalogue, music, tmp_path):
    table = tmp_path / "tracks.csv"
    table.write_text("path;title;work\nmusic/take 1.wav;First;Air\nmusic/take 2.wav;;Air\n")
    report = bring_in(catalogue, music, table)
    tracks = told(catalogue)
    assert (tracks["take 1.wav"].title, tracks["take 1.wav"].work) == ("First", "Air")
    assert (tracks["take 2.wav"].title, tracks["take 2.wav"].work) == ("take 2", "Air")
    assert tracks["other.wav"].work == ""
    assert report.described == 2
    assert report.left_out == ()


def test_tracks_that_are_known_already_learn_from_a_later_table(catalogue, music, tmp_path):
    import_library(catalogue, audio=[music], collection=Target("all", "All"), jobs=1)
    table = tmp_path / "tracks.csv"
    table.write_text("path,score\nmusic/other.wav,Jig\n")
    assert bring_in(catalogue, music, table).known_files == 3
    assert told(catalogue)["other.wav"].work == "Jig"


def test_codes_are_told_of_tracks_that_something_else_names(catalogue, music, tmp_path):
    table = tmp_path / "tracks.csv"
    mbid = "b1a9c0e9-d987-4042-ae91-78d6a3267d69"
    table.write_text("path,isrc\nmusic/take 1.wav,GB-AYE-67-00001\nmusic/other.wav,no code\n")
    bring_in(catalogue, music, table)
    tracks = told(catalogue)
    assert (tracks["take 1.wav"].isrc, tracks["other.wav"].isrc) == ("GBAYE6700001", "")
    table.write_text(f"isrc,mbid\ngbaye6700001,https://musicbrainz.org/recording/{mbid}\n")
    bring_in(catalogue, music, table)
    assert told(catalogue)["take 1.wav"].mbid == mbid


def test_a_line_about_nothing_is_named_with_its_number(catalogue, music, tmp_path):
    table = tmp_path / "tracks.csv"
    table.write_text("path,work\nmusic/gone.wav,Air\nmusic/other.wav,Air\n")
    [left] = bring_in(catalogue, music, table).left_out
    assert (left.name, left.reason) == (f"{table}:2", Reason.ENTRY_MISSING)


@pytest.mark.parametrize("text", ["path,length\na,1\n", "work\nAir\n", "isrc\nGBAYE6700001\n", ""])
def test_a_table_that_cannot_tell_is_refused_before_anything_is_written(text, catalogue, music, tmp_path):
    (tmp_path / "tracks.csv").write_text(text)
    with pytest.raises(TrackTableRejected, match="write CSV with a header line"):
        bring_in(catalogue, music, tmp_path / "tracks.csv")
    assert list(catalogue.all_tracks()) == []


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(TrackTableRejected, match=r"none\.csv"):
        read_track_table(tmp_path / "none.csv")


def test_years_and_counts_are_told_and_what_is_neither_says_nothing(catalogue, music, tmp_path):
    table = tmp_path / "tracks.csv"
    table.write_text("path;date;plays\nmusic/take 1.wav;1998-03-02;1,200\nmusic/take 2.wav;soon;many\n")
    assert bring_in(catalogue, music, table).described == 1
    found = {one.track_id: one for one in catalogue.traits()}
    first, second = (found[told(catalogue)[name].id] for name in ("take 1.wav", "take 2.wav"))
    assert (first.year, first.popularity, first.codec) == (1998, 1200.0, "wav")
    assert (second.year, second.popularity) == (None, None)
