"""`POST /tracks`: a file of sound comes in, and waits in quarantine until a worker has decoded it."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, request
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag
from werkzeug.exceptions import LengthRequired, RequestEntityTooLarge

from cypher.model import Job
from webapi import schemas
from webapi.answers import author_of, parts, refuses
from webapi.asking import accepted
from webapi.errors import NotSound, UploadsClosed
from webapi.schemas.tracks import UploadQuery
from webapi.stores import Stores
from worker.jobs.kinds import ADMISSION, AdmissionWork, errand_steps

bp = APIBlueprint("uploads", __name__, abp_tags=[Tag(name="Tracks")])

OTHER_TYPES = frozenset({"application/octet-stream", "application/ogg"})


@bp.post(
    "/tracks",
    operation_id="upload_track",
    responses={
        202: schemas.Job,
        **refuses(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.FORBIDDEN,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.LENGTH_REQUIRED,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.SERVICE_UNAVAILABLE,
            HTTPStatus.INSUFFICIENT_STORAGE,
        ),
    },
)
def upload_track(header: schemas.AuthorHeaders, query: UploadQuery) -> Response:
    """Send the bytes of one file of sound; a worker decodes it and makes a track of it, or says why not.

    The result of the job's step names the track, which is one that was known when the sound was. A job that failed has
    the reason as its code, and the file is deleted.
    """
    found = parts()
    if found.uploads is None:
        raise UploadsClosed
    if request.mimetype not in OTHER_TYPES and not request.mimetype.startswith("audio/"):
        raise NotSound(request.mimetype)
    length = request.content_length
    if not length:
        raise LengthRequired
    if length > found.uploads.most_bytes:
        raise RequestEntityTooLarge(f"{length} bytes are more than the {found.uploads.most_bytes} that are taken")
    collection = found.fuse.ask(lambda stores: stores.catalogue.collection(query.collection))
    request.max_content_length = found.uploads.most_bytes
    with found.uploads.receiving(request.stream.read, length) as received:
        work = AdmissionWork(
            file=received.name, sha256=received.sha256, bytes=received.bytes, title=query.title or "untitled"
        )

        def write_down(stores: Stores) -> Job:
            job, _ = stores.ledger.request(
                ADMISSION,
                collection.id,
                work.model_dump(mode="json"),
                steps=errand_steps(ADMISSION),
                author=author_of(header),
            )
            return stores.ledger.job(job.id)

        job = found.fuse.ask(write_down)
    return accepted(job)
