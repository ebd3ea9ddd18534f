"""What a curator cannot decide. Conventions: as in `cypher.errors`."""

from __future__ import annotations

from cypher.errors.root import GraphError


class NotInTree(GraphError):
    """A decision about a concept that does not stand in the current hierarchy."""

    code = "not_in_tree"

    def __init__(self, concept: str, reason: str = "outside it") -> None:
        super().__init__(concept, reason)
        self.concept, self.reason = concept, reason

    def __str__(self) -> str:
        return f"concept {self.concept!r} is not in the hierarchy ({self.reason}); rebuild, or choose another"


class WouldCycle(GraphError):
    """A concept would hang below itself."""

    code = "would_cycle"

    def __init__(self, concept: str, parent: str) -> None:
        super().__init__(concept, parent)
        self.concept, self.parent = concept, parent

    def __str__(self) -> str:
        return f"{self.concept!r} cannot hang below {self.parent!r}, itself or what hangs below it; move that out first"


class UnknownCuration(GraphError):
    code = "unknown_curation"

    def __init__(self, curation: str) -> None:
        super().__init__(curation)
        self.curation = curation

    def __str__(self) -> str:
        return f"there is no curation {self.curation!r}; `GET /curations` lists those there are"


class CurationOver(GraphError):
    """A decision that was taken back, or replaced, cannot be taken back again."""

    code = "curation_over"

    def __init__(self, curation: str, state: str) -> None:
        super().__init__(curation, state)
        self.curation, self.state = curation, state

    def __str__(self) -> str:
        return f"curation {self.curation!r} does not stand any more: it is {self.state}; `GET /curations` shows by what"


class CurationMeaningless(GraphError):
    """A decision that would change nothing, or that cannot be made of these concepts."""

    code = "curation_meaningless"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.detail}; nothing was decided"


class CurationMoved(GraphError):
    """Somebody decided something while a rebuild grew its tree: grow it again with that."""

    code = "curation_moved"

    def __init__(self, collection: str, seen: int, now: int) -> None:
        super().__init__(collection, seen, now)
        self.collection, self.seen, self.now = collection, seen, now

    def __str__(self) -> str:
        return f"the tree of {self.collection!r} was grown with {self.seen} of {self.now} decisions; grow it again"
