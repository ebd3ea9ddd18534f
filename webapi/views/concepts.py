"""`/concepts`: the nodes of the tree, their place in it, what is like them and which tracks express them."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from cypher.model import Concept
from webapi import schemas, translate
from webapi.answers import answer, copy_facts, from_copy, parts, refuses
from webapi.copies import Copy, child_key, name_key
from webapi.paging import decode, encode, page
from webapi.snapshot import Held

bp = APIBlueprint("concepts", __name__, abp_tags=[Tag(name="Concepts")])

NAME_KEY = (str, str)
CHILD_KEY = (float, str, str)
DESCENDANT_KEY = (int, str, str)
TRACK_KEY = (float, str)

MISSING = refuses(HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE)


@bp.get("/concepts", operation_id="list_concepts", responses={200: schemas.ConceptPage, **MISSING})
def list_concepts(query: schemas.ConceptsQuery) -> Response:
    """Concepts of a collection by name; searched and filtered."""
    held = parts().keeper.shelf().collection(query.collection)
    copy = held.copy
    wanted = query.q.casefold() if query.q else ""

    def fits(concept: Concept) -> bool:
        return (
            (query.kind is None or concept.kind == query.kind)
            and (query.status is None or concept.status == query.status)
            and (wanted in concept.name.casefold())
        )

    def make() -> schemas.ConceptPage:
        found = [one for one in copy.by_name if fits(copy.concepts[one])]
        shown, after = page(found, lambda one: name_key(copy.concepts[one]), NAME_KEY, query.after, query.limit)
        return schemas.ConceptPage(
            **copy_facts(held), items=[translate.summary(copy, one) for one in shown], next=after
        )

    return from_copy(held, make)


@bp.get("/concepts/<concept_id>", operation_id="show_concept", responses={200: schemas.Concept, **MISSING})
def show_concept(path: schemas.ConceptPath) -> Response:
    """One concept: its place, how well it is learnt, and where to go on."""
    held = _having(path)
    return from_copy(held, lambda: translate.concept(held, path.concept_id))


@bp.get("/concepts/<concept_id>/ancestry", operation_id="show_ancestry", responses={200: schemas.Ancestry, **MISSING})
def show_ancestry(path: schemas.ConceptPath) -> Response:
    """Ancestors, root first, with similarity and margin of each step."""
    held = _having(path)
    return from_copy(held, lambda: translate.ancestry(held, path.concept_id))


@bp.get(
    "/concepts/<concept_id>/children", operation_id="list_children", responses={200: schemas.ConceptPage, **MISSING}
)
def list_children(path: schemas.ConceptPath, query: schemas.PageQuery) -> Response:
    """Direct children, most similar first."""
    held = _having(path)
    copy = held.copy

    def make() -> schemas.ConceptPage:
        children = copy.children.get(path.concept_id, ())
        shown, after = page(
            children, lambda one: child_key(copy.concepts[one], copy.edges[one]), CHILD_KEY, query.after, query.limit
        )
        return schemas.ConceptPage(
            **copy_facts(held), items=[translate.summary(copy, one) for one in shown], next=after
        )

    return from_copy(held, make)


@bp.get(
    "/concepts/<concept_id>/descendants",
    operation_id="list_descendants",
    responses={200: schemas.DescendantPage, **MISSING},
)
def list_descendants(path: schemas.ConceptPath, query: schemas.DescendantsQuery) -> Response:
    """All that hangs below a concept, nearest first, then by name."""
    held = _having(path)
    copy = held.copy

    def make() -> schemas.DescendantPage:
        below = list(copy.below(path.concept_id, query.depth))
        shown, after = page(
            below, lambda one: (one[0], *name_key(copy.concepts[one[1]])), DESCENDANT_KEY, query.after, query.limit
        )
        items = [translate.descendant(copy, distance, one) for distance, one in shown]
        return schemas.DescendantPage(**copy_facts(held), items=items, next=after)

    return from_copy(held, make)


@bp.get(
    "/concepts/<concept_id>/neighbours",
    operation_id="list_neighbours",
    responses={200: schemas.NeighbourPage, **MISSING},
)
def list_neighbours(path: schemas.ConceptPath, query: schemas.LimitQuery) -> Response:
    """The most similar concepts, strongest first; both directions of the similarity."""
    concept = _label(path)
    found = parts().fuse.ask(lambda stores: stores.hierarchy.neighbours(path.concept_id, query.limit))
    items = [schemas.Neighbour.model_validate(one, from_attributes=True) for one in found]
    return answer(schemas.NeighbourPage(concept=concept, items=items))


@bp.get(
    "/concepts/<concept_id>/tracks", operation_id="list_tracks_of", responses={200: schemas.TrackLinkPage, **MISSING}
)
def list_tracks_of(path: schemas.ConceptPath, query: schemas.PageQuery) -> Response:
    """Tracks that express a concept, strongest first."""
    concept = _label(path)
    behind: tuple[float, str] | None = None
    if query.after is not None:
        score, track_id = decode(query.after, TRACK_KEY)
        behind = score, track_id
    found = parts().fuse.ask(
        lambda stores: stores.hierarchy.tracks_of(path.concept_id, after=behind, limit=query.limit + 1)
    )
    shown = found[: query.limit]
    after = encode((shown[-1].score, shown[-1].track.id)) if len(found) > query.limit else None
    return answer(
        schemas.TrackLinkPage(concept=concept, items=[translate.track_link(one) for one in shown], next=after)
    )


def _having(path: schemas.ConceptPath) -> Held:
    return parts().keeper.shelf().having(path.concept_id)


def _label(path: schemas.ConceptPath) -> schemas.Label:
    copy: Copy = _having(path).copy
    return translate.label(copy, path.concept_id)
