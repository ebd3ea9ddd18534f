"""Erase the explained seconds of a published version's tracks and listen again: a study of its explanations.

Conventions: each concept speaks by some of its tracks, drawn by hash; the unit of the intervals is the concept, for the
tracks of one are alike. Vectors are those that answers use, so it is their own score that is explained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from worker.activations.backbones import Backbone, backbone_of
from worker.activations.errors import BadSamples
from worker.activations.fingerprint import Fingerprint
from worker.answers.attribution import window_scores
from worker.answers.erasure import FILLS, Erasure, Samples, erasures
from worker.answers.errors import LessonMissing, NoTrackHeard, TooShort
from worker.answers.published import PublishedVectors, load_published
from worker.answers.timeline import timeline, timeline_fingerprint
from worker.catalogue.audio import Decoder, Sound
from worker.catalogue.errors import AudioRejected
from worker.catalogue.locations import path_of
from worker.concepts.folds import hash_order
from worker.evaluation.figures import Figure, mean_figure
from worker.jobs.builds import Builds
from worker.jobs.catalogue_copy import CatalogueCopy
from worker.reasons import Reason

SECTION = "erasure"
MEASURES = ("deletion", "insertion")
SHORTEST_S = 6.0
"""Of a shorter track most windows hold both what is erased and what is not."""


@dataclass(frozen=True, slots=True)
class ErasureSettings:
    """How it is measured."""

    tracks: int = 4
    """Of each concept."""
    share: float = 0.25
    """Of a track's seconds that count as explained, 0..1."""
    shifts: int = 4
    """Random cuts to compare with, each of as many seconds."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class ErasureStudy:
    """What came out."""

    collection: str
    version: int
    names: dict[str, str]
    """Name by concept id."""
    found: dict[str, list[Erasure]]
    """By concept id, each fill of each of its tracks that was heard."""
    failed: dict[str, str]
    """Reason by address of the tracks that gave no sound."""

    def figures(self) -> list[Figure]:
        """For each fill, over concepts: the whole score, and how much more it answers to the explained seconds."""
        return [
            mean_figure(
                SECTION,
                fill,
                "explained - elsewhere" if name in MEASURES else "whole track",
                name,
                [self.of_concept(concept_id, fill, name) for concept_id in self.found],
            )
            for fill in FILLS
            for name in ("score", *MEASURES)
        ]

    def of_concept(self, concept_id: str, fill: str, measure: str) -> float:
        """The mean over a concept's tracks."""
        return float(np.mean([getattr(one, measure) for one in self.found[concept_id] if one.fill == fill]))


def study_erasure(
    data: Path, collection: str | None, settings: ErasureSettings, progress: Callable[[int, int], None]
) -> ErasureStudy:
    """Measure deletion and insertion of the explained seconds of a published version.

    Args:
        data: the data folder; the tracks' files must lie where the catalogue says.
        collection: its id; None where only one is published.
        settings: how.
        progress: told (done, total) pairs of concept and track.

    Raises:
        NothingPublished: the collection has never been published here.
        SeveralPublished: none was named and there are several.
        LessonMissing: an older release published it, and did not say what it learnt from.
        NoFrames: it was learnt from activations that have no seconds.
        NoTrackHeard: no track gave a sound that is long enough.
    """
    published = load_published(data, collection)
    if published.catalogue is None:
        raise LessonMissing(published.collection, published.version)
    copy = CatalogueCopy.load(Builds(data, published.collection), published.catalogue)
    ears = _Ears.of(published)
    uris = {track.id: track.uri for track in copy.tracks}
    pairs = list(_pairs(published, copy, settings))
    found: dict[str, list[Erasure]] = {}
    failed: dict[str, str] = {}
    with Decoder() as decoder:
        for number, (concept_id, track_id) in enumerate(pairs):
            progress(number, len(pairs))
            rng = np.random.default_rng([settings.seed, number])
            try:
                sound = _sound(decoder, uris[track_id])
                erased = ears.erased(published.select([concept_id]), sound.samples, sound.rate_hz, rng, settings)
            except (AudioRejected, BadSamples, TooShort) as error:
                failed[uris[track_id]] = str(error)
            else:
                found.setdefault(concept_id, []).extend(erased)
    if not found:
        raise NoTrackHeard(published.collection, len(pairs), next(iter(failed.values()), "it has no track"))
    names = dict(zip(published.concept_ids, published.names, strict=True))
    return ErasureStudy(published.collection, published.version, names, found, failed)


def _pairs(published: PublishedVectors, copy: CatalogueCopy, settings: ErasureSettings) -> Iterator[tuple[str, str]]:
    """(concept, one of its tracks), drawn by hash."""
    for concept_id in published.concept_ids:
        mine = copy.memberships.get(concept_id, [])
        drawn = np.argsort(hash_order(mine, settings.seed, "erasure"), kind="stable")[: settings.tracks]
        yield from ((concept_id, mine[place]) for place in drawn)


def _sound(decoder: Decoder, uri: str) -> Sound:
    """The sound of a file.

    Raises:
        AudioRejected: it gives none.
        TooShort: it gives too little.
    """
    try:
        path = path_of(uri)
    except ValueError as error:
        raise AudioRejected(Reason.UNREADABLE, Path(uri), str(error)) from error
    sound = decoder.decode(path)
    if sound.duration_s < SHORTEST_S:
        raise TooShort(uri, sound.duration_s, SHORTEST_S)
    return sound


@dataclass(frozen=True, slots=True)
class _Ears:
    """The network with the windows that vectors were learnt from, and with those of a timeline."""

    whole: Backbone
    fine: Backbone

    @classmethod
    def of(cls, published: PublishedVectors) -> _Ears:
        stored = Fingerprint.parse(published.fingerprint)
        return cls(backbone_of(stored), backbone_of(timeline_fingerprint(stored)))

    def erased(
        self,
        concept: PublishedVectors,
        samples: Samples,
        rate_hz: int,
        rng: np.random.Generator,
        settings: ErasureSettings,
    ) -> list[Erasure]:
        heard = timeline(
            concept, self.fine.activations(samples, rate_hz), self.fine.fingerprint, len(samples) / rate_hz
        )

        def score(altered: Samples) -> float:
            return float(window_scores(concept, self.whole.activations(altered, rate_hz)).mean())

        return erasures(samples, rate_hz, heard.curve[:, 0], score, rng, share=settings.share, shifts=settings.shifts)
