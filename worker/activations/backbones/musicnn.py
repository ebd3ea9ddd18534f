"""The musicnn networks: timbral and temporal filters, three residual convolutions over time, global pooling, 50 tags.

Conventions: input is (batch, 187 frames, 96 mel bands) log-mel; `timbral` (408), `temporal` (153) and `cnn1` ..
`cnn3` (64) are (batch, time, units); `max_pool` and `mean_pool` are (batch, 753), over time, of filters and
convolutions; `penultimate` is (batch, 200), `logits` and `taggram` (batch, 50). The pooled vector that the dense
layer sees holds, for each of the 753, first the maximum and then the mean.

Why frames as channels: convolutions of one channel leave a processor's lanes empty; the same temporal filter over 16
stacked frames, dilated by 16, takes a fifth of the time.

Source: Pons & Serra 2019, "musicnn: pre-trained convolutional neural networks for music audio tagging"; the weights'
own shapes and the oracles in `tests/data`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

import torch

from worker.activations.backbones.layers import Affine, Convolution, Dense, Weights
from worker.activations.errors import UnknownChoice

FILTERS = 5
"""Two timbral (7 frames x 38 and 67 bands), then three temporal (128, 64 and 32 frames)."""
TIMBRAL = 2
MIDDLE = 3
_REACH = 3
"""Frames that a filter of 7 frames reaches to each side."""
_STACKED = 16
"""Consecutive frames that a temporal filter sees as channels."""
_UNITS = {
    "timbral": 408,
    "temporal": 153,
    "cnn1": 64,
    "cnn2": 64,
    "cnn3": 64,
    "max_pool": 753,
    "mean_pool": 753,
    "penultimate": 200,
    "logits": 50,
    "taggram": 50,
}
_WITHOUT_TIME = {"max_pool", "mean_pool", "penultimate", "logits", "taggram"}


class Musicnn(torch.nn.Module):
    """One musicnn network."""

    def __init__(self, weights: Weights) -> None:
        """Build it from tensors by name, as `checkpoint.read_weights` gives them."""
        super().__init__()
        self.normalise = Affine(weights, "batch_normalization")
        self.filters = torch.nn.ModuleList(
            _filters(weights, index, f"conv2d_{index}" if index else "conv2d", f"batch_normalization_{index + 1}")
            for index in range(FILTERS)
        )
        self.middle = torch.nn.ModuleList(
            _over_time(weights, f"conv2d_{index}", f"batch_normalization_{index + 1}")
            for index in range(FILTERS, FILTERS + MIDDLE)
        )
        self.normalise_pooled = Affine(weights, "batch_normalization_9")
        self.dense = Dense(weights, "dense")
        self.normalise_dense = Affine(weights, "batch_normalization_10")
        self.output = Dense(weights, "dense_1")

    def layers(self, log_mel: torch.Tensor, wanted: Collection[str]) -> dict[str, torch.Tensor]:
        """Some layers of some windows.

        Args:
            log_mel: (batch, 187, 96).
            wanted: names of layers.

        Returns:
            The layers by name, shapes as at the top of this module.
        """
        values = self.normalise(log_mel[..., None]).permute(0, 3, 1, 2)
        heard = [self._listen(index, values) for index in range(FILTERS)]
        found = {"timbral": torch.cat(heard[:TIMBRAL], 1), "temporal": torch.cat(heard[TIMBRAL:], 1)}
        if not found.keys() >= set(wanted):
            found |= self._from_filters(torch.cat(heard, 1))
        kept = {name: value for name, value in found.items() if name in wanted}
        return {name: value if name in _WITHOUT_TIME else value.transpose(1, 2) for name, value in kept.items()}

    def outputs_from(self, layer: str, values: torch.Tensor) -> torch.Tensor:
        """What the network makes of a layer: its 50 logits; gradients flow through.

        Args:
            layer: `penultimate` or `logits`: the layers before them are not all the network sees.
            values: that layer's tensor as `layers` gives it.

        Raises:
            UnknownChoice: another layer.
        """
        if layer not in {"penultimate", "logits"}:
            raise UnknownChoice("layer whose tags follow from it alone", layer, ["penultimate", "logits"])
        return values if layer == "logits" else self.output.forward(values)

    def units(self, layer: str) -> int:
        """Numbers of one window's activation at a layer, time averaged out."""
        return _UNITS[layer]

    def _listen(self, index: int, values: torch.Tensor) -> torch.Tensor:
        """(batch, 1, time, mel) -> (batch, filters, time): the loudest mel position of each filter."""
        filters = cast("Convolution", self.filters[index])
        if index < TIMBRAL:
            convolved = filters.convolve(values, padding=(_REACH, 0))
        else:
            frames = filters.kernel.shape[2] * _STACKED
            before = (frames - 1) // 2
            padded = torch.nn.functional.pad(values, (0, 0, before, frames - 1 - before))
            stacked = padded[:, 0].unfold(1, _STACKED, 1).contiguous().permute(0, 3, 1, 2)
            convolved = filters.convolve(stacked, dilation=(_STACKED, 1))
        loudest = torch.nn.functional.max_pool2d(convolved, (1, convolved.shape[3]))
        return filters.finish(loudest[..., 0])

    def _from_filters(self, heard: torch.Tensor) -> dict[str, torch.Tensor]:
        """(batch, 561, time) -> everything behind it, time last."""
        steps = [heard]
        for index in range(MIDDLE):
            convolution = cast("Convolution", self.middle[index])
            found = convolution.finish(convolution.convolve(steps[-1][:, :, :, None], padding=(_REACH, 0))[..., 0])
            steps.append(found if index == 0 else found + steps[-1])
        together = torch.cat(steps, 1)
        highest, mean = together.amax(2), together.mean(2)
        pooled = self.normalise_pooled(torch.stack((highest, mean), 2).flatten(1))
        penultimate = self.normalise_dense(torch.relu(self.dense(pooled)))
        logits = self.output(penultimate)
        return {
            **{f"cnn{index}": step for index, step in enumerate(steps) if index},
            "max_pool": highest,
            "mean_pool": mean,
            "penultimate": penultimate,
            "logits": logits,
            "taggram": torch.sigmoid(logits),
        }


def _filters(weights: Weights, index: int, convolution: str, normalisation: str) -> Convolution:
    """A filter over (time, mel, 1, out); a temporal one as (time / 16, 1, 16, out), 16 frames as channels."""
    kernel = weights[f"{convolution}/kernel"]
    if index >= TIMBRAL:
        kernel = kernel.reshape(-1, 1, _STACKED, kernel.shape[3])
    return Convolution({**weights, f"{convolution}/kernel": kernel}, convolution, normalisation)


def _over_time(weights: Weights, convolution: str, normalisation: str) -> Convolution:
    """A convolution over (time, units, 1, out) with the units as channels: (time, 1, units, out)."""
    kernel = weights[f"{convolution}/kernel"].transpose(0, 2, 1, 3)
    return Convolution({**weights, f"{convolution}/kernel": kernel}, convolution, normalisation)
