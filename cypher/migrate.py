"""Bring a database to this release's schema: numbered, checksummed files, applied once, under a lock.

Conventions: `migrations/NNN_name.cypher` holds statements that end with a semicolon at the end of a line; each may run
again without harm (IF NOT EXISTS), because a crash between a statement and its record repeats it. What was applied is
kept as (:Migration {number, name, sha256, applied_at}).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from cypher.errors import DatabaseNewer, MigrationChanged, QueryMalformed
from cypher.loader import Query, load_query
from cypher.runner import Runner, Transaction

_FILE = re.compile(r"(\d{3})_(\w+)\.cypher")
_GROUND = (
    "CREATE CONSTRAINT lock_name IF NOT EXISTS FOR (n:Lock) REQUIRE n.name IS UNIQUE",
    "CREATE CONSTRAINT migration_number IF NOT EXISTS FOR (n:Migration) REQUIRE n.number IS UNIQUE",
)


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    sha256: str
    statements: tuple[str, ...]


def all_migrations() -> list[Migration]:
    """Every migration of this release, numbered from 1 without a gap.

    Raises:
        QueryMalformed: a file's name or number does not fit.
    """
    found: list[Migration] = []
    for file in sorted((files("cypher") / "migrations").iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".cypher"):
            continue
        match = _FILE.fullmatch(file.name)
        if match is None or int(match[1]) != len(found) + 1:
            raise QueryMalformed(file.name, f"a migration is called {len(found) + 1:03d}_name.cypher here")
        found.append(parse_migration(int(match[1]), match[2], file.read_text(encoding="utf-8")))
    return found


def parse_migration(number: int, name: str, text: str) -> Migration:
    """Split the text into its statements."""
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("//"))
    statements = (statement.strip() for statement in re.split(r";\s*(?:\n|\Z)", code))
    return Migration(number, name, hashlib.sha256(text.encode()).hexdigest(), tuple(filter(None, statements)))


def migrate(runner: Runner, migrations: Sequence[Migration] | None = None) -> int:
    """Apply what is missing; any number of processes may call it at once.

    Args:
        runner: of the database.
        migrations: those to apply; default: all of this release.

    Returns:
        The number of the last migration.

    Raises:
        DatabaseNewer: the database knows a migration this release does not.
        MigrationChanged: an applied migration has another text now.
    """
    wanted = all_migrations() if migrations is None else list(migrations)
    for statement in _GROUND:
        runner.run(_statement("ground", statement))

    def under_lock(tx: Transaction) -> int:
        tx.run(load_query("take_lock"), name="migrations")
        applied = {row["number"]: row["sha256"] for row in tx.run(load_query("list_migrations"))}
        _check(applied, wanted)
        for migration in wanted:
            if migration.number not in applied:
                _apply(runner, migration)
        return len(wanted)

    return runner.write(under_lock)


def _check(applied: dict[int, str], wanted: Sequence[Migration]) -> None:
    newest = max(applied, default=0)
    if newest > len(wanted):
        raise DatabaseNewer(newest, len(wanted))
    for migration in wanted:
        if applied.get(migration.number, migration.sha256) != migration.sha256:
            raise MigrationChanged(migration.number, migration.name)


def _apply(runner: Runner, migration: Migration) -> None:
    """Schema statements each need a transaction of their own; the caller's open one is the lock."""
    for statement in migration.statements:
        runner.run(_statement(migration.name, statement))
    runner.run(load_query("save_migration"), number=migration.number, name=migration.name, sha256=migration.sha256)


def _statement(name: str, text: str) -> Query:
    return Query(name, text, "write", (), ())
