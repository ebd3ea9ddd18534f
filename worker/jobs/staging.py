"""What a rebuild has staged in the graph: taken back when the job ends badly, put there again when it is retried.

Why a mark: a cancelled or failed job must leave nothing staged, yet `retry` resumes at the first unfinished step, when
the steps that staged are finished. The mark, one small file beside the build's others, says that their work is undone.
"""

from __future__ import annotations

from pathlib import Path

from cypher.model import FINAL_STATES, Job
from cypher.store import Graph
from worker.jobs.builds import Builds
from worker.jobs.context import StageContext
from worker.jobs.requests import stage_number

STAGING = ("edges", "links")
"""The stages whose work `undo` takes back, in their order."""


def undo(graph: Graph, data: Path, job: Job) -> int:
    """Take back what a job that ended badly has staged; a job that goes on, or ended well, is left alone.

    Returns:
        Relationships removed or reopened.

    Raises:
        RebuildActive: another rebuild of the collection has begun; it sweeps by itself.
    """
    if job.state not in FINAL_STATES or job.state == "succeeded":
        return 0
    if any(step.name in STAGING and step.result is not None for step in job.steps):
        Builds(data, job.collection).place_json({"job": job.id}, name=_mark(job.id))
    return graph.hierarchy.sweep(job.collection)


def restore(context: StageContext) -> None:
    """Before a step of a retried job: stage again what `undo` took back."""
    from worker.jobs.stages import stage

    builds = context.builds
    mark = builds.folder / _mark(context.job.id)
    if not mark.is_file():
        return
    for name in STAGING:
        if stage_number(name) < context.step.stage and context.results(name):
            stage(name)(context)
    mark.unlink(missing_ok=True)


def forget(context: StageContext) -> None:
    """After a publication: what older jobs had staged is of no use any more, a retry of theirs would be refused."""
    for mark in context.builds.folder.glob(_mark("*")):
        mark.unlink(missing_ok=True)


def _mark(job_id: str) -> str:
    return f"undone-{job_id}.json"
