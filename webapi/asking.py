"""A job that was asked for: rung for, and answered with where to follow it."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from flask import Response

from cypher.model import Job
from webapi import translate
from webapi.answers import answer, name_of, parts, refuses

WORK_REFUSALS = refuses(
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""How a request for work may be refused, whatever the work is."""

log = structlog.get_logger(__name__)


def accepted(job: Job) -> Response:
    """Ring for what is due of a job, and answer 202 with its `Location`.

    Why a bell that is not heard is no error: the job is in the ledger, and the reaper rings again.
    """
    structlog.contextvars.bind_contextvars(job=job.id)
    for step in parts().fuse.ask(lambda stores: stores.ledger.due_steps(job.id)):
        try:
            parts().ring(step)
        except OSError as error:
            log.warning("bell_not_heard", step=step.id, reason=str(error))
    return job_answer(job, HTTPStatus.ACCEPTED)


def job_answer(job: Job, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """A job as it is now."""
    # Who hears of a publication here and reads the tree next must not be shown the version before.
    parts().keeper.notice(job.collection, job.result_version)
    headers = {"Location": f"/jobs/{job.id}"} if status == HTTPStatus.ACCEPTED else {}
    return answer(translate.job(job, name_of(job.collection)), status, headers)
