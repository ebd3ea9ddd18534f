"""The errors of the graph. Each names the thing and the remedy; fields go to the base so that they survive pickling."""

from __future__ import annotations

from cypher.errors.curation import (
    CurationMeaningless,
    CurationMoved,
    CurationOver,
    NotInTree,
    UnknownCuration,
    WouldCycle,
)
from cypher.errors.nouns import (
    UnknownCollection,
    UnknownConcept,
    UnknownJob,
    UnknownKey,
    UnknownSchedule,
    UnknownStep,
    UnknownTrack,
)
from cypher.errors.playlists import PlaylistMoved, UnknownPlaylist
from cypher.errors.publication import (
    HierarchyInvalid,
    StagingGone,
    StagingSuperseded,
    TornRead,
    UnknownVersion,
    VersionMoved,
    VersionStateConflict,
)
from cypher.errors.root import GraphError
from cypher.errors.schema import (
    DatabaseNewer,
    MigrationChanged,
    QueryMalformed,
    UniquenessViolated,
)
from cypher.errors.server import (
    GraphAccessDenied,
    GraphTooSmall,
    GraphUnavailable,
)
from cypher.errors.work import (
    IdempotencyKeyReused,
    JobCancelled,
    JobStateConflict,
    LeaseLost,
    RebuildActive,
)

__all__ = [
    "CurationMeaningless",
    "CurationMoved",
    "CurationOver",
    "DatabaseNewer",
    "GraphAccessDenied",
    "GraphError",
    "GraphTooSmall",
    "GraphUnavailable",
    "HierarchyInvalid",
    "IdempotencyKeyReused",
    "JobCancelled",
    "JobStateConflict",
    "LeaseLost",
    "MigrationChanged",
    "NotInTree",
    "PlaylistMoved",
    "QueryMalformed",
    "RebuildActive",
    "StagingGone",
    "StagingSuperseded",
    "TornRead",
    "UniquenessViolated",
    "UnknownCollection",
    "UnknownConcept",
    "UnknownCuration",
    "UnknownJob",
    "UnknownKey",
    "UnknownPlaylist",
    "UnknownSchedule",
    "UnknownStep",
    "UnknownTrack",
    "UnknownVersion",
    "VersionMoved",
    "VersionStateConflict",
    "WouldCycle",
]
