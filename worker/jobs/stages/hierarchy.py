"""Grow the tree of the kept concepts by the rule that the settings name."""

from __future__ import annotations

import numpy as np

from worker.hierarchy.builders import ParentOf
from worker.jobs.context import StageContext, StageResult
from worker.jobs.growing import grower
from worker.jobs.kept import kept, kept_separation, kept_similarity


def run(context: StageContext) -> StageResult:
    """Build the tree and keep it as a list of [child, parent, similarity, margin], sorted by child."""
    chosen = kept(context)
    ids = chosen.concept_ids
    central: dict[str, float] = context.builds.read_json(
        context.result("centrality")["centrality"], written_by="centrality"
    )
    betweenness = np.array([central[concept_id] for concept_id in ids], dtype=np.float64)
    tree = grower(context.settings, betweenness)(kept_similarity(context, chosen), kept_separation(context, chosen))
    edges = sorted(_plain(edge, ids) for edge in tree)
    context.advance(len(ids), len(ids))
    roots = sum(edge.parent is None for edge in tree)
    return StageResult({"tree": context.builds.place_json(edges), "edges": len(edges) - roots, "roots": roots})


def _plain(edge: ParentOf, ids: list[str]) -> tuple[str, str | None, float | None, float | None]:
    parent = None if edge.parent is None else ids[edge.parent]
    return ids[edge.child], parent, edge.similarity, edge.margin
