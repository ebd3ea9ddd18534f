"""Migrations: applied once, in order, and never over a newer or another history."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files

import pytest

from cypher.errors import DatabaseNewer, MigrationChanged, StagingGone
from cypher.migrate import all_migrations, migrate, parse_migration
from tests.cypher.trees import chain, shown, star


def applied(*migrations):
    return {"list_migrations": [{"number": one.number, "sha256": one.sha256} for one in migrations]}


TWO = [parse_migration(1, "first", "CREATE A;\n// why\nCREATE B;\n"), parse_migration(2, "second", "CREATE C;\n")]


def test_an_empty_database_gets_every_statement_in_order(recording):
    runner = recording({"take_lock": [{"name": "migrations"}]})
    assert migrate(runner, TWO) == 2
    after = runner.names[runner.names.index("take_lock") :]
    assert after == ["take_lock", "list_migrations", "first", "first", "save_migration", "second", "save_migration"]


def test_what_was_applied_is_not_applied_again(recording):
    runner = recording(applied(TWO[0]))
    migrate(runner, TWO)
    assert "first" not in runner.names
    assert "second" in runner.names


def test_a_newer_database_is_refused_with_a_sentence_and_nothing_is_written(recording):
    runner = recording(applied(*TWO, parse_migration(3, "third", "CREATE D;\n")))
    with pytest.raises(DatabaseNewer, match="migration 3, this release knows 2; upgrade"):
        migrate(runner, TWO)
    assert "save_migration" not in runner.names


def test_a_migration_whose_text_changed_is_refused(recording):
    runner = recording(applied(parse_migration(1, "first", "CREATE X;\n")))
    with pytest.raises(MigrationChanged, match="migration 1"):
        migrate(runner, TWO)


def test_the_migrations_of_this_release_are_numbered_without_a_gap():
    assert [one.number for one in all_migrations()] == list(range(1, len(all_migrations()) + 1))


@pytest.mark.stack
def test_any_number_of_processes_may_migrate_at_once(graph):
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: graph.migrate(), range(8))) == {len(all_migrations())}
    records, _, _ = graph.driver.execute_query(
        "MATCH (m:Migration) RETURN count(m) AS n, count(DISTINCT m.number) AS d"
    )
    assert records[0]["n"] == records[0]["d"] == len(all_migrations())


@pytest.mark.stack
@pytest.mark.parametrize(
    "unique",
    [
        "Collection.id",
        "Concept.id",
        "Concept.source_key",
        "Track.id",
        "File.sha256",
        "Job.id",
        "Job.active_collection",
        "Job.idempotency_key",
        "Step.id",
        "Hierarchy.key",
    ],
)
def test_what_must_be_unique_is_constrained(graph, unique):
    label, name = unique.split(".")
    records, _, _ = graph.driver.execute_query("SHOW CONSTRAINTS YIELD labelsOrTypes, properties, type RETURN *")
    found = {(record["labelsOrTypes"][0], record["properties"][0]) for record in records if "UNIQ" in record["type"]}
    assert (label, name) in found


@pytest.mark.stack
def test_a_database_of_the_first_schema_is_brought_up_to_date_and_may_be_again(bench):
    ids = bench.concepts(3)
    for tree in (star(ids), chain(ids)):
        bench.publish(tree)
    bench.cypher(
        "MATCH (c:Collection {id: $collection})<-[:OF]-(h:Hierarchy)<-[a:ASSESSED]-() "
        "SET a.parent = CASE WHEN a.parents[0] <> '' THEN a.parents[0] END, a.similarity = a.similarities[0] "
        "REMOVE a.parents, a.similarities, a.name, a.kind, a.source, h.origin, h.author, h.note, h.reason, h.files, "
        "h.links, c.links, c.stagings, c.highest"
    )
    text = (files("cypher") / "migrations" / "002_versions.cypher").read_text(encoding="utf-8")
    for _ in range(2):
        for statement in parse_migration(2, "versions", text).statements:
            bench.cypher(statement)
    assert (shown(bench, 1), shown(bench, 2), shown(bench)) == (star(ids), chain(ids), chain(ids))
    assert [one.staging for one in bench.graph.hierarchy.versions(bench.collection)] == [2, None]
    with pytest.raises(StagingGone):
        bench.graph.hierarchy.neighbours(ids[0], version=1)
    back = bench.graph.versions.activate(bench.collection, 1)
    assert (back.version, back.staging, shown(bench)) == (3, 2, star(ids))
    lease = bench.lease()
    assert bench.graph.hierarchy.begin_staging(lease, bench.collection) == 3
