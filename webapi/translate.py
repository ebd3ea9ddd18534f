"""From the nouns of the graph to the models that travel."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

from cypher import model
from webapi import schemas
from webapi.answers import copy_facts
from webapi.copies import Copy, flags, name_key
from webapi.schemas import likeness, places
from webapi.snapshot import Held
from worker.jobs.kinds import every_stage

STAGE_LABELS = {name: stage.label for name, stage in every_stage().items()}


def label(copy: Copy, concept_id: str) -> schemas.Label:
    """A concept's id and name."""
    return schemas.Label(id=concept_id, name=copy.concepts[concept_id].name)


# --- concepts --------------------------------------------------------------------------------------------------------


def _summary_fields(copy: Copy, concept_id: str) -> dict[str, Any]:
    concept = copy.concepts[concept_id]
    edge = copy.edges.get(concept_id)
    return {
        "id": concept.id,
        "name": concept.name,
        "kind": concept.kind,
        "source": concept.source,
        "status": concept.status,
        "reason": concept.reason,
        "tracks": concept.tracks,
        "depth": copy.depth.get(concept_id),
        "parent": label(copy, edge.parent) if edge is not None and edge.parent is not None else None,
        "similarity": edge.similarity if edge is not None else None,
        "margin": edge.margin if edge is not None else None,
        "margin_error": edge.margin_error if edge is not None else None,
        "support": edge.support if edge is not None else None,
        "direction": edge.direction if edge is not None else None,
        "runner_up": _runner_up(copy, edge),
        "children": len(copy.children.get(concept_id, ())) + len(copy.joining.get(concept_id, ())),
        "flagged": flags(concept),
    }


def _runner_up(copy: Copy, edge: model.Edge | None) -> schemas.Label | None:
    """Who else might be the parent; None as well where that concept is no longer known."""
    if edge is None or edge.runner_up is None or edge.runner_up not in copy.concepts:
        return None
    return label(copy, edge.runner_up)


def summary(copy: Copy, concept_id: str) -> schemas.ConceptSummary:
    """A concept as lists show it."""
    return schemas.ConceptSummary(**_summary_fields(copy, concept_id))


def descendant(copy: Copy, distance: int, concept_id: str) -> schemas.Descendant:
    """A concept as a list of what hangs below another shows it."""
    return schemas.Descendant(**_summary_fields(copy, concept_id), distance=distance)


def concept(held: Held, concept_id: str) -> schemas.Concept:
    """A concept with all that is known of it."""
    copy = held.copy
    found = copy.concept(concept_id)
    path = f"/concepts/{quote(concept_id, safe='')}"
    quality = found.quality
    return schemas.Concept(
        **_summary_fields(copy, concept_id),
        **copy_facts(held),
        parents=_parents(copy, concept_id),
        aliases=list(found.aliases),
        descendants=copy.descendants.get(concept_id, 0),
        betweenness=found.betweenness,
        quality=schemas.Quality.model_validate(quality, from_attributes=True) if quality is not None else None,
        bias=schemas.Bias.model_validate(found.bias) if found.bias is not None else None,
        links={
            "self": path,
            **{part: f"{path}/{part}" for part in ("ancestry", "children", "descendants", "neighbours", "tracks")},
        },
    )


def _parents(copy: Copy, concept_id: str) -> list[schemas.Parent]:
    primary = copy.edges.get(concept_id)
    every = [] if primary is None else [primary, *copy.further.get(concept_id, ())]
    return [
        schemas.Parent(
            id=edge.parent,
            name=copy.concepts[edge.parent].name,
            primary=edge is primary,
            similarity=edge.similarity,
            margin=edge.margin,
            margin_error=edge.margin_error,
            support=edge.support,
            direction=edge.direction,
        )
        for edge in every
        if edge.parent is not None
    ]


def neighbour(copy: Copy, concept_id: str, found: model.Neighbour) -> likeness.Neighbour:
    """A concept of similar sound, with where it stands in the tree."""
    relation: likeness.Relation | None = None
    if found.id in copy.edges and found.id in copy.above(concept_id):
        relation = "above"
    elif found.id in copy.edges and concept_id in copy.above(found.id):
        relation = "below"
    elif found.outgoing is not None and found.incoming is not None:
        relation = "correlated"
    told = likeness.Neighbour.model_validate(found, from_attributes=True)
    return told.model_copy(update={"relation": relation})


