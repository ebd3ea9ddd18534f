"""What a stage is handed: the job and its settings, the graph, the files, and whom to tell how far it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cypher.model import Job, Lease, NewStep, Step
from cypher.store import Graph
from worker.activations.store import ActivationStore
from worker.jobs.builds import Builds
from worker.jobs.errors import BuildMissing
from worker.jobs.requests import RebuildSettings

if TYPE_CHECKING:
    from worker.activations.backbones import Backbone
    from worker.activations.fingerprint import Fingerprint

Advance = Callable[[int, int], None]
"""Told (done, total); raises when the job was cancelled or the step belongs to somebody else by now."""


@dataclass(frozen=True, slots=True)
class StageResult:
    """What a stage leaves behind in the ledger."""

    values: Mapping[str, Any]
    """JSON, for later stages and for people: file names, counts."""
    then: Sequence[NewStep] = ()
    """Further steps to plan."""


@dataclass(frozen=True, slots=True)
class ErrandContext:
    """The one step of one errand, ready to run."""

    job: Job
    graph: Graph
    data: Path
    backbone: Callable[[Fingerprint], Backbone]
    """Loads the network of a fingerprint, or hands out the one that is loaded."""
    advance: Advance

    @property
    def builds(self) -> Builds:
        """The collection's files."""
        return Builds(self.data, self.job.collection)

    def store(self, fingerprint: Fingerprint) -> ActivationStore:
        """The activations of a fingerprint."""
        return ActivationStore(self.data / "activations", fingerprint)


@dataclass(frozen=True, slots=True)
class StageContext:
    """One step of one rebuild, ready to run."""

    job: Job
    step: Step
    lease: Lease
    settings: RebuildSettings
    graph: Graph
    data: Path
    fingerprint: Fingerprint
    """Of the activations that the settings ask for on this machine's device."""
    backbone: Callable[[], Backbone]
    """Loads the network, or hands out the one that is loaded."""
    advance: Advance

    @property
    def collection(self) -> str:
        return self.job.collection

    @property
    def builds(self) -> Builds:
        """The collection's files."""
        return Builds(self.data, self.job.collection)

    @property
    def store(self) -> ActivationStore:
        """The activations of the fingerprint."""
        return ActivationStore(self.data / "activations", self.fingerprint)

    def results(self, stage: str) -> list[dict[str, Any]]:
        """What the finished steps of an earlier stage left, by shard."""
        steps = sorted((step for step in self.job.steps if step.name == stage), key=lambda step: step.shard)
        return [step.result for step in steps if step.result is not None]

    def result(self, stage: str) -> dict[str, Any]:
        """What the single step of an earlier stage left.

        Raises:
            BuildMissing: it has not run.
        """
        found = self.results(stage)
        if not found:
            raise BuildMissing(f"job {self.job.id}", stage)
        return found[0]
