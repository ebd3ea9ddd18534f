"""What several stages load alike: the tracks that can be heard, their folds, the concepts that can be learnt.

Conventions: tracks and concepts sorted by id; rows and columns of every array of a build follow these orders.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.poster import LEAST_TRACKS
from worker.concepts.properties import Property, PropertyName
from worker.concepts.quality import KeepSettings, Verdict, screen
from worker.jobs.catalogue_copy import CatalogueCopy
from worker.jobs.context import StageContext
from worker.jobs.errors import NoSound, NothingLearnable
from worker.jobs.requests import RebuildSettings


@dataclass(frozen=True, slots=True)
class Lesson:
    """What there is to learn from, and what was left out before learning began."""

    copy: CatalogueCopy
    members: Members
    """All concepts, over the tracks that were heard."""
    learnable: Members
    """The concepts that passed the screen."""
    folds: NDArray[np.int8]
    """(tracks,) of `members.track_ids`."""
    verdicts: tuple[Verdict, ...]
    """One a concept of `members`."""

    def confounder(self, name: str | None, track_ids: Sequence[str]) -> Property | None:
        """A property of these tracks as the scan froze it; None for none."""
        return None if name is None else self.copy.property(cast("PropertyName", name), track_ids)


def keep_settings(settings: RebuildSettings) -> KeepSettings:
    """The limits that a kept concept meets; the splits of the method `poster` need some tracks each."""
    least = LEAST_TRACKS if settings.method == "poster" else 0
    return KeepSettings(
        min_tracks=max(settings.min_tracks, least),
        max_tracks=settings.max_tracks,
        min_accuracy=settings.min_accuracy,
        q=settings.q,
    )


def lesson(context: StageContext) -> Lesson:
    """Put together what the scan froze and what could be heard (frozen in its turn by the stage `vectors`).

    Raises:
        NoSound: no track was heard.
        NothingLearnable: no concept passes the screen.
    """
    copy = CatalogueCopy.load(context.builds, context.result("scan")["catalogue"])
    members = copy.members(_heard(context, copy))
    keys = copy.fold_keys(members.track_ids, context.settings.group_by)
    folds = assign_folds(keys, context.settings.folds, context.settings.seed)
    limits = keep_settings(context.settings)
    verdicts = [_curated(copy, verdict) for verdict in screen(members, folds, limits)]
    passed = [position for position, verdict in enumerate(verdicts) if verdict.kept]
    if not passed:
        raise NothingLearnable(context.collection, len(members.concept_ids), count_reasons(verdicts), limits.min_tracks)
    return Lesson(copy, members, members.select(passed), folds, tuple(verdicts))


def _curated(copy: CatalogueCopy, verdict: Verdict) -> Verdict:
    """What a curator took out is not learnt, whatever its tracks."""
    if verdict.concept_id not in copy.aside:
        return verdict
    code, sentence = copy.aside[verdict.concept_id]
    return Verdict(verdict.concept_id, kept=False, code=code, sentence=sentence)


def _heard(context: StageContext, copy: CatalogueCopy) -> list[str]:
    learnt = context.results("vectors")
    if learnt:
        frozen: list[str] = context.builds.read_json(learnt[0]["heard"], written_by="vectors")
        return frozen
    all_ids = [track.id for track in copy.tracks]
    unheard = set(context.store.missing(all_ids))
    heard = [track_id for track_id in all_ids if track_id not in unheard]
    if not heard:
        raise NoSound(context.collection, len(all_ids), _example(failures(context)))
    return heard


def failures(context: StageContext) -> dict[str, str]:
    """Reason code by track id, of all shards of `activations`."""
    found: dict[str, str] = {}
    for result in context.results("activations"):
        found.update(result["failures"])
    return found


def count_reasons(verdicts: Iterable[Verdict]) -> str:
    """How many concepts failed for which reason, as a phrase: `3 too_few_tracks, 1 not_learnt`."""
    counts = Counter(verdict.code for verdict in verdicts if not verdict.kept)
    return ", ".join(f"{count} {code}" for code, count in counts.most_common())


def _example(reasons: dict[str, str]) -> str:
    counts = Counter(reasons.values())
    return ", ".join(f"{count} {code}" for code, count in counts.most_common()) or "no activations are stored"
