"""The nouns of the graph, as frozen records.

Conventions: ids are strings; `version` numbers the hierarchies of one collection from 1 and only grows; a `staging`
numbers the sets of similarities and links that were written for one, from 1 as well: several versions may show the same
staging. Times are timezone-aware UTC datetimes taken from the database server's clock; durations are seconds (`_s`);
similarities and scores lie in 0..1. Nothing here talks to a database: the stores beside this module read and write
these records.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from cypher.bias import Bias
    from cypher.past import Drift

Kind = Literal["genre", "mood", "instrument", "activity", "era", "other"]
Source = Literal["editor", "user", "machine"]
ConceptStatus = Literal["waiting", "kept", "left_out"]
JobState = Literal["queued", "running", "cancelling", "succeeded", "failed", "cancelled"]
StepState = Literal["queued", "running", "succeeded", "failed", "cancelled"]
Queue = Literal["gpu", "cpu"]
VersionState = Literal["published", "candidate", "refused"]
Origin = Literal["rebuild", "curation", "activation"]

FINAL_STATES: frozenset[str] = frozenset({"succeeded", "failed", "cancelled"})


# --- catalogue: what was given -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Collection:
    """A set of concepts with a tree of its own over the one catalogue of tracks."""

    id: str
    name: str
    is_default: bool = False
    version: int | None = None
    """The published version that readers see; None before the first publication."""
    concepts: int = 0


@dataclass(frozen=True, slots=True)
class AudioFile:
    """One file on disk; a track may have several: copies, renamed files."""

    sha256: str
    track_id: str
    uri: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Track:
    """One sound. `id` is derived from its decoded samples, so a copy or a renamed file is the same track."""

    id: str
    title: str
    artist: str = ""
    album: str = ""
    duration_s: float = 0.0
    uri: str = ""
    isrc: str = ""
    mbid: str = ""
    work: str = ""
    """What is played: the score, song or composition, by an id or a name that all its recordings share."""


@dataclass(frozen=True, slots=True)
class NewConcept:
    """A concept as an import brings it; `source_key` says where it came from and never changes."""

    source_key: str
    name: str
    kind: Kind = "other"
    source: Source = "user"


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a concept is learnt, from tracks its vector did not see. Intervals are 95 %."""

    auc: float
    auc_low: float
    auc_high: float
    accuracy: float
    """Balanced accuracy, 0..1."""
    average_precision: float
    p_value: float | None = None
    """Against random track sets of the same size; None under a preset that does not test."""


@dataclass(frozen=True, slots=True)
class Concept:
    """A named set of tracks, and what is currently known of it."""

    id: str
    name: str
    collection: str
    kind: Kind = "other"
    source: Source = "user"
    source_key: str = ""
    status: ConceptStatus = "waiting"
    reason: str = ""
    """Why it was left out: a code, a colon and a sentence; empty otherwise."""
    tracks: int = 0
    quality: Quality | None = None
    betweenness: float | None = None
    """Normalised to 0..1 as networkx does."""
    depth: int | None = None
    """1 below the virtual root; None outside the tree."""
    aliases: tuple[str, ...] = ()
    """Other names to find it by."""
    bias: Bias | None = None
    """What it may be mistaken for; None where nobody looked."""


@dataclass(frozen=True, slots=True)
class Example:
    """The playlist contains the track (since when, where known: an ISO 8601 date or date-time)."""

    track_id: str
    added_at: str | None = None


# --- hierarchy: what was learnt ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge of one version's tree; `parent` is None for a child of the virtual root."""

    child: str
    parent: str | None
    similarity: float | None = None
    """What spoke for it: S[child, parent], by the poster's rule S[parent, child]; None below the root."""
    margin: float | None = None
    """Score of the chosen parent minus that of the runner-up; None where there was no other candidate."""
    margin_error: float | None = None
    """Standard error of the margin, over draws of the tracks."""
    support: float | None = None
    """Share of resampled catalogues whose tree has the edge, 0..1."""
    direction: float | None = None
    """Probability that the child's tracks excite the parent's vector more than the other way round, 0..1."""
    runner_up: str | None = None
    """The concept that would be the parent if this one were not; None where there was no other candidate."""
    pinned: bool = False
    """A person said so; a rebuild keeps it."""
    further: bool = False
    """Beside the child's primary parent; whoever wants a tree leaves it out, see `comparison.primary_edges`."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was measured of one concept in one version, kept for ever as ASSESSED."""

    concept_id: str
    status: ConceptStatus
    reason: str = ""
    tracks: int = 0
    quality: Quality | None = None
    betweenness: float | None = None
    depth: int | None = None
    members_sha256: str = ""
    vector_sha256: str = ""
    bias: Bias | None = None
    drift: Drift | None = None
    """Since the version that was current when this one was learnt. Not read back with a version: a curation or an
    activation, which copies what was assessed, changed nothing of it."""


