"""What a rebuild would do, before it is asked for: changes, what is computed and what is reused, how long it takes.

The same functions serve `dry_run` in the API and the scan of a rebuild, so that a plan and what the job then reports
cannot disagree about the rule. What they know differs: the scan looks into the store of activations; the API does not
reach it and judges by the results of the last job that listened in the same way, so a plan says which job that was.

Conventions: a leaf like `requests`, plain Python over the records of `cypher.planning`; seconds are wall-clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from cypher.work import PastStep, Survey
from worker.jobs.builds import content_hash
from worker.jobs.curated import joined, set_aside
from worker.jobs.requests import STAGE_NAMES, RebuildSettings

LISTENING = frozenset({"backbone", "pooling", "layer", "hop_frames", "pad_frames", "precision"})
"""Settings that decide which activations are needed."""
LEARNING = LISTENING | {
    "folds",
    "seed",
    "group_by",
    "method",
    "ridge",
    "learn_from",
    "max_negatives",
    "balance",
    "min_tracks",
    "max_tracks",
}
"""Settings that decide the vectors."""
SIZES = frozenset({"min_tracks", "max_tracks"})
"""Of these, the ones that decide which concepts are learnt but not how."""
JUDGED_BY = 5
"""Past runs of a stage whose median is taken."""
BASIS = "basis_sha256"
"""The parameter of a published version that names its basis."""
SHOWN = 50
"""Concept ids of a kind that a job's result lists; it counts them all."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Concepts against the current version, by id, sorted."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    """Other tracks than the current version was learnt from."""
    gone: tuple[str, ...]
    unchanged: int

    @property
    def any(self) -> bool:
        return bool(self.new or self.changed or self.gone)

    def plain(self) -> dict[str, Any]:
        """Counts and the first ids, as a job's result keeps them."""
        kinds = {"new": self.new, "changed": self.changed, "gone": self.gone}
        counts: dict[str, Any] = {name: len(ids) for name, ids in kinds.items()}
        return {**counts, "unchanged": self.unchanged, "ids": {name: list(ids[:SHOWN]) for name, ids in kinds.items()}}


def changes_since(learnt_from: Mapping[str, str], memberships: Mapping[str, Sequence[str]]) -> Changes:
    """Compare the concepts with what the current version was learnt from.

    Args:
        learnt_from: members_sha256 by concept id; empty before the first publication.
        memberships: sorted track ids by concept id.
    """
    new = tuple(sorted(memberships.keys() - learnt_from.keys()))
    gone = tuple(sorted(learnt_from.keys() - memberships.keys()))
    both = sorted(memberships.keys() & learnt_from.keys())
    changed = tuple(one for one in both if content_hash(list(memberships[one])) != learnt_from[one])
    return Changes(new, changed, gone, len(both) - len(changed))


@dataclass(frozen=True, slots=True)
class Heard:
    """What the last job that listened in the same way left in the store of activations."""

    job_id: str
    tracks: int
    """In the catalogue then."""
    heard: int
    failed: int
    """Tracks without sound; they are tried again."""


def last_heard(past: Sequence[PastStep], settings: RebuildSettings) -> Heard | None:
    """Find that job: the newest whose scan and shards were finished, whatever became of it then."""
    wanted = _part(settings.model_dump(mode="json"), LISTENING)
    for steps in _by_job(past):
        scans = [one for one in steps if one.name == "scan"]
        shards = [one.result for one in steps if one.name == "activations"]
        if not scans or _part(scans[0].parameters, LISTENING) != wanted:
            continue
        scan = scans[0].result
        if len(shards) < max(1, int(scan.get("shard_count", len(shards)))):
            continue
        found = sum(shard.get("computed", 0) + shard.get("reused", 0) for shard in shards)
        failed = sum(len(shard.get("failures", ())) for shard in shards)
        return Heard(scans[0].job_id, scan["tracks"], scan["reused"] + found, failed)
    return None


@dataclass(frozen=True, slots=True)
class Work:
    """How much a rebuild computes and reuses."""

    changes: Changes
    tracks: int
    unheard: int
    """Tracks to listen to, those that gave no sound before among them."""
    learnable: int
    """Concepts with enough tracks, should all of them be heard."""
    relearn: bool
    """Something that the vectors depend on has changed."""
    whole: bool
    """Something that all vectors depend on has: the settings, or the basis is renewed (see `worker.jobs.basis`)."""
    identical: bool
    """Nothing has changed at all: the current version would stay."""

    def computed(self) -> dict[str, int]:
        """Units of work by stage, where they can be known beforehand."""
        learnt = 0
        if self.relearn:
            changed = len(self.changes.new) + len(self.changes.changed)
            learnt = self.learnable if self.whole else min(self.learnable, changed)
        return {"activations": self.unheard, "vectors": learnt, "similarity": learnt}


