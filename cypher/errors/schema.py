"""What is wrong with a query, a constraint or the schema. Conventions: as in `cypher.errors`."""

from __future__ import annotations

from cypher.errors.root import GraphError


class QueryMalformed(GraphError):
    """A query file whose header does not say what its body does, or a call with other parameters than the header's."""

    code = "query_malformed"

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(name, detail)
        self.name, self.detail = name, detail

    def __str__(self) -> str:
        return f"query {self.name}: {self.detail}; mend the header, the body or the call"


class UniquenessViolated(GraphError):
    """A uniqueness constraint refused a write; the stores turn it into what it means."""

    code = "uniqueness_violated"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"the graph holds this already ({self.detail}); read it again before writing"


class DatabaseNewer(GraphError):
    """The database was migrated by a newer release than this one."""

    code = "database_newer"

    def __init__(self, found: int, known: int) -> None:
        super().__init__(found, known)
        self.found, self.known = found, known

    def __str__(self) -> str:
        return (
            f"the database is at migration {self.found}, this release knows {self.known}; "
            "upgrade audio-concepts, or open another database"
        )


class MigrationChanged(GraphError):
    """A migration that was already applied has another text now."""

    code = "migration_changed"

    def __init__(self, number: int, name: str) -> None:
        super().__init__(number, name)
        self.number, self.name = number, name

    def __str__(self) -> str:
        return (
            f"migration {self.number} ({self.name}) was applied with another text; "
            "restore the file, and put the change into a new migration"
        )
