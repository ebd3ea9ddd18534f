"""One process of the API, started as `audio-concepts up` starts it, beside the driver that it could be asked instead.

`python -m tests.benchmarks.bench_api [--concepts 3443] [--tracks 10000]` against the stack that the settings name
(`audio-concepts up --only neo4j,redis`). It publishes a collection of its own through the project's stores (a random
tree, 20 links a track, 30 given tracks for every tenth concept) and removes it again.

Ancestry is asked over one connection, in turn with the query `ancestors_of_concept` through one open session of the
driver, the same concepts. Throughput is of 8 clients in one process; the share of a core that they took themselves
stands beside it. Milliseconds of wall time, memory in MB of PSS.
"""

import argparse
import random
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import numpy as np

from cypher.loader import load_query
from cypher.model import Assessment, Edge, Example, NewConcept, NewStep, Publication, Quality, Track
from cypher.store import Graph, open_graph
from tests.benchmarks.measure import report
from tests.benchmarks.serving import Connection, Served, latencies, load, pss_mb, request, served
from worker.settings import load_settings

CLIENTS = 8
LINKS_PER_TRACK = 20
WORDS = (
    ("Slow", "Late", "Sunny", "Hidden", "Northern", "Golden", "Broken", "Velvet", "Electric", "Quiet", "Wild", "Indie"),
    ("Jazz", "Folk", "Techno", "Violin", "Piano", "Choir", "Guitar", "Trumpet", "Samba", "Blues", "Metal", "Ambient"),
    ("Evenings", "Roads", "Classics", "Sessions", "Party", "Focus", "Mornings", "Ballads", "Anthems", "Covers"),
)


def name(number: int) -> str:
    """Of a concept: three words, and a number where those have been used up."""
    words, left = [], number
    for choice in WORDS:
        left, place = divmod(left, len(choice))
        words.append(choice[place])
    return " ".join([*words, str(left + 1)] if left else words)


