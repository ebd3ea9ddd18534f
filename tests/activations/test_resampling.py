from fractions import Fraction

import numpy as np
import pytest
import torch
import torchaudio

from worker.activations import resampling
from worker.activations.resampling import resample


def sound(seconds, rate_hz, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(0, 0.2, int(seconds * rate_hz)).astype(np.float32))


@pytest.mark.parametrize("rate_hz", [8000, 11025, 12000, 22050, 24000, 32000, 44100, 48000, 88200, 96000, 192000])
def test_usual_rates_sound_as_torchaudio_makes_them_whole(rate_hz):
    given = sound(9.1, rate_hz)  # more than two blocks
    wanted = torchaudio.functional.resample(given, rate_hz, 16_000)
    assert resample(given, rate_hz).shape == wanted.shape
    assert (resample(given, rate_hz) - wanted).abs().max() < 1e-6


@pytest.mark.parametrize("rate_hz", [8000, 11025, 22050, 44100, 48000])
def test_the_way_of_odd_rates_is_the_same_filter(rate_hz):
    given, ratio = sound(0.5, rate_hz), Fraction(rate_hz, 16_000)
    wanted = torchaudio.functional.resample(given.double(), rate_hz, 16_000)
    assert (resampling._by_positions(given, ratio) - wanted).abs().max() < 3e-6


@pytest.mark.parametrize("rate_hz", [8001, 15999, 16001, 44101, 191_999])
def test_odd_rates_keep_pitch_and_length(rate_hz):
    seconds = 2.0
    time_s = torch.arange(int(seconds * rate_hz), dtype=torch.float64) / rate_hz
    found = resample(torch.sin(2 * torch.pi * 440 * time_s).float(), rate_hz)
    wanted = torch.sin(2 * torch.pi * 440 * torch.arange(found.shape[0], dtype=torch.float64) / 16_000)
    assert found.shape[0] == -(-time_s.shape[0] * 16_000 // rate_hz)
    assert (found - wanted)[200:-200].abs().max() < 5e-3


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 44100, 48000, 44101])
@pytest.mark.parametrize("size", [1, 2, 100])
def test_a_few_samples_become_at_least_one(rate_hz, size):
    found = resample(torch.ones(size), rate_hz)
    assert found.shape[0] == -(-size * 16_000 // rate_hz)
    assert found.isfinite().all()


def test_16_khz_passes_untouched():
    given = sound(0.1, 16_000)
    assert resample(given, 16_000) is given


def test_a_blocks_end_leaves_no_mark():
    rate_hz, wanted = 44100, 16_000 * 2
    given = torch.ones(rate_hz * 2)
    found = resample(given, rate_hz)[200 : wanted - 200]
    assert (found - 1).abs().max() < 1e-2
    assert found.diff().abs().max() < 5e-3
