import csv
import dataclasses
import errno
import json
import os
import shutil
import xml.etree.ElementTree as ET
from collections import Counter
from urllib.parse import unquote

import numpy as np
import pytest
import soundfile

from worker.demo import Recipe, Share, make, open_library, rendering
from worker.demo.errors import DiskFull, LibraryUnreadable, ScoresMissing, TargetNotWritable, TargetTaken
from worker.demo.manifest import read_tracks

KILLED_AFTER = 5


def decoded(library):
    return {track.file: soundfile.read(library.target / track.file)[0] for track in read_tracks(library.manifest)}


def listed(playlist):
    if playlist.suffix == ".xspf":
        space = "{http://xspf.org/ns/0/}"
        return [unquote(node.text) for node in ET.parse(playlist).iter(f"{space}location")]  # noqa: S314 - our own file
    lines = playlist.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def test_sound_is_whole_audible_unclipped_and_of_the_right_length(small):
    for samples in decoded(small).values():
        assert len(samples) == 6 * 22050
        assert np.isfinite(samples).all()
        assert 0.1 < np.abs(samples).max() < 1.0
        assert -30 < 20 * np.log10(np.sqrt(np.mean(samples**2))) < -15


def test_a_small_library_has_120_excerpts_and_concepts_of_at_least_39(small):
    taxonomy = json.loads(small.taxonomy.read_text(encoding="utf-8"))
    assert small.tracks == 120
    assert len(list(small.audio.rglob("*.ogg"))) == 120
    assert min(concept["members"] for concept in taxonomy["concepts"]) >= 39
    assert ["Violin", "Bowed strings"] in taxonomy["edges"]
    assert ["Bowed strings", "Strings"] in taxonomy["edges"]


def test_every_playlist_points_to_existing_files_and_holds_its_concepts_members(small):
    taxonomy = json.loads(small.taxonomy.read_text(encoding="utf-8"))
    counts = {concept["name"]: concept["members"] for concept in taxonomy["concepts"]}
    wanted = Counter(collection for concept in taxonomy["concepts"] for collection in concept["collections"])
    for collection, folder in small.playlists.items():
        playlists = sorted(folder.iterdir())
        assert len(playlists) == wanted[collection]
        for playlist in playlists:
            files = listed(playlist)
            assert len(files) == len(set(files)) == counts[playlist.stem]
            assert all((folder / file).is_file() for file in files)


def test_the_manifest_names_every_true_concept_of_a_track(small):
    rows = json.loads(small.manifest.read_text(encoding="utf-8"))
    for collection, folder in small.playlists.items():
        for playlist in folder.iterdir():
            files = {os.path.normpath(folder / file) for file in listed(playlist)}
            named = {str(small.target / row["file"]) for row in rows if playlist.stem in row["concepts"]}
            assert files == named, (collection, playlist.stem)


def test_a_table_tells_an_import_the_score_of_every_track(small):
    with small.table.open(encoding="utf-8", newline="") as file:
        told = {row["path"]: row["work"] for row in csv.DictReader(file)}
    assert told == {track.file: track.score for track in read_tracks(small.manifest)}
    assert len(set(told.values())) < len(told)


def test_players_see_title_artist_and_album(small):
    for track in read_tracks(small.manifest)[::17]:
        with soundfile.SoundFile(small.target / track.file) as file:
            assert (file.title, file.artist, file.album) == (track.title, track.artist, track.album)


def test_excerpts_of_one_score_share_artist_and_album(small):
    homes = {}
    for track in read_tracks(small.manifest):
        homes.setdefault(track.score, set()).add((track.artist, track.album))
    assert all(len(home) == 1 for home in homes.values())


def test_the_sound_does_not_depend_on_the_number_of_processes(tiny, tiny_library, tmp_path):
    together = make(tmp_path, recipe=tiny, processes=2)
    assert tiny_library.manifest.read_bytes() == together.manifest.read_bytes()
    first, second = decoded(tiny_library), decoded(together)
    assert all(np.array_equal(first[file], second[file]) for file in first)


