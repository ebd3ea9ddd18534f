"""Any rate -> 16 kHz, by torchaudio's windowed sinc.

Conventions: output k lies at input position `k * rate / 16000`; n samples become `ceil(n * 16000 / rate)`; the sound
is continued by zeros at both ends. torchaudio's default filter: `c sinc(c d) cos(pi c d / 12)^2` for |c d| < 6, with d
the distance in input samples and c = 0.99 of the lower of the two rates, over the input's.

Why blocks: a track of twenty minutes at 192 kHz is never copied whole.
Why a second way: torchaudio keeps the filter of every phase, which at 44101 Hz are 700 million numbers; there the same
filter is evaluated at each position instead, slower, exact, and small.
"""

from __future__ import annotations

import math
from fractions import Fraction

import torch
from torchaudio.functional import resample as resample_whole

from worker.activations.windows import SAMPLE_RATE_HZ

_ROLLOFF = 0.99
_ZERO_CROSSINGS = 6
_MAX_PHASES = 640
"""Ratios with a larger denominator go the second way; 11025 Hz needs 640."""
_BLOCK_LEAST = 65_536
"""Outputs of a block, at least; it holds whole periods of the ratio, so that its outputs fall where they should."""
_BLOCK_OUTPUTS = 65_536


def resample(sound: torch.Tensor, rate_hz: int) -> torch.Tensor:
    """Bring a sound to 16 kHz.

    Args:
        sound: (n,) float32, n >= 1.
        rate_hz: its rate, at least 1.

    Returns:
        (ceil(n * 16000 / rate_hz),) float32; the sound itself where it has the rate already.
    """
    ratio = Fraction(rate_hz, SAMPLE_RATE_HZ)
    if ratio == 1:
        return sound
    if ratio.denominator <= _MAX_PHASES and ratio.numerator <= SAMPLE_RATE_HZ:
        return _by_phases(sound, ratio)
    return _by_positions(sound, ratio)


def _reach(ratio: Fraction) -> tuple[float, int]:
    """The filter's cut-off, over the input's rate, and the input samples it reaches to each side."""
    cutoff = _ROLLOFF * min(1.0, 1.0 / float(ratio))
    return cutoff, math.ceil(_ZERO_CROSSINGS / cutoff)


def _filter(distance: torch.Tensor, cutoff: float) -> torch.Tensor:
    crossings = (distance * cutoff).clamp_(-_ZERO_CROSSINGS, _ZERO_CROSSINGS)
    window = torch.cos(crossings * (math.pi / (2 * _ZERO_CROSSINGS))).square_()
    return torch.sinc(crossings) * window * cutoff


def _by_phases(sound: torch.Tensor, ratio: Fraction) -> torch.Tensor:
    """Blocks of whole periods, each with as many periods beside it as the filter reaches."""
    _, reach = _reach(ratio)
    beside = math.ceil(reach / ratio.numerator)
    periods = math.ceil(_BLOCK_LEAST / ratio.denominator)
    wanted = math.ceil(sound.shape[0] / ratio)
    found = torch.empty(wanted)
    for first in range(0, math.ceil(wanted / ratio.denominator), periods):
        piece = _piece(sound, (first - beside) * ratio.numerator, (first + periods + beside) * ratio.numerator)
        start = first * ratio.denominator
        size = min(periods * ratio.denominator, wanted - start)
        heard = resample_whole(piece, ratio.numerator, ratio.denominator)
        found[start : start + size] = heard[beside * ratio.denominator :][:size]
    return found


def _piece(sound: torch.Tensor, start: int, end: int) -> torch.Tensor:
    """`sound[start:end]`, zeros where it reaches beyond."""
    inside = sound[max(start, 0) : max(end, 0)]
    before = min(max(-start, 0), end - start)
    return torch.nn.functional.pad(inside, (before, end - start - before - inside.shape[0]))


def _by_positions(sound: torch.Tensor, ratio: Fraction) -> torch.Tensor:
    cutoff, reach = _reach(ratio)
    wanted = math.ceil(sound.shape[0] / ratio)
    near = torch.arange(-reach, reach + 1, dtype=torch.float64)
    found = torch.empty(wanted)
    block = max(1, _BLOCK_OUTPUTS // (1 + reach // _ZERO_CROSSINGS))
    for start in range(0, wanted, block):
        outputs = torch.arange(start, min(start + block, wanted))
        whole = outputs * ratio.numerator // ratio.denominator
        part = (outputs * ratio.numerator - whole * ratio.denominator).double() / ratio.denominator
        weights = _filter(near[None, :] - part[:, None], cutoff).float()
        first = int(whole[0])
        cut = _piece(sound, first - reach, int(whole[-1]) + reach + 1).unfold(0, 2 * reach + 1, 1)
        found[start : start + block] = (cut[whole - first] * weights).sum(1)
    return found
