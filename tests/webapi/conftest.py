"""An API in front of the fake stores, and Neo4j with the same library."""

from __future__ import annotations

import pytest

from cypher.model import Step
from tests.conftest import opened
from tests.webapi.fakes.graph import FakeGraph
from tests.webapi.library import Library, fill, make_library
from webapi.client import Client
from webapi.factory import Options, create_app


@pytest.fixture
def real_graph(clean_graph, library):
    """Neo4j with the library in it, written as an import and two rebuilds would."""
    with opened(clean_graph) as graph:
        fill(graph, library)
        yield graph


@pytest.fixture
def library() -> Library:
    return make_library()


@pytest.fixture
def graph(library) -> FakeGraph:
    return FakeGraph(library)


@pytest.fixture
def rung() -> list[Step]:
    """Steps that the API rang for."""
    return []


@pytest.fixture
def app(graph, rung):
    return create_app(graph, rung.append, Options(check_every_s=0.02, browser_url="http://127.0.0.1:7474/browser/"))


@pytest.fixture
def http(app):
    """Flask's own test client."""
    return app.test_client()


@pytest.fixture
def client(app):
    """The typed client, in front of the same application without a network."""
    import httpx

    with Client("http://127.0.0.1", transport=httpx.WSGITransport(app=app)) as made:
        yield made
