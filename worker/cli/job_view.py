"""How a job looks on a terminal: a live bar for each stage, and what it came to.

Bars go to standard error, results to standard output. What is shown comes from `GET /jobs/{id}` alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from worker.jobs.requests import STAGE_NAMES

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from webapi.schemas import Job, JobSummary, Stage

LEFT_OUT_SHOWN = 12


def watch(jobs: Iterable[Job]) -> Job:
    """Draw bars until the job has ended.

    Args:
        jobs: the job again and again, the last time ended; see `webapi.client.Client.watch`.

    Returns:
        The job as it ended.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    columns = (
        SpinnerColumn(finished_text=" "),
        TextColumn("{task.description}", table_column=None),
        BarColumn(bar_width=28),
        TextColumn("{task.fields[counted]}"),
        TextColumn("{task.fields[seconds]}"),
    )
    last: Job | None = None
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks: dict[str, TaskID] = {}
        for job in jobs:
            last = job
            for stage in job.stages:
                if stage.name not in tasks:
                    tasks[stage.name] = progress.add_task(stage.label, total=1, counted="", seconds="", start=False)
                _draw(progress, tasks[stage.name], stage)
    if last is None:
        raise ValueError("a job that was never seen")
    return last


def _draw(progress: Progress, task: TaskID, stage: Stage) -> None:
    if stage.state == "queued":
        return
    progress.start_task(task)
    is_over = stage.state == "succeeded"
    total = stage.total or (1 if is_over else None)
    completed = total if is_over else stage.done
    counted = f"{completed}/{total} {stage.unit}" if stage.total else ""
    ends = f"{stage.wall_s:.1f} s" if stage.wall_s is not None else ""
    pace = f", {stage.rate:.3g} {stage.unit}/s" if stage.rate is not None and stage.unit else ""
    left = f"{ends}{pace}, {stage.eta_s:.0f} s left" if stage.eta_s is not None else ends
    shown = left if stage.state in {"running", "succeeded"} else stage.state
    progress.update(task, completed=completed, total=total, counted=counted, seconds=shown)


def summary(job: Job) -> dict[str, Any]:
    """What a job came to, as plain JSON."""
    results = {step.name: step.result for step in job.steps if step.result is not None}
    published = results.get("publish") or {}
    return {
        "job": str(job.id),
        "collection": job.collection.id,
        "state": job.state,
        "author": job.author,
        "eta_s": job.eta_s,
        "error": job.error.model_dump() if job.error else None,
        "version": job.result_version,
        "unchanged": published.get("unchanged"),
        "version_state": published.get("state"),
        "held": published.get("held"),
        "sha256": published.get("sha256"),
        "kept": published.get("kept"),
        "left_out": published.get("left_out"),
        "notes": published.get("notes") or [],
        "warnings": published.get("warnings") or [],
        "measures": published.get("measures"),
        "activations": published.get("activations"),
        "seconds": {stage.name: stage.wall_s for stage in job.stages if stage.wall_s is not None},
        "total_s": _total_s(job),
    }


def _total_s(job: Job) -> float | None:
    if job.started_at is None or job.finished_at is None:
        return None
    return round((job.finished_at - job.started_at).total_seconds(), 1)


def summary_text(job: Job) -> str:
    """What a job came to, for people."""
    found = summary(job)
    title = f"Job {found['job']} on {job.collection.name}: {job.state}"
    lines = [title + (f" in {found['total_s']} s" if found["total_s"] is not None else "")]
    if job.author:
        lines.append(f"  asked by     {job.author}")
    if job.eta_s is not None:
        lines.append(f"  time left    about {job.eta_s:.0f} s")
    if job.error is not None:
        lines.append(f"  {job.error.code}: {job.error.message}")
    if found["measures"] is not None:
        lines.extend(_result_lines(found))
    if found["seconds"]:
        took = ", ".join(f"{name} {seconds}" for name, seconds in found["seconds"].items() if name in STAGE_NAMES)
        lines.append(f"  seconds      {took}")
    return "\n".join(lines)


def _result_lines(found: dict[str, Any]) -> list[str]:
    measures, heard = found["measures"], found["activations"]
    left_out = found["left_out"]
    news = " (nothing has changed since)" if found["unchanged"] else ""
    if found["version_state"] == "candidate":
        news = f" waits for you: {found['held']}; look at it by `audio-concepts versions show {found['version']}`"
    failed = sum(heard["failed"].values())
    tree = f"{measures['edges']:.0f} edges, {measures['roots']:.0f} below the root, depth {measures['depth']:.0f}"
    lines = [
        f"  version      {found['version']}{news}",
        f"  concepts     {found['kept']} kept, {len(left_out)} left out",
        f"  tree         {tree}",
        f"  graph        {measures['similarities']:.0f} similarities, {measures['links']:.0f} links to tracks",
        f"  activations  {heard['computed']} computed, {heard['reused']} reused"
        + (f", {failed} without sound ({_reasons(heard['failed'])})" if failed else ""),
    ]
    lines.extend(f"  note         {note}" for note in found["notes"])
    lines.extend(f"  warning      {warning}" for warning in found["warnings"])
    lines.extend(f"    left out   {one['name']}: {one['reason']}" for one in left_out[:LEFT_OUT_SHOWN])
    if len(left_out) > LEFT_OUT_SHOWN:
        lines.append(f"    left out   and {len(left_out) - LEFT_OUT_SHOWN} more, see `audio-concepts concepts list`")
    return lines


def _reasons(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {code}" for code, count in sorted(counts.items()))


def job_line(job: JobSummary) -> str:
    """One job in a list."""
    version = f"version {job.result_version}" if job.result_version is not None else ""
    why = job.error.code if job.error is not None else version
    when = f"{job.created_at:%Y-%m-%d %H:%M:%S}"
    return f"{job.id}  {when}  {job.kind:<8} {job.collection.name:<20} {job.state:<10} {why}".rstrip()


def stage_lines(job: Job) -> list[str]:
    """One line a stage of a job that has not ended."""
    return [
        f"  {stage.number:>2} {stage.name:<12} {stage.state:<10} "
        f"{stage.done}/{stage.total if stage.total is not None else '?'} {stage.unit}".rstrip()
        for stage in job.stages
    ]
