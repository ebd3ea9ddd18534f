"""`/tracks/{id}/explanations`: in which seconds a track expresses which concepts, once a worker has listened."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from cypher.errors import UnknownTrack
from cypher.model import Job
from webapi import schemas, translate
from webapi.answers import author_of, copy_facts, from_copy, having, parts, refuses, version_of
from webapi.asking import WORK_REFUSALS, accepted
from webapi.copies import Copy
from webapi.errors import NotPublishedYet
from webapi.explaining import place_of
from webapi.schemas import seconds as said
from webapi.stores import Stores
from worker.answers.explanation import Explained
from worker.answers.seconds import STEP_S, Timeline
from worker.jobs.kinds import EXPLANATION, ExplanationRequest, ExplanationWork, errand_steps

bp = APIBlueprint("explanations", __name__, abp_tags=[Tag(name="Explanations")])

DECIMALS = 4
REFUSALS = refuses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE)


@bp.post(
    "/jobs/explanation",
    operation_id="request_explanation",
    responses={202: schemas.Job, **WORK_REFUSALS},
)
def request_explanation(header: schemas.RebuildHeaders, body: ExplanationRequest) -> Response:
    """Listen for the seconds in which tracks express the current version's concepts; what was heard is not heard again.

    The result of the job's step names the tracks that gave no sound, and why.
    """

    def write_down(stores: Stores) -> Job:
        collection = stores.catalogue.collection(body.collection)
        if collection.version is None:
            raise NotPublishedYet(collection.id)
        asked = list(dict.fromkeys(body.tracks))
        known = {one.id for one in stores.catalogue.tracks(asked)}
        for track_id in asked:
            if track_id not in known:
                raise UnknownTrack(track_id)
        work = ExplanationWork(tracks=tuple(asked), version=collection.version)
        job, _ = stores.ledger.request(
            EXPLANATION,
            collection.id,
            work.model_dump(mode="json"),
            idempotency_key=header.idempotency_key,
            steps=errand_steps(EXPLANATION),
            author=author_of(header),
        )
        return stores.ledger.job(job.id)

    return accepted(parts().fuse.ask(write_down))


@bp.get(
    "/tracks/<track_id>/explanations",
    operation_id="list_explanations",
    responses={200: said.ExplanationList, **REFUSALS},
)
def list_explanations(path: schemas.TrackPath, query: said.ExplanationsQuery) -> Response:
    """The concepts that a track expresses most, strongest first, and in which stretches."""
    track = parts().fuse.ask(lambda stores: stores.catalogue.track(path.track_id))
    held = version_of(query.collection, query.version)
    found = parts().explanations.of(held.copy, track.id)

    def make() -> said.ExplanationList:
        shown = [place for place in found.strongest() if found.concept_ids[place] in held.copy.concepts][: query.limit]
        return said.ExplanationList(
            **copy_facts(held),
            track=translate.track(track),
            items=[_explained(held.copy, found, place, found.seconds(place)) for place in shown],
        )

    return from_copy(held, make)


@bp.get(
    "/tracks/<track_id>/explanations/<concept_id>",
    operation_id="explain_track",
    responses={200: said.Explanation, **REFUSALS},
)
def explain_track(path: said.ExplanationPath, query: said.ExplanationQuery) -> Response:
    """In which seconds a track expresses a concept: windows, a curve, and the stretches above 0.5."""
    track = parts().fuse.ask(lambda stores: stores.catalogue.track(path.track_id))
    held = having(path.concept_id, query.version)
    found = parts().explanations.of(held.copy, track.id)
    place = place_of(found, held.copy, path.concept_id)

    def make() -> said.Explanation:
        heard = found.seconds(place)
        return said.Explanation(
            **copy_facts(held),
            **dict(_explained(held.copy, found, place, heard)),
            track=translate.track(track),
            curve=said.Curve(step_s=STEP_S, scores=heard.curve[:, 0].round(DECIMALS).tolist()),
            windows=_windows(heard),
        )

    return from_copy(held, make)


def _explained(copy: Copy, found: Explained, place: int, heard: Timeline) -> said.ExplainedConcept:
    likely = found.probability(place)
    return said.ExplainedConcept(
        concept=translate.label(copy, found.concept_ids[place]),
        score=round(float(found.scores[place]), DECIMALS),
        probability=None if likely is None else round(likely, DECIMALS),
        passages=[
            said.Passage(start_s=round(one.start_s, 3), end_s=round(one.end_s, 3), score=round(one.score, DECIMALS))
            for one in heard.passages(0)
        ],
    )


def _windows(heard: Timeline) -> list[said.Window]:
    rows = zip(heard.starts_s.tolist(), heard.ends_s.tolist(), heard.scores[:, 0].tolist(), strict=True)
    return [
        said.Window(start_s=round(start, 3), end_s=round(end, 3), score=round(score, DECIMALS))
        for start, end, score in rows
    ]
