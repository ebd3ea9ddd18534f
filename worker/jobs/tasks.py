"""The one task: run a step, by its id. Everything else stands in the ledger."""

from __future__ import annotations

from celery import Celery

from worker.jobs.queue import RUN_STEP
from worker.jobs.runner import StepRunner


def register(app: Celery, runner: StepRunner) -> None:
    """Add the task to an application.

    Args:
        app: the application of a worker.
        runner: makes its tools on first use, in the process that runs the task.
    """

    @app.task(name=RUN_STEP, ignore_result=True, acks_late=False)  # type: ignore[untyped-decorator]
    def run_step(step_id: str) -> None:
        runner.run(step_id)
