"""Freeze the catalogue, find what has not been heard yet, and plan who hears it.

Tracks of the whole catalogue take part, not only those of the collection: the others are counter-examples, and get
links to the concepts they express.
"""

from __future__ import annotations

from worker.activations.outside import is_outside
from worker.jobs.catalogue_copy import CatalogueCopy
from worker.jobs.context import StageContext, StageResult
from worker.jobs.errors import EmptyCollection, NothingToBalance
from worker.jobs.planning import Work, changes_since, expected_seconds, last_heard, work_of
from worker.jobs.requests import activation_steps

TRACKS_PER_SHARD = 64


def run(context: StageContext) -> StageResult:
    """Read concepts, memberships and tracks once; write them to one file; plan the shards of `activations`.

    Raises:
        EmptyCollection: no concept of the collection holds a track.
        NothingToGroupBy: folds shall keep something together that no track knows of itself.
        NothingToBalance: counter-examples shall be balanced for what no two tracks are known to differ in.
        UnknownCollection: it was deleted meanwhile.
    """
    context.graph.hierarchy.sweep(context.collection, context.lease)
    catalogue = context.graph.catalogue
    memberships = catalogue.memberships(context.collection)
    standing = context.graph.curation.standing(context.collection)
    copy = CatalogueCopy.of(
        catalogue.concepts(context.collection), memberships, catalogue.all_tracks(), standing, catalogue.traits()
    )
    if not any(copy.memberships.values()):
        raise EmptyCollection(context.collection)
    copy.fold_keys([track.id for track in copy.tracks], context.settings.group_by)  # better now than after listening
    _refuse_unbalanced(context, copy)
    context.advance(len(copy.names), len(copy.names))
    unheard = context.store.missing([track.id for track in copy.tracks])
    shards = [unheard[start : start + TRACKS_PER_SHARD] for start in range(0, len(unheard), TRACKS_PER_SHARD)]
    builds = context.builds
    builds.sweep_temporary()
    work, expected = _work(context, copy, len(unheard))
    values = {
        "catalogue": copy.save(builds),
        "shards": builds.place_json(shards),
        "fingerprint": context.fingerprint.text,
        "building": context.graph.hierarchy.begin_staging(context.lease, context.collection),
        "concepts": len(copy.names),
        "tracks": len(copy.tracks),
        "reused": len(copy.tracks) - len(unheard),
        "shard_count": len(shards),
        "changes": work.changes.plain(),
        "relearn": work.relearn,
        "expected": expected,
    }
    return StageResult(values, then=activation_steps(len(shards)))


def _refuse_unbalanced(context: StageContext, copy: CatalogueCopy) -> None:
    name = context.settings.balance
    if name is not None:
        found = copy.property(name, [track.id for track in copy.tracks])
        if not found.varies:
            raise NothingToBalance(name, int(found.known.sum()), len(copy.tracks))


def _work(context: StageContext, copy: CatalogueCopy, unheard: int) -> tuple[Work, dict[str, float]]:
    """What there is to do, by the rule that a plan follows too, and how long each stage will take."""
    planning = context.graph.planning
    past = planning.past(context.job.kind)
    current = context.graph.hierarchy.current(context.collection)
    heard = last_heard(past, context.settings)
    work = work_of(
        context.settings,
        changes_since(planning.learnt_from(context.collection), copy.memberships),
        {concept_id: tracks for concept_id, tracks in copy.memberships.items() if concept_id not in copy.aside},
        tracks=len(copy.tracks),
        unheard=0 if is_outside(context.settings.backbone) else unheard,
        failed_before=0 if heard is None else heard.failed,
        before={} if current is None else current.parameters,
    )
    return work, expected_seconds(past, work, context.settings)
