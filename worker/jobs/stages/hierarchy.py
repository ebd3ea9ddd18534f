"""Grow the tree of the kept concepts, around what curators decided, and ask how far each edge can be trusted.

With `sticky`, a concept leaves the parent it has in the current version only when the lead of the new one exceeds its
standard error. What the method takes for granted and the data do not bear out is said as a warning; it stops nothing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from worker.jobs.context import StageContext, StageResult
from worker.jobs.grown import Grown, grow, without
from worker.jobs.judging.premises import warnings_of
from worker.jobs.judging.rival_trees import shared_tracks
from worker.jobs.kept import kept, kept_similarity
from worker.jobs.trusting import compared_tracks, trust_of


def run(context: StageContext) -> StageResult:
    """Build the tree and keep it for the gate and for publication."""
    grown = grow(context)
    values: dict[str, object] = {}
    if context.settings.support_trees:
        grown, values = _trusted(context, grown)
    context.advance(len(grown.edges), len(grown.edges))
    return StageResult({"tree": grown.save(context.builds), **grown.counted(), **values})


def _trusted(context: StageContext, grown: Grown) -> tuple[Grown, dict[str, object]]:
    """The tree with what its edges can be trusted for; with `sticky`, grown again around what stays in place."""
    settings, chosen = context.settings, without(kept(context), grown.aside)
    central = context.builds.read_json(context.result("centrality")["centrality"], written_by="centrality")
    betweenness = np.array([central[concept_id] for concept_id in chosen.concept_ids], dtype=np.float64)
    members, keys = compared_tracks(context, chosen)
    trust = trust_of(context, chosen, members, keys, centrality=betweenness, grown=grown.edges)
    similarity = kept_similarity(context, chosen)
    values: dict[str, object] = {
        "trust": trust.save(context.builds),
        "warnings": warnings_of(similarity, shared_tracks(members), betweenness, settings.graph_threshold),
    }
    if settings.sticky:
        grown = grow(context, trust.stay)
        values["kept_in_place"] = len(trust.stay)
    return replace(grown, edges=trust.applied(grown.edges)), values
