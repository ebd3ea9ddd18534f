"""Vectors and S of the published playlists from the published tracks, kept by the poster's rule.

Conventions: 39 to 250 tracks and cross-fitted accuracy above 0.70; vectors are the optimum of this project's objective
(`worker.concepts.vectors`), not the authors' training, so that the cells are near the poster's and not equal to them.
All activations are held at once: 15 kB a track.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.activations.errors import ActivationsMissing
from worker.activations.outside import Given, declared_fingerprint, read_given
from worker.activations.store import Activations
from worker.catalogue.errors import MembershipsRejected
from worker.catalogue.memberships import Membership, read_memberships
from worker.cleaning import readable
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.quality import KeepSettings, assess, judge, screen
from worker.concepts.similarity import similarity, track_scores
from worker.concepts.training import learn_vectors
from worker.jobs.afchar2022.material import Material, Space
from worker.jobs.errors import NoConceptKept, NothingLearnable
from worker.jobs.learning import count_reasons

NAME = "afchar2022"
UNITS = 128


@dataclass(frozen=True, slots=True)
class Learnt:
    """The kept concepts."""

    ids: list[int]
    """Sorted."""
    similarity: NDArray[np.float64]
    """(concepts, concepts) S."""
    audio: Space
    """Vector and bias."""
    summary: dict[str, Any]


def learn(material: Material, keep: KeepSettings | None = None) -> Learnt:
    """Learn the vectors of all playlists that the tracks allow, and S.

    Raises:
        ActivationsMissing: no track of a playlist has activations.
        NothingLearnable: no playlist has enough of them.
        NoConceptKept: no vector is accurate enough.
        MembershipsRejected: the playlists cannot be read, or one has no number.
    """
    keep = keep or KeepSettings.poster()
    playlists = _playlists(material)
    activations, left_out = _activations(material, {given for one in playlists.values() for given in one.given_ids})
    members = Members.of({key: one.given_ids for key, one in playlists.items()}, activations.track_ids)
    folds = assign_folds(list(members.track_ids))
    screened = screen(members, folds, keep)
    passed = [position for position, verdict in enumerate(screened) if verdict.kept]
    if not passed:
        raise NothingLearnable(NAME, len(screened), count_reasons(screened), keep.min_tracks)
    learnable = members.select(passed)
    vectors = learn_vectors(activations, learnable, folds)
    scores = track_scores(activations, vectors, folds)
    verdicts = judge(assess(scores, learnable), None, keep)
    kept = np.flatnonzero([verdict.kept for verdict in verdicts])
    if not len(kept):
        raise NoConceptKept(NAME, len(verdicts), count_reasons(verdicts))
    order = sorted(kept.tolist(), key=lambda position: int(learnable.concept_ids[position]))
    ids = [int(learnable.concept_ids[position]) for position in order]
    audio = np.concatenate([vectors.weights, vectors.bias[:, None]], axis=1).astype(np.float64)
    return Learnt(
        ids=ids,
        similarity=similarity(scores, learnable)[np.ix_(order, order)],
        audio={concept: audio[position] for concept, position in zip(ids, order, strict=True)},
        summary={
            "tracks": len(activations.track_ids),
            "files_left_out": left_out,
            "playlists": len(playlists),
            "learnt": len(learnable.concept_ids),
            "kept": len(ids),
            "ridge": vectors.ridge,
        },
    )


def _playlists(material: Material) -> dict[str, Membership]:
    if material.playlists is None:
        raise MembershipsRejected(readable(material.folder), "it holds no playlists")
    found = {one.key: one for one in read_memberships(material.playlists)}
    for key in found:
        if not key.isdecimal():
            raise MembershipsRejected(readable(material.playlists), f"playlist {key!r} has no number")
    return found


def _activations(material: Material, wanted: set[str]) -> tuple[Activations, int]:
    """Those of the playlists' tracks that are there, sorted; also how many tracks could not be used."""
    found: dict[str, NDArray[np.float32]] = {}
    left_out = 0
    for path in sorted(material.folder.rglob("*.tensor")):
        if path.stem not in wanted or path.stem in found:
            continue
        for one in read_given(path):
            if isinstance(one, Given) and one.values.shape[1] == UNITS:
                found[path.stem] = one.values
            else:
                left_out += 1
    if not found:
        raise ActivationsMissing(sorted(wanted))
    ids = sorted(found)
    offsets = np.cumsum([0, *(len(found[one]) for one in ids)], dtype=np.int64)
    values = np.concatenate([found[one] for one in ids])
    return Activations(ids, values, offsets, declared_fingerprint(NAME)), left_out
