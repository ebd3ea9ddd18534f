"""CRC-32C (Castagnoli) of large buffers, in numpy.

Conventions: the reflected polynomial 0x82F63B78, start and final XOR 0xFFFFFFFF, as in RFC 3720; `masked` is the
rotation that leveldb tables and TensorFlow's checkpoints store. Why lanes: a CRC is linear, so a buffer is cut into
lanes that advance together, one byte a step, and are joined by the matrix "advance by one lane of zeros"; a few
million bytes take milliseconds instead of a second.
"""

from __future__ import annotations

import numpy as np

_POLYNOMIAL = 0x82F63B78
_MASK_DELTA = 0xA282EAD8
_ALL = 0xFFFFFFFF
_LANES = 1024


def crc32c(data: bytes) -> int:
    """The CRC-32C of a buffer of any length."""
    lane = len(data) // _LANES
    table = _table()
    state = _ALL
    if lane:
        lanes = np.frombuffer(data, np.uint8, lane * _LANES).reshape(_LANES, lane)
        states = np.zeros(_LANES, np.uint32)
        states[0] = _ALL
        for column in np.ascontiguousarray(lanes.T):
            states = table[(states ^ column) & 0xFF] ^ (states >> np.uint32(8))
        advance = _power(_shift_by_one_byte(table), lane)
        state = int(states[0])
        for following in states[1:]:
            state = _times(advance, state) ^ int(following)
    for byte in data[lane * _LANES :]:
        state = int(table[(state ^ byte) & 0xFF]) ^ (state >> 8)
    return state ^ _ALL


def masked(crc: int) -> int:
    """A CRC as it is stored: rotated right by 15 bits, plus a constant."""
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & _ALL


def _table() -> np.ndarray:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(_POLYNOMIAL), table >> 1).astype(np.uint32)
    return table


def _shift_by_one_byte(table: np.ndarray) -> list[int]:
    """The state after one zero byte, for each single bit: a 32 x 32 matrix over two numbers, one integer a column."""
    return [int(table[(1 << bit) & 0xFF]) ^ ((1 << bit) >> 8) for bit in range(32)]


def _times(matrix: list[int], vector: int) -> int:
    product = 0
    for column in matrix:
        if vector & 1:
            product ^= column
        vector >>= 1
    return product


def _power(matrix: list[int], exponent: int) -> list[int]:
    result = [1 << bit for bit in range(32)]
    while exponent:
        if exponent & 1:
            result = [_times(matrix, column) for column in result]
        matrix = [_times(matrix, column) for column in matrix]
        exponent >>= 1
    return result
