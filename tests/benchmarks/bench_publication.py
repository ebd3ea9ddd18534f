"""Versions at the poster's size and beyond, on a real Neo4j: staged, published, read, brought back.

`python -m tests.benchmarks.bench_publication [--concepts 3443 50000] [--edges 200000]` against the stack that the
settings name (`audio-concepts up --only neo4j,redis`). It works in a collection of its own and removes it again.
Wall seconds, medians of `--times` runs. Rivals, in the same run: similarities as UNWIND of maps, one map an edge, in
batches of the same size; and a tree published by deleting every edge and drawing it anew, without history or measures.
"""

import argparse
import statistics
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from cypher.model import Assessment, Edge, NewConcept, NewStep, Publication, Quality
from cypher.staging import BATCH_EDGES
from cypher.store import Graph, open_graph
from cypher.versions import publication_of
from tests.benchmarks.measure import memory_mb, report
from webapi.copies import make_copy
from worker.settings import load_settings

RIVAL_STAGING = (
    "UNWIND $rows AS row MATCH (a:Concept {id: row.source}) MATCH (b:Concept {id: row.target}) "
    "CREATE (a)-[:RIVAL_SIMILAR_TO {weight: row.weight, since: row.since}]->(b)"
)
RIVAL_TREE = (
    "MATCH (c:Concept)-[:IN]->(:Collection {id: $collection}) MATCH (c)<-[r:RIVAL_PARENT_OF]-() DELETE r",
    (
        "UNWIND $rows AS row MATCH (a:Concept {id: row.parent}) MATCH (b:Concept {id: row.child}) "
        "CREATE (a)-[:RIVAL_PARENT_OF {similarity: row.similarity, margin: row.margin}]->(b)"
    ),
)


def seconds(work: Callable[[], Any]) -> float:
    """Of one call."""
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


