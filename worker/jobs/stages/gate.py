"""Look at the new version before anybody else does, and refuse one that would help nobody."""

from __future__ import annotations

from worker.jobs.context import StageContext, StageResult
from worker.jobs.errors import GateRefused


def run(context: StageContext) -> StageResult:
    """Publish by itself whatever has a tree; a version without one edge is refused.

    Raises:
        GateRefused: no kept concept has a parent.
    """
    tree = context.result("hierarchy")
    if tree["edges"] == 0:
        detail = (
            f"no two of its {tree['roots']} kept concepts are similar enough to be parent and child; "
            f"import more concepts or tracks, or lower min_similarity (now {context.settings.min_similarity})"
        )
        raise GateRefused(context.collection, context.result("scan")["building"], detail)
    context.advance(1, 1)
    return StageResult({"decision": "publish"})
