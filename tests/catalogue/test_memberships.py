"""Memberships from outside: four formats that say the same, and every wrong one named by its line."""

from __future__ import annotations

import doctest
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from worker.catalogue import given_ids
from worker.catalogue.errors import MembershipsRejected, PickleRefused
from worker.catalogue.given_ids import given_id, track_id_of, track_of
from worker.catalogue.memberships import Membership, read_memberships

WANTED = [Membership("calm", "calm", ("a", "b")), Membership("Été", "Été", ("b", "7"))]
PAIRS = [("calm", "a"), ("Été", "b"), ("calm", "b"), ("Été", "7"), ("calm", "a")]


def write_csv(path, delimiter=",", end="\n", header=("concept", "track")):
    path.write_text(end.join(delimiter.join(row) for row in (header, *PAIRS)) + end, encoding="utf-8")
    return path


def write_parquet(path, tracks=None):
    columns = {"concept": [concept for concept, _ in PAIRS], "track": tracks or [track for _, track in PAIRS]}
    pq.write_table(pa.table(columns), path)
    return path


def test_all_formats_say_the_same(tmp_path):
    (tmp_path / "m.json").write_text(json.dumps({"calm": ["a", "b", "a"], "Été": ["b", 7]}), encoding="utf-8")
    np.save(tmp_path / "m.npy", {"calm": np.array(["a", "b"]), "Été": ["b", 7]}, allow_pickle=True)
    (tmp_path / "bom.csv").write_bytes(b"\xef\xbb\xbf" + write_csv(tmp_path / "m.csv").read_bytes())
    paths = [
        tmp_path / "m.csv",
        tmp_path / "bom.csv",
        write_csv(tmp_path / "m.tsv", "\t", "\r\n"),
        write_csv(tmp_path / "semicolon.csv", ";", header=("Playlist", "Track_ID")),
        write_parquet(tmp_path / "m.parquet"),
        tmp_path / "m.json",
        tmp_path / "m.npy",
    ]
    for path in paths:
        assert read_memberships(path) == WANTED, path


def test_the_published_playlists_keep_their_titles(tmp_path):
    playlists = {7578142362: {"tracks_array": ["x", "y"], "formatted_title": "funk\nrock"}, 5: {"tracks_array": []}}
    np.save(tmp_path / "deezer_playlists.npy", playlists, allow_pickle=True)
    [found] = read_memberships(tmp_path / "deezer_playlists.npy")
    assert (found.key, found.name, found.given_ids) == ("7578142362", "funk rock", ("x", "y"))


def test_a_kind_is_kept_and_an_unknown_one_refused(tmp_path):
    path = tmp_path / "m.json"
    path.write_text('{"k1": {"tracks": [1], "name": "Rock", "kind": "genre"}}')
    assert read_memberships(path) == [Membership("k1", "Rock", ("1",), "genre")]
    path.write_text('{"k1": {"tracks": [1], "kind": "smell"}}')
    with pytest.raises(MembershipsRejected, match="smell"):
        read_memberships(path)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("m.csv", "concept,track\ncalm,a\ncalm\n", "line 3"),
        ("m.csv", "concept,track\ncalm,\n", "line 2"),
        ("m.csv", "concept,song\ncalm,a\n", "concept, song"),
        ("m.csv", "", "none"),
        ("m.csv", "concept,track\n", "no concept has a track"),
        ("m.csv", 'concept,track\n"calm,a\n', "line"),
        ("m.csv", b"concept,track\n\xff\xfe,a\n", "utf-8"),
        ("m.json", '{"a": [1], "a": [2]}', "twice"),
        ("m.json", '{"a": [1.5]}', "1.5"),
        ("m.json", '{"a": [true]}', "True"),
        ("m.json", '{"a": "xyz"}', "no list"),
        ("m.json", "[1]", "no dictionary"),
        ("m.json", "[" * 100_000, "m.json"),
        ("m.parquet", "no parquet", "m.parquet"),
        ("m.npy", "no npy", "no .npy"),
        ("m.txt", "a", r"\.csv"),
    ],
)
def test_what_is_no_membership_is_refused_by_name(tmp_path, name, content, why):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises((MembershipsRejected, PickleRefused), match=why) as refused:
        read_memberships(path)
    assert name in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MembershipsRejected, match=r"gone\.csv"):
        read_memberships(tmp_path / "gone.csv")


def test_a_parquet_with_null_or_fractions_for_tracks_names_the_row(tmp_path):
    with pytest.raises(MembershipsRejected, match="row 2"):
        read_memberships(write_parquet(tmp_path / "m.parquet", ["a", None, "b", "c", "d"]))
    with pytest.raises(MembershipsRejected, match="row 1"):
        read_memberships(write_parquet(tmp_path / "m.parquet", [0.5, 1.5, 2.5, 3.5, 4.5]))


def test_an_id_from_outside_is_a_fixed_function_of_namespace_and_given_id():
    assert doctest.testmod(given_ids).failed == 0
    ids = {track_id_of(given, space) for given in ("1", "01", "a", "A") for space in ("x", "y")}
    assert len(ids) == 8
    track = track_of("AC/DC: é", "msd")
    assert (track.id, track.title) == (track_id_of("AC/DC: é", "msd"), "AC/DC: é")
    assert track.uri == "given:msd/AC%2FDC%3A%20%C3%A9"
    assert given_id(np.int64(7)) == given_id("7") == given_id(b"7")
    for bad in ("", " ", "a\nb", "x" * 513, 1.0, True, None):
        with pytest.raises(ValueError, match="no id"):
            given_id(bad)