class Bench:
    """A collection of that many concepts."""

    def __init__(self, graph: Graph, concepts: int) -> None:
        self.graph, self.collection = graph, f"bench-{uuid.uuid4().hex[:8]}"
        graph.catalogue.save_collection(self.collection, "Benchmark")
        new = [NewConcept(f"bench:{n}", f"Bench {self.collection} {n}") for n in range(concepts)]
        ids = graph.catalogue.save_concepts(self.collection, new)
        self.ids = [ids[one.source_key] for one in new]
        self.rng = np.random.default_rng(0)
        self.lease = self.new_lease()

    def new_lease(self):
        """Of the only step of a new rebuild."""
        job, _ = self.graph.ledger.request("rebuild", self.collection, {}, steps=[NewStep("bench", 1, "cpu")])
        lease = self.graph.ledger.lease(job.steps[0].id, "bench", 3600)
        self.staging = self.graph.hierarchy.begin_staging(lease, self.collection)
        return lease

    def publication(self, moved: float) -> Publication:
        """A random tree in which that share of concepts hangs elsewhere than in the first one."""
        first = np.random.default_rng(1)
        parents = [None, *(int(first.integers(max(0, n - 50), n)) for n in range(1, len(self.ids)))]
        for child in self.rng.choice(np.arange(1, len(self.ids)), int(moved * (len(self.ids) - 1)), replace=False):
            parents[child] = int(self.rng.integers(0, child))
        edges = tuple(
            Edge(self.ids[n], None if p is None else self.ids[p], None if p is None else 0.5, 0.1, 0.9, 0.8)
            for n, p in enumerate(parents)
        )
        quality = Quality(0.9, 0.8, 0.95, 0.85, 0.7, 0.01)
        digest = "0" * 64
        kept = tuple(Assessment(one, "kept", "", 60, quality, 0.25, 7, digest, digest) for one in self.ids)
        return Publication(self.collection, self.staging, edges, kept, {"seed": 0}, "bench")

    def publish(self, moved: float) -> float:
        """Seconds of the publishing transaction."""
        publication = self.publication(moved)
        taken = seconds(lambda: self.graph.hierarchy.publish(self.lease, publication))
        self.graph.ledger.finish(self.lease, {})
        self.lease = self.new_lease()
        return taken

    def rival_publish(self) -> float:
        """The same tree by deleting and drawing everything, edges only."""
        rows = [
            {"child": one.child, "parent": one.parent, "similarity": one.similarity, "margin": one.margin}
            for one in self.publication(0.2).edges
            if one.parent is not None
        ]

        def both() -> None:
            with self.graph.driver.session() as session, session.begin_transaction() as tx:
                tx.run(RIVAL_TREE[0], collection=self.collection).consume()
                tx.run(RIVAL_TREE[1], rows=rows).consume()
                tx.commit()

        return seconds(both)

    def stage(self, edges: int) -> dict[str, float]:
        """Similarities by ours and by UNWIND of maps, in turn, the same edges."""
        pairs = self.rng.choice(len(self.ids) ** 2, size=edges, replace=False)
        source, target = np.divmod(pairs, len(self.ids))
        weight = self.rng.random(edges)
        ours = seconds(
            lambda: self.graph.hierarchy.stage_similarities(
                self.lease, self.collection, self.staging,
                concept_ids=self.ids, source=source, target=target, weight=weight,
            )
        )  # fmt: skip
        rows = [
            {"source": self.ids[a], "target": self.ids[b], "weight": float(w), "since": self.staging}
            for a, b, w in zip(source, target, weight, strict=True)
        ]
        rival = seconds(
            lambda: [
                self.graph.driver.execute_query(RIVAL_STAGING, rows=rows[start : start + BATCH_EDGES])
                for start in range(0, edges, BATCH_EDGES)
            ]
        )
        return {"staged_edges": edges, "stage_s": ours, "unwind_s": rival, "ratio": rival / ours}

    def load(self) -> float:
        """Seconds until a copy is read, verified and made."""

        def work() -> None:
            hierarchy, concepts, edges = self.graph.hierarchy.tree(self.collection)
            make_copy(self.graph.catalogue.collection(self.collection), hierarchy, concepts, edges)

        return seconds(work)

    def activate(self, version: int) -> float:
        """Seconds until an older version is current, with equal sha256."""
        wanted = self.graph.hierarchy.version(self.collection, version).hierarchy.sha256
        before = time.perf_counter()
        made = self.graph.versions.activate(self.collection, version)
        taken = time.perf_counter() - before
        if made.sha256 != wanted:
            raise AssertionError("another tree came back")
        return taken

    def pin(self) -> float:
        """Seconds of a small publication that moves one concept."""

        def move(_: Any, current: Any) -> Publication:
            edges = [one for one in current.edges if one.child != self.ids[-1]]
            pinned = Edge(self.ids[-1], self.ids[0], 0.5, pinned=True)
            return replace(publication_of(current), edges=(*edges, pinned), origin="curation")

        return seconds(lambda: self.graph.versions.revise(self.collection, move))

    def remove(self) -> None:
        """Everything that was made."""
        self.graph.ledger.cancel(self.lease.job_id)
        for text in (
            "MATCH (h:Hierarchy {collection: $id}) DETACH DELETE h",
            "MATCH (c:Concept)-[:IN]->(:Collection {id: $id}) CALL (c) { DETACH DELETE c } IN TRANSACTIONS OF 200 ROWS",
            "MATCH (c:Collection {id: $id}) DETACH DELETE c",
            "MATCH (j:Job {collection: $id}) OPTIONAL MATCH (j)-[:HAS]->(s) DETACH DELETE j, s",
        ):
            with self.graph.driver.session() as session:
                session.run(text, id=self.collection).consume()


def measure(graph: Graph, concepts: int, edges: int, times: int) -> dict[str, Any]:
    """One line of the table."""
    bench = Bench(graph, concepts)
    median = statistics.median
    try:
        staged = bench.stage(edges) if edges else {}
        first = bench.publish(0.0)
        turns = [(bench.publish(0.2), bench.rival_publish(), bench.load(), bench.pin()) for _ in range(times)]
        published, rival, loaded, pinned = (median(column) for column in zip(*turns, strict=True))
        activated = median(bench.activate(version) for version in (1, 2, 1, 2)[: max(times, 1)])
    finally:
        bench.remove()
    return {
        "concepts": concepts,
        **staged,
        "first_s": first,
        "publish_s": published,
        "redraw_s": rival,
        "load_s": loaded,
        "activate_s": activated,
        "pin_s": pinned,
        "memory_mb": memory_mb(),
    }


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--concepts", type=int, nargs="+", default=[500, 3443])
    parser.add_argument("--edges", type=int, default=200_000)
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args()
    settings = load_settings()
    password = settings.neo4j_password.get_secret_value() if settings.neo4j_password else ""
    with open_graph(settings.neo4j_uri, settings.neo4j_user, password, deadline_s=600.0) as graph:
        graph.migrate()
        rows = [
            measure(graph, concepts, min(asked.edges, concepts**2 // 2), asked.times) for concepts in asked.concepts
        ]
    report("publication", rows)


if __name__ == "__main__":
    main()
