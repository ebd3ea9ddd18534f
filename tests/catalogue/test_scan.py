"""Walking a folder: everything inside once, nothing outside, one order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from worker.catalogue.errors import FolderMissing
from worker.catalogue.scan import list_files, scan_audio
from worker.reasons import Reason


@pytest.fixture
def library(tmp_path, write) -> Path:
    write(tmp_path / "music/b/two.wav")
    write(tmp_path / "music/a/one.flac", form="FLAC")
    write(tmp_path / "music/three.dat")
    (tmp_path / "music/a/cover.jpg").write_bytes(b"\xff\xd8\xff\xe0picture")
    (tmp_path / "music/a/notes.txt").write_text("notes")
    return tmp_path / "music"


def names(paths) -> list[str]:
    return [path.name for path in paths]


def reasons(scan) -> dict[str, Reason]:
    return {path.name: item.reason for path, item in scan.left_out.items()}


def test_audio_is_told_by_content_and_sorted_by_path(library):
    scan = scan_audio([library])
    assert names(scan.files) == ["one.flac", "two.wav", "three.dat"]
    assert scan.others == 2
    assert not scan.left_out


def test_what_claims_to_be_audio_and_is_not_is_reported(library):
    (library / "text.mp3").write_text("no music")
    (library / "empty.wav").touch()
    (library / "song.wma").write_bytes(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11")
    os.mkfifo(library / "pipe.ogg")
    assert reasons(scan_audio([library])) == {
        "text.mp3": Reason.NOT_AUDIO,
        "empty.wav": Reason.EMPTY,
        "song.wma": Reason.NOT_AUDIO,
        "pipe.ogg": Reason.NOT_A_FILE,
    }


def test_links_inside_are_other_names_and_links_outside_are_reported(library, tmp_path, write):
    write(tmp_path / "outside/secret.wav")
    (library / "inside.wav").symlink_to(library / "b/two.wav")
    (library / "outside.wav").symlink_to(tmp_path / "outside/secret.wav")
    (library / "folder").symlink_to(tmp_path / "outside")
    (library / "loop").symlink_to(library)
    (library / "circle").symlink_to(library / "circle")
    (library / "nowhere.wav").symlink_to(library / "gone.wav")
    scan = scan_audio([library])
    assert names(scan.files) == ["one.flac", "two.wav", "three.dat"]
    assert scan.aliases == {library.resolve() / "inside.wav": library.resolve() / "b/two.wav"}
    assert reasons(scan) == {
        "outside.wav": Reason.LINK_OUTSIDE,
        "folder": Reason.LINK_OUTSIDE,
        "circle": Reason.BROKEN_LINK,
        "nowhere.wav": Reason.BROKEN_LINK,
    }


def test_hidden_files_and_folders_are_passed_over(library, write):
    write(library / ".hidden.wav")
    write(library / ".trash/x.wav")
    (library / "a/._one.flac").write_bytes(b"resource fork")
    scan = scan_audio([library])
    assert len(scan.files) == 3
    assert not scan.left_out


def test_a_name_that_is_not_utf8_is_found_and_printable(library):
    path = Path(os.fsdecode(os.fsencode(library) + b"/caf\xe9.mp3"))
    path.write_bytes(b"text")
    item = scan_audio([library]).left_out[path.resolve()]
    assert item.name.endswith("caf\N{REPLACEMENT CHARACTER}.mp3")
    assert str(item).isprintable()


def test_overlapping_folders_and_links_to_the_root_count_a_file_once(library, tmp_path):
    (tmp_path / "shortcut").symlink_to(library)
    scan = scan_audio([library, library / "a", tmp_path / "shortcut"])
    assert names(scan.files) == ["one.flac", "two.wav", "three.dat"]


def test_a_thousand_nested_folders_are_no_trouble(tmp_path, write):
    deepest = tmp_path
    for _ in range(1000):
        deepest /= "d"
        deepest.mkdir()
    try:
        write(tmp_path / "x.wav").rename(deepest / "x.wav")
        assert names(scan_audio([tmp_path]).files) == ["x.wav"]
    finally:  # pytest's own cleaning up would recurse
        (deepest / "x.wav").unlink(missing_ok=True)
        while deepest != tmp_path:
            deepest.rmdir()
            deepest = deepest.parent


@pytest.mark.parametrize("name", ["gone", "file.txt", "nul\0"])
def test_a_folder_that_is_none_is_a_sentence(name, tmp_path):
    (tmp_path / "file.txt").touch()
    with pytest.raises(FolderMissing, match="point --audio at the folder"):
        scan_audio([tmp_path / name])


def test_playlists_are_listed_by_ending_in_order(tmp_path):
    for name in ("b.m3u", "a.M3U8", "sub/c.csv", "x.txt", ".h.m3u"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "l.m3u").symlink_to(tmp_path / "b.m3u")
    assert names(list_files(tmp_path, (".m3u", ".m3u8", ".csv"))) == ["a.M3U8", "b.m3u", "c.csv"]
