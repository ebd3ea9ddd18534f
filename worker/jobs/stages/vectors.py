"""Learn the vectors of all learnable concepts at once, cross-fitted, and freeze which tracks were heard."""

from __future__ import annotations

from collections import Counter

from worker.concepts.vectors import ConceptVectors, VectorSettings, learn_vectors
from worker.jobs.builds import content_hash, disk_full_named
from worker.jobs.context import StageContext, StageResult
from worker.jobs.learning import Lesson, lesson
from worker.jobs.requests import RebuildSettings


def run(context: StageContext) -> StageResult:
    """Learn, unless the same was learnt before.

    Raises:
        NoSound: no track was heard.
        NothingLearnable: no concept passes the screen.
    """
    ready = lesson(context)
    builds = context.builds
    settings = vector_settings(context.settings)
    name = f"{_key(ready, settings, context)}.safetensors"
    reused = builds.has(name)
    if not reused:
        activations = context.store.read(ready.members.track_ids)
        vectors = learn_vectors(activations, ready.learnable, ready.folds, settings, context.advance)
        builds.folder.mkdir(parents=True, exist_ok=True)
        with disk_full_named(builds.folder):
            vectors.save(builds.folder / name)
    ridge = ConceptVectors.load(builds.path(name, written_by="vectors")).ridge
    values = {
        "vectors": name,
        "heard": builds.place_json(list(ready.members.track_ids)),
        "tracks": len(ready.members.track_ids),
        "learnt": len(ready.learnable.concept_ids),
        "screened": dict(Counter(verdict.code for verdict in ready.verdicts if not verdict.kept)),
        "ridge": ridge,
        "reused": reused,
    }
    return StageResult(values)


def vector_settings(settings: RebuildSettings) -> VectorSettings:
    """What of a rebuild's settings concerns the vectors."""
    return VectorSettings(
        method=settings.method,
        input=settings.learn_from,
        max_negatives=settings.max_negatives,
        seed=settings.seed,
        ridge=settings.ridge,
    )


def _key(ready: Lesson, settings: VectorSettings, context: StageContext) -> str:
    learnable = ready.learnable
    return content_hash(
        "vectors 1",
        context.fingerprint.text,
        repr(settings),
        list(learnable.concept_ids),
        list(learnable.track_ids),
        learnable.indptr,
        learnable.indices,
        ready.folds,
    )
