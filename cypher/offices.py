"""Offices: what exactly one process does for all, such as the reaper's ringing. Whoever falls silent loses it.

Conventions: an office is a named lock with a holder and a lease by the server's clock. Its lock is taken by a SET
before anybody looks who holds it, so of many that ask at once one gets it.
"""

from __future__ import annotations

from cypher.loader import load_query
from cypher.runner import Runner
from cypher.transitions import milliseconds
from cypher.work import Office


class OfficeStore:
    """Who holds which office."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def take(self, office: str, holder: str, lease_s: float) -> Office:
        """Take the office when it is free, keep it when it is one's own.

        Returns:
            Who holds it now: the caller, or somebody else.
        """
        rows = self._runner.run(load_query("take_office"), office=office, holder=holder, lease_ms=milliseconds(lease_s))
        return Office(**rows[0])

    def leave(self, office: str, holder: str) -> None:
        """Give it up, for the next who asks; nothing happens when somebody else holds it."""
        self._runner.run(load_query("leave_office"), office=office, holder=holder)

    def holder(self, office: str) -> Office | None:
        """Who held it last; None when nobody ever did."""
        for row in self._runner.run(load_query("find_office"), office=office):
            return Office(**row)
        return None
