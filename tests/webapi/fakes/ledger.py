"""Jobs and what a plan is made from, in memory."""

from __future__ import annotations

import threading
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cypher.errors import IdempotencyKeyReused, JobStateConflict, RebuildActive, UnknownCollection, UnknownJob
from cypher.model import FINAL_STATES, Hierarchy, Job, Progress, Step
from cypher.work import PastStep, StageCount, Survey
from tests.webapi.library import Library


class FakeLedger:
    """What `cypher`'s stores of work and of planning answer, from a library."""

    library: Library
    lock: threading.RLock
    published: dict[str, Hierarchy]
    jobs_by_id: dict[str, Job]
    job_keys: dict[str, str]

    def request(self, kind, collection, parameters, *, idempotency_key=None, steps=(), author=""):
        self._asked("request")
        with self.lock:
            if collection not in self.library.collections:
                raise UnknownCollection(collection)
            if idempotency_key in self.job_keys:
                job = self.jobs_by_id[self.job_keys[idempotency_key]]
                if (job.kind, job.collection, job.parameters) != (kind, collection, dict(parameters)):
                    raise IdempotencyKeyReused(idempotency_key, job.id)
                return job, False
            for other in self.jobs_by_id.values():
                if kind == "rebuild" and other.collection == collection and other.state not in FINAL_STATES:
                    raise RebuildActive(other.id, collection)
            job_id = str(uuid.uuid4())
            planned = tuple(
                Step(f"{job_id}/{n}", job_id, one.name, one.stage, one.shard, one.queue, "queued", 0, Progress(),
                     one.payload, None, None, None)
                for n, one in enumerate(steps)
            )  # fmt: skip
            created = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=len(self.jobs_by_id))
            job = Job(job_id, kind, collection, "queued", dict(parameters), created, steps=planned, author=author)
            self.jobs_by_id[job_id] = job
            if idempotency_key is not None:
                self.job_keys[idempotency_key] = job_id
            return job, True

    def job(self, job_id):
        self._asked("job")
        if job_id not in self.jobs_by_id:
            raise UnknownJob(job_id)
        return self.jobs_by_id[job_id]

    def jobs(self, collection=None, state=None, limit=50, before=None):
        self._asked("jobs")
        if before is not None and before not in self.jobs_by_id:
            raise UnknownJob(before)
        newest = sorted(self.jobs_by_id.values(), key=lambda job: (job.created_at, job.id), reverse=True)
        if before is not None:
            newest = newest[[job.id for job in newest].index(before) + 1 :]
        return [
            replace(job, steps=())
            for job in newest
            if job.collection == (collection or job.collection) and job.state == (state or job.state)
        ][:limit]

    def due_steps(self, job_id=None):
        self._asked("due_steps")
        due = []
        for job in self.jobs_by_id.values():
            open_steps = [one for one in job.steps if one.state not in FINAL_STATES]
            if job.state in FINAL_STATES or (job_id is not None and job.id != job_id) or not open_steps:
                continue
            lowest = min(one.stage for one in open_steps)
            due += [one for one in open_steps if one.stage == lowest and one.state == "queued"]
        return due

    def stage_counts(self):
        self._asked("stage_counts")
        seen = {}
        for job in self.jobs_by_id.values():
            for one in job.steps:
                seen.setdefault((job.kind, one.name, one.state), []).append(one)
        return [
            StageCount(*key, len(steps), sum((one.finished_at - one.started_at).total_seconds() for one in steps
                                             if one.finished_at is not None and one.started_at is not None))
            for key, steps in sorted(seen.items())
        ]  # fmt: skip

    def cancel(self, job_id):
        self._asked("cancel")
        with self.lock:
            job = self.job(job_id)
            if job.state not in FINAL_STATES:
                job = self.change(job_id, state="cancelled")
            return job

    def retry(self, job_id):
        self._asked("retry")
        with self.lock:
            job = self.job(job_id)
            if job.state not in {"failed", "cancelled"}:
                raise JobStateConflict(job_id, job.state, "be retried")
            for other in self.jobs_by_id.values():
                if other.collection == job.collection and other.state not in FINAL_STATES:
                    raise RebuildActive(other.id, job.collection)
            steps = tuple(one if one.state == "succeeded" else replace(one, state="queued") for one in job.steps)
            return self.change(job_id, state="queued", error_code="", error_message="", finished_at=None, steps=steps)

    def change(self, job_id: str, **fields) -> Job:
        """What workers would do to a job."""
        with self.lock:
            self.jobs_by_id[job_id] = replace(self.jobs_by_id[job_id], **fields)
            return self.jobs_by_id[job_id]

    def survey(self, kind, collection_id):
        self._asked("survey")
        collection = self.collection(collection_id)
        published = self.published.get(collection.id)
        members = {
            one.id: sorted(track for track, concept in self.library.examples if concept == one.id)
            for one in self.concepts(collection.id)
        }
        return Survey(
            collection=collection,
            parameters=dict(published.parameters) if published else {},
            names={one.id: one.name for one in self.concepts(collection.id)},
            learnt_from=dict.fromkeys(members, "") if published else {},
            memberships=members,
            tracks=len(self.library.tracks),
            past=tuple(
                PastStep(job.id, job.collection, job.state, job.parameters, step.name, step.result or {},
                         step.attempt_at or step.started_at, step.finished_at)
                for job in sorted(self.jobs_by_id.values(), key=lambda one: one.created_at, reverse=True)
                if job.kind == kind
                for step in job.steps
                if step.state == "succeeded" and step.started_at is not None
            ),
        )  # fmt: skip
