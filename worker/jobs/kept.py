"""The kept concepts of a build and their part of its arrays; rows and columns follow the sorted ids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.concepts.vectors import ConceptVectors
from worker.jobs.context import StageContext
from worker.jobs.verdicts import JudgementFile


@dataclass(frozen=True, slots=True)
class Kept:
    """Which of the learnt concepts enter the graph."""

    concept_ids: list[str]
    """Sorted: position decides ties."""
    columns: NDArray[np.int64]
    """Their positions among the learnt concepts."""


def kept(context: StageContext) -> Kept:
    """The concepts that the stage `similarity` kept."""
    judged = context.result("similarity")
    ids = JudgementFile.load(context.builds, judged["judgements"]).kept_ids
    place = {concept_id: position for position, concept_id in enumerate(learnt_vectors(context).concept_ids)}
    return Kept(ids, np.array([place[concept_id] for concept_id in ids], dtype=np.int64))


def learnt_vectors(context: StageContext) -> ConceptVectors:
    """What the stage `vectors` learnt."""
    return ConceptVectors.load(context.builds.path(context.result("vectors")["vectors"], written_by="vectors"))


def kept_similarity(context: StageContext, chosen: Kept) -> NDArray[np.float64]:
    """(kept, kept) part of S."""
    whole = context.builds.read_array(context.result("similarity")["similarity"], written_by="similarity")
    part: NDArray[np.float64] = whole[np.ix_(chosen.columns, chosen.columns)]
    return part


def kept_similarity_error(context: StageContext, chosen: Kept) -> NDArray[np.float64] | None:
    """(kept, kept) standard errors of S, NaN where unknown; None for a job that an older release began."""
    return _kept_part(context, chosen, "similarity_error")


def kept_separation(context: StageContext, chosen: Kept) -> NDArray[np.float64] | None:
    """(kept, kept) part of the separation; None for a job that an older release began."""
    return _kept_part(context, chosen, "separation")


def _kept_part(context: StageContext, chosen: Kept, what: str) -> NDArray[np.float64] | None:
    name = context.result("similarity").get(what)
    if name is None:
        return None
    whole = context.builds.read_array(name, written_by="similarity", mapped=True)
    part: NDArray[np.float64] = whole[np.ix_(chosen.columns, chosen.columns)]
    return part


def track_scores_file(context: StageContext) -> NDArray[np.float32]:
    """(tracks, learnt concepts), mapped from the file."""
    return context.builds.read_array(context.result("similarity")["scores"], written_by="similarity", mapped=True)


def heard_tracks(context: StageContext) -> list[str]:
    """Rows of the scores."""
    frozen: list[str] = context.builds.read_json(context.result("vectors")["heard"], written_by="vectors")
    return frozen
