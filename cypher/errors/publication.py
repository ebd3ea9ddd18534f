"""What is wrong with a version, a tree or a reading. Conventions: as in `cypher.errors`."""

from __future__ import annotations

from cypher.errors.root import GraphError


class UnknownVersion(GraphError):
    code = "unknown_version"

    def __init__(self, collection: str, version: int) -> None:
        super().__init__(collection, version)
        self.collection, self.version = collection, version

    def __str__(self) -> str:
        return (
            f"collection {self.collection!r} has no version {self.version}, or no longer; "
            "`audio-concepts versions list` shows those it has"
        )


class StagingSuperseded(GraphError):
    """What was staged cannot become a version: a newer rebuild has been published."""

    code = "staging_superseded"

    def __init__(self, collection: str, staging: int | None, newest: int) -> None:
        super().__init__(collection, staging, newest)
        self.collection, self.staging, self.newest = collection, staging, newest

    def __str__(self) -> str:
        return (
            f"staging {self.staging} of collection {self.collection!r} cannot be built or published: "
            f"a rebuild with staging {self.newest} was published or waits; rebuild the collection"
        )


class StagingGone(GraphError):
    """Similarities and links of a version were swept; its tree is still there."""

    code = "staging_gone"

    def __init__(self, collection: str, version: int) -> None:
        super().__init__(collection, version)
        self.collection, self.version = collection, version

    def __str__(self) -> str:
        return (
            f"similarities and track links of version {self.version} of collection {self.collection!r} are no longer "
            "kept (refused, pruned, or written by an older release); its tree is: ask without `version` for the links"
        )


class VersionMoved(GraphError):
    """The collection is at another version than the caller thought: nothing was written."""

    code = "version_moved"

    def __init__(self, collection: str, expected: int, current: int) -> None:
        super().__init__(collection, expected, current)
        self.collection, self.expected, self.current = collection, expected, current

    def __str__(self) -> str:
        return (
            f"collection {self.collection!r} is at version {self.current}, not {self.expected} any more; "
            "look at it, and ask again if you still want to"
        )


class VersionStateConflict(GraphError):
    """What was asked cannot be done to a version in this state."""

    code = "version_state_conflict"

    def __init__(self, collection: str, version: int, state: str, action: str) -> None:
        super().__init__(collection, version, state, action)
        self.collection, self.version, self.state, self.action = collection, version, state, action

    def __str__(self) -> str:
        return (
            f"version {self.version} of collection {self.collection!r} is {self.state}: it cannot {self.action}; "
            "`audio-concepts versions list` shows what each one is"
        )


class TornRead(GraphError):
    """What was read does not add up to the version: it was pruned meanwhile, or somebody edited the record of it."""

    code = "torn_read"

    def __init__(self, collection: str, version: int, detail: str) -> None:
        super().__init__(collection, version, detail)
        self.collection, self.version, self.detail = collection, version, detail

    def __str__(self) -> str:
        return (
            f"what is recorded of version {self.version} of collection {self.collection!r} does not add up "
            f"({self.detail}); read again, and if it stays so somebody edited ASSESSED or Hierarchy by hand: "
            "rebuild the collection"
        )


class HierarchyInvalid(GraphError):
    """Edges that are no tree of the collection: a cycle, a concept twice, one from elsewhere."""

    code = "hierarchy_invalid"

    def __init__(self, collection: str, detail: str) -> None:
        super().__init__(collection, detail)
        self.collection, self.detail = collection, detail

    def __str__(self) -> str:
        return f"the hierarchy of collection {self.collection!r} is refused: {self.detail}; mend what built it"
