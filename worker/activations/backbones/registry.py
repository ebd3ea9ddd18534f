"""The names of backbones, what each offers, and how one is loaded.

A third party adds a backbone by an entry point in the group `audio_concepts.backbones`, whose object is a
`BackboneKind` (an instance, not a class). A name that ships with this package cannot be taken. Needs no torch until
one is loaded.
"""

from __future__ import annotations

import functools
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

import numpy as np

from worker.activations.backbones import kinds
from worker.activations.errors import DeviceMissing, UnknownChoice
from worker.activations.fingerprint import Fingerprint

ENTRY_POINTS = "audio_concepts.backbones"
DEFAULT_BACKBONE = "msd_vgg"
DEVICES = ("auto", "cpu", "cuda")


class Backbone(Protocol):
    """A network on a device, ready to listen."""

    @property
    def fingerprint(self) -> Fingerprint:
        """What its activations are computed with."""

    @property
    def units(self) -> int:
        """Numbers of one activation."""

    def activations(self, samples: np.ndarray, rate_hz: int) -> np.ndarray:
        """Listen to one track.

        Args:
            samples: (n,) float32 mono, full scale 1.0, finite, n >= 1.
            rate_hz: their rate, any positive number.

        Returns:
            (windows, units) float32, finite; at least one window. The same bits for the same samples, whatever was
            listened to before.

        Raises:
            BadSamples: wrong shape or type, empty, or not finite.
        """


class BackboneKind(Protocol):
    """What a backbone is called and offers, known without loading it; the first pooling and layer are defaults."""

    @property
    def name(self) -> str:
        """What `load_backbone` calls it."""

    @property
    def front_end(self) -> str:
        """Name and version of the arithmetic before the network."""

    @property
    def window_frames(self) -> int:
        """Frames of 16 ms that one window takes."""

    @property
    def poolings(self) -> tuple[str, ...]:
        """At least one."""

    @property
    def layers(self) -> tuple[str, ...]:
        """At least one."""

    @property
    def precisions(self) -> tuple[str, ...]:
        """At least one, `fp32` first."""

    def weights_sha256(self) -> str:
        """SHA-256 of its weights, `none` where it has none."""

    def load(self, fingerprint: Fingerprint, *, threads: int | None) -> Backbone:
        """Make it ready on `fingerprint.device_class` with that pooling, layer, hop and precision."""


def backbone_names() -> list[str]:
    """Every name `load_backbone` knows, those that ship first."""
    return [*kinds.SHIPPED, *sorted(set(_third_party()) - set(kinds.SHIPPED))]


def backbone_kind(name: str) -> BackboneKind:
    """What one backbone offers.

    Raises:
        UnknownChoice: nobody offers that name.
    """
    if name in kinds.SHIPPED:
        return kinds.SHIPPED[name]
    found = _third_party()
    if name not in found:
        raise UnknownChoice("backbone", name, backbone_names())
    kind: BackboneKind = found[name].load()
    return kind


def fingerprint_of(
    name: str = DEFAULT_BACKBONE,
    *,
    pooling: str | None = None,
    layer: str | None = None,
    hop_frames: int | None = None,
    pad_frames: int = 0,
    precision: str = "fp32",
    device: str = "cpu",
) -> Fingerprint:
    """What the activations of a choice would be computed with, without loading torch (device `auto` apart).

    Args:
        name: one of `backbone_names()`.
        pooling: one of the kind's poolings; default: its first (`musicnn` for the vgg networks).
        layer: one of the kind's layers; default: its first (`pool4` for the vgg networks).
        hop_frames: frames between windows, at least 1; default: a whole window (187).
        pad_frames: frames of silence at both ends; the poster's preset has 20 (and a hop of 93).
        precision: one of the kind's precisions.
        device: `cpu`, `cuda` or `auto`.

    Raises:
        UnknownChoice: something that is not offered; names what is.
        WeightsMissing: the weights are not installed.
    """
    kind = backbone_kind(name)
    pooling = kind.poolings[0] if pooling is None else pooling
    layer = kind.layers[0] if layer is None else layer
    for what, given, offered in (
        ("pooling", pooling, kind.poolings),
        ("layer", layer, kind.layers),
        ("precision", precision, kind.precisions),
    ):
        if given not in offered:
            raise UnknownChoice(f"{what} of {name}", given, offered)
    hop_frames = kind.window_frames if hop_frames is None else hop_frames
    if hop_frames < 1:
        raise UnknownChoice("hop", str(hop_frames), ["1 or more frames"])
    return Fingerprint(
        front_end=kind.front_end,
        backbone=name,
        pooling=pooling,
        weights_sha256=kind.weights_sha256(),
        layer=layer,
        window_frames=kind.window_frames,
        hop_frames=hop_frames,
        pad_frames=pad_frames,
        precision=precision,
        device_class=resolve_device(device),
    )


def load_backbone(
    name: str = DEFAULT_BACKBONE,
    *,
    pooling: str | None = None,
    layer: str | None = None,
    hop_frames: int | None = None,
    pad_frames: int = 0,
    precision: str = "fp32",
    device: str = "cpu",
    threads: int | None = None,
) -> Backbone:
    """Make a backbone ready to listen. Call it after a fork, never before.

    Args:
        name: see `fingerprint_of` for this and the rest.
        pooling: see there.
        layer: see there.
        hop_frames: see there.
        pad_frames: see there.
        precision: see there.
        device: see there.
        threads: batches computed at once; default: every CPU this process may use. Never changes a bit.

    Raises:
        UnknownChoice: something that is not offered; names what is.
        WeightsMissing: the weights are not installed.
        CheckpointDamaged: they cannot be read.
        DeviceMissing: no such device here.
    """
    fingerprint = fingerprint_of(
        name,
        pooling=pooling,
        layer=layer,
        hop_frames=hop_frames,
        pad_frames=pad_frames,
        precision=precision,
        device=device,
    )
    return backbone_kind(name).load(fingerprint, threads=threads)


def backbone_of(fingerprint: Fingerprint) -> Backbone:
    """The backbone that activations of a fingerprint came from, ready to listen; raises as `load_backbone` does."""
    return load_backbone(
        fingerprint.backbone,
        pooling=fingerprint.pooling,
        layer=fingerprint.layer,
        hop_frames=fingerprint.hop_frames,
        pad_frames=fingerprint.pad_frames,
        precision=fingerprint.precision,
        device=fingerprint.device_class,
    )


def resolve_device(device: str) -> str:
    """`cpu` and `cuda` as they are; `auto` becomes `cuda` where torch sees one, else `cpu`.

    Raises:
        UnknownChoice: another word.
        DeviceMissing: `auto` finds torch missing altogether.
    """
    if device not in DEVICES:
        raise UnknownChoice("device", device, DEVICES)
    if device != "auto":
        return device
    try:
        import torch
    except ImportError as error:
        raise DeviceMissing(device) from error
    return "cuda" if torch.cuda.is_available() else "cpu"


@functools.cache
def _third_party() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINTS)}
