"""Writes files as other programs write them, TensorFlow's serialised tensors among them."""

from __future__ import annotations

import importlib.util
import struct
from pathlib import Path

import numpy as np
import pytest

CATALOGUE_TESTS = Path(__file__).parents[2] / "catalogue" / "conftest.py"


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def message(field: int, content: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(content)) + content


def shape_of(shape) -> bytes:
    return b"".join(message(2, b"\x08" + varint(length)) for length in shape)


def serialized(array: np.ndarray, *, listed: bool = False) -> bytes:
    """What `tf.io.serialize_tensor(tensor).numpy()` gives for a float32 tensor."""
    content = np.ascontiguousarray(array, "<f4").tobytes()
    body = message(5, content) if listed else message(4, content)
    return b"\x08\x01" + message(2, shape_of(array.shape)) + body


def one_by_one(array: np.ndarray) -> bytes:
    """Floats not packed: a tag before each, as old writers do."""
    body = b"".join(varint(5 << 3 | 5) + struct.pack("<f", value) for value in array.ravel())
    return b"\x08\x01" + message(2, shape_of(array.shape)) + body


@pytest.fixture
def tensorflow():
    """The writers: `serialized`, `one_by_one`, `message`, `shape_of`."""

    class Writers:
        pass

    for writer in (serialized, one_by_one, message, shape_of, varint):
        setattr(Writers, writer.__name__, staticmethod(writer))
    return Writers


@pytest.fixture
def catalogue():
    """The catalogue in dictionaries that the contract suite of tests/catalogue holds to the real one."""
    spec = importlib.util.spec_from_file_location("catalogue_conftest", CATALOGUE_TESTS)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.FakeCatalogue()
