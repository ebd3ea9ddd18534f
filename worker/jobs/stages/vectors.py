"""Learn the vectors of the concepts that have changed, cross-fitted, and freeze which tracks were heard.

Everything else is taken over from earlier builds (`worker.jobs.reuse`), bit for bit what it would be if it were learnt
again: under one basis a concept's vectors are a function of its own tracks. What has been learnt is put down every
`A_RUN` concepts, so that a killed rebuild begins again where it was. The method `poster` has no basis, since it draws
from all tracks: all its vectors are learnt, or none.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from worker.activations.store import ActivationStore
from worker.concepts.basis import Basis
from worker.concepts.members import Members
from worker.concepts.training import learn_vectors
from worker.concepts.vectors import ConceptVectors, VectorSettings
from worker.jobs.basis import choose
from worker.jobs.builds import Builds, content_hash, disk_full_named
from worker.jobs.context import Advance, StageContext, StageResult
from worker.jobs.learning import Lesson, lesson
from worker.jobs.requests import RebuildSettings
from worker.jobs.reuse import KnownVectors, concept_keys

A_RUN = 256


def run(context: StageContext) -> StageResult:
    """Learn what was not learnt before.

    Raises:
        NoSound: no track was heard.
        NothingLearnable: no concept passes the screen.
    """
    ready = lesson(context)
    settings = vector_settings(context.settings)
    if settings.method == "poster":
        name, computed = _learn_whole(context, ready, settings)
        learnt_on: dict[str, str | None] = {"basis": None, "basis_reason": None}
    else:
        chosen = choose(context, ready, settings)
        name, computed = _learn_changed(context, ready, settings, chosen.basis, chosen.sha256)
        learnt_on = {"basis": chosen.sha256, "basis_reason": chosen.reason}
    learnt = len(ready.learnable.concept_ids)
    values = {
        "vectors": name,
        "heard": context.builds.place_json(list(ready.members.track_ids)),
        "tracks": len(ready.members.track_ids),
        "learnt": learnt,
        "screened": dict(Counter(verdict.code for verdict in ready.verdicts if not verdict.kept)),
        "ridge": ConceptVectors.load(context.builds.path(name, written_by="vectors")).ridge,
        "computed": computed,
        "reused": learnt - computed,
        **learnt_on,
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
        balance=settings.balance,
    )


def _learn_changed(
    context: StageContext, ready: Lesson, settings: VectorSettings, basis: Basis, sha256: str
) -> tuple[str, int]:
    """Name of the file with all vectors, and how many concepts were solved."""
    builds, learnable = context.builds, ready.learnable
    keys = concept_keys(sha256, settings, learnable, ready.folds, _strata(ready, basis))
    name = _name(learnable.concept_ids, keys)
    if builds.has(name):
        return name, 0
    known = KnownVectors.of(builds, keys, len(basis.scaling.mean))
    lacking = np.array([place for place, key in enumerate(keys) if key not in known.places], np.int64)
    parts: list[str] = []
    for start in range(0, len(lacking), A_RUN):
        some = lacking[start : start + A_RUN]
        told = _after(context.advance, start, len(lacking))
        learnt = _learn(context.store, ready, learnable.select(some), settings, basis=basis, told=told)
        learnt = replace(learnt, keys=tuple(keys[place] for place in some))
        known.places.update({key: (learnt, place) for place, key in enumerate(learnt.keys)})
        if len(lacking) > A_RUN:
            parts.append(_save(builds, learnt, _name(learnt.concept_ids, learnt.keys)))
    _save(builds, _gathered(known, ready, keys, basis), name)
    for part in parts:
        (builds.folder / part).unlink(missing_ok=True)
    return name, len(lacking)


def _learn(
    store: ActivationStore, ready: Lesson, concepts: Members, settings: VectorSettings, *, basis: Basis, told: Advance
) -> ConceptVectors:
    """Some concepts, from the rows of their tracks and of the basis' pool alone."""
    named = {
        concept: [concepts.track_ids[row] for row in concepts.rows(place)]
        for place, concept in enumerate(concepts.concept_ids)
    }
    tracks = sorted({*basis.pool, *(track for mine in named.values() for track in mine)})
    members, folds = Members.of(named, tracks), _folds_of(tracks, ready, basis)
    confounder = ready.confounder(settings.balance, tracks)
    return learn_vectors(store.read(tracks), members, folds, settings, told, basis=basis, confounder=confounder)


def _strata(ready: Lesson, basis: Basis) -> NDArray[np.int16] | None:
    """(tracks,) what examples are balanced by; None where counter-examples weigh alike."""
    if basis.strata is None:
        return None
    found = ready.confounder(basis.strata.name, ready.members.track_ids)
    return None if found is None else basis.strata.places(found)


def _after(advance: Advance, before: int, total: int) -> Advance:
    return lambda done, _: advance(before + done, total)


def _folds_of(tracks: list[str], ready: Lesson, basis: Basis) -> NDArray[np.int8]:
    """Folds, also of counter-examples that the catalogue has lost."""
    fold = dict(zip(basis.pool, basis.pool_folds, strict=True))
    fold.update(zip(ready.members.track_ids, ready.folds.tolist(), strict=True))
    return np.array([fold[track] for track in tracks], np.int8)


def _gathered(known: KnownVectors, ready: Lesson, keys: tuple[str, ...], basis: Basis) -> ConceptVectors:
    """All concepts from wherever their vectors are."""
    found = [known.places[key] for key in keys]
    first = found[0][0]
    return replace(
        first,
        concept_ids=ready.learnable.concept_ids,
        weights=np.stack([vectors.weights[place] for vectors, place in found]),
        bias=np.stack([vectors.bias[place] for vectors, place in found]),
        fold_weights=np.stack([vectors.fold_weights[:, place] for vectors, place in found], axis=1),
        fold_bias=np.stack([vectors.fold_bias[:, place] for vectors, place in found], axis=1),
        ridge=basis.ridge,
        ridge_losses=basis.ridge_losses,
        keys=keys,
    )


def _learn_whole(context: StageContext, ready: Lesson, settings: VectorSettings) -> tuple[str, int]:
    """All concepts, unless the same were learnt before."""
    learnable = ready.learnable
    key = content_hash(
        "vectors 1",
        context.fingerprint.text,
        repr(settings),
        list(learnable.concept_ids),
        list(learnable.track_ids),
        learnable.indptr,
        learnable.indices,
        ready.folds,
    )
    name = f"{key}.safetensors"
    if context.builds.has(name):
        return name, 0
    activations = context.store.read(learnable.track_ids)
    _save(context.builds, learn_vectors(activations, learnable, ready.folds, settings, context.advance), name)
    return name, len(learnable.concept_ids)


def _name(concept_ids: tuple[str, ...], keys: tuple[str, ...]) -> str:
    return f"{content_hash('vectors 2', list(concept_ids), list(keys))}.safetensors"


def _save(builds: Builds, vectors: ConceptVectors, name: str) -> str:
    builds.folder.mkdir(parents=True, exist_ok=True)
    with disk_full_named(builds.folder):
        vectors.save(builds.folder / name)
    return name
