"""What travels over HTTP: the models of questions and answers, from which the OpenAPI document is made.

Conventions: a label (`name`) stands beside every id; lists are `{items, next}`, where `next` is the cursor for `after`
and None on the last page; times are ISO 8601 in UTC; durations are seconds (`_s`); similarities and scores lie in 0..1.
Answers read from the copy of a hierarchy say which version they are and whether the copy is stale. Answers ignore
fields they do not know, so that an older client reads a newer server; questions refuse them.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cypher.model import ConceptStatus, JobState, Kind, Queue, Source, StepState
from webapi.schemas.asking import Asked
from webapi.schemas.asking import Question as Question
from webapi.schemas.measures import Bias as Bias
from webapi.schemas.measures import Quality as Quality

MAX_LIMIT = 200
MAX_DEPTH = 64
"""Levels a hierarchy is followed down, as in the named queries."""
ANY_VERSION = "Any version there is; the current one when left out"

_UNFIT = re.compile("[\x00\ud800-\udfff]")


def fit(text: str) -> str:
    """Text that every database and every JSON parser takes.

    Raises:
        ValueError: it holds NUL or a lone surrogate.
    """
    if _UNFIT.search(text):
        raise ValueError("must not contain NUL or lone surrogates")
    return text


Text = Annotated[str, Field(max_length=200), AfterValidator(fit)]
Id = Annotated[str, Field(min_length=1, max_length=200, examples=["violin"]), AfterValidator(fit)]
Cursor = Annotated[str, Field(max_length=2000, description="`next` of the page before"), AfterValidator(fit)]


class Answer(BaseModel):
    """Part of an answer."""

    model_config = ConfigDict(frozen=True)


class Label(Answer):
    """An id and what people call it."""

    id: str
    name: str


# --- questions -----------------------------------------------------------------------------------------------------


class ConceptPath(Question):
    concept_id: Id


class TrackPath(Question):
    track_id: Id


class JobPath(Question):
    job_id: UUID


class LimitQuery(Question):
    limit: int = Field(default=50, ge=1, le=MAX_LIMIT, description="Items on a page")


class PageQuery(LimitQuery):
    after: Cursor | None = None


ConceptOrder = Literal["match", "name", "tracks", "quality", "betweenness", "depth"]
"""Best match first; by name; most tracks, best learnt, most between others first; nearest the root first."""


class ConceptsQuery(PageQuery):
    version: int | None = Field(default=None, ge=1, lt=2**31, description=ANY_VERSION)
    collection: Id | None = Field(default=None, description="Collection id; the default collection when left out")
    kind: Kind | None = None
    status: ConceptStatus | None = None
    source: Source | None = None
    q: Text | None = Field(default=None, description="Part of the name; case, accents and a slip a word are forgiven")
    below: Id | None = Field(default=None, description="Only concepts that hang below this one")
    min_tracks: int = Field(default=0, ge=0, lt=2**31, description="Only concepts with so many tracks")
    flagged: bool | None = Field(default=None, description="Only those told by a confounder alone; false: all others")
    sort: ConceptOrder | None = Field(default=None, description="`match` when `q` is given, else `name`")


class DescendantsQuery(PageQuery):
    depth: int = Field(default=MAX_DEPTH, ge=1, le=MAX_DEPTH, description="Levels below the concept")


class HierarchyQuery(Question):
    version: int | None = Field(default=None, ge=1, lt=2**31, description=ANY_VERSION)
    collection: Id | None = Field(default=None, description="Collection id; the default collection when left out")
    below: Id | None = Field(default=None, description="Concept id: only what hangs below it, itself included")
    depth: int = Field(default=MAX_DEPTH, ge=1, le=MAX_DEPTH, description="Levels to show")
    shape: Literal["nested", "flat"] = Field(default="nested", description="Children inside, or a list with parents")
    format: Literal["json", "turtle", "json-ld", "graphml", "csv", "parquet"] | None = Field(
        default=None, description="Default: what `Accept` asks for, else JSON"
    )


class JobsQuery(PageQuery):
    collection: Id | None = None
    state: JobState | None = None


class AuthorHeaders(Asked):
    x_author: Text | None = Field(default=None, description="Who asks, percent-encoded; kept in the audit trail")


class RebuildHeaders(AuthorHeaders):
    idempotency_key: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="A request sent again with the same key gives the same job",
    )


# --- answers: what a copy of a hierarchy says ------------------------------------------------------------------------


class FromCopy(Answer):
    """Which version of which collection was asked, and how sure that it is the current one, if none was named."""

    collection: Label
    version: int | None = Field(description="The version asked for, or the current one; null before the first")
    stale: bool = Field(description="Neo4j could not be asked whether this is still the current version")
    age_s: float = Field(ge=0, description="Seconds since the version was last seen to be current")


class Collection(Answer):
    id: str
    name: str
    is_default: bool
    version: int | None = Field(description="Published version; null before the first publication")
    concepts: int


class CollectionPage(Answer):
    """All collections, the default one first."""

    items: list[Collection]
    next: str | None = None


class ConceptSummary(Answer):
    id: str
    name: str
    kind: Kind
    source: Source
    status: ConceptStatus
    reason: str = Field(description="Why it was left out; empty otherwise")
    tracks: int = Field(description="Tracks it was given")
    depth: int | None = Field(description="1 at the top of the tree; null outside it")
    parent: Label | None = Field(description="null at the top of the tree and outside it")
    similarity: float | None = Field(
        description="S[concept, parent], by the poster's rule S[parent, concept]; null without a parent"
    )
    margin: float | None = Field(description="Score of the parent minus that of the runner-up")
    margin_error: float | None = Field(description="Standard error of the margin, over draws of the tracks")
    support: float | None = Field(description="Share of the trees of drawn tracks that have the edge to the parent")
    direction: float | None = Field(
        description="Probability that the concept's tracks excite the parent's vector more than the other way round"
    )
    runner_up: Label | None = Field(description="Who would be the parent if this one were not")
    children: int
    flagged: list[str] = Field(default=[], description="Confounders by which alone it is told from other tracks")


class ConceptPage(FromCopy):
    items: list[ConceptSummary]
    next: str | None = None


class Parent(Label):
    """One of a concept's parents, and what speaks for that edge."""

    primary: bool = Field(description="The parent in the tree; the others stand beside it")
    similarity: float | None
    margin: float | None
    margin_error: float | None
    support: float | None
    direction: float | None


