"""Grow the tree of the kept concepts, around what curators decided, and ask how far each edge can be trusted.

With `sticky`, a concept leaves the parent it has in the current version only when the tracks at hand decide it.
"""

from __future__ import annotations

from dataclasses import replace

from worker.jobs.builds import content_hash
from worker.jobs.context import StageContext, StageResult
from worker.jobs.grown import Grown, grow, without
from worker.jobs.kept import kept
from worker.jobs.trusting import parents_in_place, support_of


def run(context: StageContext) -> StageResult:
    """Build the tree and keep it for the gate and for publication."""
    grown = grow(context)
    values: dict[str, object] = {}
    if context.settings.support_trees:
        grown, values = _trusted(context, grown)
    context.advance(len(grown.edges), len(grown.edges))
    return StageResult({"tree": grown.save(context.builds), **grown.counted(), **values})


def _trusted(context: StageContext, grown: Grown) -> tuple[Grown, dict[str, object]]:
    """The tree with support and direction on its edges; with `sticky`, grown again around what stays in place."""
    chosen = without(kept(context), grown.aside)
    trust, support = support_of(context, chosen)
    parameters = context.settings.model_dump(mode="json")
    name = content_hash("trust 1", chosen.concept_ids, context.result("similarity")["similarity"], parameters)
    values: dict[str, object] = {"trust": trust.save(context.builds, f"{name}.trust.json")}
    if context.settings.sticky:
        stay = parents_in_place(context, chosen, grown.edges, support)
        grown = grow(context, stay)
        values["kept_in_place"] = len(stay)
    return replace(grown, edges=trust.applied(grown.edges)), values
