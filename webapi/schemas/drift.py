"""Concepts through time: the history of one, and pairs that may be one."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from cypher.model import ConceptStatus, Origin, VersionState
from webapi.schemas import Answer, Id, Label, LimitQuery, Quality


class Figure(Answer):
    """A change beside the interval that chance alone would keep it in."""

    name: str = Field(
        description="`sound`: shift of the tracks that came and went, 1 for a random turnover; `vector`: cosine; "
        "`parent`: by how much the new parent's lead over the old one grew; `betweenness`, `auc`: after - before"
    )
    value: float
    low: float | None = Field(description="95 % of what no change gives lies between low and high; null if unknown")
    high: float | None
    q_value: float | None = Field(
        description="Smallest false discovery rate over all concepts at which it is a drift; null: nothing differs"
    )
    drifted: bool = Field(description="Chance does not explain it, at a false discovery rate of 5 %")


class Drift(Answer):
    """What became of the concept since the version that was current before."""

    since: int = Field(description="The version it was compared with")
    added: int = Field(description="Tracks that came")
    gone: int
    jaccard: float = Field(description="Tracks of both versions over tracks of either")
    drifted: list[str] = Field(description="Names of the figures that chance does not explain")
    figures: list[Figure]


class Moment(Answer):
    """The concept in one version, with the names that concepts had then."""

    version: int
    state: VersionState
    origin: Origin
    published_at: datetime
    status: ConceptStatus
    reason: str
    tracks: int
    depth: int | None
    betweenness: float | None
    quality: Quality | None
    parents: list[Label] = Field(description="Strongest first; empty at the top of the tree and outside it")
    children: list[Label]
    children_gained: list[Label] = Field(description="Beside the version listed next")
    children_lost: list[Label]
    drift: Drift | None = Field(description="null where it was not compared: a first version, a curation")


class History(Answer):
    """One concept in every version that is kept, newest first."""

    concept: Label
    collection: Label
    items: list[Moment]
    next: str | None = None


class SuggestionsQuery(LimitQuery):
    collection: Id | None = Field(default=None, description="Collection id; the default collection when left out")
    min_similarity: float = Field(default=0.5, ge=0, le=1, description="S of both directions reaches it")
    min_jaccard: float = Field(default=0.3, ge=0, le=1, description="Their tracks overlap so far")


class MergeSuggestion(Answer):
    """Two concepts that sound like one another both ways and share tracks."""

    first: Label = Field(description="The one with more tracks")
    second: Label
    there: float = Field(description="S[first, second]: the first's tracks on the second's vector")
    back: float
    there_error: float | None = Field(description="Standard error of `there`, with tracks as units")
    back_error: float | None
    shared: int = Field(description="Tracks of both")
    jaccard: float
    names: float = Field(ge=0, le=1, description="Likeness of the names, 1 for the same spelling")
    kind: Literal["same_tracks", "much_alike"] = Field(description="same_tracks: at least 9 of 10 tracks are shared")


class SuggestionPage(Answer):
    """Pairs that may be one concept, those that share most first."""

    collection: Label
    items: list[MergeSuggestion]
    next: str | None = None
