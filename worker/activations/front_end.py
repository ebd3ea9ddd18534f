"""Samples -> 16 kHz -> log-mel.

Conventions: sound is mono float32, full scale 1.0; frames are 512 samples every 256 at 16 kHz, centred, the sound
continued by zeros at both ends, so n samples have `n // 256 + 1` frames; Hann window (periodic), power 2, 96 Slaney
mel bands (Slaney's norm) from 0 to 8000 Hz, then `log10(10000 m + 1)`; all in float32.

Why float32: musicnn casts the mel energies to float16, and under NumPy >= 2 `float16 * 10000` overflows on loud
music.
Why blocks: a few hundred frames stay in the cache; where they are cut depends on the track alone.
Why groups of bands: low bands see only low frequencies, which halves the product with the filters.

Source: mel scale and norm as in M. Slaney's Auditory Toolbox, from torchaudio.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import torch
from torchaudio.functional import melscale_fbanks

from worker.activations.errors import BadSamples
from worker.activations.resampling import resample
from worker.activations.windows import FRAME_HOP, SAMPLE_RATE_HZ

FRAME_SAMPLES = 512
BANDS = 96
HIGHEST_HZ = 8000.0
_BLOCK_FRAMES = 256
_GROUP_BANDS = 32
_CHECKED = 1 << 20
_LOG_GAIN = 10_000.0


@dataclass(frozen=True)
class _Group:
    """Neighbouring bands, and the frequency bins up to the highest that any of them sees."""

    bands: slice
    bins: slice
    filters: torch.Tensor
    """(bins, bands) float32."""

    @classmethod
    def of(cls, filters: np.ndarray, first: int) -> _Group:
        bands = slice(first, first + _GROUP_BANDS)
        bins = slice(0, int(np.flatnonzero(filters[bands].any(0))[-1]) + 1)  # from 0: the sums keep their order
        return cls(bands, bins, torch.from_numpy(filters[bands, bins].T.copy()))


class FrontEnd:
    """Turns tracks into log-mel frames on the CPU; holds the filters, nothing of a track."""

    def __init__(self) -> None:
        self._window = torch.hann_window(FRAME_SAMPLES, periodic=True)
        self._groups = [_Group.of(mel_filters(), first) for first in range(0, BANDS, _GROUP_BANDS)]

    def log_mel(self, samples: np.ndarray, rate_hz: int) -> np.ndarray:
        """The log-mel frames of one track.

        Args:
            samples: (n,) float32 mono, full scale 1.0, finite, n >= 1.
            rate_hz: their rate, at least 1.

        Returns:
            (frames, 96) float32, >= 0, where frames = n16 // 256 + 1 for n16 samples at 16 kHz.

        Raises:
            BadSamples: wrong shape or type, empty, not finite, or absurdly loud.
        """
        with torch.inference_mode():
            sound = resample(checked_samples(samples, rate_hz), rate_hz)
            frames = sound.shape[0] // FRAME_HOP + 1
            padded = torch.nn.functional.pad(sound, (FRAME_SAMPLES // 2, FRAME_SAMPLES // 2))
            cut = padded.unfold(0, FRAME_SAMPLES, FRAME_HOP)
            found = torch.empty(frames, BANDS)
            for start in range(0, frames, _BLOCK_FRAMES):
                self._block(cut[start : start + _BLOCK_FRAMES], found[start : start + _BLOCK_FRAMES])
        if not found.sum().isfinite():  # none is negative, so what is not finite shows in their sum
            raise BadSamples("they are so far above full scale that their energy is not finite")
        return found.numpy()

    def _block(self, cut: torch.Tensor, found: torch.Tensor) -> None:
        spectrum = torch.fft.rfft(cut * self._window)
        power = spectrum.real.square().add_(spectrum.imag.square())  # a sum over pairs takes five times as long
        for group in self._groups:
            torch.mm(power[:, group.bins], group.filters, out=found[:, group.bands])
        found.mul_(_LOG_GAIN).add_(1.0).log10_()


def checked_samples(samples: np.ndarray, rate_hz: int) -> torch.Tensor:
    """The samples as a tensor.

    Raises:
        BadSamples: wrong shape or type, empty, or not finite; or a rate below 1.
    """
    if rate_hz < 1:
        raise BadSamples(f"a rate of {rate_hz} Hz")
    if samples.ndim != 1 or samples.dtype != np.float32:
        raise BadSamples(f"shape {samples.shape} of {samples.dtype} instead of (n,) float32")
    if samples.size == 0:
        raise BadSamples("there are none")
    if not all(np.isfinite(samples[at : at + _CHECKED]).all() for at in range(0, samples.size, _CHECKED)):
        raise BadSamples("some are not finite")
    if not samples.flags.writeable or not samples.flags.c_contiguous:
        samples = samples.copy()
    return torch.from_numpy(samples)


@functools.cache
def mel_filters() -> np.ndarray:
    """The filter bank.

    Returns:
        (96, 257) float32, >= 0: row = band, column = frequency bin of 31.25 Hz. Each triangle has area 1 in hertz.
    """
    bank = melscale_fbanks(
        n_freqs=FRAME_SAMPLES // 2 + 1,
        f_min=0.0,
        f_max=HIGHEST_HZ,
        n_mels=BANDS,
        sample_rate=SAMPLE_RATE_HZ,
        norm="slaney",
        mel_scale="slaney",
    )
    filters: np.ndarray = bank.T.contiguous().numpy()
    return filters
