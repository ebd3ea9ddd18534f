"""What the fault tests and the script with the promised counts share: a tiny library, real workers, who breaks them.

Conventions: a calm run comes first, in this process, and the sha256 of its versions is what a run under faults has to
end in. Then the graph is emptied and the data folder is another one, so that nothing of the calm run can be reused.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cypher.model import FINAL_STATES, Step
from tests.conftest import opened, wipe
from tests.jobs.conftest import COLLECTION, Bench, make_sound
from tests.jobs.workers import Crew, WorkerProcess, ended
from worker.settings import Settings

LEASE_S = 2.0
WRITES = ("edges", "centrality", "hierarchy", "links", "gate", "publish")
"""Stages of the write phase, from the first relationship that is staged."""


@contextlib.contextmanager
def scene(settings: Settings, data: Path) -> Iterator[Bench]:
    """An emptied graph with the tiny library, whose every track was heard."""
    wipe(settings)
    with opened(settings) as graph:
        bench = Bench(graph, settings.model_copy(update={"data_dir": data, "device": "cpu", "lease_s": LEASE_S}))
        memberships, sounds = make_sound()
        bench.fill(memberships, sorted(sounds))
        bench.store.write(list(sounds), list(sounds.values()))
        yield bench
        bench.workshop.close()


def calm_run(settings: Settings, data: Path, seeds: Sequence[int]) -> list[str]:
    """sha256 of the version that each seed publishes, in this order, undisturbed."""
    with scene(settings, data) as bench:
        return [bench.result(bench.rebuild(seed=seed), "publish")["sha256"] for seed in seeds]


def running(bench: Bench, job_id: str, names: Sequence[str] | None = None) -> Step | None:
    """A step of the job that somebody is at."""
    steps = bench.graph.ledger.job(job_id).steps
    return next((one for one in steps if one.state == "running" and (names is None or one.name in names)), None)


# --- faults ----------------------------------------------------------------------------------------------------------


@dataclass
class Killed:
    """What came of rebuilds under kill -9."""

    kills: int = 0
    steps: int = 0
    taken_over: int = 0
    """Steps that needed a second attempt or more."""
    shas: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def rebuilds_under_kills(crew: Crew, seeds: Sequence[int], kills: int, *, seed: int = 0) -> Killed:
    """Rebuild once for each seed while workers are killed: most often the child at work, now and then all of it.

    A step is hit once at most: a worker that dies three times on one step without getting further is a fault of the
    step, and the ledger says so.
    """
    bench, dice, found = crew.bench, random.Random(seed), Killed()
    every = max(1, len(seeds) // max(kills, 1))
    member = crew.start()
    for number, one in enumerate(seeds):
        job = bench.ask(seed=one)
        bench.deliver(job)
        hit: set[str] = set()
        # Several kills in one job when there are fewer jobs than kills.
        wanted = -(-(kills - found.kills) // -(-(len(seeds) - number) // every)) if number % every == 0 else 0
        for _ in range(max(0, wanted)):
            step = _hit(crew, member, job.id, hit, dice)
            if step is None:
                break
            found.kills += 1
            if member.process.poll() is not None:
                member = crew.start()
        done = ended(bench, job.id, 180)
        if done.state != "succeeded":
            found.failures.append(f"seed {one}: {done.state} {done.error_message}")
            continue
        found.steps += sum(step.state == "succeeded" for step in done.steps)
        found.taken_over += sum(step.attempts > 1 for step in done.steps)
        found.shas.append(bench.result(done, "publish")["sha256"])
    return found


def _hit(crew: Crew, member: WorkerProcess, job_id: str, hit: set[str], dice: random.Random) -> Step | None:
    """Kill at a random moment of a step that was not hit yet; None when the job ended first."""
    bench = crew.bench
    until = time.monotonic() + 60
    time.sleep(dice.uniform(0.0, 0.6))
    while time.monotonic() < until:
        job = bench.graph.ledger.job(job_id)
        if job.state in FINAL_STATES:
            return None
        step = next((one for one in job.steps if one.state == "running" and one.id not in hit), None)
        if step is not None and member.children():
            hit.add(step.id)
            if dice.random() < 0.25:
                member.kill_all()
            else:
                for child in member.children():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(child, signal.SIGKILL)
            return step
        time.sleep(0.01)
    return None


def pid_of(settings: Settings, name: str) -> int:
    """The server of the stack that listens, not its guard: the process whose port it is."""
    port = {"neo4j": settings.neo4j_bolt_port, "redis": settings.redis_port}[name]
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            cells = line.split()
            if cells[3] == "0A" and int(cells[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(f"socket:[{cells[9]}]")
    for folder in Path("/proc").glob("[0-9]*/fd"):
        with contextlib.suppress(OSError):
            for link in folder.iterdir():
                with contextlib.suppress(OSError):
                    if str(link.readlink()) in inodes:
                        return int(folder.parent.name)
    raise LookupError(f"nobody listens on port {port}")


def answers(settings: Settings, name: str) -> bool:
    """Whether the server answers a real question."""
    from worker.stack import questions

    ask = questions.ask_neo4j if name == "neo4j" else questions.ask_redis
    return ask(settings) is None


def empty_redis(settings: Settings) -> None:
    """kill -9 of Redis with its files gone: the supervisor starts it again, and it comes back empty."""
    pid = pid_of(settings, "redis")
    folder = settings.home / "redis"
    for path in [*folder.rglob("*.aof*"), *folder.rglob("*.rdb"), *folder.rglob("*.manifest")]:
        path.unlink(missing_ok=True)
    os.kill(pid, signal.SIGKILL)


# --- what is looked at afterwards ------------------------------------------------------------------------------------


def effects(bench: Bench) -> dict[str, int]:
    """Counts that tell a step whose effect came twice, or not at all."""
    cypher = bench.graph.driver.execute_query
    pairs, _, _ = cypher(
        "MATCH (a)-[r:SIMILAR_TO|EXPRESSES|PARENT_OF]->(b) WHERE r.until IS NULL "
        "WITH type(r) AS kind, a, b, count(r) AS n RETURN kind, count(*) AS pairs, sum(n) AS edges ORDER BY kind"
    )
    found = {f"{row['kind']} {what}": row[what] for row in pairs for what in ("pairs", "edges")}
    versions, _, _ = cypher(
        "MATCH (h:Hierarchy)-[:OF]->(:Collection {id: $id}) RETURN count(h) AS nodes, max(h.version) AS highest",
        id=COLLECTION,
    )
    return found | {"versions": versions[0]["nodes"], "highest": versions[0]["highest"], "staged": bench.staged()}


def everything(bench: Bench) -> str:
    """A digest of all that the graph holds but for who holds which lock."""
    cypher = bench.graph.driver.execute_query
    digest = hashlib.sha256()
    nodes, _, _ = cypher("MATCH (n) WHERE NOT n:Lock RETURN labels(n) AS l, properties(n) AS p, elementId(n) AS i")
    ties, _, _ = cypher(
        "MATCH (a)-[r]->(b) RETURN type(r) AS t, properties(r) AS p, elementId(a) AS a, elementId(b) AS b"
    )
    for row in sorted(repr(sorted(record.data().items(), key=str)) for record in [*nodes, *ties]):
        digest.update(row.encode())
    return digest.hexdigest()