def ancestry(held: Held, concept_id: str) -> schemas.Ancestry:
    """The way down from the top of the tree."""
    copy = held.copy
    copy.concept(concept_id)
    above = copy.ancestors(concept_id)

    def step(one: str) -> schemas.AncestryStep:
        edge, depth = copy.edges[one], copy.depth[one]
        return schemas.AncestryStep(
            id=one,
            name=copy.concepts[one].name,
            depth=depth,
            distance=len(above) + 1 - depth,
            similarity=edge.similarity,
            margin=edge.margin,
            margin_error=edge.margin_error,
            support=edge.support,
            direction=edge.direction,
            runner_up=_runner_up(copy, edge),
        )

    return schemas.Ancestry(
        **copy_facts(held),
        concept=step(concept_id) if concept_id in copy.edges else None,
        items=[step(one) for one in above],
        others=[
            label(copy, one)
            for one in sorted(copy.above(concept_id) - set(above), key=lambda one: name_key(copy.concepts[one]))
        ],
    )


def meeting(held: Held, one: str, other: str) -> places.Meeting:
    """Where the ways up from two concepts meet."""
    copy = held.copy
    ways = [[*copy.ancestors(end), end] if end in copy.edges else [] for end in (one, other)]
    shared = [a for a, b in zip(*ways, strict=False) if a == b]
    path: list[str] = []
    if shared:
        up, down = (way[len(shared) :] for way in ways)
        path = [*up[::-1], shared[-1], *down]
    return places.Meeting(
        **copy_facts(held),
        concepts=[label(copy, end) for end in (one, other)],
        ancestor=label(copy, shared[-1]) if shared else None,
        path=[label(copy, step) for step in path],
        edges=len(path) - 1 if path else None,
    )


# --- hierarchy -------------------------------------------------------------------------------------------------------


def hierarchy(held: Held, shape: Literal["nested", "flat"]) -> schemas.Hierarchy:
    """What is said of a tree as a whole; its concepts are still to be put in, see `webapi.trees`."""
    copy = held.copy
    published = copy.hierarchy
    return schemas.Hierarchy(
        **copy_facts(held),
        shape=shape,
        published_at=published.published_at if published is not None else None,
        concepts=len(copy.edges),
        edges=published.edges if published is not None else 0,
        sha256=published.sha256 if published is not None else None,
        fingerprint=published.fingerprint if published is not None else None,
        parameters=published.parameters if published is not None else {},
        measures=published.measures if published is not None else {},
        left_out=len(copy.concepts) - len(copy.edges),
        roots=[] if shape == "nested" else None,
        items=[] if shape == "flat" else None,
    )


def node(copy: Copy, one: str) -> schemas.TreeNode:
    """A concept in a nested tree, its children still to be put in."""
    found, edge = copy.concepts[one], copy.edges[one]
    return schemas.TreeNode(
        id=one,
        name=found.name,
        kind=found.kind,
        tracks=found.tracks,
        similarity=edge.similarity,
        margin=edge.margin,
        margin_error=edge.margin_error,
        support=edge.support,
        direction=edge.direction,
        descendants=copy.descendants[one],
        flagged=flags(found),
        children=[],
    )


def flat_node(copy: Copy, one: str) -> schemas.FlatNode:
    """A concept in a list of the whole tree."""
    return schemas.FlatNode(
        id=one,
        name=copy.concepts[one].name,
        kind=copy.concepts[one].kind,
        tracks=copy.concepts[one].tracks,
        depth=copy.depth[one],
        parent=label(copy, parent) if (parent := copy.edges[one].parent) is not None else None,
        similarity=copy.edges[one].similarity,
        margin=copy.edges[one].margin,
        margin_error=copy.edges[one].margin_error,
        support=copy.edges[one].support,
        direction=copy.edges[one].direction,
        runner_up=_runner_up(copy, copy.edges[one]),
        flagged=flags(copy.concepts[one]),
        further=[label(copy, parent) for parent in copy.parents(one)[1:]],
    )


# --- tracks ----------------------------------------------------------------------------------------------------------


def track(found: model.Track) -> schemas.Track:
    """A track."""
    return schemas.Track.model_validate(found, from_attributes=True)


def track_link(link: model.TrackLink) -> schemas.TrackLink:
    """A track that expresses a concept."""
    return schemas.TrackLink(track=track(link.track), score=link.score, rank=link.rank, is_example=link.is_example)


# --- jobs ------------------------------------------------------------------------------------------------------------


def job_summary(found: model.Job, collection_name: str) -> schemas.JobSummary:
    """A job as lists show it."""
    return schemas.JobSummary(**_job_fields(found, collection_name))


