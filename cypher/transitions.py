"""How jobs and steps pass from one state to the next, each inside a transaction of the caller's, and their records.

Conventions: as in `ledger`. Whoever calls has decided that the transition is wanted; what is here takes the locks it
names, looks, and writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cypher.fence import hold_late, lock_job, lock_job_of, lock_step
from cypher.loader import load_query
from cypher.model import Job, Lease, NewStep, Progress, Step
from cypher.runner import Row, Transaction

DEATHS_ALLOWED = 3
"""Leases in a row that run out without the step getting further than ever before, until the job fails."""


def lease_step(tx: Transaction, step_id: str, worker: str, lease_s: float) -> Lease | None:
    job = lock_job_of(tx, step_id)
    step = lock_step(tx, step_id)
    deaths = step["deaths"]
    if job["state"] not in {"queued", "running"} or step["early"]:
        return None
    if step["state"] == "running":
        if step["live"]:
            return None
        deaths = 0 if step["advanced"] else deaths + 1
    elif step["state"] != "queued":
        return None
    if deaths >= DEATHS_ALLOWED:
        message = f"step {step_id} lost its worker {deaths} times without getting any further; look into its log"
        tx.run(load_query("end_step"), step=step_id, state="failed", result=None)
        tx.run(load_query("end_job"), job=job["id"], state="failed", code="step_died", message=message)
        return None
    taken = tx.run(
        load_query("take_lease"), step=step_id, worker=worker, deaths=deaths, lease_ms=milliseconds(lease_s)
    )[0]
    return Lease(step_id, taken["job"], taken["collection"], taken["fence"], taken["until"], worker)


def advance(tx: Transaction, job_id: str, stage: int, planned: Sequence[str]) -> list[Step]:
    """What is due after a step of this stage; ends the job when nothing is left.

    While others of the stage are unfinished they have been rung already, so only newly planned ones are due.
    """
    lowest = tx.run(load_query("find_lowest_stage"), job=job_id)[0]["stage"]
    if lowest is None:
        tx.run(load_query("end_job"), job=job_id, state="succeeded", code="", message="")
        return []
    due = [step_of(row) for row in tx.run(load_query("list_due_steps"), job=job_id)]
    return [step for step in due if step.state == "queued" and (lowest != stage or step.id in planned)]


def give_back_cancelled(tx: Transaction, lease: Lease) -> None:
    """A worker heard of the cancellation; the last one to hear ends the job."""
    job = lock_job(tx, lease.job_id)
    hold_late(tx, lease)
    tx.run(load_query("end_step"), step=lease.step_id, state="cancelled", result=None)
    if job["state"] == "cancelling":
        end_cancellation(tx, lease.job_id)


def end_cancellation(tx: Transaction, job_id: str) -> None:
    job = lock_job(tx, job_id)
    held = tx.run(load_query("count_held_steps"), job=job_id)[0]["held"]
    if job["state"] == "cancelling" and held == 0:
        tx.run(load_query("end_job"), job=job_id, state="cancelled", code="", message="")


def save_steps(tx: Transaction, job_id: str, steps: Sequence[NewStep]) -> list[str]:
    """Plan them; their ids follow from job, stage, name and shard, so planning twice adds nothing."""
    rows = [
        {
            "id": f"{job_id}.{step.stage:02d}.{step.name}.{step.shard:04d}",
            "name": step.name,
            "stage": step.stage,
            "shard": step.shard,
            "queue": step.queue,
            "payload": to_json(step.payload),
        }
        for step in steps
    ]
    if rows:
        tx.run(load_query("save_steps"), job=job_id, steps=rows)
    return [str(row["id"]) for row in rows]


# --- rows to records -------------------------------------------------------------------------------------------------


def to_json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)


def milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def job_of(row: Row, steps: tuple[Step, ...] = ()) -> Job:
    read = {name: json.loads(row[name]) for name in ("parameters", "expected")}
    return Job(**{**row, **read, "steps": steps})


def step_of(row: Row) -> Step:
    rest = {name: value for name, value in row.items() if name not in {"done", "total", "unit"}}
    return Step(
        **{
            **rest,
            "progress": Progress(row["done"], row["total"], row["unit"]),
            "payload": json.loads(row["payload"]),
            "result": None if row["result"] is None else json.loads(row["result"]),
        }
    )
