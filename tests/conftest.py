"""The real local servers for every test that asks for `stack`, and an empty graph for those that ask for `clean_graph`.

Set AUDIO_CONCEPTS_TEST_HOME to the home of a stack that is already running to spare starting one. Of several test
processes (`pytest -n 2`) each has a stack of its own, and the first takes that one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import socket
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog

from cypher.store import Graph, open_graph
from worker.errors import WorkerError
from worker.settings import Settings, load_settings

if TYPE_CHECKING:
    from worker.demo import DemoLibrary

SERVERS = ("neo4j", "redis")
TEST_HEAP = "512m"

# What an API in the test's own process logs is no part of what a command prints.
structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))


def pytest_configure() -> None:
    """A server that lives for minutes is quicker without the optimizing compiler, which takes a core of its own."""
    os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")


def free_ports(count: int) -> list[int]:
    """Ports on loopback that nobody listens on.

    Why below 32768: from there on the system takes ports for outgoing connections, and would do so in the seconds until
    the server that is to listen is there.
    """
    found: list[int] = []
    while len(found) < count:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port := random.SystemRandom().randrange(20_000, 32_768)))
            found += [port] * (port not in found)
    return found


def settings_on_free_ports(home: Path) -> Settings:
    """Settings of a stack of its own: a home and free ports."""
    bolt, http, redis, api = free_ports(4)
    return Settings(
        _env_file=None,
        home=home,
        neo4j_bolt_port=bolt,
        neo4j_http_port=http,
        redis_port=redis,
        api_port=api,
        neo4j_heap=TEST_HEAP,
        neo4j_page_cache="64m",
    )


@pytest.fixture(scope="session")
def fresh_settings() -> Callable[[Path], Settings]:
    """A function that makes settings of a stack of its own in a folder."""
    return settings_on_free_ports


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI nothing is skipped: whatever a test needs is there, or it fails and says what it lacked."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Neo4j with GDS and Redis, really running; settings that point at them."""
    from worker.stack import control

    running = os.environ.get("AUDIO_CONCEPTS_TEST_HOME")
    if running and os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0":
        yield load_settings(Path(running))
        return
    settings = settings_on_free_ports(tmp_path_factory.mktemp("stack"))
    try:
        settings = control.up(settings, only=SERVERS)
    except WorkerError as error:
        if os.environ.get("CI"):
            pytest.fail(f"the local stack did not start: {error}")
        pytest.skip(f"the local stack did not start, see `audio-concepts up --only neo4j,redis`: {error}")
    yield settings
    control.down(settings)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> DemoLibrary:
    """Demo music of the small size, for tests that only read it; one test process makes it for all."""
    from worker.demo import make

    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    with (folder / "small.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return make(folder / "small", size="small")


def wipe(settings: Settings) -> None:
    """Empty graph and queue."""
    import redis
    from neo4j import GraphDatabase

    assert settings.neo4j_password is not None
    assert settings.redis_url is not None
    auth = (settings.neo4j_user, settings.neo4j_password.get_secret_value())
    with GraphDatabase.driver(settings.neo4j_uri, auth=auth) as driver, driver.session() as session:
        session.run("CALL gds.graph.list() YIELD graphName CALL gds.graph.drop(graphName) YIELD nodeCount FINISH")
        session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS").consume()
    with redis.Redis.from_url(settings.redis_url.get_secret_value()) as queue:
        queue.flushall()


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[Graph]:
    """The graph of these settings, in this release's schema; a busy machine may take its time."""
    assert settings.neo4j_password is not None
    password = settings.neo4j_password.get_secret_value()
    with open_graph(settings.neo4j_uri, settings.neo4j_user, password, deadline_s=60.0) as graph:
        graph.migrate()
        yield graph


@pytest.fixture
def clean_graph(stack: Settings) -> Iterator[Settings]:
    """An empty graph and queue, for one test at a time, also among test runs that share a stack."""
    with (stack.home / "tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wipe(stack)
        yield stack
