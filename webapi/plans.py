"""From what a rebuild would do to the answer that says so."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from cypher.work import Survey
from webapi.schemas import Label
from webapi.schemas import work as work_schemas
from worker.jobs.planning import Heard, Work, expected_seconds, plan
from worker.jobs.requests import STAGES, RebuildSettings


def rebuild_plan(survey: Survey, settings: RebuildSettings, active_job: str | None) -> work_schemas.RebuildPlan:
    """Answer a request that only asks what would be done.

    Args:
        survey: the collection as it is.
        settings: of the rebuild.
        active_job: id of a rebuild that is at work on the collection.
    """
    work, heard = plan(survey, settings)
    expected = expected_seconds(survey.past, work, settings)
    return work_schemas.RebuildPlan(
        collection=Label(id=survey.collection.id, name=survey.collection.name),
        version=survey.collection.version,
        parameters=settings.model_dump(mode="json"),
        concepts=work_schemas.PlannedConcepts(
            new=_labels(survey, work.changes.new),
            changed=_labels(survey, work.changes.changed),
            gone=_labels(survey, work.changes.gone),
            unchanged=work.changes.unchanged,
        ),
        tracks=_tracks(work, heard),
        nothing_to_do=work.identical,
        stages=_stages(work, expected),
        expected_s=round(sum(expected.values()), 1) if len(expected) == len(STAGES) else None,
        active_job=UUID(active_job) if active_job is not None else None,
    )


def _labels(survey: Survey, concept_ids: Iterable[str]) -> list[Label]:
    return [Label(id=one, name=survey.names.get(one, one)) for one in concept_ids]


def _tracks(work: Work, heard: Heard | None) -> work_schemas.PlannedTracks:
    return work_schemas.PlannedTracks(
        total=work.tracks,
        new=None if heard is None else max(0, work.tracks - heard.tracks),
        unheard=work.unheard,
        failed_before=0 if heard is None else min(heard.failed, work.unheard),
        heard=work.tracks - work.unheard,
        basis=None if heard is None else UUID(heard.job_id),
    )


def _stages(work: Work, expected: dict[str, float]) -> list[work_schemas.PlannedStage]:
    computed = work.computed()
    whole = {"activations": work.tracks, "vectors": work.learnable, "similarity": work.learnable}
    units = {"similarity": "concepts"}
    return [
        work_schemas.PlannedStage(
            number=number,
            name=stage.name,
            label=stage.label,
            computes=computed.get(stage.name),
            reuses=whole[stage.name] - computed[stage.name] if stage.name in computed else None,
            unit=units.get(stage.name, stage.unit),
            expected_s=expected.get(stage.name),
        )
        for number, stage in enumerate(STAGES, start=1)
    ]
