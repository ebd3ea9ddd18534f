import dataclasses
import json
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from worker.activations.errors import (
    ActivationsMissing,
    BadActivations,
    BadFingerprint,
    FingerprintMismatch,
    ShardDamaged,
)
from worker.activations.fingerprint import Fingerprint
from worker.activations.store import ActivationStore, open_stores
from worker.cli import activations_commands

MARK = Fingerprint("outside", "numbers", layer="6")
UNITS = 5


def windows(track_id, units=UNITS):
    """What a track's activations are: a function of its id alone."""
    random = np.random.default_rng(list(track_id.encode()))
    return random.normal(size=(int(random.integers(1, 7)), units)).astype(np.float32)


def fill(store, *shards):
    return [store.write(shard, [windows(track_id) for track_id in shard]) for shard in shards]


@pytest.fixture
def store(tmp_path):
    return ActivationStore(tmp_path, MARK)


def test_an_empty_store_misses_everything_and_makes_nothing_on_disk(store, tmp_path):
    assert store.missing(["b", "a", "b"]) == ["b", "a"]
    assert store.verify() == []
    assert store.stats().tracks == 0
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_is_read_in_the_order_asked(store):
    fill(store, ["a", "b", "c"], ["d", "e"])
    asked = ["e", "a", "d", "b", "a"]
    found = ActivationStore(store.folder.parent, MARK).read(asked)
    assert found.track_ids == asked
    assert found.offsets.dtype == np.int64
    assert found.values.dtype == np.float32
    for index, track_id in enumerate(asked):
        assert (found.values[found.offsets[index] : found.offsets[index + 1]] == windows(track_id)).all()
    assert found.offsets[-1] == len(found.values)
    assert found.fingerprint == MARK


@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_sharding_and_order_never_change_what_is_read(tmp_path_factory, data):
    track_ids = [f"t{index}" for index in range(12)]
    order = data.draw(st.permutations(track_ids))
    cuts = sorted(data.draw(st.sets(st.integers(1, 11), max_size=4)))
    store = ActivationStore(tmp_path_factory.mktemp("store"), MARK)
    fill(store, *[order[start:end] for start, end in zip([0, *cuts], [*cuts, 12], strict=True)])
    found = store.read(track_ids)
    assert (found.values == np.concatenate([windows(track_id) for track_id in track_ids])).all()


def test_missing_tracks_are_named_in_the_error(store):
    fill(store, ["a"])
    with pytest.raises(ActivationsMissing, match=r"for x, y;.*rebuild") as caught:
        store.read(["a", "x", "y"])
    assert caught.value.track_ids == ("x", "y")
    with pytest.raises(ActivationsMissing, match="and 15 more"):
        store.read([f"x{index}" for index in range(20)])
    with pytest.raises(ActivationsMissing):
        store.read([])


def test_writing_the_same_again_changes_nothing(store):
    (first,) = fill(store, ["a", "b"])
    before = {path: path.stat().st_mtime_ns for path in store.folder.iterdir()}
    assert fill(store, ["a", "b"]) == [first]
    assert fill(ActivationStore(store.folder.parent, MARK), ["a", "b"]) == [first]
    assert {path: path.stat().st_mtime_ns for path in store.folder.iterdir()} == before


def test_a_store_that_is_open_sees_what_another_writes_and_removes(store):
    assert store.missing(["a", "b"]) == ["a", "b"]
    (name,) = fill(ActivationStore(store.folder.parent, MARK), ["a", "b"])
    assert store.missing(["a", "b"]) == []
    (store.folder / f"{name}.parquet").unlink()
    assert store.missing(["a", "b"]) == ["a", "b"]


@pytest.mark.parametrize(
    ("track_ids", "values"),
    [
        ([], []),
        (["a"], []),
        (["a", "a"], [windows("a"), windows("a")]),
        ([""], [windows("a")]),
        (["a\nb"], [windows("a")]),
        (["a"], [windows("a").astype(np.float64)]),
        (["a"], [windows("a")[0]]),
        (["a"], [windows("a")[:0]]),
        (["a", "b"], [windows("a"), windows("b", UNITS + 1)]),
        (["a"], [np.full((2, UNITS), np.nan, np.float32)]),
        (["a"], [np.full((2, UNITS), np.inf, np.float32)]),
    ],
)
def test_what_breaks_the_rules_is_refused_and_leaves_nothing(store, track_ids, values):
    with pytest.raises(BadActivations):
        store.write(track_ids, values)
    assert not store.folder.exists()


