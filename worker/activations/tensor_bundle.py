"""Reads a TensorBundle: the checkpoint format of TensorFlow, without TensorFlow.

    <prefix>.index                 a leveldb table: tensor name -> BundleEntryProto (empty name -> BundleHeaderProto)
    <prefix>.data-00000-of-00001   the tensors' bytes, little-endian, C order

Conventions: every length and offset is checked against the bytes at hand before it is used; every block and tensor is
checked against its stored CRC-32C; whatever disagrees is `CheckpointDamaged`. Only what the shipped networks need is
read: one data file, uncompressed blocks, dense float32 tensors; others (counters, sliced variables) are left out.

Source: the formats as described in leveldb's `doc/table_format.md` and TensorFlow's `tensor_bundle.proto`.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from worker.activations.crc32c import crc32c, masked
from worker.activations.errors import CheckpointDamaged

_MAGIC = 0xDB4775248B80FB57
_FOOTER_BYTES = 48
_TRAILER_BYTES = 5
_DT_FLOAT = 1
_MAX_DIMENSIONS = 8
_VARINT_BITS = 64
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class _Malformed(ValueError):
    """What is wrong, before the path is known."""


@dataclass(frozen=True)
class _Entry:
    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    crc: int
    sliced: bool


def read_bundle(index: Path, data: Path) -> dict[str, np.ndarray]:
    """Read every dense float32 tensor.

    Args:
        index: the `.index` file.
        data: the only data file.

    Returns:
        Tensors by their names in the checkpoint, float32, read-only.

    Raises:
        CheckpointDamaged: either file is not what it should be; the error names it.
        OSError: either file cannot be opened.
    """
    try:
        table = dict(_table_entries(index.read_bytes()))
        _check_header(table.pop(b"", b""))
        entries = {name.decode("utf-8"): _entry(value) for name, value in table.items()}
    except (_Malformed, UnicodeDecodeError) as error:
        raise CheckpointDamaged(index, str(error)) from error
    content = data.read_bytes()
    try:
        return {
            name: _tensor(name, entry, content)
            for name, entry in entries.items()
            if entry.dtype == _DT_FLOAT and not entry.sliced
        }
    except _Malformed as error:
        raise CheckpointDamaged(data, str(error)) from error


def _table_entries(table: bytes) -> list[tuple[bytes, bytes]]:
    if len(table) < _FOOTER_BYTES:
        raise _Malformed("it is shorter than a table's footer")
    footer = table[-_FOOTER_BYTES:]
    if struct.unpack_from("<Q", footer, 40)[0] != _MAGIC:
        raise _Malformed("it does not end as a table does")
    position = 0
    for _ in range(2):  # where the unused meta-index lies
        _, position = _varint(footer, position)
    offset, position = _varint(footer, position)
    size, position = _varint(footer, position)
    entries: list[tuple[bytes, bytes]] = []
    for _, handle in _block_entries(_block(table, offset, size)):
        start, position = _varint(handle, 0)
        length, _ = _varint(handle, position)
        entries += _block_entries(_block(table, start, length))
    if len({key for key, _ in entries}) != len(entries):
        raise _Malformed("a name stands in it twice")
    return entries


def _block(table: bytes, offset: int, size: int) -> bytes:
    end = offset + size
    if end + _TRAILER_BYTES > len(table):
        raise _Malformed("a block reaches past its end")
    kind, stored = struct.unpack_from("<BI", table, end)
    if masked(crc32c(table[offset : end + 1])) != stored:
        raise _Malformed("a block's checksum disagrees")
    if kind != 0:
        raise _Malformed("a block is compressed, which this reader does not know")
    return table[offset:end]


def _block_entries(block: bytes) -> list[tuple[bytes, bytes]]:
    if len(block) < 4:  # noqa: PLR2004  the count of restarts
        raise _Malformed("a block is too short")
    end = len(block) - 4 - 4 * struct.unpack_from("<I", block, len(block) - 4)[0]
    if end < 0:
        raise _Malformed("a block has more restarts than bytes")
    entries, position, key = [], 0, b""
    while position < end:
        shared, position = _varint(block, position)
        own, position = _varint(block, position)
        length, position = _varint(block, position)
        if shared > len(key) or position + own + length > end:
            raise _Malformed("an entry reaches past its block")
        key = key[:shared] + block[position : position + own]
        position += own
        entries.append((key, block[position : position + length]))
        position += length
    return entries


def _varint(buffer: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while shift < _VARINT_BITS:
        if position >= len(buffer):
            raise _Malformed("a number reaches past its end")
        byte = buffer[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004  the continuation bit
            return value, position
        shift += 7
    raise _Malformed("a number has too many bytes")


def _fields(message: bytes) -> list[tuple[int, int | bytes]]:
    """The fields of a protocol buffer message, in order: (number, value)."""
    found: list[tuple[int, int | bytes]] = []
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        kind, value = tag & 7, 0
        if kind == _VARINT:
            value, position = _varint(message, position)
            found.append((tag >> 3, value))
            continue
        if kind == _BYTES:
            length, position = _varint(message, position)
        elif kind in (_FIXED32, _FIXED64):
            length = 4 if kind == _FIXED32 else 8
        else:
            raise _Malformed(f"a field of unknown kind {kind}")
        if position + length > len(message):
            raise _Malformed("a field reaches past its message")
        piece = message[position : position + length]
        found.append((tag >> 3, piece if kind == _BYTES else int.from_bytes(piece, "little")))
        position += length
    return found


def _number(value: int | bytes) -> int:
    if not isinstance(value, int):
        raise _Malformed("a text stands where a number is due")
    return value


def _message(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise _Malformed("a number stands where a message is due")
    return value


def _check_header(message: bytes) -> None:
    header = dict(_fields(message))
    if header.get(1) != 1:
        raise _Malformed("its tensors do not lie in exactly one data file")
    if header.get(2, 0) != 0:
        raise _Malformed("it is big-endian")


def _entry(message: bytes) -> _Entry:
    numbers = dict.fromkeys((1, 3, 4, 5, 6), 0)
    shape: tuple[int, ...] = ()
    sliced = False
    for field, value in _fields(message):
        if field == 2:  # noqa: PLR2004  the shape
            shape = _shape(_message(value))
        elif field == 7:  # noqa: PLR2004  slices
            sliced = True
        elif field in numbers:
            numbers[field] = _number(value)
    return _Entry(numbers[1], shape, numbers[3], numbers[4], numbers[5], numbers[6], sliced)


def _shape(message: bytes) -> tuple[int, ...]:
    sizes = []
    for field, value in _fields(message):
        if field == 2:  # noqa: PLR2004  one dimension
            sizes.append(_number(dict(_fields(_message(value))).get(1, 0)))
    if len(sizes) > _MAX_DIMENSIONS:
        raise _Malformed(f"a tensor of {len(sizes)} dimensions")
    return tuple(sizes)


def _tensor(name: str, entry: _Entry, content: bytes) -> np.ndarray:
    if entry.shard != 0 or entry.offset + entry.size > len(content):
        raise _Malformed(f"tensor {name} reaches past its end")
    if math.prod(entry.shape) * 4 != entry.size:
        raise _Malformed(f"tensor {name} of shape {entry.shape} has {entry.size} bytes")
    piece = content[entry.offset : entry.offset + entry.size]
    if masked(crc32c(piece)) != entry.crc:
        raise _Malformed(f"the checksum of tensor {name} disagrees")
    return np.frombuffer(piece, "<f4").reshape(entry.shape)
