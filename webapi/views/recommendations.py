"""`/track-searches`, `/recommendations`: tracks by weights on concepts, or for somebody, and what speaks for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from webapi import recommender, schemas, translate
from webapi.answers import answer, copy_facts, parts, refuses
from webapi.copies import Copy
from webapi.paging import page
from webapi.recommender import Ranked
from webapi.schemas import recommending as said
from worker.answers.recommendation import Contribution, contributions

bp = APIBlueprint("recommendations", __name__, abp_tags=[Tag(name="Recommendations")])

SCORE_KEY = (float, str)
REFUSED = refuses(
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


@bp.post("/track-searches", operation_id="search_tracks", responses={200: said.FoundTrackPage, **REFUSED})
def search_tracks(body: said.TrackSearch) -> Response:
    """Tracks by what they express, wanted or unwanted; every item's contributions add up to its score."""
    shelf, fuse = parts().keeper.shelf(), parts().fuse
    held = recommender.held_for(shelf, body.collection, (one.concept for one in body.concepts))
    ranked = recommender.search(held, body, fuse.ask)
    ordered = recommender.by_score(ranked.chosen)
    shown, after = page(ordered, lambda one: (-one.score, one.track_id), SCORE_KEY, body.after, body.limit)
    copy = held.copy
    items = [
        said.FoundTrack(
            track=translate.track(ranked.tracks[one.track_id]),
            score=one.score,
            contributions=_contributions(copy, contributions(ranked.links[one.track_id], ranked.weights)),
        )
        for one in shown
    ]
    return answer(
        said.FoundTrackPage(
            **copy_facts(held),
            weights=_weights(copy, ranked.weights),
            items=items,
            next=after,
            missing=ranked.missing.concepts,
        )
    )


@bp.post("/recommendations", operation_id="recommend", responses={200: said.RecommendationList, **REFUSED})
def recommend(body: said.RecommendationRequest) -> Response:
    """Tracks for these seeds and this session, each with the concepts that speak for it and their place in the tree."""
    shelf, fuse = parts().keeper.shelf(), parts().fuse
    named = [*(one.concept for one in body.seeds.concepts), *body.seeds.playlists]
    held = recommender.held_for(
        shelf, body.collection, [*named, *(one.concept for one in body.session if one.concept is not None)]
    )
    ranked = recommender.recommend(held, body, parts().usual, fuse.ask)
    return answer(
        said.RecommendationList(
            **copy_facts(held),
            weights=_weights(held.copy, ranked.weights),
            considered=ranked.considered,
            items=list(_items(held.copy, ranked)),
            missing=ranked.missing,
        )
    )


def _items(copy: Copy, ranked: Ranked) -> Iterable[said.Recommendation]:
    for number, one in enumerate(ranked.chosen, start=1):
        yield said.Recommendation(
            rank=number,
            track=translate.track(ranked.tracks[one.track_id]),
            score=one.score,
            relevance=one.relevance,
            lift=one.lift,
            alike=one.alike,
            playlists=ranked.given[one.track_id],
            contributions=_contributions(copy, contributions(ranked.links[one.track_id], ranked.weights)),
        )


def _weights(copy: Copy, weights: Mapping[str, float]) -> list[said.ConceptWeight]:
    ordered = sorted(weights, key=lambda one: (-abs(weights[one]), one))
    return [said.ConceptWeight(id=one, name=copy.concepts[one].name, weight=weights[one]) for one in ordered]


def _contributions(copy: Copy, found: Iterable[Contribution]) -> list[said.Contribution]:
    labels: dict[str, schemas.Label] = {}

    def label(concept_id: str) -> schemas.Label:
        return labels.setdefault(concept_id, translate.label(copy, concept_id))

    return [
        said.Contribution(
            concept=label(one.concept_id),
            path=[label(above) for above in (*copy.ancestors(one.concept_id), one.concept_id)],
            weight=one.weight,
            strength=one.strength,
            value=one.value,
        )
        for one in found
    ]
