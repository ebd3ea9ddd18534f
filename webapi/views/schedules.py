"""`/schedules`: when a collection is rebuilt by itself. Served by the elected reaper of the workers."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from uuid import UUID

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from cypher.work import Schedule
from webapi import schemas
from webapi.answers import answer, author_of, name_of, parts, refuses
from webapi.schemas import work as work_schemas
from webapi.stores import Stores
from worker.jobs.schedules import Rule, ScheduleRequest, next_time

bp = APIBlueprint("schedules", __name__, abp_tags=[Tag(name="Schedules")])

AWAY = HTTPStatus.SERVICE_UNAVAILABLE


@bp.get("/schedules", operation_id="list_schedules", responses={200: work_schemas.SchedulePage, **refuses(AWAY)})
def list_schedules() -> Response:
    """Every schedule, by collection."""
    found = parts().fuse.ask(lambda stores: stores.schedules.schedules())
    return answer(work_schemas.SchedulePage(items=[_shown(one) for one in found]))


@bp.get(
    "/schedules/<collection_id>",
    operation_id="show_schedule",
    responses={200: work_schemas.Schedule, **refuses(HTTPStatus.NOT_FOUND, AWAY)},
)
def show_schedule(path: work_schemas.SchedulePath) -> Response:
    """One collection's schedule, and what came of its last time."""
    return answer(_shown(parts().fuse.ask(lambda stores: stores.schedules.schedule(path.collection_id))))


@bp.put(
    "/schedules/<collection_id>",
    operation_id="set_schedule",
    responses={
        200: work_schemas.Schedule,
        **refuses(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.FORBIDDEN,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            AWAY,
        ),
    },
)
def set_schedule(path: work_schemas.SchedulePath, header: schemas.AuthorHeaders, body: ScheduleRequest) -> Response:
    """Rebuild a collection every so many hours, or at a time of day; takes the place of the schedule it has."""
    now = datetime.now(UTC)
    first = next_time(body.rule(), after=now, anchor=now)

    def put(stores: Stores) -> Schedule:
        return stores.schedules.put(
            path.collection_id,
            body.rule().model_dump(mode="json"),
            body.model_dump(mode="json", include={"preset", "settings"}),
            author=author_of(header),
            next_at=first,
        )

    return answer(_shown(parts().fuse.ask(put)))


@bp.delete(
    "/schedules/<collection_id>",
    operation_id="remove_schedule",
    responses={204: None, **refuses(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, AWAY)},
)
def remove_schedule(path: work_schemas.SchedulePath) -> Response:
    """Rebuild the collection no more by itself; a job that was asked for goes on."""
    parts().fuse.ask(lambda stores: stores.schedules.remove(path.collection_id))
    return Response(status=HTTPStatus.NO_CONTENT)


def _shown(found: Schedule) -> work_schemas.Schedule:
    rule = Rule.model_validate(found.rule)
    return work_schemas.Schedule(
        collection=schemas.Label(id=found.collection, name=name_of(found.collection)),
        rule=rule,
        says=rule.text(),
        request=found.request,
        author=found.author,
        set_at=found.set_at,
        next_at=found.next_at,
        last_at=found.last_at,
        last_job=UUID(found.last_job) if found.last_job else None,
        last_said=found.last_said,
    )
