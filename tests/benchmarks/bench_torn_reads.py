"""Two very different trees published in turn under six readers: what the API says, what plain Cypher sees meanwhile.

Run it as `python -m tests.benchmarks.bench_torn_reads`. It uses the stack of AUDIO_CONCEPTS_HOME (started by `audio-
concepts up --only neo4j,redis`), in a collection of its own that is removed afterwards, and starts an API of its own.
Tree A is a chain, tree B hangs everything below another root, so a mixture is neither. An API answer is mixed when it
is not exactly the tree of the version it names; a plain ancestry query is mixed when its rows are neither those of A
nor those of B.
"""

from __future__ import annotations

import argparse
import threading
import time
import uuid
from collections import Counter

import httpx

from cypher.model import Assessment, Edge, NewConcept, NewStep, Publication
from cypher.store import open_graph
from tests.benchmarks.measure import report
from tests.benchmarks.serving import served
from worker.settings import load_settings

CONCEPTS = 60


def trees(ids: list[str]) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """A: a chain from the first to the last. B: all below the last, but the last."""
    chain = {one: (ids[place - 1] if place else None) for place, one in enumerate(ids)}
    star = {one: (ids[-1] if one != ids[-1] else None) for one in ids}
    return chain, star


def publish(graph, collection, parents):
    """A rebuild from start to end; the version it published."""
    job, _ = graph.ledger.request("rebuild", collection, {}, steps=[NewStep("all", 1, "cpu")])
    lease = graph.ledger.lease(job.steps[0].id, "bench", 60.0)
    staging = graph.hierarchy.begin_staging(lease, collection)
    edges = tuple(Edge(child, parent, None if parent is None else 0.5) for child, parent in parents.items())
    kept = tuple(
        Assessment(one, "kept", tracks=3, betweenness=0.25, depth=place) for one, place in depths(parents).items()
    )
    made = graph.hierarchy.publish(lease, Publication(collection, staging, edges, kept, {}, "bench"))
    graph.hierarchy.sweep(collection, lease)
    graph.ledger.finish(lease, {"version": made.version})
    return made.version


def depths(parents: dict[str, str | None]) -> dict[str, int]:
    """Depth of every concept, 1 below the root."""
    found = {}
    for one, parent in parents.items():
        above, count = parent, 1
        while above is not None:
            above, count = parents[above], count + 1
        found[one] = count
    return found


def read_api(url, collection, over, found, known):
    """Whole trees, until it is over."""
    with httpx.Client(timeout=20) as http:
        while not over.is_set():
            answer = http.get(f"{url}/hierarchy", params={"collection": collection, "shape": "flat"})
            if answer.status_code != 200:
                found[f"status {answer.status_code}"] += 1
                continue
            body = answer.json()
            seen = {one["id"]: one["parent"]["id"] if one["parent"] else None for one in body["items"]}
            found["whole" if seen == known.get(body["version"]) else "mixed"] += 1
            found[f"version {body['version']}"] += 1


def read_cypher(graph, collection, over, found, wanted):
    """The ancestry query of the README, as a person would send it, and the same for the whole tree."""
    ancestry = "MATCH (a:Concept)-[:PARENT_OF*]->(:Concept {id: $id}) RETURN collect(a.id) AS ids"
    tree = (
        "MATCH (c:Concept)-[:IN]->(:Collection {id: $collection}) OPTIONAL MATCH (p:Concept)-[:PARENT_OF]->(c) "
        "RETURN c.id AS child, p.id AS parent"
    )
    while not over.is_set():
        rows, _, _ = graph.driver.execute_query(ancestry, id=wanted["leaf"])
        kind = "whole" if sorted(rows[0]["ids"]) in wanted["ancestry"] else "mixed"
        found[f"ancestry {kind}"] += 1
        rows, _, _ = graph.driver.execute_query(tree, collection=collection)
        seen = sorted((row["child"], row["parent"] or "") for row in rows)
        found[f"tree {'whole' if seen in wanted['trees'] else 'mixed'}"] += 1


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--publications", type=int, default=10)
    asked.add_argument("--readers", type=int, default=6)
    asked.add_argument("--answers", type=int, default=3000)
    wanted = asked.parse_args()
    settings = load_settings()
    password = settings.neo4j_password.get_secret_value()
    with open_graph(settings.neo4j_uri, settings.neo4j_user, password, deadline_s=60.0) as graph:
        graph.migrate()
        collection = f"torn-{uuid.uuid4().hex[:8]}"
        graph.catalogue.save_collection(collection, "Torn reads")
        ids_by_key = graph.catalogue.save_concepts(
            collection, [NewConcept(f"n{one}", f"{collection} {one:03d}") for one in range(CONCEPTS)]
        )
        try:
            run(graph, settings, collection, sorted(ids_by_key.values()), wanted)
        finally:
            remove(graph, collection)


def remove(graph, collection):
    """The collection, its concepts, versions and jobs."""
    for query in (
        "MATCH (k:Collection {id: $id}) OPTIONAL MATCH (k)<-[:IN|OF]-(n) DETACH DELETE n, k",
        "MATCH (j:Job {collection: $id}) OPTIONAL MATCH (j)-[:HAS]->(s) DETACH DELETE s, j",
    ):
        graph.driver.execute_query(query, id=collection)


def run(graph, settings, collection, ids, wanted):
    chain, star = trees(ids)
    known = {number: (chain if number % 2 else star) for number in range(1, wanted.publications + 2)}
    assert publish(graph, collection, chain) == 1
    above = ids[: len(ids) - 2]
    right = {
        "leaf": ids[-2],
        "ancestry": [sorted(above), [ids[-1]]],
        "trees": [sorted((child, parent or "") for child, parent in tree.items()) for tree in (chain, star)],
    }
    over, found, plain = threading.Event(), Counter(), Counter()
    with served(settings) as api:
        readers = [
            threading.Thread(target=read_api, args=(api.url, collection, over, found, known))
            for _ in range(wanted.readers)
        ]
        readers += [threading.Thread(target=read_cypher, args=(graph, collection, over, plain, right))]
        for one in readers:
            one.start()
        began, done = time.monotonic(), 0
        while done < wanted.publications or found["whole"] + found["mixed"] < wanted.answers:
            if done < wanted.publications and found["whole"] >= (done + 1) * wanted.answers // (
                wanted.publications + 1
            ):
                assert publish(graph, collection, known[done + 2]) == done + 2
                done += 1
            time.sleep(0.02)
            if time.monotonic() - began > 500:
                break
        over.set()
        for one in readers:
            one.join()
    seconds = time.monotonic() - began
    versions = sum(name.startswith("version") for name in found)
    refused = sum(count for name, count in found.items() if name.startswith("status"))
    rows = [
        {
            "reader": "API, whole tree",
            "answers": found["whole"] + found["mixed"],
            "mixed": found["mixed"],
            "refused": refused,
            "versions": versions,
            "publications": done,
            "seconds": round(seconds, 1),
        },
        {"reader": "plain Cypher, ancestry", **counted(plain, "ancestry")},
        {"reader": "plain Cypher, whole tree", **counted(plain, "tree")},
    ]
    report("torn_reads", rows)


def counted(found: Counter, name: str) -> dict[str, int]:
    """How many answers, and how many of them mixed."""
    return {"answers": found[f"{name} whole"] + found[f"{name} mixed"], "mixed": found[f"{name} mixed"]}


if __name__ == "__main__":
    main()