def job(found: model.Job, collection_name: str) -> schemas.Job:
    """A job with its stages and steps; what runs has run until the server's time of reading."""
    now = found.read_at or datetime.now(UTC)
    steps = [_step(one, now) for one in found.steps]
    stages = [
        _stage(number, list(members), now, found.expected)
        for number, members in groupby(steps, key=lambda one: one.stage)
    ]
    at_work = found.state not in model.FINAL_STATES
    return schemas.Job(
        **_job_fields(found, collection_name),
        parameters=found.parameters,
        stage=next((one.name for one in stages if one.state not in model.FINAL_STATES), None) if at_work else None,
        eta_s=_job_eta_s(stages, found.expected) if at_work else None,
        stages=stages,
        steps=steps,
    )


def _job_eta_s(stages: list[schemas.Stage], expected: dict[str, float]) -> float | None:
    """Of the stages that have not ended; None while any of them cannot be judged."""
    left = [
        one.eta_s if one.eta_s is not None else expected.get(one.name)
        for one in stages
        if one.state not in model.FINAL_STATES
    ]
    known = [seconds for seconds in left if seconds is not None]
    return round(sum(known), 1) if len(known) == len(left) else None


def _job_fields(found: model.Job, collection_name: str) -> dict[str, Any]:
    error = schemas.JobError(code=found.error_code, message=found.error_message) if found.error_code else None
    return {
        "id": UUID(found.id),
        "kind": found.kind,
        "collection": schemas.Label(id=found.collection, name=collection_name),
        "state": found.state,
        "created_at": found.created_at,
        "started_at": found.started_at,
        "finished_at": found.finished_at,
        "result_version": found.result_version,
        "author": found.author,
        "error": error,
    }


def _rate(done: int, began: datetime | None, until: datetime | None) -> float | None:
    """Units a second; None where there is nothing to judge by."""
    if not done or began is None or until is None:
        return None
    elapsed_s = (until - began).total_seconds()
    return done / elapsed_s if elapsed_s > 0 else None


def _left_s(done: int, total: int | None, rate: float | None) -> float | None:
    return round(max(0, total - done) / rate, 1) if total and rate else None


def _tidy(rate: float | None) -> float | None:
    return None if rate is None else float(f"{rate:.3g}")


def _step(step: model.Step, now: datetime) -> schemas.Step:
    progress = step.progress
    running = step.state == "running"
    rate = _rate(progress.done, step.attempt_at or step.started_at, step.finished_at or now)
    return schemas.Step(
        id=step.id,
        name=step.name,
        stage=step.stage,
        shard=step.shard,
        queue=step.queue,
        state=step.state,
        attempts=step.attempts,
        done=progress.done,
        total=progress.total,
        unit=progress.unit,
        rate=_tidy(rate) if running or step.state == "succeeded" else None,
        eta_s=_left_s(progress.done, progress.total, rate) if running else None,
        started_at=step.started_at,
        attempt_at=step.attempt_at,
        heard_at=step.heard_at,
        finished_at=step.finished_at,
        result=step.result,
    )


def _stage(number: int, steps: list[schemas.Step], now: datetime, expected: dict[str, float]) -> schemas.Stage:
    name = steps[0].name
    totals = [step.total for step in steps if step.total is not None]
    done, total = sum(step.done for step in steps), sum(totals) if len(totals) == len(steps) else None
    began = min((step.started_at for step in steps if step.started_at is not None), default=None)
    # A step that died and began again counts from its last attempt: what the dead one did is not in `done`.
    counted = min((at for step in steps if (at := step.attempt_at or step.started_at) is not None), default=None)
    ends = [step.finished_at for step in steps if step.finished_at is not None]
    ended = max(ends) if len(ends) == len(steps) else None
    state = _stage_state([step.state for step in steps])
    rate = _rate(done, counted, ended or now)
    left_s = _left_s(done, total, rate)
    if left_s is None and began is not None and name in expected:
        left_s = round(max(0.0, expected[name] - (now - began).total_seconds()), 1)
    return schemas.Stage(
        number=number,
        name=name,
        label=STAGE_LABELS.get(name, name),
        state=state,
        steps=len(steps),
        done=done,
        total=total,
        unit=next((step.unit for step in steps if step.unit), ""),
        rate=_tidy(rate) if state in {"running", "succeeded"} else None,
        eta_s=left_s if state == "running" else None,
        wall_s=round(max(0.0, ((ended or now) - began).total_seconds()), 1) if began is not None else None,
    )


def _stage_state(states: list[model.StepState]) -> model.StepState:
    """Of several steps: the worst end, else running once any has begun, else queued."""
    for final in ("failed", "cancelled"):
        if final in states:
            return final
    if all(state == "succeeded" for state in states):
        return "succeeded"
    return "queued" if all(state == "queued" for state in states) else "running"
