"""`/jobs`: what was asked for and how far it is. Work is a POST; the ledger in Neo4j is the truth."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from cypher.errors import UnknownJob
from cypher.model import FINAL_STATES, Job
from webapi import schemas, translate
from webapi.answers import answer, author_of, name_of, parts, refuses
from webapi.asking import WORK_REFUSALS, accepted, job_answer
from webapi.errors import BadCursor, NoCopy
from webapi.paging import decode, encode
from webapi.plans import rebuild_plan
from webapi.schemas import work as work_schemas
from webapi.snapshot import Keeper
from webapi.stores import Stores
from webapi.streams import event_id
from worker.jobs.requests import REBUILD, RebuildRequest, first_steps

bp = APIBlueprint("jobs", __name__, abp_tags=[Tag(name="Jobs")])

AWAY = HTTPStatus.SERVICE_UNAVAILABLE
EVENT_STREAM = "text/event-stream"


@bp.post(
    "/jobs/rebuild",
    operation_id="request_rebuild",
    responses={
        200: work_schemas.RebuildPlan,
        202: schemas.Job,
        **WORK_REFUSALS,
    },
)
def request_rebuild(header: schemas.RebuildHeaders, query: work_schemas.RebuildQuery, body: RebuildRequest) -> Response:
    """Learn a collection's hierarchy anew; one rebuild a collection at a time. `dry_run` answers 200 with a plan."""
    if query.dry_run:
        return _plan(body)

    def write_down(stores: Stores) -> Job:
        collection = stores.catalogue.collection(body.collection)
        job, is_new = stores.ledger.request(
            REBUILD,
            collection.id,
            body.parameters(),
            idempotency_key=header.idempotency_key,
            steps=first_steps(),
            author=author_of(header),
        )
        return stores.ledger.job(job.id) if not is_new or not job.steps else job

    return accepted(parts().fuse.ask(write_down))


@bp.get("/jobs", operation_id="list_jobs", responses={200: schemas.JobPage, **refuses(HTTPStatus.NOT_FOUND, AWAY)})
def list_jobs(query: schemas.JobsQuery) -> Response:
    """Jobs, newest first."""
    before = decode(query.after, (str,))[0] if query.after is not None else None
    try:
        found = parts().fuse.ask(
            lambda stores: stores.ledger.jobs(query.collection, query.state, query.limit + 1, before)
        )
    except UnknownJob as error:
        raise BadCursor(query.after or "") from error
    shown = found[: query.limit]
    return answer(
        schemas.JobPage(
            items=[translate.job_summary(one, name_of(one.collection)) for one in shown],
            next=encode((shown[-1].id,)) if len(found) > query.limit else None,
        )
    )


@bp.get(
    "/jobs/<uuid:job_id>", operation_id="show_job", responses={200: schemas.Job, **refuses(HTTPStatus.NOT_FOUND, AWAY)}
)
def show_job(path: schemas.JobPath) -> Response:
    """One job: its stages with done, total and time left, and every step."""
    return job_answer(parts().fuse.ask(lambda stores: stores.ledger.job(str(path.job_id))))


@bp.get(
    "/jobs/<uuid:job_id>/events",
    operation_id="follow_job",
    responses={
        200: {
            "description": "Events named `job`, each the whole job as `GET /jobs/{id}` answers it, until it has ended",
            "content": {EVENT_STREAM: {"schema": {"type": "string"}}},
        },
        204: {"description": "The job has ended, and the listener has heard so"},
        **refuses(HTTPStatus.NOT_FOUND, AWAY),
    },
)
def follow_job(path: schemas.JobPath, header: work_schemas.EventHeaders) -> Response:
    """Server-sent events of one job. Resumes by `Last-Event-ID`; ends with the job; 503 when every place is taken."""
    job_id, last_id = str(path.job_id), header.last_event_id or ""
    found, fuse = parts(), parts().fuse

    def look() -> schemas.Job:
        job = fuse.ask(lambda stores: stores.ledger.job(job_id))
        found.keeper.notice(job.collection, job.result_version)
        return translate.job(job, _named(found.keeper, job.collection))

    now = look()
    if now.state in FINAL_STATES and event_id(now) == last_id:
        return Response(status=HTTPStatus.NO_CONTENT)
    response = Response(found.streams.open(look, last_id), content_type=f"{EVENT_STREAM}; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


@bp.post(
    "/jobs/<uuid:job_id>/cancel",
    operation_id="cancel_job",
    responses={202: schemas.Job, **refuses(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, AWAY)},
)
def cancel_job(path: schemas.JobPath) -> Response:
    """Ask a job to stop. Its steps notice at their next heartbeat; a job that has ended stays as it is."""

    def stop(stores: Stores) -> Job:
        stores.ledger.cancel(str(path.job_id))
        return stores.ledger.job(str(path.job_id))

    return job_answer(parts().fuse.ask(stop), HTTPStatus.ACCEPTED)


@bp.post(
    "/jobs/<uuid:job_id>/retry",
    operation_id="retry_job",
    responses={
        202: schemas.Job,
        **refuses(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, AWAY),
    },
)
def retry_job(path: schemas.JobPath) -> Response:
    """Queue a failed or cancelled job again; it resumes at the first unfinished step."""
    return accepted(parts().fuse.ask(lambda stores: stores.ledger.retry(str(path.job_id))))


def _plan(body: RebuildRequest) -> Response:
    active = parts().fuse.ask(lambda stores: _active_job(stores, body.collection))
    survey = parts().patient.ask(lambda stores: stores.planning.survey(REBUILD, body.collection))
    return answer(rebuild_plan(survey, body.settings(), active))


def _active_job(stores: Stores, collection_id: str | None) -> str | None:
    collection = stores.catalogue.collection(collection_id)
    latest = stores.ledger.jobs(collection.id, limit=20)
    return next((job.id for job in latest if job.kind == REBUILD and job.state not in FINAL_STATES), None)


def _named(keeper: Keeper, collection_id: str) -> str:
    try:
        return keeper.shelf().name_of(collection_id)
    except NoCopy:
        return collection_id
