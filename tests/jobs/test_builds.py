"""The files of a build: whole or absent, named by content, readable without pickle."""

import errno
import os

import numpy as np
import pytest

from worker.jobs.builds import Builds, canonical_json, content_hash
from worker.jobs.errors import BuildDamaged, BuildMissing, DiskFull


@pytest.fixture
def builds(tmp_path):
    return Builds(tmp_path, "genres")


def test_equal_content_has_one_name_and_other_content_another(builds):
    assert builds.place_json({"a": 1, "b": 2}) == builds.place_json({"b": 2, "a": 1})
    assert builds.place_json({"a": 1}) != builds.place_json({"a": 2})


def test_a_hash_tells_arrays_of_other_type_or_shape_apart():
    array = np.arange(6, dtype=np.int64)
    hashes = {content_hash(array), content_hash(array.reshape(2, 3)), content_hash(array.astype(np.int32))}
    assert len(hashes) == 3
    assert content_hash(array) == content_hash(array.copy())


def test_parts_of_a_hash_do_not_run_together():
    assert content_hash("a", "b") != content_hash("ab")
    assert content_hash(["a"], ["b"]) != content_hash(["a", "b"])


def test_nan_is_no_json():
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(float("nan"))


def test_a_write_that_fails_leaves_nothing_behind(builds):
    def half(path):
        path.write_bytes(b"half")
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        builds.place("x.npy", half)
    assert list(builds.folder.iterdir()) == []


def test_a_full_disk_is_a_sentence_with_a_remedy(builds):
    def full(_path):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(DiskFull, match="free some space"):
        builds.place("x.npy", full)
    assert list(builds.folder.iterdir()) == []


def test_other_troubles_of_the_disk_are_not_called_full(builds):
    def denied(_path):
        raise PermissionError(errno.EACCES, "denied")

    with pytest.raises(PermissionError):
        builds.place("x.npy", denied)


def test_arrays_come_back_equal_and_mapped_ones_read_only(builds):
    array = np.random.default_rng(0).random((5, 3))
    name = builds.place_array("abc", array)
    np.testing.assert_array_equal(builds.read_array(name, written_by="similarity"), array)
    mapped = builds.read_array(name, written_by="similarity", mapped=True)
    with pytest.raises(ValueError, match="read-only"):
        mapped[0, 0] = 1


def test_a_pickle_is_never_loaded(builds):
    builds.folder.mkdir(parents=True)
    with (builds.folder / "x.npy").open("wb") as file:
        np.save(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(BuildDamaged):
        builds.read_array("x.npy", written_by="similarity")


def test_a_missing_file_names_the_stage_that_wrote_it(builds):
    with pytest.raises(BuildMissing, match=r"written by stage scan, is gone; start a new rebuild"):
        builds.read_json("x.json", written_by="scan")


def test_a_cut_file_is_named(builds):
    name = builds.place_json({"a": 1})
    (builds.folder / name).write_bytes(b'{"a"')
    with pytest.raises(BuildDamaged, match=name):
        builds.read_json(name, written_by="scan")


@pytest.mark.parametrize("collection", ["..", ".", "a/b", "../../etc", "ä b", "a\\b"])
def test_no_collection_leaves_the_folder_of_builds(tmp_path, collection):
    folder = Builds(tmp_path, collection).folder
    assert folder.resolve().parent == (tmp_path / "builds").resolve()


def test_collections_with_similar_names_have_folders_of_their_own(tmp_path):
    names = ["a.b", "a%2Eb", "a b", "a_b", "A.b"]
    assert len({Builds(tmp_path, name).folder for name in names}) == len(names)


def test_what_a_killed_process_left_is_swept_when_it_is_old(builds):
    builds.place_json({"a": 1})
    old, young = builds.folder / ".one.tmp.npy", builds.folder / ".two.tmp.npy"
    old.write_bytes(b"x")
    os.utime(old, (0, 0))
    young.write_bytes(b"x")
    assert builds.sweep_temporary() == 1
    assert young.exists()
    assert not old.exists()
