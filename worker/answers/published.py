"""The published vectors of a data folder: what answers need, without a server.

Conventions: `<data>/builds/<collection>/published.json` is written by every publication and points at the vectors of
the current version: `{"collection", "version", "vectors", "fingerprint", "kept": {concept id: name}}`, at the maps
from scores to probabilities (`"calibration"`), at what was learnt from (`"catalogue"`, `"heard"`) and at S
(`"similarity"`). Publications of older releases lack the last four: their scores stay scores.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.answers.calibration import Calibration
from worker.answers.errors import NothingPublished, NotPublished, PointerDamaged, SeveralPublished
from worker.concepts.vectors import ConceptVectors, VectorSettings

POINTER = "published.json"


@dataclass(frozen=True, slots=True)
class PublishedVectors:
    """The kept concepts of one published version, as detectors for music no vector has seen."""

    collection: str
    version: int
    fingerprint: str
    """Of the activations they were learnt from, as text."""
    concept_ids: tuple[str, ...]
    """Sorted."""
    names: tuple[str, ...]
    weights: NDArray[np.float32]
    """(concepts, units) refitted on all folds."""
    bias: NDArray[np.float32]
    """(concepts,)"""
    calibration: Calibration | None = None
    """From scores to probabilities, concepts in the same order; None in publications of older releases."""
    settings: VectorSettings = field(default_factory=VectorSettings)
    """How they were learnt, with the ridge that was chosen."""
    catalogue: str | None = None
    """Name of the file with the tracks and members they were learnt from; None in publications of older releases."""
    heard: str | None = None
    """Name of the file with the ids of the tracks that had sound; None likewise."""

    def select(self, concept_ids: Sequence[str]) -> PublishedVectors:
        """Only these concepts, in this order.

        Raises:
            NotPublished: one of them is not among the published; names those that are spelt alike.
        """
        place = {concept_id: position for position, concept_id in enumerate(self.concept_ids)}
        for concept_id in concept_ids:
            if concept_id not in place:
                near = difflib.get_close_matches(concept_id, self.concept_ids)
                raise NotPublished(concept_id, self.collection, tuple(near))
        rows = [place[concept_id] for concept_id in concept_ids]
        ids = tuple(concept_ids)
        return dataclasses.replace(
            self,
            concept_ids=ids,
            names=tuple(self.names[row] for row in rows),
            weights=self.weights[rows],
            bias=self.bias[rows],
            calibration=None if self.calibration is None else self.calibration.select(ids),
        )


def load_published(data: Path, collection: str | None = None) -> PublishedVectors:
    """Read the published vectors of a collection.

    Args:
        data: the data folder.
        collection: its id; None where only one is published.

    Raises:
        NothingPublished: the collection has never been published here.
        SeveralPublished: none was named and there are several.
        PointerDamaged: the pointer is no JSON of ours.
        BadVectorFile: the vectors cannot be read.
        CalibrationDamaged: the calibration cannot be read.
    """
    return published_at(*_pointer(data, collection))


def published_at(path: Path, pointer: Mapping[str, Any]) -> PublishedVectors:
    """The vectors that a pointer points at.

    Args:
        path: where it lies, or would lie: beside the files that it names.
        pointer: what it says.

    Raises:
        PointerDamaged: it does not say where the vectors lie, or they are gone.
        BadVectorFile: the vectors cannot be read.
        CalibrationDamaged: the calibration cannot be read.
    """
    named = pointer.get("calibration")
    calibration = None if named is None else Calibration.load(path.parent / named)
    return _select(pointer, ConceptVectors.load(_file(path, pointer, "vectors")), calibration)


def load_published_similarity(data: Path, collection: str | None = None) -> tuple[list[str], NDArray[np.float64]]:
    """Ids of a collection's kept concepts, sorted, and S of them.

    Args:
        data: the data folder.
        collection: its id; None where only one is published.

    Raises:
        NothingPublished: the collection has never been published here.
        SeveralPublished: none was named and there are several.
        PointerDamaged: the pointer is no JSON of ours, or older than this.
        BadVectorFile: the vectors cannot be read.
    """
    path, pointer = _pointer(data, collection)
    learnt = ConceptVectors.load(_file(path, pointer, "vectors")).concept_ids
    whole: NDArray[np.float64] = np.load(_file(path, pointer, "similarity"))
    ids = sorted(pointer["kept"])
    rows = [learnt.index(concept_id) for concept_id in ids]
    return ids, whole[np.ix_(rows, rows)]


def _pointer(data: Path, collection: str | None) -> tuple[Path, dict[str, Any]]:
    pointers = {found["collection"]: (path, found) for path, found in _pointers(data)}
    if collection is None:
        if len(pointers) > 1:
            raise SeveralPublished(tuple(sorted(pointers)))
        collection = next(iter(pointers), None)
    if collection is None or collection not in pointers:
        raise NothingPublished(collection or "(any)", str(data))
    return pointers[collection]


def _file(path: Path, pointer: Mapping[str, Any], role: str) -> Path:
    if pointer.get(role) is None:
        raise PointerDamaged(str(path), f"it does not say where {role} lies")
    file: Path = path.parent / pointer[role]
    if not file.is_file():
        raise PointerDamaged(str(path), f"{file.name} is gone")
    return file


def _select(pointer: Mapping[str, Any], vectors: ConceptVectors, calibration: Calibration | None) -> PublishedVectors:
    ids = sorted(pointer["kept"])
    place = {concept_id: position for position, concept_id in enumerate(vectors.concept_ids)}
    rows = [place[concept_id] for concept_id in ids]
    return PublishedVectors(
        collection=pointer["collection"],
        version=pointer["version"],
        fingerprint=vectors.fingerprint,
        concept_ids=tuple(ids),
        names=tuple(pointer["kept"][concept_id] for concept_id in ids),
        weights=vectors.weights[rows],
        bias=vectors.bias[rows],
        calibration=None if calibration is None else calibration.select(tuple(ids)),
        settings=dataclasses.replace(vectors.settings, ridge=vectors.ridge),
        catalogue=pointer.get("catalogue"),
        heard=pointer.get("heard"),
    )


def _pointers(data: Path) -> list[tuple[Path, dict[str, Any]]]:
    found = []
    for path in sorted((data / "builds").glob(f"*/{POINTER}")):
        try:
            read = json.loads(path.read_bytes())
        except ValueError as error:
            raise PointerDamaged(str(path), str(error)) from error
        if not isinstance(read, dict) or not {"collection", "version", "vectors", "kept"} <= read.keys():
            raise PointerDamaged(str(path), "it lacks a field")
        found.append((path, read))
    return found
