"""One contract for every place a store can lie in; what only an elsewhere can do wrong comes after it."""

import hashlib
import os
import sys
import uuid

import numpy as np
import pytest

from worker.activations.errors import ActivationsMissing, PackageMissing, ShardDamaged, UnknownChoice
from worker.activations.fingerprint import Fingerprint
from worker.activations.shelves import Folder, open_shelf, prune_cache
from worker.activations.store import ActivationStore, open_stores

fsspec = pytest.importorskip("fsspec")
MARK = Fingerprint("outside", "numbers", layer="6")
OTHER = Fingerprint("outside", "numbers", layer="7")


def windows(track_id, units=5):
    random = np.random.default_rng(list(track_id.encode()))
    return random.normal(size=(int(random.integers(1, 7)), units)).astype(np.float32)


def fill(store, *shards):
    return [store.write(shard, [windows(track_id) for track_id in shard]) for shard in shards]


@pytest.fixture(params=["folder", "file://", "memory://", "signpost"])
def root(request, tmp_path):
    if request.param == "signpost":
        (tmp_path / "activations").write_text(f"memory://{uuid.uuid4().hex}/activations\n")
        return tmp_path / "activations"
    if request.param == "folder":
        return tmp_path / "activations"
    if request.param == "file://":
        return f"file://{tmp_path}/activations"
    return f"memory://{uuid.uuid4().hex}/activations"


@pytest.fixture
def bucket():
    return f"memory://{uuid.uuid4().hex}/activations"


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def shelf(root, cache):
    return open_shelf(root, "shelf", cache)


@pytest.fixture
def store(root, cache):
    return ActivationStore(root, MARK, cache=cache)


# --- a shelf ---------------------------------------------------------------------------------------------------------


def test_a_shelf_holds_what_was_written_and_nothing_else(shelf):
    assert shelf.names() == []
    shelf.write("b", b"two")
    shelf.write("a", b"one")
    shelf.write("a", b"three")
    assert shelf.names() == ["a", "b"]
    assert (shelf.read("a"), shelf.size("a"), shelf.has("a")) == (b"three", 5, True)
    assert shelf.sha256("b") == hashlib.sha256(b"two").hexdigest()
    assert shelf.modified("b") > 1.7e9
    assert shelf.array("b", shelf.sha256("b")).read_bytes() == b"two"
    shelf.remove("a")
    assert shelf.names() == ["b"]
    assert not shelf.has("a")


@pytest.mark.parametrize("ask", ["read", "size", "modified", "sha256", "remove"])
def test_a_file_that_is_not_there_is_said_to_be_gone(shelf, ask):
    with pytest.raises(FileNotFoundError):
        getattr(shelf, ask)("a")
    shelf.write("b", b"")
    with pytest.raises(FileNotFoundError):
        getattr(shelf, ask)("a")


# --- a store on it ---------------------------------------------------------------------------------------------------


def test_what_was_written_is_read_in_the_order_asked_whoever_opens_it(store, root, cache):
    assert store.missing(["b", "a", "b"]) == ["b", "a"]
    (name, _) = fill(store, ["a", "b", "c"], ["d", "e"])
    assert fill(store, ["a", "b", "c"]) == [name]
    again = ActivationStore(root, MARK, cache=cache)
    found = again.read(["e", "a", "d", "a"])
    assert (found.values == np.concatenate([windows(one) for one in "eada"])).all()
    assert again.missing(["c", "x"]) == ["x"]
    with pytest.raises(ActivationsMissing):
        again.read(["x"])
    counted = again.stats()
    assert (counted.shards, counted.tracks, counted.units) == (2, 5, 5)
    assert again.verify() == []


def test_every_store_below_a_root_is_found(root, cache):
    assert open_stores(root, cache=cache) == []
    for mark in (MARK, OTHER):
        fill(ActivationStore(root, mark, cache=cache), ["a"])
    found = open_stores(root, cache=cache)
    assert {one.fingerprint for one in found} == {MARK, OTHER}
    assert [(one.read(["a"]).values == windows("a")).all() for one in found] == [True, True]


@pytest.mark.parametrize("damage", [b"", b"something else", None])
@pytest.mark.parametrize("suffix", [".npy", ".parquet"])
def test_damage_is_found_pruned_and_written_again(store, root, cache, suffix, damage):
    bad, _ = fill(store, ["a", "b"], ["c"])
    shelf = open_shelf(root, MARK.digest, cache)
    if damage is None:
        shelf.remove(bad + suffix)
    else:
        shelf.write(bad + suffix, damage)
    again = ActivationStore(root, MARK, cache=cache / "of another machine")
    if (suffix, damage) != (".parquet", None):  # an array without a manifest does not exist
        assert len(again.verify()) == 1
        with pytest.raises(ShardDamaged, match="prune --damaged"):
            again.read(["a"])
    again.prune(damaged=True, older_than_s=-60.0)
    assert again.verify() == []
    assert again.missing(["a", "b", "c"]) == ["a", "b"]
    fill(again, ["a", "b"])
    assert (again.read(["a"]).values == windows("a")).all()


