from pathlib import Path

import numpy as np
import pytest
import torchaudio

from worker.activations.errors import BadSamples
from worker.activations.front_end import FrontEnd, mel_filters

ORACLE = Path(__file__).parents[1] / "data" / "oracles" / "frontend_librosa.npz"
SIGNALS = ["sine440_quiet", "noise", "chord_am", "chirp_loud", "silence"]


def slow_log_mel(samples):
    """Frame by frame in float64, the spectrum by its definition on one frame after another."""
    padded = np.concatenate([np.zeros(256), samples.astype(np.float64), np.zeros(256)])
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(512) / 512)
    frames = []
    for start in range(0, len(padded) - 511, 256):
        power = np.abs(np.fft.rfft(padded[start : start + 512] * window)) ** 2
        frames.append(np.log10(10_000 * (mel_filters().astype(np.float64) @ power) + 1))
    return np.array(frames)


@pytest.mark.parametrize("signal", SIGNALS)
def test_log_mel_is_librosas_edge_frames_too(signal, record_property):
    with np.load(ORACLE, allow_pickle=False) as oracle:
        head, tail = oracle[f"{signal}__head"], oracle[f"{signal}__tail"]
        first, last = oracle[f"{signal}__head_logmel"], oracle[f"{signal}__tail_logmel"]
    found_first = FrontEnd().log_mel(head, 16_000)[: len(first)]
    found_last = FrontEnd().log_mel(tail, 16_000)[1:]
    assert found_last.shape == last.shape
    largest = max(np.abs(found_first - first).max(), np.abs(found_last - last).max())
    record_property("largest difference", float(largest))
    assert largest < 2e-4, f"largest difference {largest}"


def test_the_filters_are_slaneys():
    wanted = torchaudio.functional.melscale_fbanks(257, 0.0, 8000.0, 96, 16_000, norm="slaney", mel_scale="slaney")
    assert np.abs(mel_filters() - wanted.numpy().T).max() < 1e-6
    assert mel_filters().shape == (96, 257)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 47_616, 47_872, 140_000])
def test_every_length_gives_the_frames_of_a_plain_loop(size):
    samples = np.random.default_rng(size).normal(0, 0.2, size).astype(np.float32)
    found = FrontEnd().log_mel(samples, 16_000)
    assert found.shape == (size // 256 + 1, 96)
    assert found.dtype == np.float32
    assert np.abs(found - slow_log_mel(samples)).max() < 2e-5


def test_exactly_one_window_has_187_frames():
    assert FrontEnd().log_mel(np.zeros(186 * 256, np.float32), 16_000).shape[0] == 187
    assert FrontEnd().log_mel(np.zeros(186 * 256 - 1, np.float32), 16_000).shape[0] == 186


def test_silence_is_zero_everywhere():
    assert (FrontEnd().log_mel(np.zeros(5000, np.float32), 44_100) == 0).all()


def test_full_scale_noise_stays_finite_where_half_precision_would_not():
    found = FrontEnd().log_mel(np.sign(np.random.default_rng(0).normal(size=48_000)).astype(np.float32), 16_000)
    assert np.isfinite(found).all()


def test_the_same_sound_gives_the_same_bits_after_others():
    front_end, random = FrontEnd(), np.random.default_rng(1)
    sound = random.normal(0, 0.1, 100_000).astype(np.float32)
    first = front_end.log_mel(sound, 44_100)
    front_end.log_mel(random.normal(0, 0.1, 33_000).astype(np.float32), 48_000)
    assert (front_end.log_mel(sound.copy(), 44_100) == first).all()
    assert (FrontEnd().log_mel(sound, 44_100) == first).all()


def test_given_samples_are_not_changed():
    sound = np.full(2000, 0.5, np.float32)
    sound.flags.writeable = False
    FrontEnd().log_mel(sound, 16_000)
    FrontEnd().log_mel(sound[::2], 16_000)
    assert (sound == 0.5).all()


@pytest.mark.parametrize(
    ("samples", "rate_hz"),
    [
        (np.zeros(0, np.float32), 16_000),
        (np.zeros(10, np.float64), 16_000),
        (np.zeros((10, 2), np.float32), 16_000),
        (np.array([0.0, np.nan], np.float32), 16_000),
        (np.array([np.inf], np.float32), 16_000),
        (np.zeros(10, np.float32), 0),
    ],
)
def test_samples_that_cannot_be_used_are_refused(samples, rate_hz):
    with pytest.raises(BadSamples):
        FrontEnd().log_mel(samples, rate_hz)
