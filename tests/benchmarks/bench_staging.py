"""Similarities into Neo4j: `AUDIO_CONCEPTS_HOME=... python -m tests.benchmarks.bench_staging [--concepts N]`.

Needs a running stack whose graph may be written to; collections of its own are made and left without edges. In turn,
wall seconds because another process does the work: weights alone, weights with their standard errors, the latter again
unchanged, and the plain way: a list of maps unwound in transactions of 10,000. 11 % of all pairs, as in the poster.
"""

from __future__ import annotations

import argparse
import statistics
import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from cypher.model import NewConcept, NewStep
from cypher.store import Graph, open_graph
from tests.benchmarks.measure import report
from worker.settings import load_settings

DENSITY = 0.11
TURNS = 3
PLAIN = (
    "UNWIND $rows AS row MATCH (a:Concept {id: row.source}) MATCH (b:Concept {id: row.target}) "
    "CREATE (a)-[:PLAIN {weight: row.weight, standard_error: row.error}]->(b)"
)
PLAIN_ROWS = 10_000


def pairs(concepts: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Sources, targets, weights and standard errors, rounded as S is."""
    draw = np.random.default_rng(0)
    chosen = draw.random((concepts, concepts)) < DENSITY
    np.fill_diagonal(chosen, val=False)
    source, target = np.nonzero(chosen)
    weight, error = draw.uniform(0.5, 1.0, len(source)), draw.uniform(0.01, 0.05, len(source))
    return source, target, weight.round(6), error.round(6)


def turn(graph: Graph, concepts: int, edges: tuple[np.ndarray, ...]) -> dict[str, float]:
    """Seconds of each way, each in a collection of its own."""
    source, target, weight, error = edges
    taken: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Any]) -> None:
        before = time.perf_counter()
        work()
        taken[name] = time.perf_counter() - before

    for name, errors in (("weights alone", None), ("with standard errors", error)):
        collection = f"bench-{uuid.uuid4().hex[:8]}"
        graph.catalogue.save_collection(collection, "Benchmark")
        keys = [f"{collection}-{number:05d}" for number in range(concepts)]
        ids = graph.catalogue.save_concepts(collection, [NewConcept(key, key) for key in keys])
        job, _ = graph.ledger.request("rebuild", collection, {}, steps=[NewStep("build", 1, "cpu")])
        lease = graph.ledger.lease(job.steps[0].id, "bench", 3600.0)
        assert lease is not None
        staging = graph.hierarchy.begin_staging(lease, collection)

        stage = partial(
            graph.hierarchy.stage_similarities,
            lease,
            collection,
            staging,
            concept_ids=[ids[key] for key in keys],
            source=source,
            target=target,
            weight=weight,
            standard_error=errors,
        )
        timed(name, stage)
        if errors is not None:
            timed("again, unchanged", stage)
            rows = [
                {"source": ids[keys[a]], "target": ids[keys[b]], "weight": float(w), "error": float(e)}
                for a, b, w, e in zip(source.tolist(), target.tolist(), weight, error, strict=True)
            ]
            timed("UNWIND of maps", lambda rows=rows: unwound(graph, rows))
            graph.driver.execute_query("MATCH ()-[r:PLAIN]->() CALL { WITH r DELETE r }")
        graph.ledger.fail(lease, "bench", "it has been timed")
        graph.hierarchy.sweep(collection)
    return taken


def unwound(graph: Graph, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), PLAIN_ROWS):
        graph.driver.execute_query(PLAIN, rows=rows[start : start + PLAIN_ROWS])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--concepts", type=int, default=1000)
    concepts = options.parse_args().concepts
    settings = load_settings()
    assert settings.neo4j_password is not None
    edges = pairs(concepts)
    with open_graph(
        settings.neo4j_uri, settings.neo4j_user, settings.neo4j_password.get_secret_value(), deadline_s=300.0
    ) as graph:
        graph.migrate()
        turns = [turn(graph, concepts, edges) for _ in range(TURNS)]
    rows = [
        {"way": name, "edges": len(edges[0]), "wall s": statistics.median(one[name] for one in turns)}
        for name in turns[0]
    ]
    for row in rows:
        row["to with errors"] = row["wall s"] / rows[1]["wall s"]
    report("staging", rows)


if __name__ == "__main__":
    main()
