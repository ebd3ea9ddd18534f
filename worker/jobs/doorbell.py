"""Ring for a step: put its id on its queue, within a hard deadline. Imports neither torch nor the tasks.

Why a thread: a stopped (not dead) Redis accepts connections and answers nothing, and a publish then hangs for over
half a minute in spite of socket timeouts. A caller waits `deadline_s` at most; a ring that was not heard is no loss,
because the step is due in the ledger and the reaper rings again.
"""

from __future__ import annotations

from cypher.model import Step


class Doorbell:
    """Rings steps on one broker; made where it is used, usable after a fork."""

    def __init__(self, redis_url: str, *, deadline_s: float = 1.0) -> None:
        """Remember where to ring; connects on the first ring.

        Args:
            redis_url: the broker with its password.
            deadline_s: a ring takes no longer, > 0.
        """
        raise NotImplementedError

    def ring(self, step: Step) -> bool:
        """Put the step's id on its queue; False when it was not heard in time (the reaper will ring again)."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the connection; a ring afterwards opens a new one."""
        raise NotImplementedError
