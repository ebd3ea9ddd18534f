"""Files of activations from outside: all formats say the same, and what is wrong is named and stops nothing else."""

from __future__ import annotations

import io
import json
import pickle
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from worker.activations.outside import Given, read_given, readers
from worker.catalogue.scan import LeftOut
from worker.reasons import Reason

IDS = ["b", "a", "c", "a"]
ROWS = np.arange(12, dtype=np.float32).reshape(4, 3)
WANTED = {"b": ROWS[:1], "a": ROWS[[1, 3]], "c": ROWS[2:3]}


def read(path):
    found = list(read_given(path))
    assert [one for one in found if isinstance(one, LeftOut)] == []
    return {one.given_id: one.values for one in found}


def same(found, wanted):
    return list(found) == list(wanted) and all(
        found[name].dtype == np.float32 and np.array_equal(found[name], wanted[name]) for name in wanted
    )


def write_parquet(path, columns):
    pq.write_table(pa.table(columns), path)
    return path


def fixed(rows):
    return pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])


def test_all_formats_of_rows_with_ids_say_the_same(tmp_path):
    np.savez(tmp_path / "a.npz", ids=np.array(IDS), activations=ROWS)
    np.savez_compressed(tmp_path / "b.npz", ids=np.array(IDS), activations=np.asfortranarray(ROWS.astype(np.float64)))
    for name in "tjn":
        np.save(tmp_path / f"{name}.npy", ROWS.astype(np.float16))
    (tmp_path / "t.ids.txt").write_text("\n".join(IDS) + "\n")
    (tmp_path / "j.ids.json").write_text(json.dumps(IDS))
    np.save(tmp_path / "n.ids.npy", np.array(IDS))
    write_parquet(tmp_path / "list.parquet", {"track": IDS, "embedding": ROWS.tolist()})
    write_parquet(tmp_path / "fixed.parquet", {"ID": IDS, "embedding": fixed(ROWS)})
    write_parquet(tmp_path / "wide.parquet", {"track_id": IDS, **{f"u{i}": ROWS[:, i] for i in range(3)}})
    for path in sorted(path for path in tmp_path.iterdir() if ".ids." not in path.name):
        assert same(read(path), WANTED), path


def test_tracks_of_several_windows_and_of_an_array_each_are_read(tmp_path, tensorflow):
    windows = np.random.default_rng(0).normal(size=(2, 4, 3)).astype(np.float32)
    np.savez(tmp_path / "w.npz", ids=np.array([11, 12]), activations=windows)
    assert same(read(tmp_path / "w.npz"), {"11": windows[0], "12": windows[1]})
    np.savez(tmp_path / "each.npz", x=windows[0], y=windows[1, 0])
    assert same(read(tmp_path / "each.npz"), {"x": windows[0], "y": windows[1, :1]})
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    np.save(folder / "p.npy", windows[0])
    np.save(folder / "q.npy", windows[1, 0])
    (folder / "deep" / "s1.tensor").write_bytes(tensorflow.serialized(windows[1]))
    (folder / "notes.txt").write_text("passed over")
    assert same(read(folder), {"s1": windows[1], "p": windows[0], "q": windows[1, :1]})


def test_one_bad_row_is_named_and_the_others_come(tmp_path):
    rows = ROWS.copy()
    rows[3, 1] = np.nan
    np.savez(tmp_path / "a.npz", ids=np.array(IDS), activations=rows)
    bad = [one for one in read_given(tmp_path / "a.npz") if isinstance(one, LeftOut)]
    assert [(one.name, one.reason) for one in bad] == [(f"{tmp_path}/a.npz: a", Reason.ACTIVATIONS_UNUSABLE)]
    assert "window 1" in bad[0].detail
    assert {one.given_id for one in read_given(tmp_path / "a.npz") if isinstance(one, Given)} == {"b", "c"}


def test_numbers_too_large_for_float32_are_not_finite(tmp_path):
    np.savez(tmp_path / "a.npz", ids=np.array(["a"]), activations=np.array([[1e300, 0.0]]))
    [bad] = read_given(tmp_path / "a.npz")
    assert "float32" in bad.detail


def npy(array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def lying(array, old, new):
    content = npy(array)
    assert old in content
    return content.replace(old, new)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.npy", b"no npy", "magic"),
        ("a.npy", npy(ROWS)[:-1], "header says"),
        ("a.npy", lying(ROWS, b"(4, 3)", b"(4, 9)"), "header says"),
        ("a.npy", lying(ROWS, b"'shape': (4, 3), }       ", b"'shape': (9999999999, 3)}"), "header says"),
        ("a.npy", npy(np.zeros((2, 2, 2))), "no file of ids"),
        ("a.npy", npy(np.zeros((0, 3))), "shape"),
        ("a.npy", npy(np.zeros(())), "shape"),
        ("a.npy", npy(np.array(["x", "y"])), "floats"),
        ("a.npy", npy(np.zeros((2, 2), complex)), "floats"),
        ("a.npz", b"PK no zip", "zip"),
        ("a.parquet", b"no parquet", "Parquet"),
        ("a.tensor", b"\x08\x03", "type 3"),
        ("a.txt", b"x", "ends in none"),
        ("gone.npz", None, "No such file"),
    ],
)
def test_a_file_that_is_no_activations_is_named(tmp_path, name, content, why):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    [bad] = read_given(tmp_path / name)
    assert isinstance(bad, LeftOut)
    assert name in bad.name
    assert why in bad.detail


def test_pickled_objects_are_refused_and_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path / "made").mkdir, ()

    array = np.empty(1, object)
    array[0] = Trap()
    header = b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n"
    content = header + pickle.dumps(array)
    (tmp_path / "a.npy").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "b.npz", "w") as archive:
        archive.writestr("ids.npy", content)
        archive.writestr("activations.npy", npy(ROWS[:1]))
    for name in ("a.npy", "b.npz"):
        [bad] = read_given(tmp_path / name)
        assert "pickled" in bad.detail
    assert not (tmp_path / "made").exists()


def test_ids_and_rows_that_do_not_fit_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", ids=np.array(["a"]), activations=ROWS)
    np.savez(tmp_path / "b.npz", ids=np.array([["a"]] * 4), activations=ROWS)
    np.savez(tmp_path / "c.npz", ids=np.array(IDS), vectors=ROWS)
    write_parquet(tmp_path / "d.parquet", {"track": ["a", "b"], "embedding": [[1.0], [1.0, 2.0]]})
    write_parquet(tmp_path / "e.parquet", {"song": ["a"], "embedding": [[1.0]]})
    write_parquet(tmp_path / "f.parquet", {"track": ["a"], "name": ["x"]})
    found = list(read_given(tmp_path))
    assert [type(one) for one in found] == [LeftOut] * 6
    assert all(one.reason is Reason.ACTIVATIONS_UNREADABLE for one in found)


def test_an_id_that_is_none_is_named(tmp_path):
    np.savez(tmp_path / "a.npz", ids=np.array([1.5, 2.5, 3.5, 4.5]), activations=ROWS)
    assert [one.reason for one in read_given(tmp_path / "a.npz")] == [Reason.ACTIVATIONS_UNUSABLE] * 4


def test_an_archive_that_would_burst_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "UNSUSPECTED_BYTES", 1 << 16)
    np.savez_compressed(tmp_path / "a.npz", ids=np.array(["a"]), activations=np.zeros((1, 1 << 20), np.float32))
    [bad] = read_given(tmp_path / "a.npz")
    assert "would unpack" in bad.detail