class Concept(ConceptSummary, FromCopy):
    """One concept with all that is known of it; `links` are paths on this server."""

    parents: list[Parent] = Field(default=[], description="All there are, the primary one first")
    aliases: list[str] = Field(default=[], description="Other names to find it by")
    descendants: int
    betweenness: float | None
    quality: Quality | None
    bias: Bias | None = Field(default=None, description="What it may be mistaken for; null if not measured")
    links: dict[str, str]


class AncestryStep(Answer):
    """One concept on the way down; similarity, margin and trust are those of the edge to its own parent."""

    id: str
    name: str
    depth: int = Field(ge=1)
    distance: int = Field(ge=0, description="Edges down to the concept asked for")
    similarity: float | None
    margin: float | None
    margin_error: float | None
    support: float | None
    direction: float | None
    runner_up: Label | None


class Ancestry(FromCopy):
    """Ancestors, root first. `concept` is the one asked for, with its own edge; it is not among the items."""

    concept: AncestryStep | None = Field(description="null when the concept is not in the tree")
    items: list[AncestryStep] = Field(description="From the top of the tree down to the direct parent")
    others: list[Label] = Field(
        default=[], description="What else lies above it, by way of parents that are not the primary ones; by name"
    )
    next: str | None = None


class Descendant(ConceptSummary):
    distance: int = Field(ge=1, description="Edges below the concept asked for")


class DescendantPage(FromCopy):
    items: list[Descendant]
    next: str | None = None


class TreeNode(Answer):
    """A concept with its children inside; `descendants` counts all below it, shown or not."""

    id: str
    name: str
    kind: Kind
    tracks: int
    similarity: float | None
    margin: float | None
    margin_error: float | None
    support: float | None
    direction: float | None
    descendants: int
    flagged: list[str] = Field(default=[], description="Confounders by which alone it is told from other tracks")
    children: list[TreeNode]


class FlatNode(Answer):
    id: str
    name: str
    kind: Kind
    tracks: int
    depth: int
    parent: Label | None
    similarity: float | None
    margin: float | None
    margin_error: float | None
    support: float | None
    direction: float | None
    runner_up: Label | None
    flagged: list[str] = []
    further: list[Label] = Field(default=[], description="Parents beside the one in the tree")


