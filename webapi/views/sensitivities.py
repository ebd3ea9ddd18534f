"""`/concepts/{id}/sensitivity`: which of the network's tags a concept raises, once a worker has measured it."""

from __future__ import annotations

import dataclasses
from http import HTTPStatus

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from cypher.model import Job
from webapi import schemas, translate
from webapi.answers import author_of, copy_facts, from_copy, having, parts, refuses, version_of
from webapi.asking import WORK_REFUSALS, accepted
from webapi.schemas import sensing as said
from webapi.schemas.versions import VersionQuery
from webapi.sensing import learnt
from webapi.stores import Stores
from worker.answers.sensed import CALLED
from worker.jobs.kinds import SENSITIVITY, SensitivityRequest, SensitivityWork, errand_steps

bp = APIBlueprint("sensitivities", __name__, abp_tags=[Tag(name="Explanations")])


@bp.post(
    "/jobs/sensitivity",
    operation_id="request_sensitivity",
    responses={202: schemas.Job, **WORK_REFUSALS},
)
def request_sensitivity(header: schemas.RebuildHeaders, body: SensitivityRequest) -> Response:
    """Measure which tags concepts of the current version raise; what was measured is not measured again.

    The result of the job's step names the concepts none of whose tracks gave a sound, and why.
    """
    copy = version_of(body.collection, None).copy
    asked = tuple(dict.fromkeys(body.concepts))
    for concept_id in asked:
        learnt(copy, concept_id)

    def write_down(stores: Stores) -> Job:
        work = SensitivityWork(concepts=asked, version=copy.collection.version or 0)
        job, _ = stores.ledger.request(
            SENSITIVITY,
            copy.collection.id,
            work.model_dump(mode="json"),
            idempotency_key=header.idempotency_key,
            steps=errand_steps(SENSITIVITY),
            author=author_of(header),
        )
        return stores.ledger.job(job.id)

    return accepted(parts().fuse.ask(write_down))


@bp.get(
    "/concepts/<concept_id>/sensitivity",
    operation_id="show_sensitivity",
    responses={
        200: said.Sensitivity,
        **refuses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE),
    },
)
def show_sensitivity(path: schemas.ConceptPath, query: VersionQuery) -> Response:
    """The network's tags, strongest first: sign count, magnitude, and whether they mean anything (TCAV)."""
    held = having(path.concept_id, query.version)
    found = parts().sensitivities.of(held.copy, path.concept_id)

    def make() -> said.Sensitivity:
        return said.Sensitivity(
            **copy_facts(held),
            concept=translate.label(held.copy, path.concept_id),
            windows=found.windows,
            draws=found.draws,
            failed=dict(found.failed),
            tags=[
                said.SensedTag(**dataclasses.asdict(one), called=max(one.q_consistent, one.q_specific) <= CALLED)
                for one in found.tags
            ],
        )

    return from_copy(held, make)