def test_fetched_arrays_out_of_use_are_pruned_and_fetched_again(bucket, cache):
    fill(ActivationStore(bucket, MARK, cache=cache), ["a"], ["b"])
    store = ActivationStore(bucket, MARK, cache=cache)
    before = store.read(["a", "b"]).values
    for path in cache.iterdir():
        os.utime(path, (0, 0))
    (cache / ".left.npy.tmp").write_bytes(b"half")
    os.utime(cache / ".left.npy.tmp", (0, 0))
    ActivationStore(bucket, MARK, cache=cache).read(["a"])
    removed = prune_cache(3600.0, cache)
    assert len(removed) == 2, "the unused one and the leftover"
    assert len(list(cache.iterdir())) == 1
    assert np.array_equal(ActivationStore(bucket, MARK, cache=cache).read(["a", "b"]).values, before)
    assert prune_cache(3600.0, cache / "nowhere") == []


def test_prune_removes_doubles_and_leftovers_and_nothing_that_is_read(store, root, cache):
    fill(store, ["a"], ["b"], ["a", "b"])
    shelf = open_shelf(root, MARK.digest, cache)
    shelf.write("shard-00.npy", b"half")
    assert store.prune().files >= 2
    assert shelf.has("shard-00.npy")  # young: somebody may be about to write its manifest
    store.prune(older_than_s=-60.0)
    assert not shelf.has("shard-00.npy")
    assert (ActivationStore(root, MARK, cache=cache).read(["b", "a"]).values[: len(windows("b"))] == windows("b")).all()


# --- only on this machine, only elsewhere ----------------------------------------------------------------------------


def test_a_file_url_is_a_folder_and_is_read_where_it_lies(tmp_path):
    (name,) = fill(ActivationStore(f"file://{tmp_path}", MARK, cache=tmp_path / "cache"), ["a"])
    assert (tmp_path / MARK.digest / f"{name}.npy").is_file()
    assert (ActivationStore(tmp_path, MARK).read(["a"]).values == windows("a")).all()
    assert not (tmp_path / "cache").exists()
    assert isinstance(open_shelf(tmp_path, "x"), Folder)


def test_an_array_from_elsewhere_is_fetched_once_and_kept_by_its_hash(bucket, cache):
    (name,) = fill(ActivationStore(bucket, MARK, cache=cache), ["a", "b"])
    store = ActivationStore(bucket, MARK, cache=cache)
    store.read(["a"])
    (kept,) = cache.iterdir()
    assert kept.stem == hashlib.sha256(kept.read_bytes()).hexdigest()
    open_shelf(bucket, MARK.digest, cache).remove(f"{name}.npy")
    assert (store.read(["b"]).values == windows("b")).all()
    assert len(store.verify()) == 1  # what is verified is the place itself, not the cache


def test_another_array_under_the_same_name_is_refused_and_not_kept(bucket, cache):
    (name,) = fill(ActivationStore(bucket, MARK, cache=cache), ["a"])
    array = open_shelf(bucket, MARK.digest, cache)
    array.write(f"{name}.npy", array.read(f"{name}.npy")[:-1] + b"\x7f")
    with pytest.raises(ShardDamaged, match=r"memory://.*SHA-256"):
        ActivationStore(bucket, MARK, cache=cache).read(["a"])
    assert not cache.exists()


def test_a_place_that_cannot_be_reached_is_no_damage(bucket, cache, monkeypatch):
    store = ActivationStore(bucket, MARK, cache=cache)
    fill(store, ["a"])

    def away(*_arguments, **_options):
        raise ConnectionResetError

    monkeypatch.setattr(fsspec.implementations.memory.MemoryFileSystem, "cat_file", away)
    with pytest.raises(ConnectionResetError):
        store.read(["a"])


def test_a_url_nobody_knows_or_whose_package_is_missing_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(UnknownChoice, match=r"storage 'nowhere'.*memory"):
        ActivationStore("nowhere://x", MARK)
    with pytest.raises(PackageMissing, match="s3fs"):
        ActivationStore("s3://bucket/x", MARK)


def test_a_signpost_without_a_url_is_refused_and_kept(tmp_path):
    signpost = tmp_path / "activations"
    signpost.write_text("bucket of ours")
    with pytest.raises(UnknownChoice, match="storage 'bucket of ours'"):
        ActivationStore(signpost, MARK)
    assert signpost.read_text() == "bucket of ours"
