"""What jobs and leases refuse. Conventions: as in `cypher.errors`."""

from __future__ import annotations

from cypher.errors.root import GraphError


class RebuildActive(GraphError):
    """Another rebuild of the collection has not ended."""

    code = "rebuild_active"

    def __init__(self, job_id: str, collection: str) -> None:
        super().__init__(job_id, collection)
        self.job_id, self.collection = job_id, collection

    def __str__(self) -> str:
        return f"collection {self.collection!r} is being rebuilt by job {self.job_id}; wait for it, or cancel it"


class IdempotencyKeyReused(GraphError):
    """The key belongs to a job that asked for something else."""

    code = "idempotency_key_reused"

    def __init__(self, key: str, job_id: str) -> None:
        super().__init__(key, job_id)
        self.key, self.job_id = key, job_id

    def __str__(self) -> str:
        return (
            f"idempotency key {self.key!r} belongs to job {self.job_id}, which asked for something else; "
            "use another key"
        )


class JobStateConflict(GraphError):
    """What was asked cannot be done to a job in this state."""

    code = "job_state_conflict"

    def __init__(self, job_id: str, state: str, action: str) -> None:
        super().__init__(job_id, state, action)
        self.job_id, self.state, self.action = job_id, state, action

    def __str__(self) -> str:
        return f"job {self.job_id} is {self.state}: it cannot {self.action}; look at its state first"


class LeaseLost(GraphError):
    """Another worker holds the step, or nobody does any more: nothing was written."""

    code = "lease_lost"

    def __init__(self, step_id: str, fence: int) -> None:
        super().__init__(step_id, fence)
        self.step_id, self.fence = step_id, fence

    def __str__(self) -> str:
        return f"the lease {self.fence} on step {self.step_id} is over; stop this work, whoever holds it now goes on"


class JobCancelled(GraphError):
    """Somebody cancelled the job: the step was given back, stop."""

    code = "job_cancelled"

    def __init__(self, job_id: str) -> None:
        super().__init__(job_id)
        self.job_id = job_id

    def __str__(self) -> str:
        return f"job {self.job_id} was cancelled; `audio-concepts jobs retry {self.job_id}` goes on where it stopped"
