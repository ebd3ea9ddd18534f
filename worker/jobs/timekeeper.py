"""Serves schedules: asks for the rebuild whose time has come, once, or says why it was skipped.

Why an idempotency key of collection and due time: whoever dies between asking and moving the schedule on, and whoever
serves the same time beside another, asks for the same job.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from pydantic import ValidationError

from cypher.errors import IdempotencyKeyReused, RebuildActive
from cypher.model import Step
from cypher.store import Graph
from cypher.work import Schedule
from worker.jobs.requests import REBUILD, first_steps
from worker.jobs.schedules import Rule, ScheduleRequest, next_time

log = logging.getLogger(__name__)


def serve_due(graph: Graph, ring: Callable[[Step], object]) -> list[Schedule]:
    """Serve every schedule whose time has come.

    Args:
        graph: where they stand.
        ring: rings a step of a job that was made.

    Returns:
        Those that were served.
    """
    due = [schedule for schedule in graph.schedules.schedules() if schedule.due]
    for schedule in due:
        job, said = _ask(graph, ring, schedule)
        log.info("schedule of %s: %s", schedule.collection, said)
        rule = Rule.model_validate(schedule.rule)
        later = next_time(rule, after=schedule.read_at, anchor=schedule.next_at)
        graph.schedules.move(schedule, later, job=job, said=said)
    return due


def _ask(graph: Graph, ring: Callable[[Step], object], schedule: Schedule) -> tuple[str | None, str]:
    """The job that was made or stood in the way, and what came of it."""
    try:
        parameters = ScheduleRequest.model_validate({**schedule.rule, **schedule.request}).rebuild().parameters()
        job, _ = graph.ledger.request(
            REBUILD,
            schedule.collection,
            parameters,
            idempotency_key=f"schedule:{schedule.collection}:{schedule.next_at.isoformat()}",
            steps=first_steps(),
            author=f"schedule of {schedule.author or 'nobody'}",
        )
    except RebuildActive as rival:
        return rival.job_id, f"skipped: job {rival.job_id} was at work on the collection"
    except IdempotencyKeyReused as other:
        return other.job_id, f"asked for job {other.job_id}"
    except ValidationError as error:
        return None, f"skipped: the settings fit this release no more ({error.errors()[0]['msg']}); set it anew"
    for step in graph.ledger.due_steps(job.id):
        ring(step)
    return job.id, f"asked for job {job.id}"
