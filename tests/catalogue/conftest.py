"""Sounds, files and a catalogue that keeps everything in dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from cypher.errors import UnknownCollection, UnknownTrack
from cypher.model import AudioFile, Collection, Concept, Example, NewConcept, Track
from cypher.store import Graph
from cypher.traits import TrackTraits
from tests.conftest import opened
from worker.catalogue.audio import Decoder

RATE = 22_050


def tone(seconds: float = 1.0, pitch_hz: float = 440.0, rate_hz: int = RATE, channels: int = 1) -> np.ndarray:
    """A chord with a little seeded noise, (frames, channels)."""
    frames = int(seconds * rate_hz)
    time = np.arange(frames) / rate_hz
    rng = np.random.default_rng(int(pitch_hz))
    sound = 0.3 * np.sin(2 * np.pi * pitch_hz * time) + 0.2 * np.sin(2 * np.pi * 1.5 * pitch_hz * time)
    sound += 0.02 * rng.standard_normal(frames)
    return np.repeat(sound[:, None], channels, axis=1).astype(np.float32)


def write(path: Path, samples: np.ndarray | None = None, rate_hz: int = RATE, form: str = "WAV", sub: str = "PCM_16"):
    """Write a sound file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, tone() if samples is None else samples, rate_hz, format=form, subtype=sub)
    return path


@pytest.fixture(name="tone")
def tone_fixture() -> Callable[..., np.ndarray]:
    return tone


@pytest.fixture(name="write")
def write_fixture() -> Callable[..., Path]:
    return write


@pytest.fixture(scope="session")
def decoder() -> Iterator[Decoder]:
    """One decoder for all tests: whatever a file does to it, the next test must not notice."""
    with Decoder(ffmpeg="") as shared:
        yield shared


class FakeCatalogue:
    """A catalogue in dictionaries, held to the same contract as the real one by test_catalogue_contract."""

    def __init__(self) -> None:
        self._collections: dict[str, Collection] = {}
        self._tracks: dict[str, Track] = {}
        self.files: dict[str, AudioFile] = {}
        self._concepts: dict[tuple[str, str], Concept] = {}
        self.examples: dict[str, dict[str, Example]] = {}
        self._traits: dict[str, dict[str, Any]] = {}

    def save_collection(self, collection_id: str, name: str) -> Collection:
        known = self._collections.get(collection_id)
        default = known.is_default if known else not self._collections
        self._collections[collection_id] = Collection(collection_id, name, default)
        return self._collections[collection_id]

    def collections(self) -> list[Collection]:
        return sorted(self._collections.values(), key=lambda each: (not each.is_default, each.id))

    def known_files(self, sha256s: Iterable[str]) -> dict[str, str]:
        return {sha256: self.files[sha256].track_id for sha256 in sha256s if sha256 in self.files}

    def save_tracks(self, tracks: Sequence[Track], files: Sequence[AudioFile]) -> None:
        self._tracks |= {track.id: track for track in tracks}
        for file in files:
            if file.track_id not in self._tracks:
                raise UnknownTrack(file.track_id)
            self.files[file.sha256] = file

    def tracks(self, track_ids: Iterable[str]) -> list[Track]:
        return [self._tracks[track_id] for track_id in track_ids if track_id in self._tracks]

    def save_traits(self, traits: Iterable[TrackTraits]) -> None:
        for one in traits:
            if one.track_id in self._tracks:
                self._traits.setdefault(one.track_id, {}).update(one.known())

    def traits(self) -> Iterator[TrackTraits]:
        return (TrackTraits(track.id, **self._traits.get(track.id, {})) for track in self.all_tracks())

    def unmeasured(self, track_ids: Iterable[str]) -> set[str]:
        return {one for one in track_ids if one in self._tracks and "loudness_db" not in self._traits.get(one, {})}

    def all_tracks(self) -> Iterator[Track]:
        return iter(sorted(self._tracks.values(), key=lambda track: track.id))

    def save_concepts(self, collection_id: str, concepts: Sequence[NewConcept]) -> dict[str, str]:
        if collection_id not in self._collections:
            raise UnknownCollection(collection_id)
        for new in concepts:
            key = (collection_id, new.source_key)
            known = self._concepts.get(key)
            concept_id = known.id if known else f"concept-{len(self._concepts)}"
            self._concepts[key] = Concept(concept_id, new.name, collection_id, new.kind, new.source, new.source_key)
            self.examples.setdefault(concept_id, {})
        return {new.source_key: self._concepts[collection_id, new.source_key].id for new in concepts}

    def replace_examples(self, examples: Mapping[str, Sequence[Example]]) -> None:
        for concept_id, given in examples.items():
            for example in given:
                if example.track_id not in self._tracks:
                    raise UnknownTrack(example.track_id)
            self.examples[concept_id] = {example.track_id: example for example in given}

    def concepts(self, collection_id: str) -> list[Concept]:
        if collection_id not in self._collections:
            raise UnknownCollection(collection_id)
        found = [concept for concept in self._concepts.values() if concept.collection == collection_id]
        counted = [replace(concept, tracks=len(self.examples[concept.id])) for concept in found]
        return sorted(counted, key=lambda concept: concept.id)

    def memberships(self, collection_id: str) -> dict[str, list[str]]:
        return {concept.id: sorted(self.examples[concept.id]) for concept in self.concepts(collection_id)}


@pytest.fixture
def catalogue() -> FakeCatalogue:
    return FakeCatalogue()


@pytest.fixture
def fake_catalogue_class() -> type[FakeCatalogue]:
    return FakeCatalogue


@pytest.fixture
def real_graph(clean_graph) -> Iterator[Graph]:
    """An empty, migrated graph on the running stack."""
    with opened(clean_graph) as graph:
        yield graph
