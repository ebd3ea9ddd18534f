"""`/queue`: what waits at the broker, what was set aside there, and which process looks after it."""

from __future__ import annotations

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from cypher.work import REAPER
from webapi.answers import answer, parts, refuses
from webapi.schemas import work as work_schemas

bp = APIBlueprint("queue", __name__, abp_tags=[Tag(name="Jobs")])


@bp.get("/queue", operation_id="show_queue", responses={200: work_schemas.Queue, **refuses()})
def show_queue() -> Response:
    """Messages that wait, entries that were set aside because they were no message of ours, and the elected reaper."""
    state = parts().broker()
    office = parts().fuse.ask(lambda stores: stores.offices.holder(REAPER))
    return answer(
        work_schemas.Queue(
            waiting=state.waiting,
            set_aside=state.set_aside,
            latest_set_aside=[work_schemas.SetAside.model_validate(one) for one in state.latest],
            broker=state.reason,
            reaper=None if office is None else work_schemas.Reaper.model_validate(office, from_attributes=True),
        )
    )
