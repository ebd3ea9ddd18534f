"""Opening the graph, and what a person is told when it is away, hung, or wrong."""

from __future__ import annotations

import pickle
import socket
import threading
import time

import pytest

from cypher import errors
from cypher.errors import GraphAccessDenied, GraphUnavailable, QueryMalformed
from cypher.loader import Query, load_query
from cypher.store import open_graph


@pytest.fixture
def silent_server():
    """Accepts connections and never says a word, like a stopped process."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(8)
        yield f"bolt://127.0.0.1:{server.getsockname()[1]}"


def unused_uri():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"bolt://127.0.0.1:{probe.getsockname()[1]}"


def test_opening_sends_nothing_so_a_server_that_is_away_does_not_matter_yet():
    open_graph(unused_uri(), "neo4j", "secret").close()


def test_a_server_that_is_away_is_named_with_the_remedy_at_once():
    uri = unused_uri()
    start = time.monotonic()
    with open_graph(uri, "neo4j", "secret", deadline_s=20) as graph, pytest.raises(GraphUnavailable) as away:
        graph.ping()
    assert time.monotonic() - start < 5
    assert uri in str(away.value)
    assert "audio-concepts up" in str(away.value)
    assert "secret" not in str(away.value)


def test_retries_end_within_the_deadline():
    start = time.monotonic()
    with open_graph(unused_uri(), "neo4j", "secret", deadline_s=1) as graph, pytest.raises(GraphUnavailable):
        graph.catalogue.collections()
    assert time.monotonic() - start < 3


def test_a_hung_server_is_given_up_at_the_deadline(silent_server):
    start = time.monotonic()
    with open_graph(silent_server, "neo4j", "secret", deadline_s=0.5) as graph, pytest.raises(GraphUnavailable):
        graph.catalogue.collections()
    assert time.monotonic() - start < 2


def test_calls_that_hang_do_not_pile_up(silent_server):
    before = threading.active_count()
    with open_graph(silent_server, "neo4j", "secret", deadline_s=0.3, pool_size=2) as graph:
        for _ in range(5):
            with pytest.raises(GraphUnavailable):
                graph.catalogue.collections()
        assert threading.active_count() - before <= 2


def test_every_error_survives_pickling_and_names_a_remedy():
    fields = {"int": 3, "str": "thing"}
    for name, kind in vars(errors).items():
        if not (isinstance(kind, type) and issubclass(kind, errors.GraphError)) or kind is errors.GraphError:
            continue
        hints = kind.__init__.__annotations__
        error = kind(
            *(fields["int" if "int" in str(hint) else "str"] for part, hint in hints.items() if part != "return")
        )
        again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
        assert (str(again), again.code) == (str(error), kind.code), name
        assert kind.code != "graph_error", name
        assert ";" in str(error), f"{name} says what is wrong; and what to do"


@pytest.mark.stack
def test_a_wrong_password_is_named_with_user_and_address_but_not_shown(stack):
    with open_graph(stack.neo4j_uri, stack.neo4j_user, "guessed") as graph, pytest.raises(GraphAccessDenied) as denied:
        graph.ping()
    assert stack.neo4j_uri in str(denied.value)
    assert "guessed" not in str(denied.value)


@pytest.mark.stack
def test_a_graph_that_is_there_answers(graph):
    graph.ping()


@pytest.mark.stack
def test_a_call_with_other_parameters_than_the_headers_is_refused(graph):
    with pytest.raises(QueryMalformed, match="find_job"):
        graph.runner.run(load_query("find_job"), wrong="x")


@pytest.mark.stack
def test_a_query_that_takes_too_long_is_given_up_and_ended_on_the_server(stack):
    slow = Query(
        "slow", "UNWIND range(1, 1000000000) AS x WITH x ORDER BY rand() RETURN count(x) AS n", "read", (), ("n",)
    )
    with open_graph(stack.neo4j_uri, stack.neo4j_user, stack.neo4j_password.get_secret_value(), deadline_s=1) as graph:
        start = time.monotonic()
        with pytest.raises(GraphUnavailable):
            graph.runner.run(slow)
        assert time.monotonic() - start < 3
        for _ in range(40):
            records, _, _ = graph.driver.execute_query("SHOW TRANSACTIONS YIELD currentQuery")
            if not any("1000000000" in (record["currentQuery"] or "") for record in records):
                break
            time.sleep(0.25)
        else:
            pytest.fail("the server still works on it")
