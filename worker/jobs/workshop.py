"""What one worker process owns: the connection to Neo4j, the data folder, the network. Made on first use, after a fork.

Why not at import: drivers, threads and CUDA contexts do not survive a fork, and a Celery worker forks its children.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cypher.store import Graph, open_graph
from worker.activations.outside import find_outside, is_outside
from worker.jobs.errors import WrongSettings
from worker.jobs.requests import RebuildSettings
from worker.settings import Settings

if TYPE_CHECKING:
    from worker.activations.backbones import Backbone
    from worker.activations.fingerprint import Fingerprint

BATCH_DEADLINE_S = 120.0
"""No call to Neo4j takes longer; staging writes large batches."""
RETRY_S = 5.0
"""The driver tries again for so long, with pauses that double; then whoever runs steps does, every second, so that a
server that is back is not waited for another half minute."""


class Workshop:
    """One process's tools; asks again for what belongs to another process."""

    def __init__(self, settings: Settings) -> None:
        """Remember the settings; nothing is opened."""
        self.settings = settings
        self._pid = os.getpid()
        self._graph: Graph | None = None
        self._backbones: dict[str, Backbone] = {}

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.settings.data

    def graph(self) -> Graph:
        """The connection of this process.

        Raises:
            WrongSettings: there is no password.
        """
        self._own()
        if self._graph is None:
            password = self.settings.neo4j_password
            if password is None:
                raise WrongSettings("AUDIO_CONCEPTS_NEO4J_PASSWORD")
            self._graph = open_graph(
                self.settings.neo4j_uri,
                self.settings.neo4j_user,
                password.get_secret_value(),
                deadline_s=BATCH_DEADLINE_S,
                pool_size=8,
                retry_s=RETRY_S,
            )
        return self._graph

    def fingerprint(self, settings: RebuildSettings) -> Fingerprint:
        """Of the activations that a rebuild asks for: on this machine's device, or as they were declared outside.

        Raises:
            UnknownChoice: there is no such backbone, pooling, layer or precision.
            NothingDeclared: no activations from outside have that name.
        """
        if is_outside(settings.backbone):
            root = self.data / "activations"
            return find_outside(root, settings.backbone, pooling=settings.pooling, layer=settings.layer)
        from worker.activations.backbones import fingerprint_of

        return fingerprint_of(
            settings.backbone,
            pooling=settings.pooling,
            layer=settings.layer,
            hop_frames=settings.hop_frames,
            pad_frames=settings.pad_frames,
            precision=settings.precision,
            device=self.settings.device,
        )

    def backbone(self, fingerprint: Fingerprint) -> Backbone:
        """The network of a fingerprint, loaded once a process; loads torch."""
        from worker.activations.backbones import backbone_of

        self._own()
        if fingerprint.text not in self._backbones:
            self._backbones[fingerprint.text] = backbone_of(fingerprint)
        return self._backbones[fingerprint.text]

    def close(self) -> None:
        """Close the connection, if it is this process's."""
        if self._graph is not None and self._pid == os.getpid():
            self._graph.close()
        self._graph = None

    def _own(self) -> None:
        if self._pid != os.getpid():
            self._pid, self._graph, self._backbones = os.getpid(), None, {}
