"""Tensors as TensorFlow serialises them, read without TensorFlow; every damaged one refused."""

from __future__ import annotations

import doctest
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from worker.activations.outside import tensor_proto
from worker.activations.outside.tensor_proto import read_tensor

EMBEDDING = np.random.default_rng(5).normal(size=(29, 128)).astype(np.float32)


def test_the_examples_hold():
    assert doctest.testmod(tensor_proto).failed == 0


def test_the_three_ways_to_write_floats_are_read_bit_for_bit(tensorflow):
    for content in (
        tensorflow.serialized(EMBEDDING),
        tensorflow.serialized(EMBEDDING, listed=True),
        tensorflow.one_by_one(EMBEDDING),
    ):
        read = read_tensor(content)
        assert read.dtype == np.float32
        assert np.array_equal(read, EMBEDDING)


def test_fields_of_another_release_are_passed_over(tensorflow):
    content = b"\x18\x02" + tensorflow.serialized(EMBEDDING) + tensorflow.message(99, b"new")
    assert np.array_equal(read_tensor(content), EMBEDDING)


def test_a_list_that_is_cut_short_repeats_its_last_number(tensorflow):
    short = b"\x08\x01" + tensorflow.message(2, tensorflow.shape_of((2, 3))) + tensorflow.message(5, b"\0\0\x80\x3f")
    assert np.array_equal(read_tensor(short), np.ones((2, 3)))


def test_doubles_become_float32(tensorflow):
    content = b"\x08\x02" + tensorflow.message(2, tensorflow.shape_of((2,)))
    content += tensorflow.message(4, np.array([0.5, 2.0]).tobytes())
    assert read_tensor(content).tolist() == [0.5, 2.0]


@given(arrays.arrays(np.float32, arrays.array_shapes(max_dims=4), elements=st.floats(width=32)))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_array_of_floats_comes_back_bit_for_bit(tensorflow, array):
    assert read_tensor(tensorflow.serialized(array)).tobytes() == array.tobytes()


def test_what_is_no_tensor_of_floats_is_refused(tensorflow):
    whole = tensorflow.serialized(EMBEDDING)
    shape = tensorflow.message(2, tensorflow.shape_of((29, 128)))
    huge = tensorflow.message(2, tensorflow.shape_of((2**40, 2**40)))
    for content, why in (
        (b"", "type 0"),
        (b"\x08\x03" + whole[2:], "type 3"),
        (b"\x08\x01", "no shape"),
        (b"\x08\x01" + shape, "asks for 3712"),
        (b"\x08\x01" + huge, "impossible"),
        (b"\x08\x01" + tensorflow.message(2, tensorflow.shape_of((2**20, 2**20))), "at most"),
        (b"\x08\x01" + tensorflow.message(2, b"\x18\x01"), "unknown"),
        (b"\x08\x01" + shape + tensorflow.message(4, b"abc"), "whole number"),
        (whole[:-1], "cut"),
        (b"\xff" * 20, "no end"),
        (b"\x0b", "wire type 3"),
    ):
        with pytest.raises(ValueError, match=why):
            read_tensor(content)


def test_bytes_changed_anywhere_are_read_or_refused(tensorflow):
    whole = tensorflow.serialized(EMBEDDING[:2, :4])
    rng = random.Random(1)
    for _ in range(2000):
        broken = bytearray(whole)
        for _ in range(rng.randrange(1, 4)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        try:
            read_tensor(bytes(broken[: rng.randrange(1, len(broken) + 1)]))
        except ValueError:
            continue
