"""What was found of each concept of a build, kept as plain JSON between the stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cypher.model import Quality
from worker.concepts.quality import ConceptQuality, Verdict
from worker.jobs.builds import Builds


@dataclass(frozen=True, slots=True)
class Judgement:
    """One concept: kept or left out, and on what grounds."""

    verdict: Verdict
    tracks: int
    """Tracks that were heard."""
    quality: ConceptQuality | None
    """None where it was left out before learning."""
    p_value: float | None

    @property
    def concept_id(self) -> str:
        return self.verdict.concept_id

    @property
    def kept(self) -> bool:
        return self.verdict.kept

    def noun(self) -> Quality | None:
        """Its quality as the graph keeps it."""
        found = self.quality
        if found is None:
            return None
        return Quality(
            auc=found.auc,
            auc_low=found.auc_low,
            auc_high=found.auc_high,
            accuracy=found.accuracy,
            average_precision=found.average_precision,
            p_value=self.p_value,
        )


@dataclass(frozen=True, slots=True)
class JudgementFile:
    """All concepts of a collection, by id."""

    judgements: Sequence[Judgement]

    def save(self, builds: Builds, name: str) -> str:
        """Write them under this name; returns it."""
        return builds.place_json([asdict(judgement) for judgement in self.judgements], name=name)

    @classmethod
    def load(cls, builds: Builds, name: str) -> JudgementFile:
        """Read what `save` wrote.

        Raises:
            BuildMissing: it is gone.
        """
        return cls([_judgement(read) for read in builds.read_json(name, written_by="similarity")])

    @property
    def kept_ids(self) -> list[str]:
        """Sorted."""
        return sorted(judgement.concept_id for judgement in self.judgements if judgement.kept)


def _judgement(read: dict[str, Any]) -> Judgement:
    quality = read["quality"]
    return Judgement(
        Verdict(**read["verdict"]),
        tracks=read["tracks"],
        quality=None if quality is None else ConceptQuality(**quality),
        p_value=read["p_value"],
    )
