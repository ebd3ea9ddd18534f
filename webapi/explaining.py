"""Finds what workers wrote of a track's seconds, for one version of a collection."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from webapi.copies import Copy
from webapi.errors import NotExplained, NotPublishedYet, NoVector
from worker.answers.explanation import Explained, explanation_name
from worker.jobs.builds import Builds


@dataclass(frozen=True, slots=True)
class Explanations:
    """The explanations of a data folder."""

    data: Path | None
    """None where the API has none."""

    def of(self, copy: Copy, track_id: str) -> Explained:
        """What a version says of a track's seconds.

        Raises:
            NotPublishedYet: the collection has no version.
            NotExplained: no worker has listened for this version yet, or its files are not to be seen from here.
            ExplanationDamaged: what was written cannot be read.
        """
        if copy.hierarchy is None:
            raise NotPublishedYet(copy.collection.id)
        files = copy.hierarchy.files
        if self.data is None:
            raise NotExplained(track_id, copy.collection.id, "the API has no data folder")
        if "vectors" not in files:
            raise NotExplained(track_id, copy.collection.id, "an older release published its version")
        path = Builds(self.data, copy.collection.id).folder / explanation_name(files, copy.edges, track_id)
        try:
            return Explained.load(path)
        except FileNotFoundError:
            raise NotExplained(track_id, copy.collection.id, "nobody has listened for them yet") from None


def place_of(found: Explained, copy: Copy, concept_id: str) -> int:
    """The position of a concept in an explanation.

    Raises:
        NoVector: the version knows the concept and has learnt no vector of it.
    """
    try:
        return found.concept_ids.index(concept_id)
    except ValueError:
        raise NoVector(concept_id, copy.collection.version or 0, copy.concepts[concept_id].reason) from None
