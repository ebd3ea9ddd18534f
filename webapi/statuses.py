"""The one table from errors to HTTP status.

Why it is here: the stores and the computation know nothing of HTTP; a view lets through what the store raised.
"""

from __future__ import annotations

from http import HTTPStatus

from cypher import errors as graph
from webapi.errors import (
    BadCursor,
    FormatUnavailable,
    GraphResting,
    KeyRefused,
    NoAudio,
    NoBrowser,
    NoCopy,
    NotExplained,
    NothingToGoOn,
    NotJson,
    NotMediaType,
    NotPublishedYet,
    NotSensed,
    NotSound,
    NoVector,
    OtherOrigin,
    PlaylistTooLong,
    PlaylistUnfit,
    ScopeLacking,
    TooManyStreams,
    TooManyUploads,
    UnfitJson,
    UploadsClosed,
)
from worker.answers.errors import ExplanationDamaged, PoolUnreadable, SensitivityDamaged
from worker.jobs.errors import DiskFull, QuarantineFull, UnknownEvaluation, UploadCut
from worker.playlists.errors import NotAPlaylist

STATUS: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (GraphResting, HTTPStatus.SERVICE_UNAVAILABLE),
    (NoCopy, HTTPStatus.SERVICE_UNAVAILABLE),
    (NotPublishedYet, HTTPStatus.NOT_FOUND),
    (TooManyStreams, HTTPStatus.SERVICE_UNAVAILABLE),
    (NotJson, HTTPStatus.BAD_REQUEST),
    (UnfitJson, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotMediaType, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (NotAPlaylist, HTTPStatus.BAD_REQUEST),
    (PlaylistUnfit, HTTPStatus.UNPROCESSABLE_ENTITY),
    (PlaylistTooLong, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (OtherOrigin, HTTPStatus.FORBIDDEN),
    (FormatUnavailable, HTTPStatus.NOT_ACCEPTABLE),
    (KeyRefused, HTTPStatus.UNAUTHORIZED),
    (ScopeLacking, HTTPStatus.FORBIDDEN),
    (graph.UnknownKey, HTTPStatus.NOT_FOUND),
    (NoAudio, HTTPStatus.NOT_FOUND),
    (PoolUnreadable, HTTPStatus.CONFLICT),
    (NotExplained, HTTPStatus.CONFLICT),
    (NotSensed, HTTPStatus.CONFLICT),
    (SensitivityDamaged, HTTPStatus.CONFLICT),
    (NoVector, HTTPStatus.CONFLICT),
    (UploadsClosed, HTTPStatus.FORBIDDEN),
    (NotSound, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (TooManyUploads, HTTPStatus.SERVICE_UNAVAILABLE),
    (UploadCut, HTTPStatus.BAD_REQUEST),
    (QuarantineFull, HTTPStatus.INSUFFICIENT_STORAGE),
    (DiskFull, HTTPStatus.INSUFFICIENT_STORAGE),
    (ExplanationDamaged, HTTPStatus.CONFLICT),
    (NothingToGoOn, HTTPStatus.UNPROCESSABLE_ENTITY),
    (BadCursor, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NoBrowser, HTTPStatus.NOT_FOUND),
    (UnknownEvaluation, HTTPStatus.NOT_FOUND),
    (graph.UnknownCollection, HTTPStatus.NOT_FOUND),
    (graph.UnknownConcept, HTTPStatus.NOT_FOUND),
    (graph.UnknownTrack, HTTPStatus.NOT_FOUND),
    (graph.UnknownPlaylist, HTTPStatus.NOT_FOUND),
    (graph.PlaylistMoved, HTTPStatus.PRECONDITION_FAILED),
    (graph.UnknownJob, HTTPStatus.NOT_FOUND),
    (graph.UnknownVersion, HTTPStatus.NOT_FOUND),
    (graph.StagingGone, HTTPStatus.GONE),
    (graph.VersionMoved, HTTPStatus.PRECONDITION_FAILED),
    (graph.VersionStateConflict, HTTPStatus.CONFLICT),
    (graph.UnknownSchedule, HTTPStatus.NOT_FOUND),
    (graph.RebuildActive, HTTPStatus.CONFLICT),
    (graph.IdempotencyKeyReused, HTTPStatus.CONFLICT),
    (graph.JobStateConflict, HTTPStatus.CONFLICT),
    (graph.NotInTree, HTTPStatus.CONFLICT),
    (graph.WouldCycle, HTTPStatus.CONFLICT),
    (graph.UnknownCuration, HTTPStatus.NOT_FOUND),
    (graph.CurationOver, HTTPStatus.CONFLICT),
    (graph.CurationMeaningless, HTTPStatus.CONFLICT),
    (graph.GraphUnavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (graph.GraphAccessDenied, HTTPStatus.SERVICE_UNAVAILABLE),
    (graph.DatabaseNewer, HTTPStatus.SERVICE_UNAVAILABLE),
    (graph.MigrationChanged, HTTPStatus.SERVICE_UNAVAILABLE),
    (graph.TornRead, HTTPStatus.SERVICE_UNAVAILABLE),
    (graph.HierarchyInvalid, HTTPStatus.SERVICE_UNAVAILABLE),
)


def status_of(error: Exception) -> HTTPStatus:
    """The HTTP status of an error; 500 for one that nobody foresaw."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