class Hierarchy(FromCopy):
    """The tree; `nested` has its tops in `roots`, `flat` has every concept in `items`, parents before children."""

    shape: Literal["nested", "flat"]
    published_at: datetime | None
    concepts: int = Field(description="Concepts in the tree")
    edges: int = Field(description="PARENT_OF relationships: the concepts that are not at the top")
    sha256: str | None = Field(description="Over the sorted (child, parent) pairs of the whole tree")
    fingerprint: str | None = Field(description="How the tracks were listened to")
    parameters: dict[str, Any]
    measures: dict[str, float]
    left_out: int = Field(description="Concepts of the collection outside the tree")
    roots: list[TreeNode] | None = None
    items: list[FlatNode] | None = None


# --- answers: what is asked of Neo4j -------------------------------------------------------------------------------


class Track(Answer):
    id: str
    title: str
    artist: str
    album: str
    duration_s: float
    uri: str
    isrc: str
    mbid: str
    work: str = Field(description="Score, song or composition, by an id or name; empty where none is known")


class TrackLink(Answer):
    track: Track
    score: float
    rank: int = Field(ge=1, description="1: this is the track's strongest concept")
    is_example: bool = Field(description="The track was given as an example of the concept")


class TrackLinkPage(Answer):
    concept: Label
    items: list[TrackLink]
    next: str | None = None


class ConceptLink(Answer):
    id: str
    name: str
    collection: Label
    score: float
    rank: int = Field(ge=1)
    is_example: bool
    by_way_of: Label | None = Field(default=None, description="The expressed concept below this one; null: itself")


class ConceptLinkPage(Answer):
    track: Track
    items: list[ConceptLink]
    next: str | None = None


# --- answers: jobs -------------------------------------------------------------------------------------------------


class Step(Answer):
    id: str
    name: str
    stage: int
    shard: int
    queue: Queue
    state: StepState
    attempts: int
    done: int
    total: int | None
    unit: str
    rate: float | None = Field(default=None, description="Units a second, since its last attempt began")
    eta_s: float | None = Field(description="Seconds until it is done, at this rate")
    started_at: datetime | None
    attempt_at: datetime | None = Field(default=None, description="When its last attempt began")
    heard_at: datetime | None = Field(default=None, description="When its worker was heard of last")
    finished_at: datetime | None
    result: dict[str, Any] | None = Field(default=None, description="What it left behind: counts, names of files")


class Stage(Answer):
    """The steps of one stage added up: what a progress bar shows."""

    number: int
    name: str
    label: str = Field(description="What it does, for people")
    state: StepState
    steps: int
    done: int
    total: int | None
    unit: str
    rate: float | None = Field(default=None, description="Units a second")
    eta_s: float | None = Field(description="Seconds until it is done, at this rate or as earlier jobs took")
    wall_s: float | None = Field(description="Seconds from its first step's start to its last step's end, or to now")


class JobError(Answer):
    code: str
    message: str


class JobSummary(Answer):
    id: UUID
    kind: str
    collection: Label
    state: JobState
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    result_version: int | None = Field(description="The version it published")
    author: str = Field(default="", description="Who asked for it, as they said; empty when nobody said")
    error: JobError | None


class Job(JobSummary):
    parameters: dict[str, Any]
    stage: str | None = Field(description="Name of the stage at work")
    eta_s: float | None = Field(default=None, description="Seconds until it has ended; null while nobody can say")
    stages: list[Stage]
    steps: list[Step]


class JobPage(Answer):
    items: list[JobSummary]
    next: str | None = None


# --- answers: health and problems ----------------------------------------------------------------------------------


class Check(Answer):
    name: str
    ok: bool
    detail: str


class Health(Answer):
    status: Literal["live", "ready"]
    checks: list[Check] = []


class FieldError(Answer):
    """One thing wrong with a request: where, and what would be right."""

    where: str
    message: str


class Problem(Answer):
    """RFC 9457. `code` is for programs, `detail` for people: it names the thing and the remedy."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    instance: str = ""
    errors: list[FieldError] | None = None
    missing: list[str] | None = Field(default=None, description="Readiness: what is not there")
    active_job: str | None = Field(default=None, description="Conflict: id of the job that is in the way")
