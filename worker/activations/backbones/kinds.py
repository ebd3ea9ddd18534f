"""The backbones that ship: what each is called and offers.

Weights: the four networks come from the ISC-licensed wheel `musicnn` 0.1.0, whose TensorFlow checkpoints are read
without TensorFlow (the package itself is never imported).

Poolings of the vgg networks (time x mel, size / stride): `musicnn` is that of musicnn's inference code and of the
poster's experiments, `checkpoint` that of the graph stored with the weights, which they were trained with. They differ
for `msd_vgg` alone; `mtt_vgg` was trained with what musicnn's code has, so its two are the same arithmetic.

    msd_vgg, checkpoint   4x1/4x1  1x4/1x4  2x2/2x2  2x2/2x2  4x4/4x4
    all others            4x1/2x2  2x2/2x2  2x2/2x2  2x2/2x2  4x4/4x4
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from worker.activations import checkpoint
from worker.activations.windows import WINDOW_FRAMES

if TYPE_CHECKING:
    from worker.activations.backbones.network import NetworkBackbone
    from worker.activations.backbones.statistics import StatisticsBackbone
    from worker.activations.fingerprint import Fingerprint

FRONT_END = "logmel96-16k-2"
"""Names the arithmetic of `front_end.py`; raise the last number when a bit of it changes."""


@dataclass(frozen=True)
class VggKind:
    """Five blocks of 3x3 convolutions, 128 channels."""

    name: str
    checkpoint_name: str
    front_end: str = FRONT_END
    window_frames: int = WINDOW_FRAMES
    poolings: tuple[str, ...] = ("musicnn", "checkpoint")
    layers: tuple[str, ...] = ("pool4", "pool1", "pool2", "pool3", "pool5", "penultimate", "logits", "taggram")
    precisions: tuple[str, ...] = ("fp32", "bf16")
    trained_with: str = "musicnn"
    """The row of `vgg.POOLINGS` that the graph stored with its weights has."""

    def weights_sha256(self) -> str:
        """SHA-256 of the checkpoint's files."""
        return checkpoint.weights_sha256(self.checkpoint_name)

    def load(self, fingerprint: Fingerprint, *, threads: int | None) -> NetworkBackbone:
        """Read the weights and build the network; loads torch."""
        from worker.activations.backbones import network, vgg

        pooling = self.trained_with if fingerprint.pooling == "checkpoint" else fingerprint.pooling
        net = vgg.Vgg(checkpoint.read_weights(self.checkpoint_name), pooling, fingerprint.precision)
        return network.NetworkBackbone(net, fingerprint, threads=threads)


@dataclass(frozen=True)
class MusicnnKind:
    """Timbral and temporal filters, three dense-connected convolutions, global pooling."""

    name: str
    checkpoint_name: str
    front_end: str = FRONT_END
    window_frames: int = WINDOW_FRAMES
    poolings: tuple[str, ...] = ("global",)
    layers: tuple[str, ...] = (
        *("penultimate", "mean_pool", "max_pool", "timbral", "temporal", "cnn1", "cnn2", "cnn3"),
        *("logits", "taggram"),
    )
    precisions: tuple[str, ...] = ("fp32",)

    def weights_sha256(self) -> str:
        """SHA-256 of the checkpoint's files."""
        return checkpoint.weights_sha256(self.checkpoint_name)

    def load(self, fingerprint: Fingerprint, *, threads: int | None) -> NetworkBackbone:
        """Read the weights and build the network; loads torch."""
        from worker.activations.backbones import musicnn, network

        net = musicnn.Musicnn(checkpoint.read_weights(self.checkpoint_name))
        return network.NetworkBackbone(net, fingerprint, threads=threads)


@dataclass(frozen=True)
class StatisticsKind:
    """No weights: means, deviations and mean steps of the log-mel bands."""

    name: str = "logmel"
    front_end: str = FRONT_END
    window_frames: int = WINDOW_FRAMES
    poolings: tuple[str, ...] = ("global",)
    layers: tuple[str, ...] = ("statistics",)
    precisions: tuple[str, ...] = ("fp32",)

    def weights_sha256(self) -> str:
        """It has none."""
        return "none"

    def load(self, fingerprint: Fingerprint, *, threads: int | None) -> StatisticsBackbone:  # noqa: ARG002  the protocol's
        """Make the front end ready; loads torch."""
        from worker.activations.backbones import statistics

        return statistics.StatisticsBackbone(fingerprint)


SHIPPED: dict[str, VggKind | MusicnnKind | StatisticsKind] = {
    kind.name: kind
    for kind in (
        VggKind("msd_vgg", "MSD_vgg", trained_with="four_by_four"),
        VggKind("mtt_vgg", "MTT_vgg"),
        MusicnnKind("msd_musicnn", "MSD_musicnn"),
        MusicnnKind("mtt_musicnn", "MTT_musicnn"),
        StatisticsKind(),
    )
}
