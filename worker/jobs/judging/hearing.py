"""Have the tracks of a published version heard by another network, so that agreement across networks can be told.

What is stored already is not computed again; a track whose file is gone or has changed is left out, and a network that
lacks a track is not compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from worker.activations.store import ActivationStore
from worker.answers.published import load_published
from worker.catalogue.audio import Decoder
from worker.jobs.builds import Builds
from worker.jobs.catalogue_copy import CatalogueCopy
from worker.jobs.stages.activations import SameSound, locate


def hear(
    data: Path,
    collection: str,
    track_ids: Sequence[str],
    network: str,
    *,
    device: str = "auto",
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> dict[str, str]:
    """Compute and store what is lacking.

    Args:
        data: the data folder.
        collection: whose published catalogue says where the files lie.
        track_ids: which tracks.
        network: a backbone, or `backbone:layer`.
        device: where; as in the settings.
        progress: told (tracks done, tracks).

    Returns:
        Reason by id of each track that could not be heard.

    Raises:
        UnknownChoice: there is no such backbone or layer.
        NothingPublished: the collection has never been published here.
    """
    from worker.activations.backbones import fingerprint_of, load_backbone
    from worker.activations.compute import compute

    name, _, layer = network.partition(":")
    fingerprint = fingerprint_of(name, layer=layer or None, device=device)
    store = ActivationStore(data / "activations", fingerprint)
    missing = store.missing(list(track_ids))
    if not missing:
        return {}
    published = load_published(data, collection)
    copy = CatalogueCopy.load(Builds(data, published.collection), published.catalogue or "")
    paths, failures = locate(copy, missing)
    backbone = load_backbone(name, layer=layer or None, device=device)
    with Decoder() as decoder:
        sounds = SameSound(decoder, {path: track for track, path in paths.items()})
        report = compute(list(paths.items()), backbone, store, sounds, progress)
    return {**failures, **report.failures}