class Catalogue:
    """A published collection of made-up concepts and tracks."""

    def __init__(self, graph: Graph, concepts: int, tracks: int) -> None:
        self.graph, self.rng = graph, np.random.default_rng(0)
        self.collection = f"bench-{uuid.uuid4().hex[:8]}"
        graph.catalogue.save_collection(self.collection, "Benchmark")
        new = [NewConcept(f"{self.collection}:{n}", name(n), "other") for n in range(concepts)]
        ids = graph.catalogue.save_concepts(self.collection, new)
        self.concepts = [ids[one.source_key] for one in new]
        self.tracks = [f"{self.collection}-{n}" for n in range(tracks)]
        made = [
            Track(one, f"Song {n}", f"Artist {n % 997}", "Album", 200.0, work=f"Work {n}")
            for n, one in enumerate(self.tracks)
        ]
        graph.catalogue.save_tracks(made, [])
        self._give()

    def _give(self) -> None:
        """Thirty tracks to every tenth concept."""
        chosen = {one: self.rng.choice(self.tracks, 30, replace=False) for one in self.concepts[::10]}
        self.graph.catalogue.replace_examples(
            {one: [Example(str(track)) for track in sorted(members)] for one, members in chosen.items()}
        )

    def publish(self) -> None:
        """A rebuild's end: links staged, the tree published."""
        graph, count = self.graph, len(self.concepts)
        job, _ = graph.ledger.request("rebuild", self.collection, {}, steps=[NewStep("bench", 1, "cpu")])
        lease = graph.ledger.lease(job.steps[0].id, "bench", 3600)
        staging = graph.hierarchy.begin_staging(lease, self.collection)
        concept = np.concatenate([self.rng.choice(count, LINKS_PER_TRACK, replace=False) for _ in self.tracks])
        graph.hierarchy.stage_links(
            lease, self.collection, staging, concept_ids=self.concepts, track_ids=self.tracks, concept_index=concept,
            track_index=np.repeat(np.arange(len(self.tracks)), LINKS_PER_TRACK),
            score=self.rng.uniform(0.5, 1.0, len(concept)),
            rank=np.tile(np.arange(1, LINKS_PER_TRACK + 1), len(self.tracks)),
        )  # fmt: skip
        edges, depth = self._tree()
        quality = Quality(0.9, 0.8, 0.95, 0.85, 0.7, 0.01)
        digest = "0" * 64
        kept = tuple(
            Assessment(one, "kept", "", 60, quality, 0.25, depth[one], digest, digest) for one in self.concepts
        )
        graph.hierarchy.publish(lease, Publication(self.collection, staging, edges, kept, {"seed": 0}, "bench"))
        graph.ledger.finish(lease, {})

    def _tree(self) -> tuple[tuple[Edge, ...], dict[str, int]]:
        """Ten tops; every other concept below a random one of the first third before it, so that leaves lie deep."""
        edges, depth = [], {}
        for place, one in enumerate(self.concepts):
            above = None if place < 10 else self.concepts[int(self.rng.integers(place // 3, place))]
            depth[one] = 1 if above is None else depth[above] + 1
            edges.append(Edge(one, above, None if above is None else 0.7, 0.1, 0.9, 0.8))
        return tuple(edges), depth

    def remove(self) -> None:
        """Everything that was made."""
        for text in (
            "MATCH (h:Hierarchy {collection: $id}) DETACH DELETE h",
            "MATCH (c:Concept)-[:IN]->(:Collection {id: $id}) CALL (c) { DETACH DELETE c } IN TRANSACTIONS OF 200 ROWS",
            "MATCH (t:Track) WHERE t.id STARTS WITH $id CALL (t) { DETACH DELETE t } IN TRANSACTIONS OF 500 ROWS",
            "MATCH (c:Collection {id: $id}) DETACH DELETE c",
            "MATCH (j:Job {collection: $id}) OPTIONAL MATCH (j)-[:HAS]->(s) DETACH DELETE j, s",
        ):
            with self.graph.driver.session() as session:
                session.run(text, id=self.collection).consume()


@contextmanager
def catalogue(graph: Graph, concepts: int, tracks: int) -> Iterator[Catalogue]:
    """A catalogue for a while."""
    made = Catalogue(graph, concepts, tracks)
    try:
        made.publish()
        yield made
    finally:
        made.remove()


def quantiles(taken: Sequence[float]) -> dict[str, float]:
    """Median, 95th and 99th percentile in milliseconds."""
    percent = np.percentile(np.asarray(taken) * 1000, [50, 95, 99])
    return {
        "p50_ms": float(percent[0]),
        "p95_ms": float(percent[1]),
        "p99_ms": float(percent[2]),
        "answers": len(taken),
    }


def beside_the_driver(graph: Graph, api: Served, held: Catalogue, times: int) -> list[dict[str, Any]]:
    """Ancestry over HTTP and through the driver, in turn, concept by concept."""
    query = load_query("ancestors_of_concept").text
    connection = Connection(api.port)
    http, raw = [], []
    chosen = random.Random(1).choices(held.concepts, k=times)
    with graph.driver.session(default_access_mode="READ") as session:

        def driver(one: str) -> None:
            session.run(query, id=one).data()

        for warm in chosen[:50]:
            driver(warm)
        for one in chosen:
            asked = request(f"/concepts/{quote(one)}/ancestry")
            http.append(timed(lambda asked=asked: connection.ask(asked)))
            raw.append(timed(lambda one=one: driver(one)))
    return [
        {"what": "ancestry over HTTP", **quantiles(http)},
        {"what": "ancestry, driver", **quantiles(raw)},
    ]


def timed(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def mistyped(text: str, rng: random.Random) -> str:
    """With two letters of it exchanged."""
    place = rng.randrange(1, len(text) - 2)
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def questions(held: Catalogue, times: int) -> dict[str, list[bytes]]:
    """What else is asked, one after the other."""
    rng = random.Random(2)
    home = f"collection={held.collection}"
    words = [word for choice in WORDS for word in choice]
    tracks, concepts = rng.choices(held.tracks, k=times), rng.choices(held.concepts, k=times)
    return {
        "search by a mistyped name": [
            request(f"/concepts?{home}&q={quote(mistyped(rng.choice(words), rng))}") for _ in range(times)
        ],
        "concepts of a track": [request(f"/tracks/{one}/concepts?roll_up=true") for one in tracks],
        "tracks of a concept": [request(f"/concepts/{quote(one)}/tracks") for one in concepts],
        "recommendations, 5 seeds, 6 events": [
            request("/recommendations", _wish(held, rng.sample(held.tracks, 11))) for _ in range(times // 4)
        ],
        "the whole tree": [request(f"/hierarchy?{home}")] * (times // 20),
    }


def _wish(held: Catalogue, tracks: Sequence[str]) -> dict[str, Any]:
    events = [{"feedback": "like" if n % 2 else "dislike", "track": one} for n, one in enumerate(tracks[5:])]
    return {"collection": held.collection, "seeds": {"tracks": tracks[:5]}, "session": events}


def measure(graph: Graph, held: Catalogue, api: Served, times: int, seconds: float) -> list[dict[str, Any]]:
    """The table."""
    memory = {"started": pss_mb(api.pid)}
    Connection(api.port).ask(request(f"/hierarchy?collection={held.collection}&depth=1"))
    memory["idle, copy held"] = pss_mb(api.pid)
    rows = beside_the_driver(graph, api, held, times)
    for what, requests in questions(held, times // 4).items():
        first = latencies(api.port, requests[:1])[0]
        rows.append({"what": what, **quantiles(latencies(api.port, requests[1:])), "first_ms": first * 1000})
    rng = random.Random(3)
    ancestry = [request(f"/concepts/{quote(one)}/ancestry") for one in rng.choices(held.concepts, k=1000)]
    rates = [load(api.port, ancestry, clients=CLIENTS, seconds=seconds) for _ in range(5)]
    rows.append(
        {
            "what": f"ancestry, {CLIENTS} clients",
            **quantiles([one for taken, _, _ in rates for one in taken]),
            "per_s": statistics.median(rate for _, rate, _ in rates),
            "clients_core": statistics.median(share for _, _, share in rates),
        }
    )
    memory["loaded"] = pss_mb(api.pid)
    return [*rows, *({"what": f"memory, {when}", "pss_mb": held_mb} for when, held_mb in memory.items())]


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--concepts", type=int, default=3443)
    parser.add_argument("--tracks", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=4.0)
    asked = parser.parse_args()
    settings = load_settings()
    password = settings.neo4j_password.get_secret_value() if settings.neo4j_password else ""
    with open_graph(settings.neo4j_uri, settings.neo4j_user, password, deadline_s=600.0) as graph:
        graph.migrate()
        sys.stderr.write(f"publishing {asked.concepts} concepts and {asked.tracks} tracks ...\n")
        with catalogue(graph, asked.concepts, asked.tracks) as held, served(settings) as api:
            sys.stderr.write("asking ...\n")
            rows = measure(graph, held, api, asked.times, asked.seconds)
    report("api", rows)


if __name__ == "__main__":
    main()