def work_of(
    settings: RebuildSettings,
    changes: Changes,
    memberships: Mapping[str, Sequence[str]],
    *,
    tracks: int,
    unheard: int,
    failed_before: int,
    before: Mapping[str, Any],
) -> Work:
    """How much there is to do.

    Args:
        settings: of the rebuild.
        changes: against the current version.
        memberships: track ids by concept id.
        tracks: in the catalogue.
        unheard: of them, without activations.
        failed_before: of these, tracks that gave no sound the last time.
        before: parameters of the current version; empty before the first.
    """
    now = settings.model_dump(mode="json")
    most = settings.max_tracks if settings.max_tracks is not None else tracks
    learnable = sum(settings.min_tracks <= len(members) <= most for members in memberships.values())
    news = changes.any or unheard > failed_before
    return Work(
        changes=changes,
        tracks=tracks,
        unheard=unheard,
        learnable=learnable,
        relearn=news or _part(now, LEARNING) != _part(before, LEARNING),
        whole=_whole(settings, changes, before),
        identical=not news and now == {name: before[name] for name in now if name in before},
    )


def _whole(settings: RebuildSettings, changes: Changes, before: Mapping[str, Any]) -> bool:
    """Whether all vectors are learnt anew, as far as the graph can tell: the basis' file also counts its tracks."""
    if settings.basis == "renew" or settings.method == "poster" or not before.get(BASIS):
        return True
    same = LEARNING - SIZES
    if _part(settings.model_dump(mode="json"), same) != _part(before, same):
        return True
    then = changes.unchanged + len(changes.changed) + len(changes.gone)
    return len(changes.new) + len(changes.gone) > settings.basis_share * then


def plan(survey: Survey, settings: RebuildSettings) -> tuple[Work, Heard | None]:
    """What a rebuild asked for now would do, and whose results say what was heard before."""
    heard = last_heard(survey.past, settings)
    unheard = survey.tracks if heard is None else max(0, survey.tracks - heard.heard)
    if settings.backbone.startswith("outside:"):
        unheard = 0
    memberships = joined(survey.standing, survey.memberships)
    changes = changes_since(survey.learnt_from, memberships)
    aside = set_aside(survey.standing, survey.names)
    work = work_of(
        settings,
        changes,
        {concept_id: tracks for concept_id, tracks in memberships.items() if concept_id not in aside},
        tracks=survey.tracks,
        unheard=unheard,
        failed_before=0 if heard is None else heard.failed,
        before=survey.parameters,
    )
    return work, heard


# --- how long --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Run:
    """One stage of one past job."""

    seconds: float
    units: int
    settings: dict[str, Any]


def expected_seconds(past: Sequence[PastStep], work: Work, settings: RebuildSettings) -> dict[str, float]:
    """Seconds by stage, by the median rate of its last comparable runs; stages that nobody has timed are missing.

    A stage whose work is counted is judged by the runs that computed something in the same way, or, when it has nothing
    to compute, by those that had nothing either; the others by how long they took.
    """
    now = settings.model_dump(mode="json")
    expected: dict[str, float] = {}
    runs = _runs(past)
    for name in STAGE_NAMES:
        alike = {"activations": LISTENING, "vectors": frozenset({"method", "learn_from"})}.get(name, frozenset())
        units = work.computed().get(name)
        found = [
            run.seconds if not run.units or units is None else run.seconds / run.units
            for run in runs.get(name, ())
            if (units is None or bool(units) == bool(run.units)) and _part(run.settings, alike) == _part(now, alike)
        ][:JUDGED_BY]
        if found:
            expected[name] = round(median(found) * (units or 1), 2)
    return expected


def _runs(past: Sequence[PastStep]) -> dict[str, list[_Run]]:
    runs: dict[str, list[_Run]] = {}
    for steps in _by_job(past):
        for name in STAGE_NAMES:
            mine = [step for step in steps if step.name == name]
            if not mine:
                continue
            seconds = (max(one.finished_at for one in mine) - min(one.attempt_at for one in mine)).total_seconds()
            units = sum(_units(step) for step in mine)
            runs.setdefault(name, []).append(_Run(max(0.0, seconds), units, mine[0].parameters))
    return runs


def _units(step: PastStep) -> int:
    """What a past step computed, in the units of `Work.computed`."""
    if step.name == "activations":
        return int(step.result.get("computed", 0))
    counted = {"vectors": "computed", "similarity": "columns_computed"}.get(step.name)
    return 0 if counted is None else int(step.result.get(counted, 0))


def _by_job(past: Sequence[PastStep]) -> list[list[PastStep]]:
    jobs: dict[str, list[PastStep]] = {}
    for step in past:
        jobs.setdefault(step.job_id, []).append(step)
    return list(jobs.values())


def _part(values: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: values.get(name) for name in names}
