"""What travels when tracks are written, looked up, listened to or deleted, and when a playlist is placed."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from cypher.codes import isrc_in, mbid_in
from webapi.schemas import MAX_LIMIT, Answer, FromCopy, Id, Label, Question, Text, Track

MOST_TRACKS = 1000
MOST_PLACED = 10_000

Isrc = Annotated[
    Text, AfterValidator(lambda text: isrc_in(text) or text), Field(description="With or without its hyphens")
]
Mbid = Annotated[
    Text,
    AfterValidator(lambda text: mbid_in(text) or text),
    Field(description="MusicBrainz recording id, or an address that ends in it"),
]
"""Codes of another shape than theirs are kept as they are: a catalogue may have codes of its own."""


# --- questions -------------------------------------------------------------------------------------------------------


class TrackEntry(Question):
    """What is told of one track; what is left out stays as it is. Where its file lies is an import's to say."""

    id: Id
    title: Text | None = None
    artist: Text | None = None
    album: Text | None = None
    duration_s: float | None = Field(default=None, ge=0, le=1e7)
    isrc: Isrc | None = None
    mbid: Mbid | None = None
    work: Text | None = Field(default=None, description="What is played, by a name that all its recordings share")


class TrackBatch(Question):
    tracks: list[TrackEntry] = Field(
        min_length=1, max_length=MOST_TRACKS, examples=[[{"id": "a-track", "title": "Air", "isrc": "DEA620000001"}]]
    )

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({one.id for one in self.tracks}) != len(self.tracks):
            raise ValueError("a track id is given twice")
        return self


class TrackQuery(Question):
    isrc: Isrc | None = Field(default=None, min_length=1, examples=["DEA620000001"])
    mbid: Mbid | None = Field(default=None, min_length=1)
    limit: int = Field(default=50, ge=1, le=MAX_LIMIT)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.isrc is None and self.mbid is None:
            raise ValueError("name an isrc or an mbid")
        return self


class UploadQuery(Question):
    title: Text | None = Field(default=None, description="Of the track, where the file's tags have none")
    collection: Id | None = Field(default=None, description="That the job is listed under; the default one")


class ConceptsOfQuery(Question):
    roll_up: bool = Field(default=False, description="Also every concept above those that the track expresses")


class PlacementRequest(Question):
    """A playlist that is not in the tree."""

    collection: Id | None = Field(default=None, description="Collection id; the default collection when left out")
    tracks: list[Id] = Field(min_length=1, max_length=MOST_PLACED, description="Ids of its tracks")


# --- answers ---------------------------------------------------------------------------------------------------------


class TrackList(Answer):
    items: list[Track]
    next: str | None = None


class TrackBatchReport(Answer):
    """What became of each track that was sent; the three add up to what was sent."""

    created: list[str]
    updated: list[str]
    unchanged: list[str]


class Deleted(Answer):
    """What went, and what is still to go."""

    id: str
    files: int = Field(description="Files that are no longer known; they stay on their disk")
    memberships: int = Field(description="Concepts that it was given to")
    links: int = Field(description="Links to concepts, of every version")
    remains: str = Field(description="What holds it until when")


class Alternative(Answer):
    concept: Label
    similarity: float = Field(description="S[playlist, concept]")
    separation: float = Field(description="Probability that a track of the playlist scores higher than another")
    more_general: bool = Field(description="Only a more general concept may be the parent")


class Placement(FromCopy):
    """Where a rebuild would hang the playlist."""

    status: Literal["placed", "top", "abstained"]
    reason: str
    parent: Label | None
    path: list[Label] = Field(description="From the top of the tree down to the parent")
    similarity: float | None
    separation: float | None
    margin: float | None = Field(description="The parent's separation less the next one's, or less the limit")
    heard: int = Field(description="Tracks that the placement rests on")
    alternatives: list[Alternative]
    missing: list[str] = Field(description="Tracks that were never heard")
