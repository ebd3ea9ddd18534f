"""Runs a network over tracks: windows in batches of one fixed size, on one device.

Conventions: an activation is a layer averaged over its time axis, then flattened mel-major: (mel, channel).

Why one thread a batch, several batches at once: a computation split over threads waits for its slowest part (on a
busy machine ten times longer), and may add up in another order; batches beside each other never wait, and never
change a bit.
Why fixed batches of a track's own windows: a row of a matrix product differs in its last bits from the same row in a
larger product. A track's last batch is filled with silence, so that neighbours, sharding and resuming never change a
bit.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np
import torch

from worker.activations.errors import BadSamples, DeviceMissing
from worker.activations.fingerprint import Fingerprint
from worker.activations.front_end import FrontEnd
from worker.activations.windows import cut_windows

BATCH_WINDOWS = {"cpu": 2, "cuda": 32}


class Network(Protocol):
    """What the runner needs of a network."""

    def layers(self, log_mel: torch.Tensor, wanted: Collection[str]) -> dict[str, torch.Tensor]:
        """(batch, frames, bands) -> the wanted layers, each with 4, 3 or 2 axes as `averaged` takes them."""

    def outputs_from(self, layer: str, values: torch.Tensor) -> torch.Tensor:
        """A layer's tensor -> (batch, 50) logits."""

    def units(self, layer: str) -> int:
        """Numbers of one activation."""

    def to(self, device: torch.device) -> Network:
        """Move the weights."""


class NetworkBackbone:
    """A network, its front end and its windows: a `Backbone`."""

    def __init__(self, network: Network, fingerprint: Fingerprint, *, threads: int | None = None) -> None:
        """Make it ready.

        Args:
            network: with its weights.
            fingerprint: layer, windows, device class and precision to compute with.
            threads: batches computed at once; default: every CPU this process may use.

        Raises:
            DeviceMissing: the fingerprint's device class is not on this machine.
        """
        if fingerprint.device_class == "cuda" and not torch.cuda.is_available():
            raise DeviceMissing("cuda")
        self.fingerprint = fingerprint
        self.device = torch.device(fingerprint.device_class)
        self.threads = usable_cpus() if threads is None else threads
        self.network = network.to(self.device)
        self.units = network.units(fingerprint.layer)
        self._front_end = FrontEnd()
        self._batch = BATCH_WINDOWS[fingerprint.device_class]
        self._pool = one_threaded_pool(self.threads if fingerprint.device_class == "cpu" else 1)

    def activations(self, samples: np.ndarray, rate_hz: int) -> np.ndarray:
        """Listen to one track: (n,) float32 -> (windows, units) float32; see `Backbone.activations`."""
        layer = self.fingerprint.layer
        return self.several(samples, rate_hz, [layer])[layer]

    def tag_outputs(self, samples: np.ndarray, rate_hz: int) -> np.ndarray:
        """(windows, 50) float32 in 0..1: how probable each tag is; names in `backbones.tags`."""
        return self.several(samples, rate_hz, ["taggram"])["taggram"]

    def several(self, samples: np.ndarray, rate_hz: int, layers: Collection[str]) -> dict[str, np.ndarray]:
        """The activations of several layers at once, each (windows, units) float32.

        Raises:
            BadSamples: the samples cannot be used, or something came out that is not finite.
        """
        log_mel = self._pool.submit(self._front_end.log_mel, samples, rate_hz).result()
        mark = self.fingerprint
        found = self.of_windows(cut_windows(log_mel, mark.window_frames, mark.hop_frames, mark.pad_frames), layers)
        if not all(np.isfinite(values).all() for values in found.values()):
            raise BadSamples("the network's answer is not finite: the sound is far louder than full scale")
        return found

    def of_windows(self, windows: np.ndarray, layers: Collection[str]) -> dict[str, np.ndarray]:
        """The activations of one track's windows: (windows, frames, bands) -> (windows, units) for each layer."""
        batches = [windows[start : start + self._batch] for start in range(0, windows.shape[0], self._batch)]
        parts = list(self._pool.map(self._run, batches, [layers] * len(batches)))
        return {layer: np.concatenate([part[layer] for part in parts]) for layer in layers}

    def outputs_from(self, layer: str, values: torch.Tensor) -> torch.Tensor:
        """A layer's tensor -> (batch, 50) logits, differentiable; see the network's own.

        Raises:
            UnknownChoice: the tags do not follow from that layer alone.
        """
        return self.network.outputs_from(layer, values)

    def _run(self, piece: np.ndarray, layers: Collection[str]) -> dict[str, np.ndarray]:
        """The layers of at most one batch of windows, filled with silence to a whole one."""
        batch = np.zeros((self._batch, *piece.shape[1:]), np.float32)
        batch[: piece.shape[0]] = piece
        flags = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
        with torch.inference_mode(), flags:
            found = self.network.layers(torch.from_numpy(batch).to(self.device), layers)
            return {layer: averaged(values)[: piece.shape[0]].float().cpu().numpy() for layer, values in found.items()}


def one_threaded_pool(workers: int) -> ThreadPoolExecutor:
    """Threads in which torch computes with one thread each."""
    return ThreadPoolExecutor(
        workers, thread_name_prefix="activations", initializer=torch.set_num_threads, initargs=(1,)
    )


def averaged(values: torch.Tensor) -> torch.Tensor:
    """A layer's tensor, (batch, time, mel, channel), (batch, time, units) or (batch, units) -> (batch, units)."""
    return values if values.ndim == 2 else values.mean(1).flatten(1)  # noqa: PLR2004  no time axis


def usable_cpus() -> int:
    """How many CPUs this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
