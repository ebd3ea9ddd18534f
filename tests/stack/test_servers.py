"""The real servers answer, and only to those who may ask."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import redis
from neo4j import Driver, GraphDatabase
from neo4j.exceptions import AuthError, ClientError

from worker.settings import Settings
from worker.stack import questions

pytestmark = pytest.mark.stack
LISTENING = "0A"


def driver_of(settings: Settings) -> Driver:
    assert settings.neo4j_password is not None
    return GraphDatabase.driver(
        settings.neo4j_uri, auth=(settings.neo4j_user, settings.neo4j_password.get_secret_value())
    )


def listeners() -> Iterator[tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]]:
    """(address, port) of every listening TCP socket; the kernel writes addresses in words of 4 swapped bytes."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text("ascii").splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            raw = bytes.fromhex(local.split(":")[0])
            words = b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))
            address = ipaddress.ip_address(words)
            mapped = getattr(address, "ipv4_mapped", None)
            if state == LISTENING:
                yield mapped or address, int(local.split(":")[1], 16)


def test_neo4j_projects_undirects_measures_and_drops(stack: Settings):
    assert questions.ask_neo4j(stack) is None


def test_redis_answers(stack: Settings):
    assert questions.ask_redis(stack) is None


@pytest.mark.parametrize("auth", [("neo4j", "neo4j"), ("neo4j", ""), ("neo4j", "wrong"), None])
def test_nobody_enters_neo4j_without_the_password(stack: Settings, auth: tuple[str, str] | None):
    with GraphDatabase.driver(stack.neo4j_uri, auth=auth) as driver, pytest.raises(AuthError):
        driver.execute_query("RETURN 1")


@pytest.mark.parametrize("url", ["redis://127.0.0.1:{port}/0", "redis://:wrong@127.0.0.1:{port}/0"])
def test_nobody_enters_redis_without_the_password(stack: Settings, url: str):
    with redis.Redis.from_url(url.format(port=stack.redis_port)) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


@pytest.mark.parametrize("source", ["file:///etc/passwd", "http://127.0.0.1:{port}/", "https://example.org/a.csv"])
def test_load_csv_reaches_neither_files_nor_network(stack: Settings, source: str):
    with driver_of(stack) as driver, pytest.raises(ClientError) as caught:
        driver.execute_query(
            "LOAD CSV FROM $source AS line RETURN line", source=source.format(port=stack.neo4j_http_port)
        )
    assert re.search("disabled|blocked|not allowed|Cannot load", str(caught.value), re.IGNORECASE), caught.value


@pytest.mark.parametrize(
    "call", ["CALL gds.graph.export('g', {dbName: 'd'})", "CALL gds.model.list()", "CALL gds.pipeline.list()"]
)
def test_procedures_that_nobody_needs_are_not_there(stack: Settings, call: str):
    with driver_of(stack) as driver, pytest.raises(ClientError):
        driver.execute_query(call)


@pytest.mark.parametrize(
    "call", ["CALL db.labels()", "CALL db.schema.visualization()", "CALL dbms.components()", "RETURN gds.version()"]
)
def test_procedures_that_the_browser_needs_are_there(stack: Settings, call: str):
    with driver_of(stack) as driver:
        driver.execute_query(call)


def test_the_library_is_the_version_of_the_lock(stack: Settings):
    with driver_of(stack) as driver:
        records, _, _ = driver.execute_query("RETURN gds.version() AS version")
    assert records[0]["version"] == "2.13.9"


def test_the_browser_is_served_and_only_to_its_own_page(stack: Settings):
    address = f"http://127.0.0.1:{stack.neo4j_http_port}"
    with httpx.Client(base_url=address, headers={"Origin": "http://evil.example"}) as client:
        assert client.get("/browser/").status_code == 200
        answer = client.post("/db/neo4j/tx/commit", json={"statements": [{"statement": "RETURN 1"}]})
    assert answer.status_code == 401
    assert answer.headers.get("access-control-allow-origin") in {None, address}


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="asks Linux who listens")
def test_only_loopback_listens(stack: Settings):
    ports = {stack.neo4j_bolt_port, stack.neo4j_http_port, stack.redis_port}
    listening = {port: address for address, port in listeners() if port in ports}
    assert set(listening) == ports
    assert all(address.is_loopback for address in listening.values()), listening
