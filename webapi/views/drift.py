"""`/concepts/{id}/history`, `/merge-suggestions`: what became of a concept, and which two may be one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from http import HTTPStatus
from itertools import zip_longest

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from cypher import past
from webapi import schemas
from webapi.answers import answer, name_of, parts, refuses
from webapi.schemas import drift as shapes

bp = APIBlueprint("drift", __name__, abp_tags=[Tag(name="Drift")])

MISSING = refuses(HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE)
SAME_TRACKS = 0.9


@bp.get("/concepts/<concept_id>/history", operation_id="show_history", responses={200: shapes.History, **MISSING})
def show_history(path: schemas.ConceptPath) -> Response:
    """The concept in every version, newest first: place, figures, and what of its changes chance does not explain."""
    held = parts().keeper.shelf().having(path.concept_id)
    found = parts().fuse.ask(lambda stores: stores.drift.history(path.concept_id))
    collection = held.copy.collection
    return answer(
        shapes.History(
            concept=schemas.Label(id=path.concept_id, name=held.copy.concepts[path.concept_id].name),
            collection=schemas.Label(id=collection.id, name=collection.name),
            items=[_moment(one, before) for one, before in zip_longest(found, found[1:])],
        )
    )


@bp.get(
    "/merge-suggestions",
    operation_id="suggest_merges",
    responses={200: shapes.SuggestionPage, **MISSING},
)
def suggest_merges(query: shapes.SuggestionsQuery) -> Response:
    """Pairs of concepts that may be one, with what speaks for it; merging them is for people to decide."""
    collection = parts().keeper.shelf().collection(query.collection).copy.collection
    found = parts().patient.ask(
        lambda stores: stores.drift.twins(
            collection.id,
            min_similarity=query.min_similarity,
            min_jaccard=query.min_jaccard,
            limit=query.limit,
        )
    )
    return answer(
        shapes.SuggestionPage(
            collection=schemas.Label(id=collection.id, name=name_of(collection.id)),
            items=[_suggestion(one) for one in found],
        )
    )


def _moment(one: past.Moment, before: past.Moment | None) -> shapes.Moment:
    told = one.hierarchy
    earlier = () if before is None else before.children
    quality = one.quality
    return shapes.Moment(
        version=told.version,
        state=told.state,
        origin=told.origin,
        published_at=told.published_at,
        status=one.status,
        reason=one.reason,
        tracks=one.tracks,
        depth=one.depth,
        betweenness=one.betweenness,
        quality=None if quality is None else schemas.Quality.model_validate(quality, from_attributes=True),
        parents=_labels(one.parents),
        children=_labels(one.children),
        children_gained=[] if before is None else _without(one.children, earlier),
        children_lost=_without(earlier, one.children),
        drift=None if one.drift is None else _drift(one.drift),
    )


def _drift(drift: past.Drift) -> shapes.Drift:
    return shapes.Drift(
        since=drift.since,
        added=drift.added,
        gone=drift.gone,
        jaccard=drift.jaccard,
        drifted=list(drift.drifted),
        figures=[
            shapes.Figure(
                name=figure.name,
                value=figure.value,
                low=figure.low,
                high=figure.high,
                q_value=figure.q_value,
                drifted=figure.name in drift.drifted,
            )
            for figure in drift.figures
        ],
    )


def _suggestion(one: past.Twins) -> shapes.MergeSuggestion:
    (first, first_name), (second, second_name) = one.first, one.second
    return shapes.MergeSuggestion(
        first=schemas.Label(id=first, name=first_name),
        second=schemas.Label(id=second, name=second_name),
        there=one.there,
        back=one.back,
        there_error=one.there_error,
        back_error=one.back_error,
        shared=one.shared,
        jaccard=round(one.jaccard, 6),
        names=round(SequenceMatcher(None, first_name.casefold(), second_name.casefold()).ratio(), 3),
        kind="same_tracks" if one.jaccard >= SAME_TRACKS else "much_alike",
    )


def _labels(pairs: Iterable[tuple[str, str]]) -> list[schemas.Label]:
    return [schemas.Label(id=concept_id, name=name) for concept_id, name in pairs]


def _without(pairs: Sequence[tuple[str, str]], others: Sequence[tuple[str, str]]) -> list[schemas.Label]:
    known = {concept_id for concept_id, _ in others}
    return _labels(pair for pair in pairs if pair[0] not in known)
