"""Finds what workers measured of a concept's effect on the network's tags, for one version of a collection."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from webapi.copies import Copy
from webapi.errors import NotPublishedYet, NotSensed, NoVector
from worker.answers.sensed import Sensed, sensed_name
from worker.jobs.builds import Builds
from worker.jobs.kinds import DRAWS, HEARD


@dataclass(frozen=True, slots=True)
class Sensitivities:
    """The sensitivities of a data folder."""

    data: Path | None
    """None where the API has none."""

    def of(self, copy: Copy, concept_id: str) -> Sensed:
        """What a version says of a concept.

        Raises:
            NotPublishedYet: the collection has no version.
            UnknownConcept: it does not speak of the concept.
            NoVector: it has learnt no vector of it.
            NotSensed: no worker has measured it for this version yet, or its files are not to be seen from here.
            SensitivityDamaged: what was written cannot be read.
        """
        learnt(copy, concept_id)
        files = copy.hierarchy.files if copy.hierarchy is not None else {}
        if self.data is None:
            raise NotSensed(concept_id, copy.collection.id, "the API has no data folder")
        if "vectors" not in files:
            raise NotSensed(concept_id, copy.collection.id, "an older release published its version")
        path = Builds(self.data, copy.collection.id).folder / sensed_name(files, concept_id, HEARD, DRAWS)
        try:
            return Sensed.load(path)
        except FileNotFoundError:
            raise NotSensed(concept_id, copy.collection.id, "nobody has measured them yet") from None


def learnt(copy: Copy, concept_id: str) -> None:
    """See that a version has a vector of a concept.

    Raises:
        NotPublishedYet: the collection has no version.
        UnknownConcept: the version does not speak of the concept.
        NoVector: it has learnt no vector of it.
    """
    if copy.hierarchy is None:
        raise NotPublishedYet(copy.collection.id)
    concept = copy.concept(concept_id)
    if concept_id not in copy.edges:
        raise NoVector(concept_id, copy.hierarchy.version, concept.reason)
