"""A library comes in whole, what stays out is named, and a second run does no work twice."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from worker.catalogue.errors import FolderMissing, NoUsableAudio, NoUsableConcepts
from worker.catalogue.importer import Target, import_library
from worker.catalogue.intake import BATCH_FILES
from worker.catalogue.locations import path_of, uri_of
from worker.reasons import Reason

PITCHES = {"low": 110, "mid": 440, "high": 880, "top": 1760}
GENRES = Target("genres", "Genres")


@pytest.fixture
def music(tmp_path, write, tone) -> Path:
    """Four sounds in four formats, one of them twice, and two files that are none."""
    forms = {
        "low": ("WAV", "PCM_16"),
        "mid": ("FLAC", "PCM_16"),
        "high": ("OGG", "VORBIS"),
        "top": ("MP3", "MPEG_LAYER_III"),
    }
    for name, (form, sub) in forms.items():
        folder = "deep" if name == "low" else "bright/shrill" if name == "top" else "bright"
        write(tmp_path / f"music/{folder}/{name}.{form.lower()}", tone(0.8, PITCHES[name]), form=form, sub=sub)
    shutil.copy(tmp_path / "music/deep/low.wav", tmp_path / "music/copy of low.wav")
    (tmp_path / "music/broken.flac").write_bytes(b"fLaC" + bytes(100))
    (tmp_path / "music/text.mp3").write_text("no music")
    (tmp_path / "music/cover.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    return tmp_path / "music"


@pytest.fixture
def playlists(tmp_path) -> Path:
    folder = tmp_path / "playlists"
    folder.mkdir()
    (folder / "quiet.m3u8").write_text(
        "#EXTM3U\n../music/deep/low.wav\n../music/bright/mid.flac\n../music/deep/low.wav\n"
    )
    (folder / "loud.m3u").write_text("../music/bright/high.ogg\n../music/gone.wav\n/etc/passwd\nhttp://x/y.mp3\n")
    (folder / "dated.csv").write_text(
        "path,added_at\nbright/mid.flac,2024-05-02\nbright/mid.flac,2023-01-01\nbroken.flac,\n"
    )
    (folder / "lost.m3u").write_text("nothing.mp3\nnowhere.mp3\n")
    (folder / "bomb.xspf").write_text('<!DOCTYPE p [<!ENTITY a "b">]><playlist/>')
    return folder


def bring_in(catalogue, folder, **options):
    given = {"audio": [folder], "collection": GENRES, "jobs": 1, **options}
    return import_library(catalogue, **given)


def examples(catalogue) -> dict[str, set[str]]:
    """Names of concepts to titles of their tracks."""
    titles = {track.id: track.title for track in catalogue.all_tracks()}
    return {
        concept.name: {titles[track] for track in catalogue.examples[concept.id]}
        for concept in catalogue.concepts("genres")
    }


def adds_up(report) -> bool:
    files = report.new_files + report.known_files + report.copies + report.rejected
    return report.files == files and report.entries == sum(report.matched.values()) + report.entries_left_out


# --- files ------------------------------------------------------------------------------------------------------


def test_every_sound_becomes_one_track_and_the_rest_has_its_reason(catalogue, music):
    report = bring_in(catalogue, music)
    assert {track.title for track in catalogue.all_tracks()} == {"copy of low", "mid", "high", "top"}
    assert (report.files, report.new_files, report.copies, report.rejected, report.other_files) == (7, 4, 1, 2, 1)
    assert (report.tracks, report.new_tracks, report.decoded) == (4, 4, 5)
    assert {Path(item.name).name: item.reason for item in report.left_out} == {
        "broken.flac": Reason.UNDECODABLE,
        "text.mp3": Reason.NOT_AUDIO,
    }
    assert adds_up(report)
    assert report.collection is None
    assert catalogue.collections() == []


def test_a_track_knows_its_length_and_the_way_to_its_file(catalogue, music):
    bring_in(catalogue, music)
    for track in catalogue.all_tracks():
        assert path_of(track.uri).is_file()
        assert track.duration_s == pytest.approx(0.8, abs=0.01)


def test_a_second_import_decodes_nothing_new_and_changes_nothing(catalogue, music, playlists):
    bring_in(catalogue, music, playlists=playlists)
    before = list(catalogue.all_tracks()), examples(catalogue)
    (music / "broken.flac").unlink()
    report = bring_in(catalogue, music, playlists=playlists)
    assert (report.decoded, report.known_files, report.new_files, report.new_tracks) == (0, 5, 0, 0)
    assert (list(catalogue.all_tracks()), examples(catalogue)) == before
    assert all(concept.tracks == concept.tracks_before for concept in report.concepts)
    assert adds_up(report)


def test_every_sound_is_measured(catalogue, tmp_path, write, tone):
    for name, gain, rate_hz in (("loud", 1.0, 22_050), ("quiet", 0.1, 44_100)):
        write(tmp_path / f"music/{name}.wav", gain * tone(0.8, rate_hz=rate_hz), rate_hz)
    bring_in(catalogue, tmp_path / "music")
    names = {track.id: track.title for track in catalogue.all_tracks()}
    found = {names[one.track_id]: one for one in catalogue.traits()}
    expected = 10 * np.log10(np.mean(tone(0.8) ** 2))
    assert found["loud"].loudness_db == pytest.approx(expected, abs=0.05)
    assert found["loud"].loudness_db - found["quiet"].loudness_db == pytest.approx(20, abs=0.05)
    assert (found["loud"].rate_hz, found["quiet"].rate_hz) == (22_050, 44_100)
    assert {one.codec for one in found.values()} == {"wav"}


def test_tracks_that_came_in_before_sounds_were_measured_are_measured_by_the_next_import(
    catalogue, fake_catalogue_class, music
):
    bring_in(catalogue, music)
    older, wanted = fake_catalogue_class(), list(catalogue.traits())
    tracks = list(catalogue.all_tracks())
    older.save_tracks(tracks, list(catalogue.files.values()))
    assert older.unmeasured([track.id for track in tracks]) == {track.id for track in tracks}
    report = bring_in(older, music)
    assert (report.new_files, report.decoded) == (0, 5)  # the broken file is tried each time
    assert list(older.traits()) == wanted
    assert bring_in(older, music).decoded == 1


def test_a_renamed_file_and_a_copy_keep_the_track(catalogue, music):
    bring_in(catalogue, music)
    before = {track.id: track.title for track in catalogue.all_tracks()}
    (music / "bright/mid.flac").rename(music / "bright/other name.flac")
    shutil.copy(music / "bright/high.ogg", music / "a copy.ogg")
    report = bring_in(catalogue, music)
    assert {track.id: track.title for track in catalogue.all_tracks()} == before
    assert report.new_tracks == 0
    moved = next(track for track in catalogue.all_tracks() if track.title == "mid")
    assert path_of(moved.uri) == (music / "bright/other name.flac").resolve()
    kept = next(track for track in catalogue.all_tracks() if track.title == "high")
    assert path_of(kept.uri) == (music / "bright/high.ogg").resolve()


def test_a_known_file_keeps_its_id_even_if_it_would_decode_to_another(catalogue, music):
    bring_in(catalogue, music)
    file = next(iter(catalogue.files.values()))
    old = catalogue._tracks[file.track_id]
    catalogue.save_tracks([dataclasses.replace(old, id="0" * 24)], [dataclasses.replace(file, track_id="0" * 24)])
    report = bring_in(catalogue, music)
    assert catalogue.known_files([file.sha256]) == {file.sha256: "0" * 24}
    assert report.new_files == 0


def test_an_interrupted_import_keeps_its_batches_and_goes_on(catalogue, tmp_path, write, tone):
    count = BATCH_FILES + 6
    for number in range(count):
        write(tmp_path / f"{number:03}.wav", tone(0.5, 200 + number, rate_hz=8000), 8000)

    class Interrupted(Exception):
        pass

    def stop(stage: str, done: int, _total: int | None) -> None:
        if stage == "listen" and done > BATCH_FILES:
            raise Interrupted

    with pytest.raises(Interrupted):
        bring_in(catalogue, tmp_path, progress=stop)
    assert len(list(catalogue.all_tracks())) == BATCH_FILES
    report = bring_in(catalogue, tmp_path)
    assert (report.known_files, report.new_files, report.decoded) == (BATCH_FILES, 6, 6)
    assert len(list(catalogue.all_tracks())) == count


def test_one_job_and_three_give_the_same_catalogue(fake_catalogue_class, music, playlists):
    one, three = fake_catalogue_class(), fake_catalogue_class()
    reports = [bring_in(store, music, playlists=playlists, jobs=jobs) for store, jobs in [(one, 1), (three, 3)]]
    assert reports[0] == reports[1]
    assert list(one.all_tracks()) == list(three.all_tracks())


def test_flags_are_reported_beside_the_files_that_are_used(catalogue, music, write, tone):
    content = write(music / "cut.wav", tone(2.0)).read_bytes()
    (music / "cut.wav").write_bytes(content[: len(content) // 2])
    report = bring_in(catalogue, music)
    assert [(Path(item.name).name, item.reason) for item in report.flagged] == [("cut.wav", Reason.TRUNCATED)]


@pytest.mark.parametrize("present", [False, True])
def test_nothing_is_written_when_no_file_gives_a_sound(present, catalogue, tmp_path):
    (tmp_path / "music").mkdir()
    if present:
        (tmp_path / "music/x.mp3").write_text("no music")
    with pytest.raises(NoUsableAudio, match="1 not_audio" if present else "holds no files; point --audio"):
        bring_in(catalogue, tmp_path / "music", concepts_from="folders")
    assert (list(catalogue.all_tracks()), catalogue.collections()) == ([], [])


@pytest.mark.parametrize("missing", ["audio", "playlists"])
def test_a_missing_folder_is_named_before_any_work(missing, catalogue, music, tmp_path):
    options = {"audio": [tmp_path / "gone"]} if missing == "audio" else {"playlists": tmp_path / "gone"}
    with pytest.raises(FolderMissing, match=f"--{missing}"):
        bring_in(catalogue, music, **options)
    assert list(catalogue.all_tracks()) == []


# --- playlists --------------------------------------------------------------------------------------------------


def test_playlists_become_concepts_and_every_lost_entry_is_named(catalogue, music, playlists):
    report = bring_in(catalogue, music, playlists=playlists, kind="genre")
    assert examples(catalogue) == {"quiet": {"copy of low", "mid"}, "loud": {"high"}, "dated": {"mid"}}
    assert {concept.kind for concept in catalogue.concepts("genres")} == {"genre"}
    found = {(Path(item.name).name, item.reason.value) for item in report.left_out}
    assert found >= {
        ("loud.m3u:2", "entry_missing"),
        ("loud.m3u:3", "entry_outside"),
        ("loud.m3u:4", "entry_remote"),
        ("dated.csv:4", "entry_left_out"),
        ("lost.m3u", "playlist_empty"),
        ("lost.m3u:1", "entry_missing"),
        ("bomb.xspf", "playlist_unreadable"),
    }
    assert (report.playlists, report.entries, report.matched) == (5, 12, {"path": 6})
    assert (report.entries_repeated, report.entries_left_out) == (2, 6)
    assert adds_up(report)


def test_a_kind_once_given_stays_until_another_is_given(catalogue, music, playlists):
    for given, expected in [("genre", "genre"), (None, "genre"), ("mood", "mood")]:
        bring_in(catalogue, music, playlists=playlists, kind=given)
        assert {concept.kind for concept in catalogue.concepts("genres")} == {expected}


def test_since_when_is_the_earliest_date(catalogue, music, playlists):
    bring_in(catalogue, music, playlists=playlists)
    dated = next(concept for concept in catalogue.concepts("genres") if concept.name == "dated")
    assert [example.added_at for example in catalogue.examples[dated.id].values()] == ["2023-01-01"]


def test_a_second_import_replaces_what_it_names_and_leaves_the_rest(catalogue, music, playlists):
    first = bring_in(catalogue, music, playlists=playlists)
    (playlists / "loud.m3u").unlink()
    (playlists / "quiet.m3u8").write_text("../music/bright/shrill/top.mp3\n")
    second = bring_in(catalogue, music, playlists=playlists)
    assert examples(catalogue) == {"quiet": {"top"}, "loud": {"high"}, "dated": {"mid"}}
    assert second.untouched == tuple(each.id for each in first.concepts if each.name == "loud")
    quiet = next(concept for concept in second.concepts if concept.name == "quiet")
    assert (quiet.tracks, quiet.tracks_before) == (1, 2)


def test_entries_are_found_by_isrc_and_musicbrainz_id(catalogue, music, tmp_path):
    bring_in(catalogue, music)
    first, second, *_ = catalogue.all_tracks()
    mbid = "2f2b1f36-0f4c-4b8e-9f0c-6f9ad4a1a111"
    catalogue.save_tracks([dataclasses.replace(first, isrc="GBAYE6700001"), dataclasses.replace(second, mbid=mbid)], [])
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/x.csv").write_text(f"isrc,mbid\nGB-AYE-67-00001,\n,{mbid}\nGBAYE6700002,\n")
    report = bring_in(catalogue, music, playlists=tmp_path / "lists")
    assert report.matched == {"isrc": 1, "mbid": 1}
    assert report.entries_left_out == 1


def test_playlists_whose_tracks_are_all_missing_are_refused(catalogue, music, tmp_path):
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/x.m3u").write_text("gone.mp3\n/elsewhere/gone.mp3\n")
    with pytest.raises(NoUsableConcepts, match="1 entry_missing, 1 entry_outside"):
        bring_in(catalogue, music, playlists=tmp_path / "lists")
    assert catalogue.collections() == []


def test_a_folder_without_playlists_is_refused(catalogue, music, tmp_path):
    (tmp_path / "lists").mkdir()
    with pytest.raises(NoUsableConcepts, match="gives no concept; point --playlists"):
        bring_in(catalogue, music, playlists=tmp_path / "lists")


# --- folders and tags -------------------------------------------------------------------------------------------


def test_folders_are_concepts_of_all_below_them(catalogue, music):
    report = bring_in(catalogue, music, concepts_from="folders")
    assert examples(catalogue) == {"bright": {"mid", "high", "top"}, "shrill": {"top"}, "deep": {"copy of low"}}
    assert {concept.source_key for concept in catalogue.concepts("genres")} == {
        "folder:bright",
        "folder:bright/shrill",
        "folder:deep",
    }
    assert report.collection == "genres"


def test_genres_are_concepts_also_when_the_files_are_known(catalogue, tmp_path, write, tone):
    for number, genre in enumerate(["Rock", "rock; Pop", "Pop"]):
        path = write(tmp_path / f"m/{number}.mp3", tone(0.8, 300 + number), form="MP3", sub="MPEG_LAYER_III")
        frame = b"TCON" + (len(genre) + 1).to_bytes(4, "big") + b"\0\0\0" + genre.encode()
        path.write_bytes(b"ID3\x03\0\0" + bytes([0, 0, 0, len(frame)]) + frame + path.read_bytes())
    for known in (0, 3):
        report = bring_in(catalogue, tmp_path / "m", concepts_from="tags")
        assert examples(catalogue) == {"Rock": {"0", "1"}, "Pop": {"1", "2"}}
        assert {concept.kind for concept in catalogue.concepts("genres")} == {"genre"}
        assert report.known_files == known


def test_tags_that_nobody_wrote_make_no_concept(catalogue, music):
    with pytest.raises(NoUsableConcepts, match="choose another --concepts-from"):
        bring_in(catalogue, music, concepts_from="tags")


# --- report and locations ---------------------------------------------------------------------------------------


def test_the_report_is_json_with_a_sentence_for_each_item(catalogue, music, playlists):
    plain = bring_in(catalogue, music, playlists=playlists).as_json()
    assert plain["reasons"]["entry_missing"] == 3
    assert all(item["sentence"] and item["remedy"] for item in plain["left_out"])


def test_a_uri_leads_back_to_the_very_bytes_of_a_name():
    for path in (Path("/a b/ü%20#?.wav"), Path("/caf\udce9.wav"), Path("/new\nline.wav")):
        assert path_of(uri_of(path)) == path
        uri_of(path).encode("ascii")


@pytest.mark.parametrize("uri", ["http://x/y", "file://host/x", "/plain", ""])
def test_what_is_no_file_uri_is_refused(uri):
    with pytest.raises(ValueError, match="file://"):
        path_of(uri)
