"""How a version becomes current: one transaction under the locks of job, step and collection, differences only.

Conventions: as in `hierarchy`. What readers verify is written in the same transaction: the number of PARENT_OF, the
sha256 over all (child, parent) pairs, the number of concepts assessed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from cypher.catalogue import batches
from cypher.errors import HierarchyInvalid, JobCancelled, VersionConflict
from cypher.fence import hold, lock_job
from cypher.loader import load_query
from cypher.model import Assessment, Edge, Hierarchy, Lease, Publication, hierarchy_sha256
from cypher.runner import Row, Transaction
from cypher.staging import lock_collection

Pair = tuple[str, str]


def hierarchy_key(collection: str, version: int) -> str:
    """What is unique for a version."""
    return f"{collection}/{version}"


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
    """The one transaction. `check` the publication first.

    Raises:
        LeaseLost, JobCancelled, VersionConflict, HierarchyInvalid: nothing is written.
    """
    collection, version = publication.collection, publication.version
    if lock_job(tx, lease.job_id)["state"] == "cancelling":
        raise JobCancelled(lease.job_id)
    hold(tx, lease)
    current = lock_collection(tx, collection)
    key = hierarchy_key(collection, version)
    for row in tx.run(load_query("find_hierarchy"), key=key):
        if row["step"] == lease.step_id and version == current:
            return hierarchy_of(row)
    if version <= current or lease.collection != collection:
        raise VersionConflict(collection, version, current)
    edges = {(edge.child, edge.parent): edge for edge in publication.edges if edge.parent is not None}
    _write_edges(tx, collection, version, edges)
    saved = tx.run(
        load_query("save_hierarchy"),
        collection=collection,
        version=version,
        key=key,
        edges=len(edges),
        sha256=hierarchy_sha256((edge.child, edge.parent) for edge in publication.edges),
        parameters=_json(publication.parameters),
        fingerprint=publication.fingerprint,
        measures=_json(publication.measures),
        assessed=len(publication.assessments),
        by_step=lease.step_id,
    )[0]
    _write_assessments(tx, collection, key, publication)
    tx.run(load_query("clear_unassessed"), collection=collection, version=version)
    tx.run(load_query("save_job_result"), job=lease.job_id, version=version)
    return hierarchy_of(saved)


def hierarchy_of(row: Row) -> Hierarchy:
    """The hierarchy of a row of any query that returns them."""
    return Hierarchy(
        collection=row["collection"],
        version=row["version"],
        published_at=row["published_at"],
        edges=row["edges"],
        sha256=row["sha256"],
        parameters=json.loads(row["parameters"]),
        fingerprint=row["fingerprint"],
        measures=json.loads(row["measures"]),
    )


def _write_edges(tx: Transaction, collection: str, version: int, edges: Mapping[Pair, Edge]) -> None:
    """End, add and refresh PARENT_OF; an edge that was drawn twice by hand keeps one."""
    ended, refreshed = [], []
    standing: set[Pair] = set()
    for row in tx.run(load_query("list_parent_edges"), collection=collection):
        pair = (row["child"], row["parent"])
        edge = edges.get(pair)
        if edge is None or pair in standing:
            ended.append(row["id"])
            continue
        standing.add(pair)
        if (edge.similarity, edge.margin) != (row["similarity"], row["margin"]):
            refreshed.append({"id": row["id"], "similarity": edge.similarity, "margin": edge.margin})
    if ended:
        tx.run(load_query("end_parent_edges"), ids=ended, version=version)
    if refreshed:
        tx.run(load_query("update_parent_edges"), edges=refreshed)
    new = [asdict(edge) for pair, edge in edges.items() if pair not in standing]
    written = sum(
        tx.run(load_query("save_parent_edges"), edges=batch, version=version)[0]["written"]
        for batch in batches(new, 10_000)
    )
    if written != len(new):
        raise HierarchyInvalid(collection, "a concept of an edge was deleted meanwhile")


def _write_assessments(tx: Transaction, collection: str, key: str, publication: Publication) -> None:
    known = {row["id"] for row in tx.run(load_query("list_concept_ids"), collection=collection)}
    for one in publication.assessments:
        if one.concept_id not in known:
            raise HierarchyInvalid(collection, f"{one.concept_id!r} is not one of its concepts")
    edge_of: dict[str, Edge] = {}
    below_root = {edge.child for edge in publication.edges if edge.parent is None}
    for edge in publication.edges:
        if edge.parent is not None:
            edge_of.setdefault(edge.child, edge)
    for batch in batches(publication.assessments, 10_000):
        rows = [_assessed(one, edge_of.get(one.concept_id), one.concept_id in below_root) for one in batch]
        tx.run(load_query("save_assessments"), key=key, assessments=rows)


def _assessed(one: Assessment, edge: Edge | None, below_root: bool) -> dict[str, Any]:
    """What goes on the concept, and what is kept for ever with the version."""
    quality = one.quality
    shown: dict[str, Any] = {
        "status": one.status,
        "reason": one.reason,
        "auc": quality and quality.auc,
        "auc_low": quality and quality.auc_low,
        "auc_high": quality and quality.auc_high,
        "accuracy": quality and quality.accuracy,
        "average_precision": quality and quality.average_precision,
        "p_value": quality and quality.p_value,
        "betweenness": one.betweenness,
        "depth": one.depth,
        "below_root": below_root,
    }
    kept = shown | {
        "tracks": one.tracks,
        "members_sha256": one.members_sha256,
        "vector_sha256": one.vector_sha256,
        "parent": edge and edge.parent,
        "similarity": edge and edge.similarity,
        "margin": edge and edge.margin,
    }
    return {"concept": one.concept_id, "shown": shown, "kept": kept}


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


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)
