"""Curation: `/concepts/{id}/parent` and `/pins` pin, `PATCH /concepts/{id}`, `/merges`, `/curations`, `/hand-edits`.

Each decision is published at once, as a version of its own, and rebuilds keep to it until it is undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from cypher.decisions import Curation, CurationKind, Signature
from cypher.errors import CurationMeaningless, UnknownCuration
from webapi.answers import answer, author_of, name_of, parts, refuses
from webapi.errors import BadCursor
from webapi.paging import decode, encode
from webapi.schemas import AuthorHeaders, ConceptPath, Label
from webapi.schemas import curation as schemas
from webapi.stores import Stores

bp = APIBlueprint("curation", __name__, abp_tags=[Tag(name="Curation")])

REFUSED = refuses(
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.PRECONDITION_FAILED,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
READ = refuses(HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE)


@bp.put("/concepts/<concept_id>/parent", operation_id="pin_parent", responses={200: schemas.Curation, **REFUSED})
def pin_parent(header: AuthorHeaders, path: ConceptPath, body: schemas.ParentBody) -> Response:
    """Pin a concept below a parent, now and in every rebuild to come."""

    def decide(stores: Stores) -> Curation:
        return stores.curation.pin(path.concept_id, body.parent, signed=_signed(header, body), expected=body.version)

    return _decided(parts().fuse.ask(decide))


@bp.delete("/concepts/<concept_id>/parent", operation_id="unpin_parent", responses={200: schemas.Curation, **REFUSED})
def unpin_parent(header: AuthorHeaders, path: ConceptPath) -> Response:
    """Undo the pin of a concept: rebuilds place it by its sound again."""

    def decide(stores: Stores) -> Curation:
        return stores.curation.undo(_standing(stores, "pin", path.concept_id), signed=_signed(header))

    return _decided(parts().fuse.ask(decide))


@bp.post("/pins", operation_id="pin_parents", responses={201: schemas.CurationPage, **REFUSED})
def pin_parents(header: AuthorHeaders, body: schemas.PinsBody) -> Response:
    """Pin many concepts at once: one version, one decision each; or nothing, where one of them cannot be."""

    def decide(stores: Stores) -> list[Curation]:
        collection = stores.catalogue.collection(body.collection)
        wanted = {one.concept: one.parent for one in body.pins}
        return stores.curation.pin_all(collection.id, wanted, signed=_signed(header, body), expected=body.version)

    made = parts().patient.ask(decide)
    _notice(made)
    return answer(schemas.CurationPage(items=[_curation(one) for one in made]), HTTPStatus.CREATED)


@bp.patch("/concepts/<concept_id>", operation_id="change_concept", responses={200: schemas.CurationPage, **REFUSED})
def change_concept(header: AuthorHeaders, path: ConceptPath, body: schemas.ConceptPatch) -> Response:
    """Rename a concept, give it aliases, hide it or show it again; one decision for the names and one for hiding."""

    def decide(stores: Stores) -> list[Curation]:
        concept_id, signed, expected = path.concept_id, _signed(header, body), body.version
        made: list[Curation] = []
        if body.name is not None or body.aliases is not None:
            made.append(
                stores.curation.rename(
                    concept_id, name=body.name, aliases=body.aliases, signed=signed, expected=expected
                )
            )
            expected = expected and made[-1].version
        if body.hidden:
            made.append(stores.curation.hide(concept_id, signed=signed, expected=expected))
        elif body.hidden is not None:
            made.append(stores.curation.undo(_standing(stores, "hide", concept_id), signed=signed, expected=expected))
        return made

    made = parts().fuse.ask(decide)
    _notice(made)
    return answer(schemas.CurationPage(items=[_curation(one) for one in made]))


@bp.post("/merges", operation_id="merge_concepts", responses={201: schemas.Curation, **REFUSED})
def merge_concepts(header: AuthorHeaders, body: schemas.MergeBody) -> Response:
    """Make one concept part of another: the tree shows the other alone, rebuilds join their tracks."""

    def decide(stores: Stores) -> Curation:
        return stores.curation.merge(body.concept, body.into, signed=_signed(header, body), expected=body.version)

    return _decided(parts().fuse.ask(decide), HTTPStatus.CREATED)


@bp.get("/curations", operation_id="list_curations", responses={200: schemas.CurationPage, **READ})
def list_curations(query: schemas.CurationsQuery) -> Response:
    """Who decided what and why, newest first."""
    before = decode(query.after, (str,))[0] if query.after is not None else None
    try:
        found = parts().fuse.ask(
            lambda stores: stores.curation.curations(
                query.collection, concept=query.concept, state=query.state, before=before, limit=query.limit + 1
            )
        )
    except UnknownCuration as error:
        raise BadCursor(query.after or "") from error
    shown = found[: query.limit]
    more = encode((shown[-1].id,)) if len(found) > query.limit else None
    return answer(schemas.CurationPage(items=[_curation(one) for one in shown], next=more))


@bp.get("/curations/<curation_id>", operation_id="show_curation", responses={200: schemas.Curation, **READ})
def show_curation(path: schemas.CurationPath) -> Response:
    """One decision."""
    return answer(_curation(parts().fuse.ask(lambda stores: stores.curation.curation(path.curation_id))))


@bp.post("/curations/<curation_id>/undo", operation_id="undo_curation", responses={200: schemas.Curation, **REFUSED})
def undo_curation(header: AuthorHeaders, path: schemas.CurationPath, body: schemas.UndoBody) -> Response:
    """Take a decision back by publishing its inverse."""

    def decide(stores: Stores) -> Curation:
        return stores.curation.undo(path.curation_id, signed=_signed(header, body), expected=body.version)

    return _decided(parts().fuse.ask(decide))


@bp.get("/hand-edits", operation_id="list_hand_edits", responses={200: schemas.HandEdits, **READ})
def list_hand_edits(query: schemas.HandEditsQuery) -> Response:
    """What was edited of PARENT_OF past this service, in Neo4j Browser perhaps."""
    held = parts().keeper.shelf().collection(query.collection)
    collection = held.copy.collection
    found = parts().fuse.ask(lambda stores: stores.versions.hand_edits(collection.id))
    names = {concept.id: concept.name for concept in held.copy.concepts.values()}

    def pairs(given: Sequence[tuple[str, str]]) -> list[schemas.HandEdit]:
        return [
            schemas.HandEdit(
                child=Label(id=child, name=names.get(child, child)),
                parent=Label(id=parent, name=names.get(parent, parent)),
            )
            for child, parent in given
        ]

    return answer(
        schemas.HandEdits(
            collection=Label(id=collection.id, name=collection.name),
            version=found.version if found is not None else None,
            drawn=pairs(found.drawn if found is not None else ()),
            removed=pairs(found.removed if found is not None else ()),
        )
    )


@bp.post("/hand-edits", operation_id="decide_hand_edits", responses={200: schemas.CurationPage, **REFUSED})
def decide_hand_edits(header: AuthorHeaders, body: schemas.HandEditsBody) -> Response:
    """Adopt what was edited by hand, as pins, or draw the tree again as it was."""

    def decide(stores: Stores) -> list[Curation]:
        collection = stores.catalogue.collection(body.collection).id
        if body.decision == "adopt":
            return stores.curation.adopt(collection, signed=_signed(header, body), expected=body.version)
        return [stores.curation.revert(collection, signed=_signed(header, body), expected=body.version)]

    made = parts().fuse.ask(decide)
    _notice(made)
    return answer(schemas.CurationPage(items=[_curation(one) for one in made]))


def _signed(header: AuthorHeaders, body: schemas.Signed | None = None) -> Signature:
    return Signature(author_of(header), body.reason if body is not None else "")


def _standing(stores: Stores, kind: CurationKind, concept_id: str) -> str:
    """Id of the decision of this kind that stands for a concept."""
    for one in stores.curation.curations(concept=concept_id, state="standing", limit=1000):
        if (one.kind, one.concept) == (kind, concept_id):
            return one.id
    stores.catalogue.concept(concept_id)
    what = {"pin": "not pinned", "hide": "not hidden"}.get(kind, "as it was")
    raise CurationMeaningless(f"concept {concept_id!r} is {what}")


def _decided(made: Curation, status: HTTPStatus = HTTPStatus.OK) -> Response:
    _notice([made])
    headers = {"Location": f"/curations/{made.id}"} if status == HTTPStatus.CREATED else {}
    return answer(_curation(made), status, headers)


def _notice(made: Sequence[Curation]) -> None:
    """Who decided something and reads the tree next must see it."""
    for one in made:
        parts().keeper.notice(one.collection, one.version)


def _curation(one: Curation) -> schemas.Curation:
    return schemas.Curation(
        id=one.id,
        collection=Label(id=one.collection, name=name_of(one.collection)),
        kind=one.kind,
        state=one.state,
        author=one.author,
        reason=one.reason,
        at=one.at,
        version=one.version,
        concept=Label(id=one.concept, name=one.concept_name),
        other=Label(id=one.other, name=one.other_name or one.other) if one.other is not None else None,
        undoes=one.undoes,
    )
