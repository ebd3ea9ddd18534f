"""The errors of the graph. Each names the thing and the remedy; fields go to the base so that they survive pickling."""


class GraphError(Exception):
    """The root of all of them; the command line prints it without a traceback."""

    code: str = "graph_error"
