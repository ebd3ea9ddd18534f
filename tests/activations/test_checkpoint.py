import importlib.util
import random
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.activations import checkpoint
from worker.activations.crc32c import crc32c, masked
from worker.activations.errors import CheckpointDamaged, WeightsMissing
from worker.activations.tensor_bundle import read_bundle

NETWORKS = ["MSD_vgg", "MTT_vgg", "MSD_musicnn", "MTT_musicnn"]


def slow_crc32c(data):
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = (state >> 1) ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "crc"),
    [(b"", 0), (b"123456789", 0xE3069283), (bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43)],
)
def test_crc32c_gives_the_values_of_the_standard(data, crc):
    assert crc32c(data) == crc


@pytest.mark.parametrize("size", [1, 1023, 1024, 1025, 5000])
def test_crc32c_of_any_length_is_that_of_a_plain_loop(size):
    data = random.Random(size).randbytes(size)
    assert crc32c(data) == slow_crc32c(data)


@pytest.mark.parametrize(("name", "numbers"), [*zip(NETWORKS, [607_030, 607_030, 792_079, 792_079], strict=True)])
def test_each_network_has_its_known_number_of_weights(name, numbers):
    weights = checkpoint.read_weights(name)
    assert sum(array.size for array in weights.values()) == numbers
    assert all(array.dtype == np.float32 and not array.flags.writeable for array in weights.values())
    assert len(checkpoint.weights_sha256(name)) == 64


def test_four_networks_have_four_hashes():
    assert len({checkpoint.weights_sha256(name) for name in NETWORKS}) == 4


def test_a_missing_package_is_an_error_that_names_the_remedy(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(WeightsMissing, match=r"pip install --no-deps musicnn==0\.1\.0"):
        checkpoint.checkpoint_folder("MSD_vgg")


def test_a_network_the_package_lacks_is_an_error_that_names_the_folder():
    with pytest.raises(WeightsMissing, match="MSD_musicnn_big"):
        checkpoint.checkpoint_folder("MSD_musicnn_big")


# --- damaged files: a small checkpoint, written as TensorFlow writes it ---------------------------------------------


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def block(entries):
    body, previous = b"", b""
    for key, value in entries:
        shared = 0
        while shared < min(len(key), len(previous)) and key[shared] == previous[shared]:
            shared += 1
        body += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        previous = key
    return body + struct.pack("<II", 0, 1)


def with_trailer(body, kind=b"\0"):
    return body + kind + struct.pack("<I", masked(crc32c(body + kind)))


def entry(array, offset, *, dtype=1, shard=0):
    dimensions = b"".join(b"\x12" + varint(len(size)) + size for size in (b"\x08" + varint(n) for n in array.shape))
    content = array.tobytes()
    return (
        (b"\x08" + varint(dtype) + b"\x12" + varint(len(dimensions)) + dimensions)
        + (b"\x18" + varint(shard) + b"\x20" + varint(offset) + b"\x28" + varint(len(content)))
        + (b"\x35" + struct.pack("<I", masked(crc32c(content))))
    )


def table(entries, *, kind=b"\0"):
    data = block(entries)
    index = block([(b"z", varint(0) + varint(len(data)))])
    body = with_trailer(data, kind) + with_trailer(index)
    handles = varint(0) + varint(0) + varint(len(data) + 5) + varint(len(index))
    return body + handles.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


FIRST = np.arange(6, dtype=np.float32).reshape(2, 3)
SECOND = np.array([7.5], np.float32)
COUNTER = np.array([3], np.int64)
HEADER = (b"", b"\x08\x01")
ENTRIES = [
    HEADER,
    (b"model/a", entry(FIRST, 0)),
    (b"model/ab", entry(SECOND, 24)),
    (b"step", entry(COUNTER, 28, dtype=9)),
]
DATA = FIRST.tobytes() + SECOND.tobytes() + COUNTER.tobytes()


def read(folder, index, data=DATA):
    (folder / "index").write_bytes(index)
    (folder / "data").write_bytes(data)
    return read_bundle(folder / "index", folder / "data")


def test_floats_are_read_and_counters_left_out(tmp_path):
    tensors = read(tmp_path, table(ENTRIES))
    assert tensors.keys() == {"model/a", "model/ab"}
    assert (tensors["model/a"] == FIRST).all()
    assert tensors["model/ab"].tolist() == [7.5]


def test_every_cut_of_the_index_is_refused(tmp_path):
    whole = table(ENTRIES)
    for length in range(len(whole)):
        with pytest.raises(CheckpointDamaged, match="index"):
            read(tmp_path, whole[:length])


def test_every_flipped_byte_is_refused_or_changes_nothing(tmp_path):
    whole = table(ENTRIES)
    refused = 0
    for position in range(len(whole)):
        flipped = bytearray(whole)
        flipped[position] ^= 0x41
        try:
            tensors = read(tmp_path, bytes(flipped))
        except CheckpointDamaged:
            refused += 1
        else:  # the footer's padding and the unused first handle
            assert (tensors["model/a"] == FIRST).all()
            assert position >= len(whole) - 48
    assert refused >= len(whole) - 48


@settings(deadline=None)
@given(noise=st.binary(max_size=300))
def test_noise_is_refused(tmp_path_factory, noise):
    folder = tmp_path_factory.mktemp("noise")
    for index in (noise, noise + table(ENTRIES)[-48:]):
        with pytest.raises(CheckpointDamaged):
            read(folder, index)


@pytest.mark.parametrize(
    ("name", "entries"),
    [
        ("no header", ENTRIES[1:]),
        ("two data files", [(b"", b"\x08\x02"), *ENTRIES[1:]]),
        ("big-endian", [(b"", b"\x08\x01\x10\x01"), *ENTRIES[1:]]),
        ("past the end", [HEADER, (b"a", entry(FIRST, 20))]),
        ("far past the end", [HEADER, (b"a", entry(FIRST, 1 << 62))]),
        ("another data file", [HEADER, (b"a", entry(FIRST, 0, shard=1))]),
        ("wrong place", [HEADER, (b"a", entry(FIRST, 4))]),
        ("a name twice", [HEADER, (b"a", entry(FIRST, 0)), (b"a", entry(FIRST, 0))]),
        ("a name that is no text", [HEADER, (b"\xff", entry(FIRST, 0))]),
        ("a huge shape", [HEADER, (b"a", b"\x08\x01\x12\x0c\x12\x0a\x08" + varint((1 << 62) + 1))]),
        ("an endless number", [HEADER, (b"a", b"\x08" + b"\xff" * 12)]),
        ("an unknown kind of field", [HEADER, (b"a", b"\x0b")]),
        ("a text for a number", [HEADER, (b"a", b"\x0a\x01x")]),
        ("a number for a shape", [HEADER, (b"a", b"\x10\x01")]),
    ],
)
def test_a_table_that_lies_is_refused(tmp_path, name, entries):
    del name
    with pytest.raises(CheckpointDamaged):
        read(tmp_path, table(entries))


def test_a_compressed_table_is_refused_by_that_reason(tmp_path):
    with pytest.raises(CheckpointDamaged, match="compressed"):
        read(tmp_path, table(ENTRIES, kind=b"\1"))


def test_a_damaged_tensor_is_named(tmp_path):
    data = bytearray(DATA)
    data[25] ^= 1
    with pytest.raises(CheckpointDamaged, match="model/ab"):
        read(tmp_path, table(ENTRIES), bytes(data))
    with pytest.raises(CheckpointDamaged, match="reaches past"):
        read(tmp_path, table(ENTRIES), DATA[:10])
