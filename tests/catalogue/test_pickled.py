"""The reader of pickled dictionaries: equal to numpy's on data, and deaf to everything that could run."""

from __future__ import annotations

import os
import pickle
import pickletools
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.catalogue.errors import PickleRefused
from worker.catalogue.pickled import is_pickled, read_pickled

HEADER = b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '|O', 'fortran_order': False, 'shape': (), }".ljust(117) + b"\n"


def npy_of(stream: bytes) -> bytes:
    return HEADER + stream


def saved(path, value, protocol=3):
    """As numpy writes an object: a header, then a pickle of the array around it."""
    path.write_bytes(npy_of(pickle.dumps(np.array(value, dtype=object), protocol=protocol)))
    return path


def same(one, other):
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and all(map(same, one.flat, other.flat))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and (one == other or one != one)  # noqa: PLR0124  NaN


PLAYLISTS = {
    7578142362: {"tracks_array": np.array(["a1", "b2"]), "formatted_title": "Été ☀", "fans": np.int64(7)},
    12: {"tracks_array": ["a1", "c3"], "formatted_title": "x", "seen": {1, 2}, "score": 0.25, "none": None},
}
VECTORS = (
    {2: np.arange(12.0).reshape(3, 4), 3: np.asfortranarray(np.ones((2, 3), np.float32))},
    {2: np.zeros((1, 4), ">f4")},
    ["Funk Rock", "Blues"],
)


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_dictionaries_and_arrays_are_read_as_numpy_reads_them(tmp_path, protocol):
    assert same(read_pickled(saved(tmp_path / "playlists.npy", PLAYLISTS, protocol)), PLAYLISTS)
    whole = np.empty(3, object)
    whole[:] = VECTORS
    stream = pickle.dumps(whole, protocol=protocol)
    (tmp_path / "vectors.npy").write_bytes(npy_of(stream))
    assert same(read_pickled(tmp_path / "vectors.npy"), pickle.loads(stream))  # noqa: S301  our own


def test_what_numpy_itself_saves_is_read(tmp_path):
    np.save(tmp_path / "one.npy", PLAYLISTS, allow_pickle=True)
    assert same(read_pickled(tmp_path / "one.npy"), PLAYLISTS)
    assert is_pickled(tmp_path / "one.npy")


leaves = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=9) | st.binary()
nested = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=5),
    max_leaves=25,
)


