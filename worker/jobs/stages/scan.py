"""Freeze the catalogue, find what has not been heard yet, and plan who hears it.

Tracks of the whole catalogue take part, not only those of the collection: the others are counter-examples, and get
links to the concepts they express.
"""

from __future__ import annotations

from worker.jobs.catalogue_copy import CatalogueCopy
from worker.jobs.context import StageContext, StageResult
from worker.jobs.errors import EmptyCollection
from worker.jobs.requests import activation_steps

TRACKS_PER_SHARD = 64


def run(context: StageContext) -> StageResult:
    """Read concepts, memberships and tracks once; write them to one file; plan the shards of `activations`.

    Raises:
        EmptyCollection: no concept of the collection holds a track.
        UnknownCollection: it was deleted meanwhile.
    """
    context.graph.hierarchy.sweep(context.collection, context.lease)
    catalogue = context.graph.catalogue
    memberships = catalogue.memberships(context.collection)
    copy = CatalogueCopy.of(catalogue.concepts(context.collection), memberships, catalogue.all_tracks())
    if not any(copy.memberships.values()):
        raise EmptyCollection(context.collection)
    context.advance(len(copy.names), len(copy.names))
    unheard = context.store.missing([track.id for track in copy.tracks])
    shards = [unheard[start : start + TRACKS_PER_SHARD] for start in range(0, len(unheard), TRACKS_PER_SHARD)]
    builds = context.builds
    builds.sweep_temporary()
    values = {
        "catalogue": copy.save(builds),
        "shards": builds.place_json(shards),
        "fingerprint": context.fingerprint.text,
        "building": context.graph.hierarchy.next_version(context.collection),
        "concepts": len(copy.names),
        "tracks": len(copy.tracks),
        "reused": len(copy.tracks) - len(unheard),
    }
    return StageResult(values, then=activation_steps(len(shards)))
