"""The ledger: which work was asked for, who does it, and how far it is. The truth about work lies here, not in a queue.

Conventions: leases are in seconds of the database server's clock; `fence` counts the leases of a step from 1. Every
write of a leased step first SETs the step, which takes its lock, and only then compares the fence: whoever comes late
writes nothing and gets LeaseLost. Locks are always taken in the order job, step, collection.

States of a job: queued -> running -> succeeded | failed; queued or running -> cancelling -> cancelled (at once when
nobody holds a step of it). failed and cancelled -> queued by `retry`, and nothing else leaves a final state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cypher.model import Job, JobState, Lease, NewStep, Progress, Step
from cypher.runner import Runner

DEATHS_ALLOWED = 3
"""Leases in a row that run out without the step getting further than ever before, until the job fails."""


class LedgerStore:
    """Jobs and their steps."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def request(
        self,
        kind: str,
        collection: str,
        parameters: Mapping[str, Any],
        *,
        idempotency_key: str | None = None,
        steps: Sequence[NewStep] = (),
    ) -> tuple[Job, bool]:
        """Write down a job, with its first steps if they are known, in one transaction.

        Args:
            kind: "rebuild" is exclusive: at most one of them that has not ended for each collection.
            collection: id of an existing collection.
            parameters: JSON.
            idempotency_key: the same key returns the same job.
            steps: planned at once, so that no job stands without steps; see `plan`.

        Returns:
            The job, and whether it was newly made.

        Raises:
            UnknownCollection: there is none of that id.
            RebuildActive: another rebuild of the collection has not ended.
            IdempotencyKeyReused: the key belongs to a job with another kind, collection or parameters.
        """
        raise NotImplementedError

    def job(self, job_id: str) -> Job:
        """One job with its steps, in the order of stage, name, shard.

        Raises:
            UnknownJob: there is none of that id.
        """
        raise NotImplementedError

    def jobs(
        self,
        collection: str | None = None,
        state: JobState | None = None,
        limit: int = 50,
        before: str | None = None,
    ) -> list[Job]:
        """Jobs without their steps, newest first.

        Args:
            collection: only those of this collection.
            state: only those in this state.
            limit: at most this many.
            before: id of the last job of the page before; only what comes after it in this order.

        Raises:
            UnknownJob: `before` is no job.
        """
        raise NotImplementedError

    def plan(self, job_id: str, steps: Sequence[NewStep]) -> list[Step]:
        """Add steps to a job that has not ended; a step that is there already (stage, name, shard) is left alone.

        Returns:
            All steps of the job.

        Raises:
            UnknownJob: there is none of that id.
            JobStateConflict: the job has ended.
        """
        raise NotImplementedError

    def due_steps(self, job_id: str | None = None) -> list[Step]:
        """What somebody should be doing and nobody is: the reaper rings these.

        Queued steps of the lowest unfinished stage of each job, and running ones whose lease ran out. Before that, jobs
        being cancelled whose workers are all gone are ended.

        Args:
            job_id: only those of this job.
        """
        raise NotImplementedError

    def step(self, step_id: str) -> Step:
        """One step.

        Raises:
            UnknownStep: there is none of that id.
        """
        raise NotImplementedError

    def lease(self, step_id: str, worker: str, lease_s: float) -> Lease | None:
        """Take the step if it is due: exactly one of many callers gets it.

        A step whose lease ran out is taken over; the third such death in a row without progress fails the job instead.

        Returns:
            The lease; None when the step is not due (held, finished, its stage not reached, its job ended): drop the
            message.

        Raises:
            UnknownStep: there is none of that id.
        """
        raise NotImplementedError

    def heartbeat(self, lease: Lease, progress: Progress, lease_s: float) -> Lease:
        """Say how far the step is and hold it for another `lease_s`; also where a cancellation is heard.

        A lease that ran out is renewed when nobody has taken the step meanwhile.

        Raises:
            LeaseLost: somebody else has the step, or it ended; nothing was written.
            JobCancelled: the job is being cancelled; the step was given back (and the job ended, if it was the last).
        """
        raise NotImplementedError

    def finish(self, lease: Lease, result: Mapping[str, Any], then: Sequence[NewStep] = ()) -> list[Step]:
        """End the step well, in one transaction with what follows from it.

        Args:
            lease: the right to do so.
            result: JSON, kept on the step; its key `version`, where there is one, becomes the job's result.
            then: further steps to plan before anything else, such as one a shard; see `plan`.

        Returns:
            The queued steps that are due now; none when others of the stage still run, or when the job has succeeded.

        Raises:
            LeaseLost: somebody else has the step, or the lease ran out; nothing was written.
            JobCancelled: the job is being cancelled; the step was given back.
        """
        raise NotImplementedError

    def fail(self, lease: Lease, code: str, message: str) -> None:
        """End the step and its job badly, with the reason; other running steps hear of it by their next heartbeat.

        Raises:
            LeaseLost: somebody else has the step; nothing was written.
        """
        raise NotImplementedError

    def release(self, lease: Lease) -> None:
        """Give the step back undone, to be leased again at once: a worker that shuts down.

        Raises:
            LeaseLost: somebody else has the step.
        """
        raise NotImplementedError

    def cancel(self, job_id: str) -> Job:
        """Ask for the end of a job, durably: `cancelled` at once when nobody holds a step of it, else `cancelling`.

        A job that has ended stays as it is.

        Raises:
            UnknownJob: there is none of that id.
        """
        raise NotImplementedError

    def retry(self, job_id: str) -> Job:
        """Queue a failed or cancelled job again; it resumes at the first unfinished step.

        Raises:
            UnknownJob: there is none of that id.
            JobStateConflict: the job has not failed and was not cancelled.
            RebuildActive: another rebuild of the collection has not ended.
        """
        raise NotImplementedError
