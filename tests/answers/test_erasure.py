"""Deletion and insertion of seconds: what is erased, what stays, and that a right explanation beats random cuts."""

from __future__ import annotations

import numpy as np
import pytest

from worker.answers.erasure import FILLS, erase, erasures, stationary, strongest_seconds
from worker.answers.seconds import STEP_S

RATE = 8_000
SECONDS = 12
LOUD = slice(4 * RATE, 7 * RATE)


@pytest.fixture
def track():
    """A hum, with noise over it from 4 to 7 s."""
    rng = np.random.default_rng(0)
    samples = 0.2 * np.sin(2 * np.pi * 110 * np.arange(SECONDS * RATE) / RATE)
    samples[LOUD] += 0.1 * rng.normal(size=3 * RATE)
    return samples.astype(np.float32)


def hiss(samples):
    """The share of half seconds that hold more energy between samples than a hum does."""
    parts = np.diff(samples.astype(np.float64)).reshape(-1)[: 23 * RATE // 2].reshape(23, -1)
    return float((np.abs(parts).mean(axis=1) > 0.04).mean())


def curve_of(start_s, end_s):
    times = (np.arange(int(SECONDS / STEP_S)) + 0.5) * STEP_S
    return np.where((times >= start_s) & (times < end_s), 0.9, 0.1)


def test_the_strongest_share_is_taken_and_never_all_or_nothing():
    curve = np.array([0.1, 0.9, 0.5, 0.9])
    assert strongest_seconds(curve, 0.25).tolist() == [False, True, False, False]
    assert strongest_seconds(curve, 0.5).tolist() == [False, True, False, True]
    assert strongest_seconds(curve, 0.0).sum() == 1
    assert strongest_seconds(curve, 1.0).sum() == 3


def test_what_is_erased_becomes_the_fill_and_nothing_else_changes(track):
    mask = curve_of(4, 7) > 0.5
    cut = erase(track, RATE, mask, np.zeros_like(track))
    inside, margin = slice(4 * RATE + 100, 7 * RATE - 100), 100
    assert np.abs(cut[inside]).max() == 0
    assert np.array_equal(cut[: 4 * RATE - margin], track[: 4 * RATE - margin])
    assert np.array_equal(cut[7 * RATE + margin :], track[7 * RATE + margin :])
    steps = np.abs(np.diff(cut[4 * RATE - margin : 4 * RATE + margin]))
    assert steps.max() < 2 * np.abs(np.diff(track[LOUD])).max(), "no click"


def test_stationary_noise_has_the_spectrum_and_level_of_the_track_and_no_seconds(track):
    noise = stationary(track, np.random.default_rng(1))
    assert np.sqrt((noise**2).mean()) == pytest.approx(np.sqrt((track**2).mean()), rel=1e-3)
    assert np.abs(np.fft.rfft(noise)) == pytest.approx(np.abs(np.fft.rfft(track)), rel=0.02, abs=2.0)
    levels = np.sqrt((np.diff(noise)[: 12 * (RATE - 1)].reshape(12, -1) ** 2).mean(axis=1))
    assert levels.max() / levels.min() < 1.5
    assert not stationary(np.zeros(RATE, np.float32), np.random.default_rng(1)).any()


def test_the_right_seconds_take_the_score_with_them(track):
    for found in erasures(track, RATE, curve_of(4, 7), hiss, np.random.default_rng(2), shifts=6):
        assert found.score == pytest.approx(6 / 23)
        assert found.deletion > 0.05, found
        if found.fill == "silence":
            assert found.deleted == 0
            assert found.insertion > 0.05, found


def test_the_wrong_seconds_do_not(track):
    for found in erasures(track, RATE, curve_of(9, 12), hiss, np.random.default_rng(2), shifts=6):
        if found.fill == "silence":
            assert found.deletion < 0
            assert found.insertion < 0


def test_one_seed_gives_one_answer_and_each_fill_one(track):
    first, second = (erasures(track, RATE, curve_of(4, 7), hiss, np.random.default_rng(3)) for _ in range(2))
    assert first == second
    assert [one.fill for one in first] == list(FILLS)
