"""Betweenness of the kept concepts on the staged edges, by the Graph Data Science library inside Neo4j."""

from __future__ import annotations

from cypher.centrality import betweenness
from worker.hierarchy.builders import similarity_graph
from worker.jobs.builds import content_hash
from worker.jobs.context import StageContext, StageResult
from worker.jobs.kept import kept, kept_similarity


def run(context: StageContext) -> StageResult:
    """Ask GDS, unless the same graph was asked about before.

    Raises:
        GraphTooSmall: the server's memory does not suffice.
    """
    chosen = kept(context)
    source, target, _ = similarity_graph(kept_similarity(context, chosen), context.settings.graph_threshold)
    name = f"{content_hash('centrality 1', chosen.concept_ids, source, target)}.json"
    builds = context.builds
    reused = builds.has(name)
    if not reused:
        found = betweenness(
            context.graph.driver,
            chosen.concept_ids,
            collection=context.collection,
            staging=context.result("scan")["building"],
            fence=context.lease.fence,
        )
        builds.place_json(found, name=name)
    context.advance(len(chosen.concept_ids), len(chosen.concept_ids))
    asked = 0 if reused else len(chosen.concept_ids)
    return StageResult({"centrality": name, "computed": asked, "reused": len(chosen.concept_ids) - asked})
