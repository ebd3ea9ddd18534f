"""The root of the graph's errors."""

from __future__ import annotations


class GraphError(Exception):
    """The root of all of them; the command line prints it without a traceback."""

    code: str = "graph_error"
