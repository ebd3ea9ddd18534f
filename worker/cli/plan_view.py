"""How the plan of a rebuild looks on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webapi.schemas import Label
    from webapi.schemas.work import PlannedStage, PlannedTracks, RebuildPlan

NAMES_SHOWN = 12


def plan_text(plan: RebuildPlan) -> str:
    """What would be done, for people."""
    current = f"version {plan.version}" if plan.version is not None else "nothing published yet"
    concepts = plan.concepts
    counts = f"{len(concepts.new)} new, {len(concepts.changed)} changed, {len(concepts.gone)} gone"
    lines = [
        f"Plan for {plan.collection.name} ({current}); nothing was started",
        f"  concepts     {counts}, {concepts.unchanged} unchanged",
    ]
    for kind, found in (("new", concepts.new), ("changed", concepts.changed), ("gone", concepts.gone)):
        lines.extend(_names(kind, found))
    lines.append(f"  tracks       {_tracks(plan.tracks)}")
    lines.extend(f"  {stage.number:>2} {stage.name:<12} {_stage(stage)}" for stage in plan.stages)
    lines.append(f"  in all       {_total(plan)}")
    if plan.nothing_to_do:
        lines.append("  Nothing has changed: the current version would stay current.")
    if plan.active_job is not None:
        lines.append(f"  Job {plan.active_job} is at work on this collection; a rebuild now would be refused.")
    return "\n".join(lines)


def _names(kind: str, found: list[Label]) -> list[str]:
    if not found:
        return []
    more = f" and {len(found) - NAMES_SHOWN} more" if len(found) > NAMES_SHOWN else ""
    return [f"    {kind:<10} {', '.join(one.name for one in found[:NAMES_SHOWN])}{more}"]


def _tracks(tracks: PlannedTracks) -> str:
    if tracks.basis is None:
        return f"{tracks.total}; nobody has listened with these settings yet, so all of them are listened to"
    failed = f", {tracks.failed_before} of them without sound before" if tracks.failed_before else ""
    return f"{tracks.total}, {tracks.new} new; {tracks.unheard} to listen to{failed} (as job {tracks.basis} left them)"


def _stage(stage: PlannedStage) -> str:
    seconds = "never timed" if stage.expected_s is None else f"about {stage.expected_s:.1f} s"
    if stage.computes is None:
        return seconds
    return f"{seconds}: {stage.computes} {stage.unit} computed, {stage.reuses} reused"


def _total(plan: RebuildPlan) -> str:
    if plan.expected_s is not None:
        return f"about {plan.expected_s:.0f} s"
    known = sum(stage.expected_s for stage in plan.stages if stage.expected_s is not None)
    unknown = ", ".join(stage.name for stage in plan.stages if stage.expected_s is None)
    return f"about {known:.0f} s, and {unknown}, never timed with these settings"
