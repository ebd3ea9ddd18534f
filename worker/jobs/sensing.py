"""Listen to some of a concept's tracks, learn its vector again, ask the network's tags: for a command and for a job.

Conventions: those of `worker.answers.sensitivity`. Which tracks are listened to is drawn by hash of their ids, so it is
the same whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from worker.activations.backbones.tags import tags_of
from worker.activations.errors import BadSamples
from worker.activations.gradients import tag_gradients
from worker.answers.errors import NoTrackHeard
from worker.answers.published import PublishedVectors
from worker.answers.redraws import redraw
from worker.answers.sensed import Sensed
from worker.answers.sensitivity import sensitivity
from worker.catalogue.audio import Decoder
from worker.catalogue.errors import AudioRejected
from worker.catalogue.locations import path_of
from worker.concepts.folds import hash_order

if TYPE_CHECKING:
    from worker.activations.backbones import Backbone
    from worker.activations.store import Activations

Told = Callable[[str, int, int], None]
"""What is being done, done, total."""
LISTENING, LEARNING = "Listening", "Learning it again"


def sense(
    published: PublishedVectors,
    concept_id: str,
    addresses: Mapping[str, str],
    heard: Activations,
    backbone: Backbone,
    *,
    tracks: int = 10,
    draws: int = 20,
    told: Told = lambda _doing, _done, _total: None,
) -> Sensed:
    """Which tags the concept raises or lowers.

    Args:
        published: the version's vectors.
        concept_id: one of them.
        addresses: of the concept's tracks, by their ids.
        heard: activations of the whole catalogue.
        backbone: the network that gave them.
        tracks: how many of the concept's tracks are listened to at most.
        draws: how often the vector is learnt again, at least 10.
        told: of progress.

    Raises:
        NotPublished: the concept is not among the vectors.
        NoTrackHeard: none of its tracks could be listened to.
        UnknownChoice: the network gives no tags from this layer.
        TooFewDraws: see `sensitivity`.
        UnusableConcept: a training set lacks examples or counter-examples.
    """
    chosen = published.select([concept_id])
    gradients, failed = _gradients(backbone, concept_id, addresses, tracks, told)
    redrawn, random = redraw(
        heard,
        list(addresses),
        published.settings,
        draws=draws,
        progress=lambda done, total: told(LEARNING, done, total),
    )
    found = sensitivity(tags_of(backbone.fingerprint.backbone), gradients, chosen.weights[0], redrawn, random)
    found.sort(key=lambda one: (-abs(one.magnitude), one.tag))
    return Sensed(concept_id, len(gradients), draws, failed, tuple(found))


def _gradients(
    backbone: Backbone, concept_id: str, addresses: Mapping[str, str], most: int, told: Told
) -> tuple[NDArray[np.float32], dict[str, str]]:
    """(windows, tags, units) of some of the tracks; and reason by address of those that failed."""
    mine = list(addresses)
    drawn = [mine[place] for place in np.argsort(hash_order(mine, 0, "sensitivity"), kind="stable")[:most]]
    parts, failed = [], {}
    with Decoder() as decoder:
        for number, track_id in enumerate(drawn):
            told(LISTENING, number, len(drawn))
            try:
                sound = decoder.decode(path_of(addresses[track_id]))
                parts.append(tag_gradients(backbone, sound.samples, sound.rate_hz))
            except (AudioRejected, BadSamples, ValueError) as error:  # ValueError: no address of a file
                failed[addresses[track_id]] = str(error)
    if not parts:
        raise NoTrackHeard(concept_id, len(drawn), next(iter(failed.values()), "it has no track"))
    return np.concatenate(parts), failed
