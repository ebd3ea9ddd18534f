"""The ledger: which work was asked for, who does it, and how far it is. The truth about work lies here, not in a queue.

Conventions: leases are in seconds of the database server's clock; `fence` counts the leases of a step from 1. Every
write of a leased step first SETs the step, which takes its lock, and only then compares the fence: whoever comes late
writes nothing and gets LeaseLost. Locks are always taken in the order job, step, collection.

States of a job: queued -> running -> succeeded | failed; queued or running -> cancelling -> cancelled (at once when
nobody holds a step of it). failed and cancelled -> queued by `retry`, and nothing else leaves a final state.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from cypher.errors import (
    IdempotencyKeyReused,
    JobCancelled,
    JobStateConflict,
    RebuildActive,
    UniquenessViolated,
    UnknownCollection,
    UnknownJob,
    UnknownStep,
)
from cypher.fence import hold, hold_late, lock_job, lock_job_of
from cypher.loader import load_query
from cypher.model import FINAL_STATES, Job, JobState, Lease, NewStep, Progress, Step
from cypher.naming import bounded
from cypher.runner import Runner, Transaction
from cypher.transitions import (
    advance,
    end_cancellation,
    give_back_cancelled,
    job_of,
    lease_step,
    milliseconds,
    save_steps,
    step_of,
    to_json,
)
from cypher.work import StageCount

EXCLUSIVE = "rebuild"
"""The kind of job of which a collection has one at a time."""

ATTEMPTS = 5
"""How often a request is tried again when the job that stood in its way ends meanwhile."""


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
        author: str = "",
    ) -> tuple[Job, bool]:
        """Write down a job, with its first steps if they are known, in one transaction.

        Args:
            kind: "rebuild" is exclusive: at most one of them that has not ended for each collection.
            collection: id of an existing collection.
            parameters: JSON.
            idempotency_key: the same key returns the same job.
            steps: planned at once, so that no job stands without steps; see `plan`.
            author: who asks; kept with the job, and no part of what an idempotency key binds.

        Returns:
            The job, and whether it was newly made.

        Raises:
            UnknownCollection: there is none of that id.
            RebuildActive: another rebuild of the collection has not ended.
            IdempotencyKeyReused: the key belongs to a job with another kind, collection or parameters.
        """
        active = collection if kind == EXCLUSIVE else None
        key = None if idempotency_key is None else bounded(idempotency_key)
        wish = {"kind": kind, "collection": collection, "parameters": to_json(parameters)}

        def work(tx: Transaction) -> str:
            made = str(uuid.uuid4())
            if not tx.run(load_query("create_job"), id=made, active=active, key=key, author=author, **wish):
                raise UnknownCollection(collection)
            save_steps(tx, made, steps)
            return made

        for _ in range(ATTEMPTS):
            if key is not None and (known := self._job_of_key(key, wish)):
                return known, False
            try:
                return self.job(self._runner.write(work)), True
            except UniquenessViolated:
                if key is not None and (known := self._job_of_key(key, wish)):
                    return known, False
            if active is not None and (rival := self._active_job_id(active)):
                raise RebuildActive(rival, collection)
        raise RebuildActive("that has just ended", collection)

    def job(self, job_id: str) -> Job:
        """One job with its steps, in the order of stage, name, shard.

        Raises:
            UnknownJob: there is none of that id.
        """

        def work(tx: Transaction) -> Job:
            rows = tx.run(load_query("find_job"), job=job_id)
            if not rows:
                raise UnknownJob(job_id)
            steps = tx.run(load_query("list_steps"), job=job_id)
            return job_of(rows[0], tuple(step_of(row) for row in steps))

        return self._runner.read(work)

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
        if before is not None and not self._runner.run(load_query("find_job"), job=before):
            raise UnknownJob(before)
        rows = self._runner.run(load_query("list_jobs"), collection=collection, state=state, before=before, limit=limit)
        return [job_of(row) for row in rows]

    def plan(self, job_id: str, steps: Sequence[NewStep]) -> list[Step]:
        """Add steps to a job that has not ended; a step that is there already (stage, name, shard) is left alone.

        Returns:
            All steps of the job.

        Raises:
            UnknownJob: there is none of that id.
            JobStateConflict: the job has ended.
        """

        def work(tx: Transaction) -> list[Step]:
            job = lock_job(tx, job_id)
            if job["state"] in FINAL_STATES:
                raise JobStateConflict(job_id, job["state"], "take further steps")
            save_steps(tx, job_id, steps)
            return [step_of(row) for row in tx.run(load_query("list_steps"), job=job_id)]

        return self._runner.write(work)

    def due_steps(self, job_id: str | None = None) -> list[Step]:
        """What somebody should be doing and nobody is: the reaper rings these.

        Queued steps of the lowest unfinished stage of each job, and running ones whose lease ran out. Before that, jobs
        being cancelled whose workers are all gone are ended.

        Args:
            job_id: only those of this job.
        """
        for row in self._runner.run(load_query("list_abandoned_cancellations")):
            self._runner.write(partial(end_cancellation, job_id=row["id"]))
        return [step_of(row) for row in self._runner.run(load_query("list_due_steps"), job=job_id)]

    def stage_counts(self) -> list[StageCount]:
        """What all jobs there are come to, stage by stage and state by state: what a monitor draws."""
        return [StageCount(**row) for row in self._runner.run(load_query("measure_steps"))]

    def step(self, step_id: str) -> Step:
        """One step.

        Raises:
            UnknownStep: there is none of that id.
        """
        rows = self._runner.run(load_query("find_step"), step=step_id)
        if not rows:
            raise UnknownStep(step_id)
        return step_of(rows[0])

    def lease(self, step_id: str, worker: str, lease_s: float) -> Lease | None:
        """Take the step if it is due: exactly one of many callers gets it.

        A step whose lease ran out is taken over; the third such death in a row without progress fails the job instead.

        Returns:
            The lease; None when the step is not due (held, finished, its stage not reached, its job ended): drop the
            message.

        Raises:
            UnknownStep: there is none of that id.
        """
        return self._runner.write(partial(lease_step, step_id=step_id, worker=worker, lease_s=lease_s))

    def heartbeat(self, lease: Lease, progress: Progress, lease_s: float) -> Lease:
        """Say how far the step is and hold it for another `lease_s`; also where a cancellation is heard.

        A lease that ran out is renewed when nobody has taken the step meanwhile.

        Raises:
            LeaseLost: somebody else has the step, or it ended; nothing was written.
            JobCancelled: the job is being cancelled; the step was given back (and the job ended, if it was the last).
        """

        def work(tx: Transaction) -> datetime | None:
            if hold_late(tx, lease)["job_state"] != "running":
                return None
            rows = tx.run(
                load_query("renew_lease"),
                step=lease.step_id,
                done=progress.done,
                total=progress.total,
                unit=progress.unit,
                lease_ms=milliseconds(lease_s),
            )
            until: datetime = rows[0]["until"]
            return until

        until = self._runner.write(work)
        if until is None:
            self._runner.write(partial(give_back_cancelled, lease=lease))
            raise JobCancelled(lease.job_id)
        return replace(lease, until=until)

    def finish(self, lease: Lease, result: Mapping[str, Any], then: Sequence[NewStep] = ()) -> list[Step]:
        """End the step well, in one transaction with what follows from it.

        Args:
            lease: the right to do so.
            result: JSON, kept on the step; its key `version`, where there is one, becomes the job's result, and its
                key `expected` the seconds by stage that the job is expected to take.
            then: further steps to plan before anything else, such as one a shard; see `plan`.

        Returns:
            The queued steps that are due now; none when others of the stage still run, or when the job has succeeded.

        Raises:
            LeaseLost: somebody else has the step, or the lease ran out; nothing was written.
            JobCancelled: the job is being cancelled; the step was given back.
        """

        def work(tx: Transaction) -> list[Step] | None:
            job = lock_job_of(tx, lease.step_id)
            step = hold(tx, lease)
            if job["state"] == "cancelling":
                give_back_cancelled(tx, lease)
                return None
            tx.run(load_query("end_step"), step=lease.step_id, state="succeeded", result=to_json(result))
            if "version" in result:
                tx.run(load_query("save_job_result"), job=lease.job_id, version=result["version"])
            if "expected" in result:
                tx.run(load_query("save_job_expectation"), job=lease.job_id, expected=to_json(result["expected"]))
            planned = save_steps(tx, lease.job_id, then)
            return advance(tx, lease.job_id, step["stage"], planned)

        due = self._runner.write(work)
        if due is None:
            raise JobCancelled(lease.job_id)
        return due

    def fail(self, lease: Lease, code: str, message: str) -> None:
        """End the step and its job badly, with the reason; other running steps hear of it by their next heartbeat.

        Raises:
            LeaseLost: somebody else has the step; nothing was written.
        """

        def work(tx: Transaction) -> None:
            job = lock_job_of(tx, lease.step_id)
            hold_late(tx, lease)
            if job["state"] == "cancelling":
                give_back_cancelled(tx, lease)
                return
            tx.run(load_query("end_step"), step=lease.step_id, state="failed", result=None)
            tx.run(load_query("end_job"), job=lease.job_id, state="failed", code=code, message=message)

        self._runner.write(work)

    def release(self, lease: Lease) -> None:
        """Give the step back undone, to be leased again at once: a worker that shuts down.

        Raises:
            LeaseLost: somebody else has the step.
        """

        def work(tx: Transaction) -> None:
            lock_job_of(tx, lease.step_id)
            if hold_late(tx, lease)["job_state"] == "cancelling":
                give_back_cancelled(tx, lease)
            else:
                tx.run(load_query("end_step"), step=lease.step_id, state="queued", result=None)

        self._runner.write(work)

    def cancel(self, job_id: str) -> Job:
        """Ask for the end of a job, durably: `cancelled` at once when nobody holds a step of it, else `cancelling`.

        A job that has ended stays as it is, and one that has published its version goes on to its end: the publication
        asks under the same lock whether the job was cancelled, so one of the two comes first.

        Raises:
            UnknownJob: there is none of that id.
        """

        def work(tx: Transaction) -> None:
            if lock_job(tx, job_id)["state"] in FINAL_STATES:
                return
            if tx.run(load_query("find_job"), job=job_id)[0]["result_version"] is not None:
                return  # its version is published: it can only succeed
            if tx.run(load_query("cancel_job"), job=job_id)[0]["held"] == 0:
                tx.run(load_query("end_job"), job=job_id, state="cancelled", code="", message="")

        self._runner.write(work)
        return self.job(job_id)

    def retry(self, job_id: str) -> Job:
        """Queue a failed or cancelled job again; it resumes at the first unfinished step.

        Raises:
            UnknownJob: there is none of that id.
            JobStateConflict: the job has not failed and was not cancelled.
            RebuildActive: another rebuild of the collection has not ended.
        """

        def work(tx: Transaction) -> None:
            job = lock_job(tx, job_id)
            if job["state"] not in {"failed", "cancelled"}:
                raise JobStateConflict(job_id, job["state"], "be retried")
            active = job["collection"] if job["kind"] == EXCLUSIVE else None
            tx.run(load_query("requeue_job"), job=job_id, active=active)

        try:
            self._runner.write(work)
        except UniquenessViolated:
            collection = self.job(job_id).collection
            raise RebuildActive(self._active_job_id(collection) or "that has just ended", collection) from None
        return self.job(job_id)

    def _job_of_key(self, key: str, wish: Mapping[str, str]) -> Job | None:
        """The job the key belongs to, if there is one and it asked for the same."""
        for row in self._runner.run(load_query("find_job_id_by_key"), key=key):
            job = self.job(row["id"])
            if wish != {"kind": job.kind, "collection": job.collection, "parameters": to_json(job.parameters)}:
                raise IdempotencyKeyReused(key, job.id)
            return job
        return None

    def _active_job_id(self, collection: str) -> str | None:
        for row in self._runner.run(load_query("find_active_job_id"), collection=collection):
            return str(row["id"])
        return None