@given(nested, st.sampled_from([2, 3, 4]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_nest_of_data_comes_back_equal(tmp_path, value, protocol):
    assert same(read_pickled(saved(tmp_path / "any.npy", {"value": value}, protocol))["value"], value)


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


class StateTrap:
    def __setstate__(self, state):
        raise AssertionError("ran")

    def __getstate__(self):
        return {"a": 1}


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_a_call_hidden_in_a_dictionary_is_refused_and_does_not_run(tmp_path, protocol):
    saved(tmp_path / "trap.npy", {1: Trap(tmp_path / "made")}, protocol)
    with pytest.raises(PickleRefused, match=r"mkdir|NEWOBJ"):
        read_pickled(tmp_path / "trap.npy")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("stream", "why"),
    [
        (b"cos\nsystem\n(S'true'\ntR.", "os.system"),
        (b"\x80\x03cbuiltins\neval\n(X\x01\x00\x00\x001tR.", "builtins.eval"),
        (b"\x80\x03cnumpy\nload\n(X\x01\x00\x00\x001tR.", "numpy.load"),
        (b"\x80\x03cnumpy.core.multiarray\n_reconstruct\n.", "no data"),
        (b"\x80\x03}(cnumpy\nndarray\nK\x01tR.", "call something|something else|no data"),
        (b"\x80\x03K\x01.trailing", None),
        (b"\x80\x03", "bad.npy"),
        (b".", "bad.npy"),
        (b"\x80\x05K\x01.", "protocol 5"),
        (b"\x80\x03K\x01K\x02s.", "bad.npy"),
        (b"\x80\x03e.", "bad.npy"),
        (b"\x80\x03h\x09.", "bad.npy"),
        (b"\x80\x03]}]s.", "bad.npy"),
        (b"\x80\x03}K\x01]K\x02\x86b.", "change"),
        (b"\x80\x03X\xff\xff\xff\x7fa.", "bad.npy"),
        (b"\x80\x03(i__main__\nx\n.", "INST"),
        (b"\x80\x02\x82\x01.", "EXT1"),
        (b"\x80\x03Pabc\n.", "PERSID"),
    ],
)
def test_streams_that_ask_for_more_than_data_are_refused(tmp_path, stream, why):
    path = tmp_path / "bad.npy"
    path.write_bytes(npy_of(stream))
    if why is None:
        assert read_pickled(path) == 1
        return
    with pytest.raises(PickleRefused, match=why):
        read_pickled(path)


def changed(value, old, new):
    stream = pickle.dumps(value, protocol=3)
    assert stream.count(old) == 1
    return npy_of(stream.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"K\x03K\x04\x86", b"K\x7fK\x04\x86", "bytes"),
        (b"K\x03K\x04\x86", b"J\xff\xff\xff\xffK\x04\x86", "shape"),
        (b"X\x02\x00\x00\x00f4", b"X\x02\x00\x00\x00O8", "objects"),
        (b"X\x02\x00\x00\x00f4", b"X\x02\x00\x00\x00M8", "type"),
        (b"X\x02\x00\x00\x00f4", b"X\x05\x00\x00\x00i4,i4", "type"),
        (b"X\x01\x00\x00\x00<", b"X\x01\x00\x00\x00?", "numpy"),
    ],
)
def test_an_array_whose_parts_disagree_is_refused(tmp_path, old, new, why):
    (tmp_path / "bad.npy").write_bytes(changed(np.arange(12, dtype=np.float32).reshape(3, 4), old, new))
    with pytest.raises(PickleRefused, match=why):
        read_pickled(tmp_path / "bad.npy")


def test_an_array_is_filled_once(tmp_path):
    stream = pickle.dumps(np.arange(3, dtype=np.float32), protocol=3)
    ops = [(op.name, at) for op, _, at in pickletools.genops(stream)]
    start = next(at for name, at in reversed(ops) if name == "MARK")
    state = stream[start:-1]
    (tmp_path / "twice.npy").write_bytes(npy_of(stream[:-1] + state + b"."))
    with pytest.raises(PickleRefused):
        read_pickled(tmp_path / "twice.npy")


def test_files_that_are_cut_or_changed_anywhere_are_read_or_refused_but_nothing_else(tmp_path):
    whole = npy_of(pickle.dumps(PLAYLISTS, protocol=3))
    rng = random.Random(3)
    for number in range(600):
        broken = bytearray(whole)
        if number % 2:
            broken[rng.randrange(128, len(whole))] = rng.randrange(256)
        else:
            del broken[rng.randrange(len(whole)) :]
        path = tmp_path / "broken.npy"
        path.write_bytes(broken)
        try:
            read_pickled(path)
        except PickleRefused:
            continue


def test_plain_numbers_are_not_for_this_reader(tmp_path):
    np.save(tmp_path / "plain.npy", np.arange(3))
    assert not is_pickled(tmp_path / "plain.npy")
    with pytest.raises(PickleRefused, match="plain numbers"):
        read_pickled(tmp_path / "plain.npy")


def test_what_was_not_fetched_whole_is_told_from_what_is_bad(tmp_path):
    path = tmp_path / "usg.npy"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3921965\n")
    with pytest.raises(PickleRefused, match="git lfs pull"):
        read_pickled(path)
    path.write_bytes(npy_of(pickle.dumps({1: np.ones(99)}, protocol=3))[:-200])
    with pytest.raises(PickleRefused, match="fetch it again"):
        read_pickled(path)
