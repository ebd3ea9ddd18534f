"""A recording runner for fast tests of Cypher, and a real graph with a collection of its own for each test."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from cypher.loader import Query
from cypher.model import Assessment, Edge, Hierarchy, Lease, NewConcept, NewStep, Publication
from cypher.runner import Row, check_params
from cypher.staging import Staged
from cypher.store import Graph
from tests.conftest import opened
from worker.settings import Settings

Answer = Sequence[Row] | Callable[[dict[str, Any]], Sequence[Row]]


@dataclass
class RecordingRunner:
    """Records what is run, and answers what it was told to; every parameter is checked against the header."""

    answers: Mapping[str, Answer] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def run(self, query: Query, **params: Any) -> list[Row]:
        check_params(query, params)
        self.calls.append((query.name, params))
        answer = self.answers.get(query.name, ())
        rows = list(answer(params) if callable(answer) else answer)
        for row in rows:
            assert row.keys() == set(query.returns)
        return rows

    def read(self, work):
        return work(self)

    def write(self, work):
        return work(self)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.calls]


@pytest.fixture
def recording() -> type[RecordingRunner]:
    return RecordingRunner


@dataclass
class Bench:
    """One collection in a real graph, and what tests do to it."""

    graph: Graph
    collection: str

    def concepts(self, count: int, name: str = "Concept") -> list[str]:
        """Ids of that many new concepts, in order."""
        new = [NewConcept(f"{name}-{index}", f"{name} {self.collection} {index}") for index in range(count)]
        ids = self.graph.catalogue.save_concepts(self.collection, new)
        return [ids[concept.source_key] for concept in new]

    def lease(self, *names: str, lease_s: float = 60.0) -> Lease:
        """Of the only step of a new rebuild (the first of several, one a stage)."""
        steps = [NewStep(name, stage, "cpu") for stage, name in enumerate(names or ("build",))]
        job, _ = self.graph.ledger.request("rebuild", self.collection, {}, steps=steps)
        lease = self.graph.ledger.lease(job.steps[0].id, "test", lease_s)
        assert lease is not None
        return lease

    def expire(self, lease: Lease) -> None:
        """Its time is over, and nobody has taken the step."""
        self.cypher("MATCH (s:Step {id: $step}) SET s.lease_until = datetime() - duration('PT1S')", step=lease.step_id)

    def stage(self, lease: Lease, staging: int, ids: Sequence[str], edges: Mapping[tuple[int, int], float]) -> Staged:
        pairs = np.array(sorted(edges), dtype=np.int64).reshape(-1, 2)
        return self.graph.hierarchy.stage_similarities(
            lease,
            self.collection,
            staging,
            concept_ids=ids,
            source=pairs[:, 0],
            target=pairs[:, 1],
            weight=np.array([edges[pair] for pair in sorted(edges)], dtype=np.float64),
        )

    def publication(self, staging: int, parents: Mapping[str, str | None], left_out: Sequence[str] = ()) -> Publication:
        kept = [Assessment(concept, "kept", tracks=3, betweenness=0.25, depth=1) for concept in parents]
        out = [Assessment(concept, "left_out", reason="too_few: 1 track") for concept in left_out]
        edges = [Edge(child, parent, None if parent is None else 0.5) for child, parent in parents.items()]
        return Publication(self.collection, staging, tuple(edges), (*kept, *out), {"seed": 0}, "print", {"depth": 2.0})

    def publish(
        self, parents: Mapping[str, str | None], left_out: Sequence[str] = (), *, held: str = "", seed: int = 0
    ) -> Hierarchy:
        """A rebuild from start to end that publishes this tree, or lets it wait."""
        lease = self.lease()
        staging = self.graph.hierarchy.begin_staging(lease, self.collection)
        publication = replace(self.publication(staging, parents, left_out), held=held, parameters={"seed": seed})
        made = self.graph.hierarchy.publish(lease, publication)
        self.graph.hierarchy.sweep(self.collection, lease)
        self.graph.ledger.finish(lease, {"version": made.version})
        return made

    def cypher(self, text: str, **params: Any) -> list[dict[str, Any]]:
        """Plain Cypher, past the stores."""
        records, _, _ = self.graph.driver.execute_query(text, collection=self.collection, **params)
        return [record.data() for record in records]

    def dump(self) -> list[tuple[str, str, str, str]]:
        """Every relationship of the collection's concepts but those of history, with its properties."""
        rows = self.cypher(
            "MATCH (c:Concept)-[:IN]->(:Collection {id: $collection}) MATCH (c)-[r]-(o) "
            "WHERE NOT type(r) IN ['ASSESSED', 'WAS_PARENT_OF', 'IN'] "
            "RETURN type(r) AS type, startNode(r).id AS source, endNode(r).id AS target, properties(r) AS said"
        )
        return sorted({(row["type"], row["source"], row["target"], str(sorted(row["said"].items()))) for row in rows})


@pytest.fixture(scope="session")
def graph(stack: Settings) -> Iterator[Graph]:
    with opened(stack) as graph:
        yield graph


@pytest.fixture
def new_bench(graph: Graph) -> Callable[[], Bench]:
    def make() -> Bench:
        bench = Bench(graph, f"test-{uuid.uuid4().hex[:12]}")
        graph.catalogue.save_collection(bench.collection, "A test")
        return bench

    return make


@pytest.fixture
def bench(new_bench: Callable[[], Bench]) -> Bench:
    return new_bench()
