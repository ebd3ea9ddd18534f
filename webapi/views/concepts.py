"""`/concepts`: the nodes of the tree, their place in it, what is like them and which tracks express them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from operator import itemgetter

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from cypher.model import Edge
from webapi import schemas, translate
from webapi.answers import answer, copy_facts, from_copy, having, parts, refuses, version_of
from webapi.copies import Copy, child_key, name_key
from webapi.listing import listing
from webapi.paging import decode, encode, page
from webapi.schemas import likeness, places
from webapi.schemas import versions as shapes
from webapi.snapshot import Held

bp = APIBlueprint("concepts", __name__, abp_tags=[Tag(name="Concepts")])

Place = tuple[float, str, str]
"""Where a concept stands in a list; smaller comes first."""
PLACE = (float, str, str)
DESCENDANT_PLACE = (int, str, str)
TRACK_KEY = (float, str)

MISSING = refuses(HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE)
PERHAPS_GONE = refuses(HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.SERVICE_UNAVAILABLE)
"""Similarities and links of an old version may have been swept; its tree has not."""


@bp.get("/concepts", operation_id="list_concepts", responses={200: schemas.ConceptPage, **MISSING})
def list_concepts(query: schemas.ConceptsQuery) -> Response:
    """Concepts of a collection: searched by name although it is mistyped, filtered, in the order that is wished for."""
    held = version_of(query.collection, query.version)
    copy = held.copy

    def make() -> schemas.ConceptPage:
        return _concepts(held, sorted((place, one) for one, place in listing(copy, query).items()), query)

    return from_copy(held, make)


def _concepts(held: Held, placed: Sequence[tuple[Place, str]], query: schemas.PageQuery) -> schemas.ConceptPage:
    """One page of concepts.

    Args:
        held: the copy that they are of.
        placed: (place in the list, id) of all of them, in ascending order.
        query: which page.
    """
    shown, after = page(placed, itemgetter(0), PLACE, query.after, query.limit)
    items = [translate.summary(held.copy, one) for _, one in shown]
    return schemas.ConceptPage(**copy_facts(held), items=items, next=after)


def _below(copy: Copy, edges: Iterable[tuple[str, Edge]]) -> list[tuple[Place, str]]:
    """Concepts with their places among those that hang below the same one; they come in that order."""
    return [(child_key(copy.concepts[one], edge), one) for one, edge in edges]


@bp.get("/concepts/<concept_id>", operation_id="show_concept", responses={200: schemas.Concept, **MISSING})
def show_concept(path: schemas.ConceptPath, query: shapes.VersionQuery) -> Response:
    """One concept: its place, how well it is learnt, and where to go on."""
    held = having(path.concept_id, query.version)
    return from_copy(held, lambda: translate.concept(held, path.concept_id))


@bp.get("/concepts/<concept_id>/ancestry", operation_id="show_ancestry", responses={200: schemas.Ancestry, **MISSING})
def show_ancestry(path: schemas.ConceptPath, query: shapes.VersionQuery) -> Response:
    """Ancestors, root first, with similarity and margin of each step."""
    held = having(path.concept_id, query.version)
    return from_copy(held, lambda: translate.ancestry(held, path.concept_id))


@bp.get(
    "/concepts/<concept_id>/children", operation_id="list_children", responses={200: schemas.ConceptPage, **MISSING}
)
def list_children(path: schemas.ConceptPath, query: shapes.VersionPageQuery) -> Response:
    """Direct children, most similar first; those that have another primary parent are among them."""
    held = having(path.concept_id, query.version)
    copy = held.copy

    return from_copy(held, lambda: _concepts(held, _below(copy, copy.children_of(path.concept_id)), query))


@bp.get(
    "/concepts/<concept_id>/descendants",
    operation_id="list_descendants",
    responses={200: schemas.DescendantPage, **MISSING},
)
def list_descendants(path: schemas.ConceptPath, query: shapes.VersionDescendantsQuery) -> Response:
    """All that hangs below a concept, nearest first, then by name."""
    held = having(path.concept_id, query.version)
    copy = held.copy

    def make() -> schemas.DescendantPage:
        placed = [((far, *name_key(copy.concepts[one])), one) for far, one in copy.below(path.concept_id, query.depth)]
        shown, after = page(placed, itemgetter(0), DESCENDANT_PLACE, query.after, query.limit)
        items = [translate.descendant(copy, place[0], one) for place, one in shown]
        return schemas.DescendantPage(**copy_facts(held), items=items, next=after)

    return from_copy(held, make)


@bp.get(
    "/concepts/<concept_id>/neighbours",
    operation_id="list_neighbours",
    responses={200: likeness.NeighbourPage, **PERHAPS_GONE},
)
def list_neighbours(path: schemas.ConceptPath, query: shapes.VersionLimitQuery) -> Response:
    """The most similar concepts, strongest first; both directions of the similarity, and which are correlated."""
    concept = _label(path, query.version)
    found = parts().fuse.ask(lambda stores: stores.hierarchy.neighbours(path.concept_id, query.limit, query.version))
    copy = having(path.concept_id, query.version).copy
    items = [translate.neighbour(copy, path.concept_id, one) for one in found]
    return answer(likeness.NeighbourPage(concept=concept, items=items))


@bp.get(
    "/concepts/<concept_id>/tracks",
    operation_id="list_tracks_of",
    responses={200: schemas.TrackLinkPage, **PERHAPS_GONE},
)
def list_tracks_of(path: schemas.ConceptPath, query: shapes.VersionPageQuery) -> Response:
    """Tracks that express a concept, strongest first."""
    concept = _label(path, query.version)
    behind: tuple[float, str] | None = None
    if query.after is not None:
        score, track_id = decode(query.after, TRACK_KEY)
        behind = score, track_id
    found = parts().fuse.ask(
        lambda stores: stores.hierarchy.tracks_of(
            path.concept_id, after=behind, limit=query.limit + 1, version=query.version
        )
    )
    shown = found[: query.limit]
    after = encode((shown[-1].score, shown[-1].track.id)) if len(found) > query.limit else None
    return answer(
        schemas.TrackLinkPage(concept=concept, items=[translate.track_link(one) for one in shown], next=after)
    )


def _label(path: schemas.ConceptPath, version: int | None) -> schemas.Label:
    return translate.label(having(path.concept_id, version).copy, path.concept_id)


@bp.get(
    "/concepts/<concept_id>/siblings", operation_id="list_siblings", responses={200: schemas.ConceptPage, **MISSING}
)
def list_siblings(path: schemas.ConceptPath, query: shapes.VersionPageQuery) -> Response:
    """The other children of a concept's parent, most similar to the parent first; at the top, the other tops."""
    held = having(path.concept_id, query.version)
    copy = held.copy

    def make() -> schemas.ConceptPage:
        edge = copy.edges.get(path.concept_id)
        beside = copy.children.get(edge.parent, ()) if edge is not None else ()
        others = [(one, copy.edges[one]) for one in beside if one != path.concept_id]
        return _concepts(held, _below(copy, others), query)

    return from_copy(held, make)


@bp.get(
    "/concepts/<concept_id>/path/<other_id>",
    operation_id="show_path_between",
    responses={200: places.Meeting, **MISSING},
)
def show_path_between(path: places.PairPath, query: shapes.VersionQuery) -> Response:
    """The lowest concept above two of one collection, and the way from the one to the other."""
    held = having(path.concept_id, query.version)
    held.copy.concept(path.other_id)
    return from_copy(held, lambda: translate.meeting(held, path.concept_id, path.other_id))
