"""Grow the tree of the kept concepts, around what curators decided."""

from __future__ import annotations

from worker.jobs.context import StageContext, StageResult
from worker.jobs.grown import grow


def run(context: StageContext) -> StageResult:
    """Build the tree and keep it for the gate and for publication."""
    grown = grow(context)
    context.advance(len(grown.edges), len(grown.edges))
    return StageResult({"tree": grown.save(context.builds), **grown.counted()})
