"""How a network's 50 tag outputs answer to its layer: gradients of the logits, for sensitivities.

Conventions: the outputs are logits, before the sigmoid; an activation is its layer averaged over time. With the layer
a(t), t = 1..T, a gradient here is `1/T sum over t of d logit / d a(t)`, flattened mel-major as activations are.

Why that: a concept's own logit is <v, mean over t of a(t)> + b; its gradient at the layer, which is the vector as TCAV
means it, is v/T at every t: v under the transpose of the mean. The inner product of the network's gradient at the
layer with it is then just <v, what stands here>, and 50 x units numbers say all there is to know of a window.
Backward passes: one a tag; from `pool5` on each costs nothing, from `pool1` about as much as the network itself.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import torch

from worker.activations.backbones.kinds import SHIPPED
from worker.activations.backbones.network import BATCH_WINDOWS, NetworkBackbone, averaged, one_threaded_pool
from worker.activations.backbones.registry import Backbone
from worker.activations.backbones.tags import tags_of
from worker.activations.errors import UnknownChoice
from worker.activations.front_end import FrontEnd
from worker.activations.windows import cut_windows


def tag_gradients(backbone: Backbone, samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """Listen to one track.

    Args:
        backbone: one of the networks that give tags, at a layer from which the tags follow.
        samples: (n,) float32 mono, full scale 1.0, finite, n >= 1.
        rate_hz: their rate.

    Returns:
        (windows, 50, units) float32, windows as the backbone cuts them, tags as `tags_of` names them.

    Raises:
        UnknownChoice: the backbone has no tags, or they do not follow from its layer alone.
        BadSamples: the samples cannot be used.
    """
    if not isinstance(backbone, NetworkBackbone):
        raise UnknownChoice("backbone with tags", backbone.fingerprint.backbone, [n for n in SHIPPED if tags_of(n)])
    mark = backbone.fingerprint
    size = BATCH_WINDOWS[mark.device_class]
    with one_threaded_pool(backbone.threads if mark.device_class == "cpu" else 1) as pool:
        log_mel = pool.submit(FrontEnd().log_mel, samples, rate_hz).result()
        windows = cut_windows(log_mel, mark.window_frames, mark.hop_frames, mark.pad_frames)
        batches = [windows[start : start + size] for start in range(0, len(windows), size)]
        return np.concatenate(list(pool.map(partial(_of_batch, backbone), batches)))


def _of_batch(backbone: NetworkBackbone, windows: np.ndarray) -> np.ndarray:
    """(batch, frames, bands) -> (batch, 50, units)."""
    layer = backbone.fingerprint.layer
    with torch.no_grad():
        log_mel = torch.from_numpy(windows.copy(order="C")).to(backbone.device)
        values = backbone.network.layers(log_mel, [layer])[layer]
    values = values.detach().requires_grad_()
    logits = backbone.outputs_from(layer, values)
    rows = []
    for tag in range(logits.shape[1]):
        (gradient,) = torch.autograd.grad(logits[:, tag].sum(), values, retain_graph=True)
        rows.append(averaged(gradient))
    return torch.stack(rows, 1).float().cpu().numpy()