def test_another_number_of_units_is_refused(store):
    fill(store, ["a"])
    with pytest.raises(BadActivations, match="6 units, the store has 5"):
        store.write(["b"], [windows("b", 6)])


def test_a_manifest_of_another_fingerprint_is_refused_by_both_names(store, tmp_path):
    other = ActivationStore(tmp_path, dataclasses.replace(MARK, layer="7"))
    (name,) = fill(store, ["a"])
    other.folder.mkdir()
    for suffix in ("npy", "parquet"):
        (store.folder / f"{name}.{suffix}").rename(other.folder / f"{name}.{suffix}")
    with pytest.raises(FingerprintMismatch, match=r"layer=7.*layer=6"):
        other.missing(["a"])
    assert "belongs to" in other.verify()[0]


# --- damage ----------------------------------------------------------------------------------------------------------


def flip_last_byte(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


DAMAGE = {
    "a flipped bit in the array": (".npy", flip_last_byte),
    "a cut array": (".npy", lambda path: os.truncate(path, path.stat().st_size - 4)),
    "an empty array": (".npy", lambda path: path.write_bytes(b"")),
    "a lost array": (".npy", lambda path: path.unlink()),
    "an array of something else": (".npy", lambda path: np.save(path, np.zeros(3))),
    "a cut manifest": (".parquet", lambda path: os.truncate(path, path.stat().st_size - 1)),
    "an empty manifest": (".parquet", lambda path: path.write_bytes(b"")),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found_pruned_and_computed_again(store, damage):
    suffix, spoil = DAMAGE[damage]
    bad, _ = fill(store, ["a", "b"], ["c"])
    spoil(store.folder / f"{bad}{suffix}")
    again = ActivationStore(store.folder.parent, MARK)
    findings = again.verify()
    assert len(findings) == 1
    assert bad in findings[0]
    assert "prune --damaged" in findings[0]
    again.prune(damaged=True)
    assert again.verify() == []
    assert again.missing(["a", "b", "c"]) == ["a", "b"]
    fill(again, ["a", "b"])
    assert (again.read(["a"]).values == windows("a")).all()


@pytest.mark.parametrize("damage", [name for name in DAMAGE if "flipped" not in name])
def test_reading_damage_is_an_error_never_wrong_numbers(store, damage):
    suffix, spoil = DAMAGE[damage]
    (bad,) = fill(store, ["a", "b"])
    spoil(store.folder / f"{bad}{suffix}")
    with pytest.raises(ShardDamaged, match="prune --damaged"):
        ActivationStore(store.folder.parent, MARK).read(["a"])


def test_prune_removes_old_leftovers_and_doubles_but_nothing_that_is_read(store):
    fill(store, ["a"], ["b"], ["a", "b"])
    before = store.read(["a", "b"]).values
    orphan, temporary = store.folder / "shard-00.npy", store.folder / ".shard-00.npy.1-ab"
    young = store.folder / ".shard-01.npy.1-ab"
    for path in (orphan, temporary, young):
        path.write_bytes(b"half")
    for path in (orphan, temporary):
        os.utime(path, (0, 0))
    assert store.verify() == []
    pruned = store.prune()
    assert not orphan.exists()
    assert not temporary.exists()
    assert young.exists()
    assert pruned.files >= 2 + 2  # at least one shard is a double
    assert pruned.bytes > 0
    assert (store.read(["a", "b"]).values == before).all()
    assert (ActivationStore(store.folder.parent, MARK).read(["a", "b"]).values == before).all()
    assert store.prune().files == 0


def test_stats_count_what_readers_see(store):
    fill(store, ["a", "b"], ["c"])
    found = store.stats()
    assert (found.shards, found.tracks, found.units) == (2, 3, UNITS)
    assert found.rows == sum(len(windows(track_id)) for track_id in "abc")
    assert found.bytes == sum(path.stat().st_size for path in store.folder.glob("shard-*"))
    assert (found.fingerprint, found.digest) == (MARK.text, MARK.digest)


def test_every_store_below_a_root_is_found_and_a_renamed_folder_is_refused(store, tmp_path):
    assert open_stores(tmp_path) == []
    fill(store, ["a"])
    fill(ActivationStore(tmp_path, dataclasses.replace(MARK, layer="7")), ["a"])
    assert {found.fingerprint.layer for found in open_stores(tmp_path)} == {"6", "7"}
    store.folder.rename(tmp_path / "elsewhere")
    with pytest.raises(BadFingerprint, match="elsewhere"):
        open_stores(tmp_path)


# --- two at once, and the end of a disk ------------------------------------------------------------------------------


def test_two_writers_of_the_same_tracks_cannot_hurt(store):
    track_ids = [f"t{index}" for index in range(40)]
    failures = []

    def work(size):
        mine = ActivationStore(store.folder.parent, MARK)
        try:
            for start in range(0, len(track_ids), size):
                fill(mine, track_ids[start : start + size])
                mine.read(track_ids[: start + 1])
        except Exception as error:  # noqa: BLE001  the main thread tells
            failures.append(error)

    writers = [threading.Thread(target=work, args=(size,)) for size in (4, 4, 5)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failures == []
    assert store.verify() == []
    wanted = np.concatenate([windows(track_id) for track_id in track_ids])
    assert (store.read(track_ids).values == wanted).all()
    store.prune()
    assert (store.read(track_ids).values == wanted).all()


def test_a_writer_whose_bits_differ_leaves_both_whole(store):
    fill(store, ["a", "b"])
    other = [windows("a") + np.float32(1e-6), windows("b") + np.float32(1e-6)]
    ActivationStore(store.folder.parent, MARK).write(["a", "b"], other)
    assert store.verify() == []
    assert store.stats().shards == 2
    first = store.read(["a", "b"]).values
    store.prune()
    assert (store.read(["a", "b"]).values == first).all()


def test_a_full_disk_is_an_error_and_leaves_nothing_that_is_read(store):
    code = (
        "import resource, signal, numpy as np\n"
        "from worker.activations.fingerprint import Fingerprint\n"
        "from worker.activations.store import ActivationStore\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        f"store = ActivationStore({str(store.folder.parent)!r}, Fingerprint.parse({MARK.text!r}))\n"
        "try:\n"
        "    store.write(['a'], [np.zeros((10_000, 5), np.float32)])\n"
        "except OSError:\n"
        "    print('refused')\n"
    )
    there = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=180)
    assert there.stdout == "refused\n"
    assert store.missing(["a"]) == ["a"]
    assert [path.name for path in store.folder.iterdir()] == ["fingerprint.txt"]


# --- the command line ------------------------------------------------------------------------------------------------


@pytest.fixture
def command(tmp_path, monkeypatch):
    """`audio-concepts activations`, on the data of this test."""
    monkeypatch.setenv("AUDIO_CONCEPTS_DATA_DIR", str(tmp_path))
    commands = typer.Typer()
    activations_commands.register(commands)
    return lambda *words: CliRunner().invoke(commands, ["activations", *words])


def test_the_commands_count_verify_and_prune(tmp_path, command):
    store = ActivationStore(tmp_path / "activations", MARK)
    (name,) = fill(store, ["a", "b"])
    counted = json.loads(command("stats", "--json").stdout)
    assert counted["stores"][0]["tracks"] == 2
    assert command("verify").exit_code == 0
    flip_last_byte(store.folder / f"{name}.npy")
    refused = command("verify", "--json")
    assert refused.exit_code == 1
    assert name in json.loads(refused.stdout)["findings"][MARK.digest][0]
    assert json.loads(command("prune", "--damaged", "--json").stdout)["files"] == 2
    assert command("verify").exit_code == 0
