"""What the server does not do. Conventions: as in `cypher.errors`."""

from __future__ import annotations

from cypher.errors.root import GraphError


class GraphUnavailable(GraphError):
    """Neo4j does not answer, or not in time."""

    code = "graph_unavailable"

    def __init__(self, uri: str, detail: str = "") -> None:
        super().__init__(uri, detail)
        self.uri, self.detail = uri, detail

    def __str__(self) -> str:
        why = f" ({self.detail})" if self.detail else ""
        return (
            f"Neo4j does not answer at {self.uri}{why}; "
            "start it with `audio-concepts up`, or set AUDIO_CONCEPTS_NEO4J_URI"
        )


class GraphAccessDenied(GraphError):
    """The password or the user is wrong."""

    code = "graph_access_denied"

    def __init__(self, uri: str, user: str) -> None:
        super().__init__(uri, user)
        self.uri, self.user = uri, user

    def __str__(self) -> str:
        return (
            f"Neo4j at {self.uri} refuses user {self.user!r} with this password; "
            "set AUDIO_CONCEPTS_NEO4J_PASSWORD (the local stack keeps its own in stack.env)"
        )


class GraphTooSmall(GraphError):
    """The graph algorithms would need more memory than the server has."""

    code = "graph_too_small"

    def __init__(self, needed_bytes: int, free_bytes: int, what: str) -> None:
        super().__init__(needed_bytes, free_bytes, what)
        self.needed_bytes, self.free_bytes, self.what = needed_bytes, free_bytes, what

    def __str__(self) -> str:
        needed, free = self.needed_bytes / 2**20, self.free_bytes / 2**20
        return (
            f"{self.what} needs {needed:.0f} MiB of Neo4j's heap and {free:.0f} MiB are free; "
            "raise AUDIO_CONCEPTS_NEO4J_HEAP, or the similarity threshold"
        )
