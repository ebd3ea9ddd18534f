"""Reads a tensor that TensorFlow serialised (`tf.io.serialize_tensor`), without TensorFlow.

Conventions: a file is one TensorProto message: a type, a shape, and the numbers either as little-endian bytes in C
order (`tensor_content`) or as a list (`float_val`, `double_val`), whose last number stands for all that are missing.
Every length is checked against the bytes at hand before it is used; only float32 and float64 are read, with at most
8 dimensions and `MAX_NUMBERS` numbers. Unknown fields are passed over, as protocol buffers ask.

Source: TensorFlow's `tensor.proto` and `tensor_shape.proto`; the encoding is that of protocol buffers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

MAX_NUMBERS = 1 << 28
_MAX_DIMENSIONS = 8
_VARINT_BITS = 64
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_DTYPES: dict[int, str] = {1: "<f4", 2: "<f8"}
_LISTS: dict[int, int] = {5: 1, 6: 2}
"""Field of a list of numbers -> the type it belongs to."""
_TYPE, _SHAPE, _CONTENT = 1, 2, 4
_DIMENSION, _UNKNOWN_RANK = 2, 3


def read_tensor(content: bytes) -> NDArray[np.float32]:
    """The tensor of one serialised message.

    Args:
        content: the whole file.

    Returns:
        float32 in its shape, C order.

    Raises:
        ValueError: it is no such message, or holds other numbers than floats; says what is wrong.

    Example:
        >>> read_tensor(bytes.fromhex("080112081202080112020802220800000000" "0000803f")).tolist()
        [[0.0, 1.0]]
    """
    kind, shape, raw, lists = 0, None, b"", {1: b"", 2: b""}
    for field, value in _fields(content):
        if isinstance(value, int):
            kind = value if field == _TYPE else kind
        elif field == _SHAPE:
            shape = _shape(value)
        elif field == _CONTENT:
            raw = value
        elif field in _LISTS:
            lists[_LISTS[field]] += value
    if kind not in _DTYPES:
        raise ValueError(f"its numbers are of TensorFlow's type {kind}, and 1 (float) or 2 (double) are read")
    if shape is None:
        raise ValueError("it has no shape")
    count = math.prod(shape)
    if count > MAX_NUMBERS:
        raise ValueError(f"its shape {shape} asks for {count} numbers, and {MAX_NUMBERS} are read at most")
    numbers = _numbers(kind, count, raw, lists[kind])
    with np.errstate(over="ignore"):
        return numbers.reshape(shape).astype(np.float32)


def _numbers(kind: int, count: int, raw: bytes, listed: bytes) -> NDArray[np.floating]:
    dtype = np.dtype(_DTYPES[kind])
    given = raw or listed
    if len(given) % dtype.itemsize:
        raise ValueError(f"its {len(given)} bytes are no whole number of {dtype}")
    numbers = np.frombuffer(given, dtype)
    is_shortened = not raw and 0 < len(numbers) < count
    if len(numbers) != count and not is_shortened:
        raise ValueError(f"its shape asks for {count} numbers, and it has {len(numbers)}")
    return np.concatenate([numbers, np.full(count - len(numbers), numbers[-1])]) if is_shortened else numbers


def _shape(message: bytes) -> tuple[int, ...]:
    lengths: list[int] = []
    for field, value in _fields(message):
        if isinstance(value, bytes) and field == _DIMENSION:
            lengths.append(next((size for inner, size in _fields(value) if inner == 1 and isinstance(size, int)), 0))
        elif field == _UNKNOWN_RANK and value:
            raise ValueError("its shape is unknown")
    if len(lengths) > _MAX_DIMENSIONS or any(length > MAX_NUMBERS for length in lengths):
        raise ValueError(f"its shape {lengths} is impossible")
    return tuple(lengths)


def _fields(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    """Number and value of each field: an integer for varints, bytes for the rest."""
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        field, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            number, position = _varint(message, position)
            yield field, number
            continue
        if wire == _BYTES:
            length, position = _varint(message, position)
        elif wire in {_FIXED32, _FIXED64}:
            length = 4 if wire == _FIXED32 else 8
        else:
            raise ValueError(f"a field of wire type {wire} is no part of a tensor")
        if field == 0 or length > len(message) - position:
            raise ValueError("it is cut, or no serialised tensor")
        yield field, message[position : position + length]
        position += length


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, _VARINT_BITS, 7):
        if position >= len(message):
            raise ValueError("it is cut, or no serialised tensor")
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004  the last byte of a varint
            return value & (2**_VARINT_BITS - 1), position
    raise ValueError("a number in it has no end")
