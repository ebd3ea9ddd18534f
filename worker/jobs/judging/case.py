"""A published version laid out for judging, and the same learnt again from other memberships.

Conventions: tracks and concepts sorted by id; `kept` are the published concepts. A refit learns from the stored
activations with the ridge that the published vectors were learnt with, so that it takes a fraction of a second; its
concepts are those of the kept ones that have enough tracks, the others hang below the root in its trees.

Why the same concepts in every regime: what can be learnt from a third of the memberships differs from regime to regime,
and trees over different concepts cannot be compared.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from worker.answers.published import POINTER, load_published
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.properties import PROPERTIES, Property
from worker.concepts.quality import KeepSettings, screen
from worker.concepts.similarity import separation, similarity, track_scores
from worker.concepts.training import learn_vectors
from worker.concepts.vectors import ConceptVectors, VectorSettings
from worker.evaluation.errors import NothingToJudge
from worker.jobs.builds import Builds
from worker.jobs.confounding import GROUPS
from worker.jobs.requests import RebuildSettings, published_settings
from worker.jobs.study_material import load_study_material
from worker.jobs.trusting import track_keys

if TYPE_CHECKING:
    from worker.activations.store import Activations

FEWEST_TRACKS = 5
FEWEST_CONCEPTS = 3


@dataclass(frozen=True, slots=True)
class Case:
    """What is judged."""

    collection: str
    version: int
    names: dict[str, str]
    """Name by concept id, of the kept concepts."""
    activations: Activations
    members: Members
    """The kept concepts."""
    folds: NDArray[np.int8]
    vectors: VectorSettings
    """How they were learnt, the ridge that was chosen included."""
    settings: RebuildSettings
    """By which the tree was grown."""
    labels: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)
    """`kind` and `source` by concept id, where the graph was asked."""
    properties: Mapping[str, Property] = dataclasses.field(default_factory=dict)
    """What is known of the tracks besides their sound, by name."""
    groups: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)
    """`artist` and `album` of each track; '' where unknown."""

    @property
    def ids(self) -> tuple[str, ...]:
        return self.members.concept_ids

    @property
    def memberships(self) -> dict[str, tuple[str, ...]]:
        """Track ids by concept id."""
        tracks = np.array(self.members.track_ids, dtype=object)
        return {one: tuple(tracks[self.members.rows(place)]) for place, one in enumerate(self.ids)}

    @property
    def keys(self) -> NDArray[np.uint64]:
        """(tracks,) what is drawn when tracks are resampled."""
        return track_keys(self.members.track_ids)


@dataclass(frozen=True, slots=True)
class Fit:
    """Vectors and S learnt from some memberships."""

    members: Members
    """The concepts that had enough tracks."""
    vectors: ConceptVectors
    scores: NDArray[np.float32]
    similarity: NDArray[np.float64]

    separation: NDArray[np.float64]

    @property
    def ids(self) -> tuple[str, ...]:
        return self.members.concept_ids


def load_case(data: Path, collection: str | None = None, settings: RebuildSettings | None = None) -> Case:
    """Read a published version from the data folder.

    Args:
        data: the data folder.
        collection: its id; None where only one is published.
        settings: by which its tree was grown; None: those that the publication names, or the default.

    Raises:
        NothingPublished: the collection has never been published here.
        SeveralPublished: none was named and there are several.
        PointerDamaged: it was published by a release that did not say what it learnt from.
        NothingLearnable: no concept passes the screen.
        NothingToJudge: fewer than 3 concepts are published.
    """
    published = load_published(data, collection)
    grown = settings or _settings_of(data, published.collection)
    material = load_study_material(data, published.collection, group_by=grown.group_by, folds=grown.folds)
    place = {concept: position for position, concept in enumerate(material.members.concept_ids)}
    kept = [place[concept] for concept in published.concept_ids if concept in place]
    if len(kept) < FEWEST_CONCEPTS:
        raise NothingToJudge(len(kept))
    members = material.members.select(kept)
    vectors = dataclasses.replace(published.settings, method="logistic", ridge=published.settings.ridge or None)
    return Case(
        collection=published.collection,
        version=published.version,
        names={concept: material.names[concept] for concept in members.concept_ids},
        activations=material.activations,
        members=members,
        folds=material.folds,
        vectors=vectors,
        settings=grown,
        properties={name: material.copy.property(name, members.track_ids) for name in PROPERTIES},
        groups={group: material.copy.groups(members.track_ids, group) for group in GROUPS},
    )


def _settings_of(data: Path, collection: str) -> RebuildSettings:
    return published_settings(Builds(data, collection).read_json(POINTER, written_by="publish").get("parameters", {}))


def part_of(case: Case, rows: NDArray[np.int64], activations: Activations | None = None) -> Case:
    """The same with some of the tracks.

    Args:
        case: the whole.
        rows: ascending positions in `case.members.track_ids`.
        activations: others of the same tracks, of another network; default: the case's own.
    """
    from worker.activations.store import Activations as Read

    whole = activations or case.activations
    tracks = [case.members.track_ids[row] for row in rows]
    counts = np.diff(whole.offsets)
    mine = np.zeros(len(counts), dtype=np.bool_)
    mine[rows] = True
    offsets = np.concatenate(([0], np.cumsum(counts[rows]))).astype(np.int64)
    heard = Read(tracks, whole.values[np.repeat(mine, counts)], offsets, whole.fingerprint)
    members = Members.of(case.memberships, tracks)
    vectors = case.vectors if activations is None else dataclasses.replace(case.vectors, ridge=None)
    return dataclasses.replace(
        case,
        activations=heard,
        members=members,
        folds=case.folds[rows],
        vectors=vectors,
        properties={name: dataclasses.replace(one, values=one.values[rows]) for name, one in case.properties.items()},
        groups={name: [one[row] for row in rows] for name, one in case.groups.items()},
    )


def refit(case: Case, memberships: Mapping[str, Sequence[str]] | None = None, *, seed: int = 0) -> Fit:
    """Learn again.

    Args:
        case: whose activations and settings.
        memberships: track ids by concept id; None: as published.
        seed: of folds and negatives; 0 gives the folds of the published version.

    Raises:
        NothingToJudge: fewer than 3 concepts have enough tracks.
    """
    members = case.members
    if memberships is not None:
        members = Members.of(memberships, members.track_ids)
    folds = case.folds
    if seed:
        folds = assign_folds(list(members.track_ids), case.settings.folds, seed)
    verdicts = screen(members, folds, KeepSettings(min_tracks=FEWEST_TRACKS))
    learnable = members.select([place for place, verdict in enumerate(verdicts) if verdict.kept])
    if len(learnable.concept_ids) < FEWEST_CONCEPTS:
        raise NothingToJudge(len(learnable.concept_ids))
    settings = dataclasses.replace(case.vectors, seed=seed)
    confounder = None if settings.balance is None else case.properties[settings.balance]
    vectors = learn_vectors(case.activations, learnable, folds, settings, confounder=confounder)
    scores = track_scores(case.activations, vectors, folds)
    return Fit(learnable, vectors, scores, similarity(scores, learnable), separation(scores, learnable))
