"""`/tracks`: what is known of tracks, which concepts they express, and how they sound."""

from __future__ import annotations

import mimetypes
import os
from dataclasses import replace
from http import HTTPStatus

from flask import Response, request
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import FileWrapper

from cypher.model import ConceptLink, Track
from webapi import schemas, translate
from webapi.answers import answer, parts, refuses
from webapi.listening import open_audio
from webapi.schemas import tracks as said
from webapi.snapshot import Shelf
from webapi.stores import Stores

bp = APIBlueprint("tracks", __name__, abp_tags=[Tag(name="Tracks")])

MISSING = refuses(HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE)
PURGE = (
    "its activations lie in the store until `audio-concepts activations prune`, and its sound is part of the published "
    "vectors until the next rebuild, which learns without it; a file that was uploaded is swept by a later upload, a "
    "day from now at the earliest"
)


@bp.put(
    "/tracks",
    operation_id="save_tracks",
    responses={
        200: said.TrackBatchReport,
        **refuses(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.FORBIDDEN,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.SERVICE_UNAVAILABLE,
        ),
    },
)
def save_tracks(body: said.TrackBatch) -> Response:
    """Make tracks, or change what is told of them; sent again, the same request changes nothing."""

    def save(stores: Stores) -> said.TrackBatchReport:
        known = {one.id: one for one in stores.catalogue.tracks([entry.id for entry in body.tracks])}
        wanted = [_merged(known.get(entry.id), entry) for entry in body.tracks]
        changed = [one for one in wanted if known.get(one.id) != one]
        if changed:
            stores.catalogue.save_tracks(changed, [])
        moved = {one.id for one in changed}
        return said.TrackBatchReport(
            created=[one.id for one in wanted if one.id not in known],
            updated=[one.id for one in wanted if one.id in known and one.id in moved],
            unchanged=[one.id for one in wanted if one.id not in moved],
        )

    return answer(parts().fuse.ask(save))


def _merged(known: Track | None, entry: said.TrackEntry) -> Track:
    told = entry.model_dump(exclude={"id"}, exclude_none=True)
    return replace(known or Track(id=entry.id, title=""), **told)


@bp.get("/tracks", operation_id="find_tracks", responses={200: said.TrackList, **MISSING})
def find_tracks(query: said.TrackQuery) -> Response:
    """Tracks by ISRC or MusicBrainz id."""
    found = parts().fuse.ask(
        lambda stores: stores.catalogue.tracks_by_code(isrc=query.isrc, mbid=query.mbid, limit=query.limit)
    )
    return answer(said.TrackList(items=[translate.track(one) for one in found]))


@bp.get("/tracks/<track_id>", operation_id="show_track", responses={200: schemas.Track, **MISSING})
def show_track(path: schemas.TrackPath) -> Response:
    """One track."""
    return answer(translate.track(parts().fuse.ask(lambda stores: stores.catalogue.track(path.track_id))))


@bp.delete(
    "/tracks/<track_id>",
    operation_id="delete_track",
    responses={
        200: said.Deleted,
        **refuses(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
    },
)
def delete_track(path: schemas.TrackPath) -> Response:
    """Take a track out: memberships and links at once, vectors at the next version; the answer says what remains."""
    gone = parts().fuse.ask(lambda stores: stores.catalogue.delete_track(path.track_id))
    return answer(said.Deleted(id=path.track_id, remains=PURGE, **gone))


@bp.get(
    "/tracks/<track_id>/audio",
    operation_id="listen",
    responses={
        200: {"description": "The file, or the part of it that a Range header asks for", "content": {}},
        206: {"description": "A part of the file", "content": {}},
        **MISSING,
        416: refuses(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)[HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE],
    },
)
def listen(path: schemas.TrackPath) -> Response:
    """The sound of a track, whole or by Range; only files below the folders that the deployment names."""
    track = parts().fuse.ask(lambda stores: stores.catalogue.track(path.track_id))
    file, where = open_audio(track.id, track.uri, parts().audio_roots)
    status = os.fstat(file.fileno())
    media_type = mimetypes.guess_type(where.name)[0] or ""
    response = Response(
        FileWrapper(file),
        content_type=media_type if media_type.startswith("audio/") else "application/octet-stream",
        direct_passthrough=True,
    )
    response.content_length = status.st_size
    response.set_etag(f"{status.st_mtime_ns:x}-{status.st_size:x}")
    response.headers["Cache-Control"] = "private, no-cache"
    response.call_on_close(file.close)
    try:
        response.make_conditional(request, accept_ranges=True, complete_length=status.st_size)
    except RequestedRangeNotSatisfiable:
        file.close()
        raise
    return response


@bp.get(
    "/tracks/<track_id>/concepts", operation_id="list_concepts_of", responses={200: schemas.ConceptLinkPage, **MISSING}
)
def list_concepts_of(path: schemas.TrackPath, query: said.ConceptsOfQuery) -> Response:
    """Concepts that a track expresses, strongest first, in every collection; with those above them when wished."""
    fuse, shelf = parts().fuse, parts().keeper.shelf()
    track, found = fuse.ask(
        lambda stores: (stores.catalogue.track(path.track_id), stores.hierarchy.concepts_of(path.track_id))
    )
    items = [
        schemas.ConceptLink(
            id=one.id,
            name=one.name,
            collection=schemas.Label(id=one.collection, name=shelf.name_of(one.collection)),
            score=one.score,
            rank=one.rank,
            is_example=one.is_example,
        )
        for one in found
    ]
    if query.roll_up:
        items += _rolled_up(shelf, found)
    return answer(schemas.ConceptLinkPage(track=translate.track(track), items=items))


def _rolled_up(shelf: Shelf, found: list[ConceptLink]) -> list[schemas.ConceptLink]:
    """Every concept above those found that is not among them, with the strongest score below it; strongest first."""
    direct = {one.id for one in found}
    above: dict[str, schemas.ConceptLink] = {}
    for link in sorted(found, key=lambda one: -one.score):
        copy = shelf.copies.get(link.collection)
        if copy is None or link.id not in copy.edges:
            continue
        for one in copy.ancestors(link.id):
            if one not in direct and one not in above:
                above[one] = schemas.ConceptLink(
                    id=one,
                    name=copy.concepts[one].name,
                    collection=schemas.Label(id=copy.collection.id, name=copy.collection.name),
                    score=link.score,
                    rank=link.rank,
                    is_example=link.is_example,
                    by_way_of=translate.label(copy, link.id),
                )
    return sorted(above.values(), key=lambda one: (-one.score, one.id))
