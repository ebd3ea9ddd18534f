"""A real question for each process; an answer means ready.

Each question has its own deadline and returns None when it was answered, else why not, in a few words: whoever waits
asks again.
"""

from __future__ import annotations

import json
import os
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING

from worker.settings import Settings

if TYPE_CHECKING:
    from neo4j import Driver

ASK_S = 5.0

Question = Callable[[Settings], str | None]


def ask_neo4j(settings: Settings) -> str | None:
    """Whether GDS projects, undirects, measures betweenness and drops, on a graph of three nodes that is not stored."""
    from neo4j import GraphDatabase
    from neo4j.exceptions import AuthError, DriverError, Neo4jError

    if not listens(settings.neo4j_bolt_port):
        return "Bolt does not listen yet"
    password = settings.neo4j_password.get_secret_value() if settings.neo4j_password else ""
    try:
        with GraphDatabase.driver(
            settings.neo4j_uri, auth=(settings.neo4j_user, password), connection_timeout=ASK_S
        ) as driver:
            scores = _betweenness_of_a_path(driver)
    except AuthError:
        return (
            "the password is refused: AUDIO_CONCEPTS_NEO4J_PASSWORD is not the one this home's database was made with"
        )
    except (DriverError, Neo4jError, OSError) as error:
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return None if scores == [0.0, 0.0, 1.0] else f"betweenness of a path of three nodes came out as {scores}"


PROJECT = """
UNWIND [[1, 2], [2, 3]] AS pair
WITH gds.graph.project($name, pair[0], pair[1], {}) AS projected
RETURN projected.nodeCount AS nodes
"""


UNDIRECT = """
CALL gds.graph.relationships.toUndirected($name, {relationshipType: '__ALL__', mutateRelationshipType: 'BOTH'})
YIELD relationshipsWritten RETURN relationshipsWritten
"""
MEASURE = "CALL gds.betweenness.stream($name, {relationshipTypes: ['BOTH']}) YIELD score RETURN score"
DROP = "CALL gds.graph.drop($name, false) YIELD graphName RETURN graphName"


def _betweenness_of_a_path(driver: Driver) -> list[float]:
    name = f"ready-question-{os.getpid()}"
    with driver.session() as session:
        try:
            session.run(PROJECT, name=name).consume()
            session.run(UNDIRECT, name=name).consume()
            return sorted(float(record["score"]) for record in session.run(MEASURE, name=name))
        finally:
            session.run(DROP, name=name).consume()


def ask_redis(settings: Settings) -> str | None:
    """PING."""
    import redis

    if not listens(settings.redis_port) or settings.redis_url is None:
        return "Redis does not listen yet"
    client = redis.Redis.from_url(
        settings.redis_url.get_secret_value(), socket_timeout=ASK_S, socket_connect_timeout=ASK_S
    )
    try:
        client.ping()
    except redis.RedisError as error:
        return f"{type(error).__name__}: {error}"
    finally:
        client.close()
    return None


def ask_worker(queue: str) -> Question:
    """Whether the worker of a queue answers Celery's ping and consumes that queue."""

    def ask(settings: Settings) -> str | None:
        from celery import Celery
        from kombu.exceptions import OperationalError

        if settings.redis_url is None:
            return "no Redis URL"
        node = worker_node(queue)
        with Celery("question", broker=settings.redis_url.get_secret_value()) as app:
            try:
                answer = app.control.inspect(destination=[node], timeout=1.0).active_queues() or {}
            except (OperationalError, OSError) as error:
                return f"{type(error).__name__}: {error}"
        consumed = {one["name"] for one in answer.get(node, [])}
        return None if queue in consumed else f"worker {node} does not answer yet"

    return ask


def worker_node(queue: str) -> str:
    """The Celery name of the local worker of a queue."""
    return f"{queue}@audio-concepts"


def ask_api(settings: Settings) -> str | None:
    """The ready probe."""
    if not listens(settings.api_port, settings.api_host):
        return "the API does not listen yet"
    try:
        with urllib.request.urlopen(
            f"http://{_dialled(settings.api_host)}:{settings.api_port}/health/ready", timeout=ASK_S
        ):
            return None
    except urllib.error.HTTPError as error:
        return f"/health/ready answers {error.code}: {_detail(error)}"
    except OSError as error:
        return f"/health/ready does not answer: {error}"


def _detail(error: urllib.error.HTTPError) -> str:
    try:
        body = json.loads(error.read(4096))
    except ValueError:
        return error.reason
    return str(body.get("detail", error.reason)) if isinstance(body, dict) else error.reason


def listens(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((_dialled(host), port), timeout=0.5):
            return True
    except OSError:
        return False


def _dialled(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", ""} else host  # noqa: S104  read, not bound


QUESTIONS: dict[str, Question] = {
    "neo4j": ask_neo4j,
    "redis": ask_redis,
    "worker-gpu": ask_worker("gpu"),
    "worker-cpu": ask_worker("cpu"),
    "api": ask_api,
}
"""By process name."""
