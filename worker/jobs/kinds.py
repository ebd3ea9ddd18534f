"""What jobs there are beside rebuilds: errands, of one step each. A leaf, as `worker.jobs.requests` is for rebuilds.

Conventions: an errand's parameters are a frozen model with every value decided. It may run twice with the same result,
is not exclusive, and leaves nothing staged in the graph; what it did is its step's result.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from cypher.model import NewStep
from worker.jobs.requests import STAGES, StageInfo

EXPLANATION = "explanation"
"""The kind of a job that listens for the seconds in which tracks express concepts."""
ADMISSION = "admission"
"""The kind of a job that decodes a file that was uploaded, and makes a track of it."""

SENSITIVITY = "sensitivity"
"""The kind of a job that asks which of the network's tags concepts raise."""

ERRANDS: Mapping[str, StageInfo] = {
    EXPLANATION: StageInfo("explain", "gpu", "Listening for seconds", "tracks"),
    SENSITIVITY: StageInfo("sense", "gpu", "Asking the network's tags", "rounds"),
    ADMISSION: StageInfo("admit", "cpu", "Decoding an upload", "files"),
}
"""Kind -> its one stage."""

MOST_EXPLAINED = 200
MOST_SENSED = 50
HEARD, DRAWS = 10, 20
"""Tracks of a concept that are listened to at most, and how often its vector is learnt again."""


def errand_steps(kind: str) -> list[NewStep]:
    """The one step of an errand.

    Raises:
        KeyError: there is no such kind.
    """
    return [NewStep(name=ERRANDS[kind].name, stage=1, queue=ERRANDS[kind].queue)]


def every_stage() -> Mapping[str, StageInfo]:
    """All stages that a step can belong to, by name."""
    return {stage.name: stage for stage in (*STAGES, *ERRANDS.values())}


class ExplanationRequest(BaseModel):
    """Tracks that shall be explained second by second."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    collection: str | None = Field(default=None, min_length=1, max_length=200, description="null: the default one")
    tracks: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        min_length=1, max_length=MOST_EXPLAINED, description="Ids of tracks", examples=[["a-track"]]
    )


class ExplanationWork(BaseModel):
    """What such a job keeps: which version explains which tracks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tracks: tuple[str, ...]
    version: int


class SensitivityRequest(BaseModel):
    """Concepts whose effect on the network's tags shall be measured."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    collection: str | None = Field(default=None, min_length=1, max_length=200, description="null: the default one")
    concepts: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        min_length=1, max_length=MOST_SENSED, description="Ids of concepts in the tree", examples=[["violin"]]
    )


class SensitivityWork(BaseModel):
    """What such a job keeps: which version senses which concepts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    concepts: tuple[str, ...]
    version: int


class AdmissionWork(BaseModel):
    """What such a job keeps: which file in quarantine, what it is, and what it is called without a tag."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    sha256: str
    bytes: int
    title: str
