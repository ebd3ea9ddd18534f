"""The pieces that the networks are made of, with the normalisation folded into the weights.

Conventions: tensors inside a network are (batch, channel, time, mel), in memory channel last; what a network hands
out is (batch, time, mel, channel). A batch normalisation after a ReLU is `s max(c, 0) + t` with `s = gamma /
sqrt(variance + 0.001)`; s is folded into the convolution before it.

Why a clamp after the pooling: a maximum over positions commutes with everything that rises, so with the scale folded
in (its sign too) `max(s relu(c)) = clamp(max(s c), 0, inf)` for s >= 0 and `clamp(max(s c), -inf, 0)` for s < 0. The
large tensor between convolution and pooling is then written once and read once.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

Weights = Mapping[str, np.ndarray]
_EPSILON = 1e-3


def scale_and_shift(weights: Weights, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    """A batch normalisation as `s x + t`: two (channels,) float32 tensors, worked out in float64."""
    gamma, beta, mean, variance = (
        weights[f"{name}/{part}"].astype(np.float64) for part in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    scale = gamma / np.sqrt(variance + _EPSILON)
    shift = beta - mean * scale
    return torch.from_numpy(scale.astype(np.float32)), torch.from_numpy(shift.astype(np.float32))


class Affine(torch.nn.Module):
    """A batch normalisation by itself, over the last axis."""

    scale: torch.Tensor
    shift: torch.Tensor

    def __init__(self, weights: Weights, name: str) -> None:
        super().__init__()
        scale, shift = scale_and_shift(weights, name)
        self.register_buffer("scale", scale)
        self.register_buffer("shift", shift)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """(..., channels) -> the same."""
        return values * self.scale + self.shift


class Convolution(torch.nn.Module):
    """Convolution, ReLU, batch normalisation, maximum over positions: as convolution, maximum, clamp, shift."""

    kernel: torch.Tensor
    bias: torch.Tensor
    low: torch.Tensor
    high: torch.Tensor
    shift: torch.Tensor

    def __init__(self, weights: Weights, convolution: str, normalisation: str) -> None:
        super().__init__()
        scale, shift = scale_and_shift(weights, normalisation)
        wide = scale.double()
        kernel = torch.from_numpy(weights[f"{convolution}/kernel"].copy()).double().permute(3, 2, 0, 1)
        folded = (kernel * wide[:, None, None, None]).float()
        self.register_buffer("kernel", folded.contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", (torch.from_numpy(weights[f"{convolution}/bias"].copy()).double() * wide).float())
        nothing, infinite = torch.zeros(()), torch.tensor(torch.inf)
        self.register_buffer("low", torch.where(scale < 0, -infinite, nothing))
        self.register_buffer("high", torch.where(scale > 0, infinite, nothing))
        self.register_buffer("shift", shift)

    def convolve(
        self,
        values: torch.Tensor,
        *,
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0),
        dilation: tuple[int, int] = (1, 1),
    ) -> torch.Tensor:
        """(batch, in, time, mel) -> (batch, out, time, mel), the scale applied, the ReLU still to come."""
        if self.kernel.dtype == torch.bfloat16:
            return torch.nn.functional.conv2d(
                values.bfloat16(), self.kernel, self.bias.bfloat16(), stride, padding, dilation
            )
        return torch.nn.functional.conv2d(values, self.kernel, self.bias, stride, padding, dilation)

    def narrow(self) -> None:
        """Multiply in bfloat16 from now on; sums and all that is not a product stay in float32."""
        self.kernel = self.kernel.bfloat16()

    def finish(self, highest: torch.Tensor) -> torch.Tensor:
        """ReLU and the rest of the normalisation, over axis 1 of any tensor, after the maximum was taken.

        The tensor is the layer's own: where nobody wants gradients it is written over, which spares its memory.
        """
        shape = (-1,) + (1,) * (highest.ndim - 2)
        if self.kernel.dtype == torch.bfloat16:
            lost = self.bias - self.bias.bfloat16().float()  # what rounding took; a maximum commutes with it
            highest = highest.float() + lost.view(shape)
        place = None if highest.requires_grad else highest
        bounded = torch.clamp(highest, self.low.view(shape), self.high.view(shape), out=place)
        return bounded.add_(self.shift.view(shape))


class Dense(torch.nn.Module):
    """A fully connected layer, without what follows it."""

    kernel: torch.Tensor
    bias: torch.Tensor

    def __init__(self, weights: Weights, name: str) -> None:
        super().__init__()
        self.register_buffer("kernel", torch.from_numpy(weights[f"{name}/kernel"].copy()))
        self.register_buffer("bias", torch.from_numpy(weights[f"{name}/bias"].copy()))

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """(batch, in) -> (batch, out)."""
        return values @ self.kernel + self.bias
