"""How a version is written: one transaction under the lock of the collection, differences only.

Conventions: as in `hierarchy`. There is one way in for a rebuild, which proves its lease first, and one for everything
small (a curation, an activation), which needs none: both record the version, and then make it current or let it wait.
A version gets its number here and nowhere else, one above the highest there ever was, so whatever was published since
a rebuild began, the rebuild goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cypher.catalogue import batches
from cypher.errors import CurationMoved, HierarchyInvalid, JobCancelled, StagingSuperseded, VersionMoved
from cypher.fence import hold, lock_job
from cypher.loader import load_query
from cypher.model import Edge, Hierarchy, Lease, Publication
from cypher.records import hierarchy_key, hierarchy_of, said_of_assessment, said_of_edge, said_of_hierarchy
from cypher.runner import Transaction
from cypher.staging import Numbers, lock_collection

Pair = tuple[str, str]

ROWS = 10_000
"""Edges or assessments that travel at once."""


def check(publication: Publication) -> None:
    """Refuse edges that are no hierarchy of the concepts assessed as kept.

    Raises:
        HierarchyInvalid: a cycle, a pair twice, an end that is not kept, a concept assessed twice.
    """
    name = publication.collection
    assessed = [one.concept_id for one in publication.assessments]
    if len(set(assessed)) < len(assessed):
        raise HierarchyInvalid(name, "a concept is assessed twice")
    kept = {one.concept_id for one in publication.assessments if one.status == "kept"}
    pairs = [(edge.child, edge.parent) for edge in publication.edges]
    if len(set(pairs)) < len(pairs):
        raise HierarchyInvalid(name, "an edge comes twice")
    for end in (end for pair in pairs for end in pair):
        if end is not None and end not in kept:
            raise HierarchyInvalid(name, f"{end!r} stands in an edge and is not assessed as kept")
    parents: dict[str, list[str]] = {}
    for child, parent in pairs:
        if parent is not None:
            parents.setdefault(child, []).append(parent)
    _refuse_cycles(name, parents)


def publish(tx: Transaction, lease: Lease, publication: Publication) -> Hierarchy:
    """The one transaction of a rebuild. `check` the publication first.

    Raises:
        LeaseLost, JobCancelled, StagingSuperseded, CurationMoved, HierarchyInvalid: nothing is written.
    """
    collection, staging = publication.collection, publication.staging
    if lock_job(tx, lease.job_id)["state"] == "cancelling":
        raise JobCancelled(lease.job_id)
    hold(tx, lease)
    numbers = lock_collection(tx, collection)
    for row in tx.run(load_query("find_hierarchy_of_step"), collection=collection, step=lease.step_id):
        return hierarchy_of(row)
    if lease.collection != collection or staging is None or staging <= numbers.newest:
        raise StagingSuperseded(collection, staging, numbers.newest)
    if publication.curations is not None and publication.curations != numbers.curations:
        raise CurationMoved(collection, publication.curations, numbers.curations)
    for waiting in numbers.waiting:
        refuse(tx, collection, waiting, f"a newer rebuild made version {numbers.highest + 1}")
    made = _write(tx, publication, numbers, step=lease.step_id)
    tx.run(load_query("save_job_result"), job=lease.job_id, version=made.version)
    return made


def publish_small(tx: Transaction, publication: Publication, numbers: Numbers) -> Hierarchy:
    """Publish what needs no lease, under the lock of the collection that the caller holds (`lock_expecting`).

    `check` the publication first. It is current when this returns.

    Raises:
        HierarchyInvalid: the transaction must not be committed.
    """
    return _write(tx, publication, numbers, step=None)


def lock_expecting(tx: Transaction, collection: str, expected: int | None) -> Numbers:
    """Lock the collection for a small publication.

    Args:
        tx: holds the lock until it ends.
        collection: its id.
        expected: the current version that the caller has looked at; None: whatever it is.

    Raises:
        UnknownCollection: there is none of that id.
        VersionMoved: it is at another version; nothing was written.
    """
    numbers = lock_collection(tx, collection)
    if expected is not None and numbers.version != expected:
        raise VersionMoved(collection, expected, numbers.version)
    return numbers


def make_current(tx: Transaction, collection: str, version: int, edges: Sequence[Edge]) -> Hierarchy:
    """Let readers see a version that is recorded already: PARENT_OF, the concepts' own figures, the numbers.

    Raises:
        HierarchyInvalid: a concept of an edge is gone; the transaction must not be committed.
    """
    key = hierarchy_key(collection, version)
    draw(tx, collection, version, edges)
    tx.run(load_query("show_assessments"), key=key)
    tx.run(load_query("clear_unassessed"), collection=collection, version=version)
    return hierarchy_of(tx.run(load_query("make_current"), collection=collection, key=key)[0])


def refuse(tx: Transaction, collection: str, version: int, reason: str) -> Hierarchy:
    """A candidate will not become current; its tree stays readable until it is pruned."""
    row = tx.run(load_query("refuse_candidate"), key=hierarchy_key(collection, version), reason=reason)[0]
    tx.run(load_query("remove_candidate_edges"), collection=collection, waiting=[])
    return hierarchy_of(row)


def _write(tx: Transaction, publication: Publication, numbers: Numbers, *, step: str | None) -> Hierarchy:
    """Record the version, then make it current or let it wait."""
    collection, version = publication.collection, numbers.highest + 1
    made = hierarchy_of(
        tx.run(
            load_query("save_hierarchy"),
            collection=collection,
            version=version,
            key=hierarchy_key(collection, version),
            said=said_of_hierarchy(
                publication,
                staging=numbers.staging if publication.staging is None else publication.staging,
                state="candidate" if publication.held else "published",
                step=step,
            ),
        )[0]
    )
    _record(tx, made, publication)
    if not publication.held:
        return make_current(tx, collection, version, publication.edges)
    drawn = [edge for edge in publication.edges if edge.parent is not None]
    _save_edges(tx, "save_candidate_edges", collection, version, drawn)
    return made


def _record(tx: Transaction, made: Hierarchy, publication: Publication) -> None:
    above: dict[str, list[Edge]] = {}
    for edge in publication.edges:
        above.setdefault(edge.child, []).append(edge)
    key = hierarchy_key(made.collection, made.version)
    for batch in batches(publication.assessments, ROWS):
        rows = [
            {"concept": one.concept_id, "said": said_of_assessment(one, above.get(one.concept_id, ()))} for one in batch
        ]
        if tx.run(load_query("save_assessments"), key=key, assessments=rows)[0]["written"] != len(rows):
            known = {row["id"] for row in tx.run(load_query("list_concept_ids"), collection=made.collection)}
            foreign = next((one.concept_id for one in batch if one.concept_id not in known), "one")
            raise HierarchyInvalid(made.collection, f"{foreign!r} is not one of its concepts")


def draw(tx: Transaction, collection: str, version: int, wanted: Sequence[Edge]) -> None:
    """End, add and refresh PARENT_OF; of an edge that is there twice, the one that was published stays."""
    edges = {(edge.child, edge.parent): edge for edge in wanted if edge.parent is not None}
    ended, refreshed = [], []
    standing: set[Pair] = set()
    rows = tx.run(load_query("list_parent_edges"), collection=collection)
    for row in sorted(rows, key=lambda row: row["since"] is None):
        pair = (row["child"], row["parent"])
        edge = edges.get(pair)
        if edge is None or pair in standing:
            ended.append(row["id"])
            continue
        standing.add(pair)
        said = said_of_edge(edge)
        if row["since"] is None or any(row[name] != value for name, value in said.items()):
            refreshed.append({"id": row["id"], "said": said})
    if ended:
        tx.run(load_query("end_parent_edges"), ids=ended, version=version)
    if refreshed:
        tx.run(load_query("update_parent_edges"), edges=refreshed, version=version)
    new = [edge for pair, edge in edges.items() if pair not in standing]
    _save_edges(tx, "save_parent_edges", collection, version, new)


def _save_edges(tx: Transaction, query: str, collection: str, version: int, edges: Sequence[Edge]) -> None:
    rows = [{"child": edge.child, "parent": edge.parent, "said": said_of_edge(edge)} for edge in edges]
    written = sum(
        tx.run(load_query(query), edges=batch, version=version)[0]["written"] for batch in batches(rows, ROWS)
    )
    if written != len(rows):
        raise HierarchyInvalid(collection, "a concept of an edge was deleted meanwhile")


def _refuse_cycles(collection: str, parents: Mapping[str, Sequence[str]]) -> None:
    """Depth first upwards, without recursion."""
    done: set[str] = set()
    for start in parents:
        above: set[str] = set()
        path: list[tuple[str, Iterator[str]]] = []
        if start not in done:
            above.add(start)
            path.append((start, iter(parents[start])))
        while path:
            node, rest = path[-1]
            parent = next(rest, None)
            if parent is None:
                path.pop()
                above.discard(node)
                done.add(node)
            elif parent in above:
                raise HierarchyInvalid(collection, f"a cycle runs through {parent!r}")
            elif parent not in done:
                above.add(parent)
                path.append((parent, iter(parents.get(parent, ()))))
