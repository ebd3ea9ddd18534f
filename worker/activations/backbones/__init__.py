"""Named networks behind one small protocol.

registry   the names, what each offers, third parties' entry points; no torch kinds      the five that ship: msd_vgg,
mtt_vgg, msd_musicnn, mtt_musicnn, logmel; no torch tags       the 50 tags that the four networks were trained on
network    windows -> layers -> activations, on one device, in batches of one fixed size vgg, musicnn, logmel   the
networks themselves
"""

from worker.activations.backbones.registry import (
    Backbone,
    BackboneKind,
    backbone_kind,
    backbone_names,
    backbone_of,
    fingerprint_of,
    load_backbone,
    resolve_device,
)

__all__ = [
    "Backbone",
    "BackboneKind",
    "backbone_kind",
    "backbone_names",
    "backbone_of",
    "fingerprint_of",
    "load_backbone",
    "resolve_device",
]
