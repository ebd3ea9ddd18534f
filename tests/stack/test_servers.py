"""The real servers answer, and only to those who may ask."""

from __future__ import annotations

import pytest
import redis
from neo4j import GraphDatabase
from neo4j.exceptions import AuthError

from worker.settings import Settings
from worker.stack import questions

pytestmark = pytest.mark.stack


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
