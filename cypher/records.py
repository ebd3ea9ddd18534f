"""How a version lies in the graph: rows of Hierarchy and ASSESSED to the nouns and back.

Conventions: ASSESSED holds the edges of its concept as lists side by side, one entry an edge. A parent of '' is the
virtual root. Lists hold no nulls in Neo4j: a number that is not known is NaN and a concept that is not known '', and a
list in which nothing is known is left out.

Why the tree lies on ASSESSED and not in PARENT_OF: what was published must stay readable, whatever is published after
it and whoever draws in Neo4j Browser; and a record that nobody writes twice cannot be read half old, half new.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from cypher.catalogue import concept_of
from cypher.errors import TornRead, UnknownCollection, UnknownVersion
from cypher.loader import load_query
from cypher.model import (
    Assessment,
    Concept,
    Edge,
    Hierarchy,
    Publication,
    Version,
    hierarchy_sha256,
)
from cypher.past import Drift, DriftFigure
from cypher.runner import Row, Runner, Transaction

BELOW_ROOT = ""
READS = 3
"""How often a version is read again when a publication fell into the reading."""

Found = TypeVar("Found")


def hierarchy_key(collection: str, version: int) -> str:
    """What is unique for a version."""
    return f"{collection}/{version}"


# --- rows to nouns ---------------------------------------------------------------------------------------------------


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
        state=row["state"],
        origin=row["origin"],
        staging=row["links"],
        restores=row["restores"],
        author=row["author"],
        note=row["note"],
        reason=row["reason"],
        files=json.loads(row["files"]),
        step=row["step"],
    )


def current_row(tx: Transaction, collection: str) -> Row | None:
    """The row of the current hierarchy; None before the first publication.

    Raises:
        UnknownCollection: there is none of that id.
        TornRead: not finding it means that it was published in the middle of the looking.
    """
    rows = tx.run(load_query("find_current_hierarchy"), collection=collection)
    if rows:
        return rows[0]
    known = tx.run(load_query("find_collection"), id=collection)
    if not known:
        raise UnknownCollection(collection)
    if known[0]["version"] is not None:
        raise TornRead(collection, known[0]["version"], "it was published while it was looked for")
    return None


def read_whole(runner: Runner, reading: Callable[[Transaction], Found]) -> Found:
    """Read in one transaction, and again when the reading found itself torn.

    Raises:
        TornRead: three times in a row.
    """
    for _ in range(READS - 1):
        try:
            return runner.read(reading)
        except TornRead:
            continue
    return runner.read(reading)


def read_version(tx: Transaction, collection: str, version: int) -> Version:
    """One version read whole, verified by count and sha256.

    Raises:
        UnknownCollection: there is none of that id.
        UnknownVersion: the collection has no such version.
        TornRead: what was read does not add up to it.
    """
    rows = tx.run(load_query("find_hierarchy"), key=hierarchy_key(collection, version))
    if not rows:
        if not tx.run(load_query("find_collection"), id=collection):
            raise UnknownCollection(collection)
        raise UnknownVersion(collection, version)
    return read_assessed(tx, rows[0])


def read_assessed(tx: Transaction, said: Row) -> Version:
    """The version of a row of Hierarchy, read whole and verified.

    Raises:
        TornRead: what was read does not add up to it.
    """
    hierarchy = hierarchy_of(said)
    rows = tx.run(load_query("list_assessments"), key=hierarchy_key(hierarchy.collection, hierarchy.version))
    rows.sort(key=lambda row: str(row["id"]))
    try:
        edges = tuple(edge for row in rows for edge in _edges_of(row))
    except ValueError as error:
        raise TornRead(hierarchy.collection, hierarchy.version, "lists of different lengths") from error
    if detail := _disagreement(said, rows, edges):
        raise TornRead(hierarchy.collection, hierarchy.version, detail)
    concepts = tuple(concept_of(row) for row in rows)
    assessments = tuple(_assessment(row, concept) for row, concept in zip(rows, concepts, strict=True))
    return Version(hierarchy, assessments, edges, concepts)


def _disagreement(said: Row, rows: Sequence[Row], edges: Sequence[Edge]) -> str:
    """What does not add up to the version; empty when everything does."""
    if len(rows) != said["assessed"]:
        return f"{len(rows)} concepts, not {said['assessed']}"
    between = sum(edge.parent is not None for edge in edges)
    if between != said["edges"]:
        return f"{between} edges, not {said['edges']}"
    if hierarchy_sha256((edge.child, edge.parent) for edge in edges) != said["sha256"]:
        return "another sha256"
    return ""


def _assessment(row: Row, concept: Concept) -> Assessment:
    return Assessment(
        concept_id=concept.id,
        status=concept.status,
        reason=concept.reason,
        tracks=concept.tracks,
        quality=concept.quality,
        betweenness=concept.betweenness,
        depth=concept.depth,
        members_sha256=row["members_sha256"],
        vector_sha256=row["vector_sha256"],
        bias=concept.bias,
    )


def _edges_of(row: Row) -> list[Edge]:
    """The edges above one concept, by parent, the virtual root first."""
    parents = row["parents"] or ()
    size = len(parents)
    columns = zip(
        parents,
        _numbers(row["similarities"], size),
        _numbers(row["margins"], size),
        _numbers(row["margin_errors"], size),
        _numbers(row["supports"], size),
        _numbers(row["directions"], size),
        row["runners_up"] or [""] * size,
        row["pinned"] or [False] * size,
        row["further"] or [False] * size,
        strict=True,
    )
    return [
        Edge(row["id"], parent or None, similarity, margin, error, support, direction, runner_up or None, *marks)
        for parent, similarity, margin, error, support, direction, runner_up, *marks in sorted(
            columns, key=lambda one: one[0]
        )
    ]


def _numbers(found: Sequence[float] | None, size: int) -> list[float | None]:
    if found is None:
        return [None] * size
    return [None if math.isnan(value) else value for value in found]


# --- nouns to properties ---------------------------------------------------------------------------------------------


def said_of_hierarchy(publication: Publication, *, staging: int | None, state: str, step: str | None) -> dict[str, Any]:
    """The properties of the Hierarchy node that its publication decides."""
    return {
        "edges": sum(edge.parent is not None for edge in publication.edges),
        "sha256": hierarchy_sha256((edge.child, edge.parent) for edge in publication.edges),
        "parameters": _json(publication.parameters),
        "fingerprint": publication.fingerprint,
        "measures": _json(publication.measures),
        "assessed": len(publication.assessments),
        "state": state,
        "origin": publication.origin,
        "links": staging,
        "restores": publication.restores,
        "author": publication.author,
        "note": publication.note,
        "reason": publication.held,
        "files": _json(publication.files),
        "step": step,
    }


def said_of_assessment(one: Assessment, edges: Sequence[Edge]) -> dict[str, Any]:
    """The properties of ASSESSED, but for the names of the concept, which the query takes from its node."""
    quality = one.quality
    return {
        "status": one.status,
        "reason": one.reason,
        "tracks": one.tracks,
        "auc": quality and quality.auc,
        "auc_low": quality and quality.auc_low,
        "auc_high": quality and quality.auc_high,
        "accuracy": quality and quality.accuracy,
        "average_precision": quality and quality.average_precision,
        "p_value": quality and quality.p_value,
        "betweenness": one.betweenness,
        "depth": one.depth,
        "members_sha256": one.members_sha256,
        "vector_sha256": one.vector_sha256,
        "bias": one.bias and one.bias.text(),
        "flagged": list(one.bias.flagged) if one.bias is not None else None,
        "below_root": any(edge.parent is None for edge in edges),
        "parents": [edge.parent or BELOW_ROOT for edge in edges] or None,
        "similarities": _floats(edge.similarity for edge in edges),
        "margins": _floats(edge.margin for edge in edges),
        "margin_errors": _floats(edge.margin_error for edge in edges),
        "supports": _floats(edge.support for edge in edges),
        "directions": _floats(edge.direction for edge in edges),
        "runners_up": [edge.runner_up or "" for edge in edges] if any(edge.runner_up for edge in edges) else None,
        "pinned": [edge.pinned for edge in edges] if any(edge.pinned for edge in edges) else None,
        "further": [edge.further for edge in edges] if any(edge.further for edge in edges) else None,
        **({} if one.drift is None else said_of_drift(one.drift)),
    }


def said_of_drift(drift: Drift) -> dict[str, Any]:
    """The properties of ASSESSED that say what has changed since an earlier version; see `drift_of`."""
    said: dict[str, Any] = {
        "drift_since": drift.since,
        "tracks_added": drift.added,
        "tracks_gone": drift.gone,
        "jaccard": drift.jaccard,
        "drifted": list(drift.drifted),
    }
    for figure in drift.figures:
        said |= {
            f"{figure.name}_change": figure.value,
            f"{figure.name}_change_low": figure.low,
            f"{figure.name}_change_high": figure.high,
            f"{figure.name}_change_q": figure.q_value,
        }
    return said


def drift_of(said: Mapping[str, Any]) -> Drift | None:
    """What `said_of_drift` wrote; None where nothing was compared."""
    if said.get("drift_since") is None:
        return None
    names = sorted(name.removesuffix("_change") for name in said if name.endswith("_change"))
    figures = tuple(
        DriftFigure(
            name,
            said[f"{name}_change"],
            said.get(f"{name}_change_low"),
            said.get(f"{name}_change_high"),
            said.get(f"{name}_change_q"),
        )
        for name in names
    )
    return Drift(
        said["drift_since"],
        said["tracks_added"],
        said["tracks_gone"],
        said["jaccard"],
        tuple(said["drifted"]),
        figures,
    )


def said_of_edge(edge: Edge) -> dict[str, Any]:
    """The properties of PARENT_OF and CANDIDATE_PARENT_OF that were measured."""
    return {
        "similarity": edge.similarity,
        "margin": edge.margin,
        "margin_error": edge.margin_error,
        "support": edge.support,
        "direction": edge.direction,
        "runner_up": edge.runner_up,
        "pinned": edge.pinned,
        "further": edge.further or None,  # absent from the edges of a tree
    }


def _floats(values: Iterable[float | None]) -> list[float] | None:
    found = list(values)
    if all(value is None for value in found):
        return None
    return [math.nan if value is None else value for value in found]


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)
