"""What activations from outside declare themselves to be, and how a rebuild names them.

Conventions: a declared fingerprint is either a whole line (`Fingerprint.text`) or a name such as `mert-v1-330m`, which
stands for `Fingerprint("outside", name)`. A rebuild asks for it by `backbone=outside:NAME`, NAME being that name or the
digest that `audio-concepts activations stats` prints; `pooling` and `layer` choose among several of one name.
"""

from __future__ import annotations

from pathlib import Path

from worker.activations.errors import NothingDeclared, UnknownChoice
from worker.activations.fingerprint import Fingerprint
from worker.activations.store import open_stores

OUTSIDE = "outside:"
"""What the name of a backbone begins with whose activations only come from outside."""
FRONT_END = "outside"


def is_outside(backbone: str) -> bool:
    """Whether a rebuild's backbone is one that cannot listen here."""
    return backbone.startswith(OUTSIDE)


def declared_fingerprint(text: str) -> Fingerprint:
    """The fingerprint that a text or a name declares.

    Raises:
        BadFingerprint: it is neither.

    Example:
        >>> declared_fingerprint("mert-v1-330m").backbone
        'mert-v1-330m'
    """
    return Fingerprint.parse(text) if "=" in text else Fingerprint(FRONT_END, text)


def find_outside(
    root: Path | str, backbone: str, *, pooling: str | None = None, layer: str | None = None
) -> Fingerprint:
    """The stored fingerprint that a rebuild's backbone names.

    Args:
        root: folder of all activations.
        backbone: `outside:` and a name or digest.
        pooling: only with this pooling.
        layer: only of this layer.

    Raises:
        NothingDeclared: nothing of that name was imported.
        UnknownChoice: several fit; names their digests.
        BadFingerprint: a folder's `fingerprint.txt` is not one.
    """
    wanted = backbone.removeprefix(OUTSIDE)
    stored = [store.fingerprint for store in open_stores(root)]
    named = [one for one in stored if wanted in {one.backbone, one.digest}]
    fitting = [one for one in named if pooling in {None, one.pooling} and layer in {None, one.layer}]
    if not fitting:
        raise NothingDeclared(wanted, [one.backbone for one in stored if one.front_end == FRONT_END])
    if len(fitting) > 1:
        raise UnknownChoice("single store of", backbone, [f"{OUTSIDE}{one.digest}" for one in fitting])
    return fitting[0]
