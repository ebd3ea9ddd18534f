"""Which concepts a list shows, and where each stands in it."""

from __future__ import annotations

from cypher.model import Concept
from webapi.copies import Copy, flags, name_key
from webapi.schemas import ConceptsQuery
from webapi.searching import match

Key = tuple[float, str, str]
"""Smaller comes first; unique."""


def listing(copy: Copy, query: ConceptsQuery) -> dict[str, Key]:
    """The concepts that fit, each with its place.

    Raises:
        UnknownConcept: `below` is not in the collection.
    """
    found: dict[str, Key] = {}
    for concept_id in _candidates(copy, query.below):
        concept = copy.concepts[concept_id]
        if not _fits(concept, query):
            continue
        matched = match(query.q, concept.name, concept_id) if query.q else 0
        if matched is not None:
            found[concept_id] = (_first(copy, concept, query, matched), *name_key(concept))
    return found


def _candidates(copy: Copy, below: str | None) -> list[str]:
    if below is None:
        return list(copy.concepts)
    copy.concept(below)
    return [one for _, one in copy.below(below, len(copy.edges))]


def _fits(concept: Concept, query: ConceptsQuery) -> bool:
    return (
        (query.kind is None or concept.kind == query.kind)
        and (query.status is None or concept.status == query.status)
        and (query.source is None or concept.source == query.source)
        and concept.tracks >= query.min_tracks
        and (query.flagged is None or bool(flags(concept)) == query.flagged)
    )


def _first(copy: Copy, concept: Concept, query: ConceptsQuery, matched: int) -> float:
    """The part of the place that the wished order decides; what is not known comes last."""
    order = query.sort or ("match" if query.q else "name")
    unknown = 1e9
    if order == "tracks":
        return -float(concept.tracks)
    if order == "quality":
        return -concept.quality.auc if concept.quality is not None else unknown
    if order == "betweenness":
        return -concept.betweenness if concept.betweenness is not None else unknown
    if order == "depth":
        return float(copy.depth.get(concept.id, unknown))
    return float(matched) if order == "match" else 0.0
