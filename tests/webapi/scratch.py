"""A graph that is filled for a report and emptied again; one that holds anything is left alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cypher.store import Graph, open_graph
from tests.webapi.library import fill, make_library
from worker.settings import Settings


@contextmanager
def scratch_graph(settings: Settings) -> Iterator[Graph]:
    """The small library in the graph that the settings name; ends the program when that graph is not empty."""
    password = settings.neo4j_password.get_secret_value() if settings.neo4j_password else ""
    with open_graph(settings.neo4j_uri, settings.neo4j_user, password, deadline_s=30.0) as graph:
        graph.migrate()
        if graph.catalogue.collections():
            sys.exit(
                f"{settings.neo4j_uri} holds collections, and this would change them: start a graph of its own with "
                "`AUDIO_CONCEPTS_HOME=/tmp/scratch audio-concepts up --only neo4j,redis` and ports that are free"
            )
        try:
            fill(graph, make_library())
            yield graph
        finally:
            with graph.driver.session() as session:
                session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS").consume()
