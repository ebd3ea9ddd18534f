"""The vgg networks: five blocks of 3x3 convolution, ReLU, batch normalisation and maximum pooling, then 50 tags.

Conventions: input is (batch, 187 frames, 96 mel bands) log-mel; `pool1` .. `pool5` are (batch, time, mel, 128),
`penultimate` is pool5 flattened (time, mel, channel) to (batch, 256), `logits` and `taggram` are (batch, 50).

Why the stride of the first convolution: under pooling `musicnn` the first pooling looks at one mel column in two, so
only those are convolved.

Source: the table of poolings in `kinds.py`; the weights' own shapes for the rest.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

import torch

from worker.activations.backbones.layers import Affine, Convolution, Dense, Weights
from worker.activations.errors import UnknownChoice

BLOCKS = 5
CHANNELS = 128
_LAST_SHAPE = (2, 1)
"""Time and mel of pool5."""
_BEFORE_TAGS = ("pool1", "pool2", "pool3", "pool4", "pool5", "penultimate", "logits")


@dataclass(frozen=True)
class _Pooling:
    """One block: what the convolution keeps (time x mel) and what the maximum is taken over."""

    size: tuple[int, int]
    stride: tuple[int, int]
    kept: tuple[int, int] = (1, 1)


_SQUARE = (_Pooling((2, 2), (2, 2)), _Pooling((2, 2), (2, 2)), _Pooling((4, 4), (4, 4)))
POOLINGS: dict[str, tuple[_Pooling, ...]] = {
    # The stride of pool1 is 2 x 2: the 2 of mel is already taken by the convolution.
    "musicnn": (_Pooling((4, 1), (2, 1), kept=(1, 2)), _Pooling((2, 2), (2, 2)), *_SQUARE),
    "four_by_four": (_Pooling((4, 1), (4, 1)), _Pooling((1, 4), (1, 4)), *_SQUARE),
}


class Vgg(torch.nn.Module):
    """One vgg network with one of the two poolings."""

    def __init__(self, weights: Weights, pooling: str, precision: str = "fp32") -> None:
        """Build it.

        Args:
            weights: tensors by name, as `checkpoint.read_weights` gives them.
            pooling: `musicnn`, or `four_by_four`: four frames, then four mel columns, neither overlapping.
            precision: `fp32`, or `bf16` for the products of all convolutions but the first (the input's own scale
                would suffer most there, and it costs least).
        """
        super().__init__()
        self._poolings = POOLINGS[pooling]
        self.normalise = Affine(weights, "batch_normalization")
        self.blocks = torch.nn.ModuleList(
            Convolution(weights, f"{block}CNN", f"batch_normalization_{block}") for block in range(1, BLOCKS + 1)
        )
        self.output = Dense(weights, "dense")
        if precision == "bf16":
            for block in range(1, BLOCKS):
                self._block(block).narrow()

    def layers(self, log_mel: torch.Tensor, wanted: Collection[str]) -> dict[str, torch.Tensor]:
        """Some layers of some windows; the network runs no further than the last one needs.

        Args:
            log_mel: (batch, 187, 96).
            wanted: names of layers.

        Returns:
            The layers by name, shapes as at the top of this module.
        """
        values = self.normalise(log_mel[..., None]).permute(0, 3, 1, 2)
        found: dict[str, torch.Tensor] = {}
        for block in range(BLOCKS):
            values = self._run(block, values)
            if f"pool{block + 1}" in wanted:
                found[f"pool{block + 1}"] = values.permute(0, 2, 3, 1)
            if found.keys() >= set(wanted):
                return found
        flat = values.permute(0, 2, 3, 1).flatten(1)
        logits = self.output(flat)
        last = {"penultimate": flat, "logits": logits, "taggram": torch.sigmoid(logits)}
        return found | {name: value for name, value in last.items() if name in wanted}

    def outputs_from(self, layer: str, values: torch.Tensor) -> torch.Tensor:
        """What the network makes of a layer: its 50 logits; gradients flow through.

        Args:
            layer: `pool1` .. `pool5`, `penultimate` or `logits`.
            values: that layer's tensor as `layers` gives it.

        Raises:
            UnknownChoice: another layer.
        """
        if layer not in _BEFORE_TAGS:
            raise UnknownChoice("layer before the tags", layer, _BEFORE_TAGS)
        if layer == "logits":
            return values
        if layer == "penultimate":
            return self.output.forward(values)
        values = values.permute(0, 3, 1, 2)
        for block in range(int(layer.removeprefix("pool")), BLOCKS):
            values = self._run(block, values)
        return self.output.forward(values.permute(0, 2, 3, 1).flatten(1))

    def units(self, layer: str) -> int:
        """Numbers of one window's activation at a layer: mel x channel, time averaged out."""
        mels = {"pool1": 48 if self._poolings is POOLINGS["musicnn"] else 96, "pool2": 24, "pool3": 12, "pool4": 6}
        if layer in mels:
            return mels[layer] * CHANNELS
        return {"pool5": _LAST_SHAPE[1] * CHANNELS, "penultimate": 2 * CHANNELS}.get(layer, 50)

    def _block(self, block: int) -> Convolution:
        return cast("Convolution", self.blocks[block])

    def _run(self, block: int, values: torch.Tensor) -> torch.Tensor:
        pooling, convolution = self._poolings[block], self._block(block)
        convolved = convolution.convolve(values, stride=pooling.kept, padding=(1, 1))
        highest = _maximum(convolved, pooling)
        return convolution.finish(highest)


def _maximum(values: torch.Tensor, pooling: _Pooling) -> torch.Tensor:
    """Maximum pooling; overlapping fours of frames as maxima of pairs, which takes a third of the time."""
    if (pooling.size, pooling.stride) != ((4, 1), (2, 1)):
        return torch.nn.functional.max_pool2d(values, pooling.size, pooling.stride)
    even = values.shape[2] // 2 * 2
    pairs = torch.maximum(values[:, :, 0:even:2], values[:, :, 1:even:2])
    return torch.maximum(pairs[:, :, :-1], pairs[:, :, 1:])
