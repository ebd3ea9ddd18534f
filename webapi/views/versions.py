"""`/hierarchy/versions`, `/hierarchy/diff`, `/collections/{id}/current-version`: a tree in time, and its candidates."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from cypher import model
from cypher.comparison import difference
from cypher.costs import VersionCost
from webapi import schemas
from webapi.answers import answer, author_of, parts, refuses, version_of
from webapi.copies import Copy, name_key
from webapi.errors import NotPublishedYet
from webapi.schemas import versions as shapes

bp = APIBlueprint("versions", __name__, abp_tags=[Tag(name="Versions")])

AWAY = HTTPStatus.SERVICE_UNAVAILABLE
MISSING = refuses(HTTPStatus.NOT_FOUND, AWAY)
CHANGES = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, AWAY)
BODIES = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


@bp.get("/hierarchy/versions", operation_id="list_versions", responses={200: shapes.VersionPage, **MISSING})
def list_versions(query: shapes.VersionsQuery) -> Response:
    """Every version of a collection, newest first; one that waits for a decision among them."""
    collection = parts().keeper.shelf().collection(query.collection).copy.collection
    found = parts().fuse.ask(lambda stores: stores.hierarchy.versions(collection.id))
    costs = parts().patient.ask(lambda stores: stores.versions.costs(collection.id)) if query.costs else {}
    current = _current(collection.id)
    return answer(
        shapes.VersionPage(
            collection=schemas.Label(id=collection.id, name=collection.name),
            current=current,
            waiting=next((one.version for one in found if one.state == "candidate"), None),
            items=[_version(one, current, costs.get(one.version)) for one in found],
        )
    )


@bp.get("/hierarchy/diff", operation_id="compare_versions", responses={200: shapes.Diff, **MISSING})
def compare_versions(query: shapes.DiffQuery) -> Response:
    """What moved, what is new and what is gone from one version to another."""
    collection = parts().keeper.shelf().collection(query.collection).copy.collection
    later = query.to if query.to is not None else collection.version
    if later is None:
        raise NotPublishedYet(collection.id)
    before, after = (version_of(collection.id, one).copy for one in (query.from_, later))
    found = difference(before.edges.values(), after.edges.values())
    return answer(
        shapes.Diff(
            collection=schemas.Label(id=collection.id, name=collection.name),
            from_version=query.from_,
            to_version=later,
            common=found.common,
            moved_share=round(found.moved_share, 6),
            moved=[
                shapes.Move(
                    id=one.concept,
                    name=after.concepts[one.concept].name,
                    before=_labels(before, one.before),
                    after=_labels(after, one.after),
                )
                for one in sorted(found.moved, key=lambda one: name_key(after.concepts[one.concept]))
            ],
            new=_labels(after, found.new),
            gone=_labels(before, found.gone),
        )
    )


@bp.get(
    "/collections/<collection_id>/current-version",
    operation_id="show_current_version",
    responses={200: shapes.CurrentVersion, **MISSING},
)
def show_current_version(path: shapes.CollectionPath) -> Response:
    """The version readers see; its number is the ETag, for If-Match."""
    collection = parts().keeper.shelf().collection(path.collection_id).copy.collection
    found = parts().fuse.ask(lambda stores: stores.hierarchy.current(collection.id))
    if found is None:
        raise NotPublishedYet(collection.id)
    return _answer_current(collection, found)


@bp.put(
    "/collections/<collection_id>/current-version",
    operation_id="activate_version",
    responses={200: shapes.CurrentVersion, **refuses(*CHANGES, *BODIES, HTTPStatus.PRECONDITION_FAILED)},
)
def activate_version(path: shapes.CollectionPath, header: shapes.IfMatchHeaders, body: shapes.Activation) -> Response:
    """Let readers see a version: one that waits, or an older one, which comes back as a new version."""
    collection = parts().keeper.shelf().collection(path.collection_id).copy.collection
    asked = (header.if_match or "*").strip('"')
    found = parts().patient.ask(
        lambda stores: stores.versions.activate(
            collection.id,
            body.version,
            expected=None if asked == "*" else int(asked),
            author=author_of(header),
            note=body.note,
        )
    )
    parts().keeper.notice(collection.id, found.version)
    return _answer_current(collection, found)


@bp.post(
    "/hierarchy/versions/<int:version>/refuse",
    operation_id="refuse_version",
    responses={200: shapes.Version, **refuses(*CHANGES, *BODIES)},
)
def refuse_version(path: shapes.VersionPath, query: shapes.InCollectionQuery, body: shapes.Refusal) -> Response:
    """Say that a version that waits will not become current; its tree can be read until it is pruned."""
    collection = parts().keeper.shelf().collection(query.collection).copy.collection
    found = parts().patient.ask(lambda stores: stores.versions.refuse(collection.id, path.version, reason=body.reason))
    return answer(_version(found, None))


def _current(collection_id: str) -> int | None:
    found = parts().fuse.ask(lambda stores: stores.catalogue.collection(collection_id))
    return found.version


def _answer_current(collection: model.Collection, found: model.Hierarchy) -> Response:
    body = shapes.CurrentVersion(
        collection=schemas.Label(id=collection.id, name=collection.name), current=_version(found, found.version)
    )
    response = answer(body)
    response.set_etag(str(found.version))
    return response


def _version(found: model.Hierarchy, current: int | None, cost: VersionCost | None = None) -> shapes.Version:
    return shapes.Version(
        version=found.version,
        state=found.state,
        is_current=found.version == current,
        origin=found.origin,
        restores=found.restores,
        published_at=found.published_at,
        edges=found.edges,
        sha256=found.sha256,
        fingerprint=found.fingerprint,
        measures=found.measures,
        author=found.author,
        note=found.note,
        reason=found.reason,
        has_links=found.staging is not None,
        files=found.files,
        cost=None
        if cost is None
        else shapes.VersionCost(
            assessments=cost.assessments, similarities=cost.similarities, links=cost.links, bytes=cost.bytes
        ),
    )


def _labels(copy: Copy, ids: tuple[str | None, ...] | tuple[str, ...]) -> list[schemas.Label]:
    """Those that are concepts, by name."""
    known = sorted((copy.concepts[one] for one in ids if one is not None), key=name_key)
    return [schemas.Label(id=one.id, name=one.name) for one in known]
