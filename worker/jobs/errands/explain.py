"""Listen to some tracks more closely, and write down what a version hears in which of their seconds.

What was heard stays in the store of activations, so that the next version explains the same track without listening. A
bad file is named and stops nothing.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cypher.model import Track
from worker.activations.compute import compute
from worker.activations.fingerprint import Fingerprint
from worker.activations.store import ActivationStore
from worker.activations.windows import window_starts_s
from worker.answers.attribution import attribute, window_scores
from worker.answers.explanation import Explained, explanation_name
from worker.answers.published import POINTER, PublishedVectors, published_at
from worker.answers.timeline import timeline_fingerprint, window_s
from worker.catalogue.audio import Decoder
from worker.catalogue.locations import path_of
from worker.jobs.builds import disk_full_named
from worker.jobs.context import ErrandContext, StageResult
from worker.jobs.errors import VersionFilesMissing
from worker.jobs.kinds import ExplanationWork
from worker.jobs.pointers import pointer_to
from worker.jobs.stages.activations import NO_FILE, SameSound

GONE = "unknown_track"
"""The track was deleted since the job was asked for."""


def run(context: ErrandContext) -> StageResult:
    """Explain what is not explained yet.

    Raises:
        UnknownVersion: the version was pruned since.
        VersionFilesMissing: an older release published it, and does not say where its vectors lie.
        NoFrames: it was learnt from activations that have no seconds.
    """
    asked = ExplanationWork.model_validate(context.job.parameters)
    version = context.graph.hierarchy.version(context.job.collection, asked.version)
    if "vectors" not in version.hierarchy.files:
        raise VersionFilesMissing(context.job.collection, asked.version, ("vectors",))
    builds, in_tree = context.builds, {edge.child for edge in version.edges}
    known = {track.id: track for track in context.graph.catalogue.tracks(asked.tracks)}
    names = {track_id: explanation_name(version.hierarchy.files, in_tree, track_id) for track_id in known}
    wanted = [one for one in known.values() if not builds.has(names[one.id])]
    failures = {track_id: GONE for track_id in asked.tracks if track_id not in known}
    if wanted:
        published = published_at(builds.folder / POINTER, pointer_to(version))
        stored = Fingerprint.parse(published.fingerprint)
        fine = timeline_fingerprint(stored)
        for fingerprint in (stored, fine):
            failures |= _hear(context, fingerprint, [one for one in wanted if one.id not in failures])
        for track in wanted:
            if track.id not in failures:
                found = _explain(context, published, track, fine)
                builds.place(names[track.id], found.save)
    explained = len(wanted) - sum(track.id in failures for track in wanted)
    return StageResult({"computed": explained, "reused": len(known) - len(wanted), "failures": failures})


def _hear(context: ErrandContext, fingerprint: Fingerprint, tracks: list[Track]) -> dict[str, str]:
    """Compute what the store lacks; the reason of each track that gave no sound."""
    store = context.store(fingerprint)
    missing = set(store.missing([track.id for track in tracks]))
    paths: dict[str, Path] = {}
    failures: dict[str, str] = {}
    for track in tracks:
        try:
            paths[track.id] = path_of(track.uri)
        except ValueError:
            failures[track.id] = NO_FILE
    heard = [(track_id, path) for track_id, path in paths.items() if track_id in missing]
    if heard:
        with Decoder() as decoder, disk_full_named(store.folder):
            same = SameSound(decoder, {path: track_id for track_id, path in heard})
            failures |= compute(heard, context.backbone(fingerprint), store, same, context.advance).failures
    return {track_id: reason for track_id, reason in failures.items() if track_id in missing}


def _explain(context: ErrandContext, published: PublishedVectors, track: Track, fine: Fingerprint) -> Explained:
    stored = Fingerprint.parse(published.fingerprint)
    place = {concept_id: position for position, concept_id in enumerate(published.concept_ids)}
    scores, probabilities = np.empty(len(place)), np.full(len(place), np.nan)
    for one in attribute(published, _windows(context.store(stored), track), stored):
        scores[place[one.concept_id]] = one.score
        if one.probability is not None:
            probabilities[place[one.concept_id]] = one.probability
    windows = _windows(context.store(fine), track)
    return Explained(
        track_id=track.id,
        concept_ids=published.concept_ids,
        scores=scores,
        probabilities=probabilities,
        window_scores=window_scores(published, windows),
        starts_s=window_starts_s(len(windows), fine),
        window_s=window_s(fine),
        duration_s=track.duration_s,
    )


def _windows(store: ActivationStore, track: Track) -> np.ndarray:
    return store.read([track.id]).values
