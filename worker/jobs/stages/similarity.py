"""Score every track on every concept by vectors that did not see it; S; judge which concepts are kept.

Files: `<key>.scores.npy` (tracks, concepts) float32, `<key>.similarity.npy` (concepts, concepts) float64 and
`<key>.similarity_error.npy` the standard error of each of its entries, `<key>.separation.npy` of the same shape, one
JSON of verdicts, one of the maps from scores to probabilities, and one of what concepts may be mistaken for. Concepts
are those that were learnt, sorted by id; later stages choose the kept ones among them.

The method `poster` has one vector a concept and no folds: all tracks are scored by it, those it was trained on too, but
S and the probabilities are taken over, and a concept judged on, its test tracks alone, as the authors do. They may have
trained another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.answers.calibration import FORMAT, fit_calibration
from worker.concepts.members import Members
from worker.concepts.poster import judged_on
from worker.concepts.quality import ConceptQuality, Verdict, judge
from worker.concepts.significance import Learnt, Null, NullSettings, draw_null, learnt_or_not, null_key
from worker.concepts.vectors import ConceptVectors
from worker.jobs import confounding
from worker.jobs.builds import content_hash
from worker.jobs.context import StageContext, StageResult
from worker.jobs.errors import NoConceptKept
from worker.jobs.learning import Lesson, count_reasons, keep_settings, lesson
from worker.jobs.reuse import SCORED
from worker.jobs.scoring import Scoring, nothing_computed, read_qualities
from worker.jobs.verdicts import Judgement, JudgementFile


def run(context: StageContext) -> StageResult:
    """Score, compare, test against random track sets, and judge.

    Raises:
        NoConceptKept: every concept failed; the error counts the reasons.
    """
    ready = lesson(context)
    builds = context.builds
    vectors_name = context.result("vectors")["vectors"]
    key = content_hash("similarity 2", vectors_name, list(ready.members.track_ids), ready.folds)
    names = {what: f"{key}.{what}.npy" for what in ("scores", "similarity", "similarity_error", "separation")}
    names["qualities"] = f"{key}.qualities.json"
    judgements_name = f"{_judgement_key(key, ready, context)}.judgements.json"
    concepts, tracks = len(ready.learnable.concept_ids), len(ready.members.track_ids)
    work = nothing_computed(tracks, concepts)
    if not all(builds.has(name) for name in names.values()):
        vectors = ConceptVectors.load(builds.path(vectors_name, written_by="vectors"))
        compared, within = _judged_on(context, ready)
        folds = None if within is not None else ready.folds
        scoring = Scoring(builds, context.store, vectors, ready.learnable, folds, names)
        work = scoring.run(compared, within, context.advance)
    if not builds.has(judgements_name):
        JudgementFile(_judge(context, ready, read_qualities(builds, names["qualities"]))).save(builds, judgements_name)
    judgements = JudgementFile.load(builds, judgements_name).judgements
    kept = sum(judgement.kept for judgement in judgements)
    if kept == 0:
        reasons = count_reasons([judgement.verdict for judgement in judgements])
        raise NoConceptKept(context.collection, len(judgements), reasons)
    values = {
        **names,
        "scored": f"{key}{SCORED}" if builds.has(f"{key}{SCORED}") else None,
        "judgements": judgements_name,
        "calibration": _calibration(context, key, names["scores"], ready),
        "bias": confounding.measure(context, ready, key, names["scores"]),
        "kept": kept,
        "left_out": len(judgements) - kept,
        **work,
    }
    return StageResult(values)


def _judged_on(context: StageContext, ready: Lesson) -> tuple[Members, Members | None]:
    """The tracks of each concept that S is taken over, and those that it is judged on; None for all."""
    if context.settings.method == "poster":
        return judged_on(ready.learnable, context.settings.seed)
    return ready.learnable, None


def _judgement_key(key: str, ready: Lesson, context: StageContext) -> str:
    return content_hash(
        "judgement 1",
        key,
        repr(keep_settings(context.settings)),
        repr(_null_settings(context)),
        [[verdict.concept_id, verdict.code] for verdict in ready.verdicts],
        ready.members.sizes,
    )


def _null_settings(context: StageContext) -> NullSettings:
    return NullSettings(sets=context.settings.random_sets, seed=context.settings.seed)


def _calibration(context: StageContext, key: str, scores_name: str, ready: Lesson) -> str:
    """Fit the maps from scores of tracks that no vector was trained on, unless they are there; the file's name."""
    _, within = _judged_on(context, ready)
    name = f"{content_hash(FORMAT, key, within is not None)}.calibration.json"
    if not context.builds.has(name):
        scores = context.builds.read_array(scores_name, written_by="similarity", mapped=True)
        context.builds.place_json(fit_calibration(scores, ready.learnable, within).plain(), name=name)
    return name


def _judge(context: StageContext, ready: Lesson, qualities: list[ConceptQuality]) -> list[Judgement]:
    """One judgement a concept of the collection: screened out, left out after the test, or kept."""
    learnt = None if context.settings.q is None else _test(context, ready.learnable, ready.folds)
    verdicts = judge(qualities, learnt, keep_settings(context.settings))
    by_id = _by_concept(qualities, learnt, verdicts)
    sizes = ready.members.sizes.tolist()
    return [
        by_id.get(verdict.concept_id, Judgement(verdict, tracks=size, quality=None, p_value=None))
        for verdict, size in zip(ready.verdicts, sizes, strict=True)
    ]


def _by_concept(
    qualities: Sequence[ConceptQuality], learnt: Sequence[Learnt] | None, verdicts: Sequence[Verdict]
) -> dict[str, Judgement]:
    p_values: list[float | None] = [None] * len(qualities) if learnt is None else [one.p_value for one in learnt]
    return {
        quality.concept_id: Judgement(verdict, tracks=quality.tracks, quality=quality, p_value=p_value)
        for quality, verdict, p_value in zip(qualities, verdicts, p_values, strict=True)
    }


def _test(context: StageContext, learnable: Members, folds: NDArray[np.int8]) -> list[Learnt]:
    """Against random track sets, whose scores are kept for the next rebuild of the same tracks."""
    settings = _null_settings(context)
    activations = context.store.read(learnable.track_ids)
    builds = context.builds
    name = f"{null_key(activations, learnable, folds, settings)}.null.json"
    if builds.has(name):
        null = _read_null(builds.read_json(name, written_by="similarity"))
    else:
        null = draw_null(activations, learnable, folds, settings, context.advance)
        builds.place_json(_plain_null(null), name=name)
    return learnt_or_not(activations, learnable, folds, settings, null=null)


def _plain_null(null: Null) -> dict[str, Any]:
    aucs = [[float(value) for value in row] for row in null.aucs]
    return {"key": null.key, "sizes": null.sizes.tolist(), "aucs": aucs}


def _read_null(read: dict[str, Any]) -> Null:
    return Null(read["key"], np.array(read["sizes"], np.int64), np.array(read["aucs"], np.float32))
