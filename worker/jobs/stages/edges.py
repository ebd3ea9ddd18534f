"""Write SIMILAR_TO of the version being built: S above the threshold among the kept concepts, differences only.

Each carries the standard error of its weight.
"""

from __future__ import annotations

from dataclasses import asdict

from worker.hierarchy.builders import similarity_graph
from worker.jobs.context import StageContext, StageResult
from worker.jobs.kept import kept, kept_similarity, kept_similarity_error


def run(context: StageContext) -> StageResult:
    """Stage the edges; readers of the published version see nothing of them."""
    chosen = kept(context)
    source, target, weight = similarity_graph(kept_similarity(context, chosen), context.settings.graph_threshold)
    errors = kept_similarity_error(context, chosen)
    staged = context.graph.hierarchy.stage_similarities(
        context.lease,
        context.collection,
        context.result("scan")["building"],
        concept_ids=chosen.concept_ids,
        source=source,
        target=target,
        weight=weight,
        standard_error=None if errors is None else errors[source, target],
        advance=context.advance,
    )
    return StageResult({"edges": len(source), **asdict(staged)})
