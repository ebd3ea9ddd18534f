"""Neo4j or Redis stopped (not dead) for 15 s: what readers and writers of the API see, and how soon it has recovered.

Run it as `python -m tests.benchmarks.bench_outage`. It uses the stack of AUDIO_CONCEPTS_HOME (started by
`audio-concepts up --only neo4j,redis`), whose server it stops by SIGSTOP, and starts an API of its own. Four readers
ask for a tree; one writer asks for what changes nothing: while Neo4j is stopped the cancellation of an ended job, while
Redis is stopped one and the same rebuild, which is written down without Redis and only rung for with it.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import threading
import time
import uuid

import httpx

from cypher.model import NewConcept, NewStep
from cypher.store import open_graph
from tests.benchmarks.bench_torn_reads import CONCEPTS, publish, remove, trees
from tests.benchmarks.measure import report
from tests.benchmarks.serving import served
from tests.faults.harness import pid_of
from worker.settings import load_settings

READERS = 4


def timed(ask, over, found):
    """(began, seconds, status, stale) of each answer."""
    with httpx.Client(timeout=60) as http:
        while not over.is_set():
            began = time.monotonic()
            answer = ask(http)
            stale = "Hierarchy-Stale" in answer.headers
            found.append((began, time.monotonic() - began, answer.status_code, stale))
            time.sleep(0.01)


def outage(settings, name, collection, job_id, stopped_s):
    """One row: a server is stopped for a while under readers and a writer."""
    reads, writes, over = [], [], threading.Event()
    with served(settings) as api:
        httpx.get(f"{api.url}/hierarchy", params={"collection": collection}, timeout=60)

        def read(http):
            return http.get(f"{api.url}/hierarchy", params={"collection": collection})

        def write(http):
            if name == "redis":
                return http.post(
                    f"{api.url}/jobs/rebuild", json={"collection": collection}, headers={"Idempotency-Key": job_id}
                )
            return http.post(f"{api.url}/jobs/{job_id}/cancel")

        threads = [threading.Thread(target=timed, args=(read, over, reads)) for _ in range(READERS)]
        threads.append(threading.Thread(target=timed, args=(write, over, writes)))
        for one in threads:
            one.start()
        time.sleep(5)
        pid = pid_of(settings, name)
        os.kill(pid, signal.SIGSTOP)
        began = time.monotonic()
        time.sleep(stopped_s)
        os.kill(pid, signal.SIGCONT)
        woken = time.monotonic()
        time.sleep(15)
        over.set()
        for one in threads:
            one.join()
    return row(name, reads, writes, began, woken)


def row(name, reads, writes, began, woken):
    during = [one for one in reads if began <= one[0] < woken]
    before = [one for one in reads if one[0] < began]
    refused = [one for one in writes if began <= one[0] < woken]
    bad = [one[0] for one in reads if one[0] > woken and (one[2] != 200 or one[3])]
    bad += [one[0] for one in writes if one[0] > woken and one[2] != 202]
    return {
        "stopped": name,
        "reads": len(during),
        "failed": sum(one[2] != 200 for one in during),
        "p99 ms before": 1000 * statistics.quantiles([one[1] for one in before], n=100)[98],
        "p99 ms": 1000 * statistics.quantiles([one[1] for one in during], n=100)[98],
        "marked stale": sum(one[3] for one in during) / len(during),
        "writes": len(refused),
        "503": sum(one[2] == 503 for one in refused),
        "slowest write s": max(one[1] for one in refused),
        "recovered s": max(bad, default=woken) - woken,
    }


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--seconds", type=float, default=15.0)
    wanted = asked.parse_args()
    settings = load_settings()
    password = settings.neo4j_password.get_secret_value()
    collection = f"outage-{uuid.uuid4().hex[:8]}"
    with open_graph(settings.neo4j_uri, settings.neo4j_user, password, deadline_s=60.0) as graph:
        graph.migrate()
        graph.catalogue.save_collection(collection, "Outage")
        new = [NewConcept(f"n{one}", f"{collection} {one:03d}") for one in range(CONCEPTS)]
        ids = sorted(graph.catalogue.save_concepts(collection, new).values())
        publish(graph, collection, trees(ids)[0])
        job, _ = graph.ledger.request("rebuild", collection, {}, steps=[NewStep("all", 1, "cpu")])
        graph.ledger.cancel(job.id)
        try:
            report("outage", [outage(settings, one, collection, job.id, wanted.seconds) for one in ("neo4j", "redis")])
        finally:
            remove(graph, collection)


if __name__ == "__main__":
    main()