def test_another_seed_is_another_catalogue(tiny, tiny_library, tmp_path):
    other = make(tmp_path, recipe=dataclasses.replace(tiny, seed=8), processes=1)
    one, two = ({track.score for track in read_tracks(library.manifest)} for library in (tiny_library, other))
    assert one != two


def test_an_interrupted_run_is_finished_by_the_next_and_a_finished_one_is_recognised(
    tiny, tiny_library, tmp_path, monkeypatch
):
    target = tmp_path / "interrupted"
    real = rendering.write_whole
    written = []

    def killed(path, content):
        if len(written) == KILLED_AFTER:
            path.with_name(f"{path.name}.1.part").write_bytes(content[:100])
            raise KeyboardInterrupt
        written.append(path)
        real(path, content)

    monkeypatch.setattr(rendering, "write_whole", killed)
    with pytest.raises(KeyboardInterrupt):
        make(target, recipe=tiny, processes=1)
    with pytest.raises(LibraryUnreadable, match="never finished"):
        open_library(target)
    monkeypatch.undo()
    second = make(target, recipe=tiny, processes=1)
    assert (second.tracks, second.rendered) == (10, 10 - KILLED_AFTER)
    assert not list(target.rglob("*.part"))
    third = make(target, recipe=tiny, processes=1)
    assert third.rendered == 0
    assert open_library(target) == third
    one, other = decoded(tiny_library), decoded(second)
    assert all(np.array_equal(one[file], other[file]) for file in one)


def test_a_deleted_file_is_made_again_in_a_library_that_was_moved(tiny, tiny_library, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(tiny_library.target, moved)
    next(moved.rglob("*.ogg")).unlink()
    library = make(moved, recipe=tiny, processes=1)
    assert library.rendered == 1
    before, after = decoded(tiny_library), decoded(library)
    assert all(np.array_equal(before[file], after[file]) for file in before)


def test_a_folder_with_other_files_is_refused_and_left_alone(tiny, tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(TargetTaken, match=r"files that are not the demo's.*empty folder"):
        make(tmp_path, recipe=tiny)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_library_of_another_recipe_is_refused(small):
    with pytest.raises(TargetTaken, match="another recipe"):
        make(small.target, size="small", seed=3)


def test_a_target_that_cannot_be_made_is_named(tiny, tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(TargetNotWritable, match="cannot write to"):
        make(tmp_path / "file" / "below", recipe=tiny)


def test_too_little_room_is_said_before_anything_is_rendered(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10, 10, 0))
    with pytest.raises(DiskFull, match="disk is full"):
        make(tmp_path, recipe=tiny)


def test_a_disk_that_fills_up_midway_is_said_and_the_next_run_goes_on(tiny, tmp_path, monkeypatch):
    def full(_path, _content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(rendering, "write_whole", full)
    with pytest.raises(DiskFull, match="what is finished is kept"):
        make(tmp_path, recipe=tiny, processes=1)
    monkeypatch.undo()
    assert make(tmp_path, recipe=tiny, processes=1).rendered == 10


def test_too_few_scores_of_a_kind_are_counted(tmp_path):
    with pytest.raises(ScoresMissing, match=r"49 usable scores of kind 'strathspey', 60 are needed"):
        make(tmp_path, recipe=Recipe(seed=1, kinds={"strathspey": Share(60, 60)}, seconds=3.0))


def test_progress_reaches_the_end_of_every_stage(tiny, tmp_path):
    seen = {}
    make(tmp_path, recipe=tiny, processes=1, progress=lambda stage, done, total: seen.__setitem__(stage, (done, total)))
    assert list(seen) == ["scores", "music", "playlists"]
    assert all(done == total for done, total in seen.values())


def test_nothing_is_read_as_finished_where_nothing_is(tmp_path):
    with pytest.raises(LibraryUnreadable, match="audio-concepts demo"):
        open_library(tmp_path)