@dataclass(frozen=True, slots=True)
class Publication:
    """All that one version of a hierarchy says, ready to be written in one transaction, which gives it its number."""

    collection: str
    staging: int | None
    """Whose similarities and links it shows; None: those that the current version shows."""
    edges: tuple[Edge, ...]
    assessments: tuple[Assessment, ...]
    parameters: dict[str, Any]
    fingerprint: str
    measures: dict[str, float] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """What the build files are called that answers from this version need: role -> name."""
    origin: Origin = "rebuild"
    restores: int | None = None
    """The earlier version whose tree it is, where it is an activation."""
    author: str = ""
    note: str = ""
    held: str = ""
    """Why it has to wait at the gate; empty: it becomes the current version."""
    curations: int | None = None
    """How many decisions of curators its tree was grown with; None: it says nothing about them."""


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """One version of a collection's tree."""

    collection: str
    version: int
    published_at: datetime
    """When it became current; of a candidate and of a refused one, when it was made."""
    edges: int
    """Edges between two concepts, so without the children of the virtual root."""
    sha256: str
    """Over the sorted (child, parent) pairs; see `hierarchy_sha256`."""
    parameters: dict[str, Any]
    fingerprint: str
    measures: dict[str, float]
    state: VersionState = "published"
    origin: Origin = "rebuild"
    staging: int | None = None
    """Whose similarities and links it shows; None when they are no longer kept."""
    restores: int | None = None
    """The earlier version whose tree it is, where it is an activation."""
    author: str = ""
    note: str = ""
    reason: str = ""
    """Why a candidate waits, or why it was refused."""
    files: dict[str, str] = field(default_factory=dict)
    """What the build files are called that answers from this version need: role -> name."""
    step: str | None = None
    """The step of a rebuild that made it; None: no rebuild did."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version read whole and verified."""

    hierarchy: Hierarchy
    assessments: tuple[Assessment, ...]
    """By concept id."""
    edges: tuple[Edge, ...]
    """By child, then parent; one with `parent` None for each child of the virtual root."""
    concepts: tuple[Concept, ...]
    """By id: those assessed, named as they were and with what was measured then."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What pruning a collection took away, or would take."""

    versions: tuple[int, ...]
    """Deleted, newest first."""
    kept: tuple[int, ...]
    """Those that are left, newest first."""
    relationships: int
    """Similarities and links that no version shows any more."""


@dataclass(frozen=True, slots=True)
class HandEdits:
    """Where PARENT_OF is not the tree of the current version: somebody wrote into the graph past the stores."""

    collection: str
    version: int
    drawn: tuple[tuple[str, str], ...]
    """(child, parent) that the tree does not have."""
    removed: tuple[tuple[str, str], ...]
    """(child, parent) that the tree has and PARENT_OF lacks."""

    def __bool__(self) -> bool:
        return bool(self.drawn or self.removed)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A concept similar to another: the weight S[concept, neighbour] and, where it passed, the one back."""

    id: str
    name: str
    outgoing: float | None
    """S[concept, neighbour]: the concept's tracks on the neighbour's vector; None if under the threshold."""
    incoming: float | None
    """S[neighbour, concept]."""
    outgoing_error: float | None = None
    """Standard error of `outgoing`; None where it is unknown."""
    incoming_error: float | None = None


@dataclass(frozen=True, slots=True)
class TrackLink:
    """One EXPRESSES relationship seen from the concept."""

    track: Track
    score: float
    rank: int
    """1 is the track's strongest concept."""
    is_example: bool


@dataclass(frozen=True, slots=True)
class ConceptLink:
    """One EXPRESSES relationship seen from the track."""

    id: str
    name: str
    collection: str
    score: float
    rank: int
    is_example: bool


@dataclass(frozen=True, slots=True)
class Linked:
    """What joins one track to concepts, or one concept to tracks."""

    scores: dict[str, float]
    """Id at the other end -> score, 0..1."""
    given: tuple[str, ...]
    """Ids at the other end of given memberships, with or without a score."""


# --- ledger: what is being done --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a step is. `total` is None while it is not known."""

    done: int = 0
    total: int | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class NewStep:
    """A step to be added to a job. Steps of one `stage` may run side by side; a stage waits for the one before it."""

    name: str
    stage: int
    queue: Queue
    shard: int = 0
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    id: str
    job_id: str
    name: str
    stage: int
    shard: int
    queue: Queue
    state: StepState
    attempts: int
    """Leases taken so far."""
    progress: Progress
    payload: dict[str, Any]
    result: dict[str, Any] | None
    started_at: datetime | None
    finished_at: datetime | None
    deaths: int = 0
    """Leases that ran out in a row without the step getting further than ever before; three fail the job."""
    attempt_at: datetime | None = None
    """When the lease that did, or does, the step was taken; progress counts from there."""
    heard_at: datetime | None = None
    """When its worker was heard of last."""


@dataclass(frozen=True, slots=True)
class Job:
    id: str
    kind: str
    collection: str
    state: JobState
    parameters: dict[str, Any]
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    result_version: int | None = None
    error_code: str = ""
    error_message: str = ""
    author: str = ""
    """Who asked for it, as they said themselves; empty when nobody said."""
    expected: dict[str, float] = field(default_factory=dict)
    """Seconds by stage, estimated by the job itself once it knew what there was to do."""
    read_at: datetime | None = field(default=None, compare=False)
    """The server's time when this was read: what runs has run until then."""
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one worker to do one step until `until`, proved by `fence` in every write."""

    step_id: str
    job_id: str
    collection: str
    fence: int
    until: datetime
    worker: str


def hierarchy_sha256(pairs: Iterable[tuple[str, str | None]]) -> str:
    """The fingerprint of a tree: equal for equal sets of (child, parent) pairs, whatever their order.

    Args:
        pairs: (child id, parent id); the parent is None below the virtual root.

    Returns:
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for child, parent in sorted((child, parent or "") for child, parent in pairs):
        for part in (child, parent):
            encoded = part.encode()
            digest.update(len(encoded).to_bytes(4, "big"))
            digest.update(encoded)
    return digest.hexdigest()
