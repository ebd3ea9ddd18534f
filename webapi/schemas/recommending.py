"""What travels when tracks are searched by concepts or recommended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from webapi.schemas import MAX_LIMIT, Answer, Cursor, FromCopy, Id, Label, Question, Text, Track
from webapi.schemas.tracks import Isrc, Mbid

MOST_CONCEPTS = 64
MOST_SEEDS = 200
CollectionId = Field(default=None, description="Collection id; that of the first concept named, else the default one")


# --- questions -------------------------------------------------------------------------------------------------------


class WeightedConcept(Question):
    concept: Id
    weight: float = Field(default=1.0, ge=-1, le=1, description="Above 0: wanted; below 0: unwanted")


class TrackSearch(Question):
    """Tracks by what they express."""

    collection: Id | None = CollectionId
    concepts: list[WeightedConcept] = Field(
        min_length=1,
        max_length=MOST_CONCEPTS,
        description="A concept named twice counts with its last weight",
        examples=[[{"concept": "strings", "weight": 1.0}, {"concept": "percussive", "weight": -0.5}]],
    )
    below: Id | None = Field(default=None, description="Only tracks that express this concept or one below it")
    limit: int = Field(default=50, ge=1, le=MAX_LIMIT, description="Items on a page")
    after: Cursor | None = None


class Seeds(Question):
    """What to begin with; nothing of it must be there when the session says enough."""

    tracks: list[Id] = Field(default=[], max_length=MOST_SEEDS, examples=[[]])
    isrcs: list[Annotated[Isrc, Field(min_length=1)]] = Field(
        default=[], max_length=MOST_SEEDS, description="Every track of such an ISRC is a seed", examples=[[]]
    )
    mbids: list[Annotated[Mbid, Field(min_length=1)]] = Field(
        default=[], max_length=MOST_SEEDS, description="The same for MusicBrainz recording ids", examples=[[]]
    )
    playlists: list[Id] = Field(
        default=[], max_length=20, description="Concepts whose given tracks are seeds; these are not recommended again"
    )
    concepts: list[WeightedConcept] = Field(
        default=[], max_length=MOST_CONCEPTS, examples=[[{"concept": "strings", "weight": 1.0}]]
    )


class Event(Question):
    """One like or dislike of a track or a concept: exactly one of them."""

    feedback: Literal["like", "dislike"]
    track: Id | None = None
    concept: Id | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if (self.track is None) == (self.concept is None):
            raise ValueError("name a track or a concept, and not both")
        return self


class Exclusions(Question):
    tracks: list[Id] = Field(default=[], max_length=2000)
    artists: list[Text] = Field(default=[], max_length=500, description="Upper and lower case alike")
    concepts: list[Id] = Field(default=[], max_length=MOST_CONCEPTS, description="With all that is below them")


class RecommendationRequest(Question):
    """Seeds, what happened since, and how to choose."""

    collection: Id | None = CollectionId
    seeds: Seeds = Seeds()
    session: list[Event] = Field(
        default=[],
        max_length=500,
        description="Likes and dislikes so far. The server keeps none of them: send all of them again, and the last",
        examples=[[{"feedback": "dislike", "concept": "brass"}]],
    )
    exclude: Exclusions = Exclusions()
    below: Id | None = Field(default=None, description="Only tracks that express this concept or one below it")
    limit: int = Field(default=20, ge=1, le=100)
    diversity: float = Field(default=0.2, ge=0, le=1, description="How much likeness to the tracks before counts")
    novelty: float = Field(default=0.0, ge=0, le=1, description="How much tracks of few playlists are lifted")
    max_per_artist: int | None = Field(default=None, ge=1, le=100)
    reach: float = Field(default=0.1, ge=0, le=1, description="Share of a weight that an edge of the tree passes on")


# --- answers ---------------------------------------------------------------------------------------------------------


class ConceptWeight(Answer):
    id: str
    name: str
    weight: float = Field(ge=-1, le=1)


class Contribution(Answer):
    """What one concept adds to the relevance of a track."""

    concept: Label
    path: list[Label] = Field(description="From the top of the tree down to the concept, itself included")
    weight: float = Field(ge=-1, le=1, description="Of the concept, after likes, dislikes and the tree had their say")
    strength: float = Field(ge=0, le=1, description="1 for a track that was given to it, else 2 score - 1")
    value: float = Field(description="weight x strength / sum of the sizes of all weights")


class FoundTrack(Answer):
    track: Track
    score: float = Field(description="Sum of the contributions, -1..1")
    contributions: list[Contribution] = Field(description="Largest first by size; they add up to the score")


class FoundTrackPage(FromCopy):
    weights: list[ConceptWeight]
    items: list[FoundTrack]
    next: str | None = None
    missing: list[str] = Field(description="Concepts that are not in the tree of this collection")


class Recommendation(Answer):
    """A track, what it was chosen for, and what else had a say."""

    rank: int = Field(ge=1)
    track: Track
    score: float = Field(description="relevance + lift")
    relevance: float = Field(description="Sum of the contributions, 0..1")
    lift: float = Field(ge=0, description="What novelty added")
    alike: float = Field(ge=0, le=1, description="Likeness to the most similar track before it")
    playlists: int = Field(ge=0, description="How many concepts of the collection it was given to")
    contributions: list[Contribution] = Field(description="Largest first by size; they add up to the relevance")


class Missing(Answer):
    """What was named and is not there; codes in the spelling they are looked up in."""

    tracks: list[str]
    isrcs: list[str] = Field(default=[])
    mbids: list[str] = Field(default=[])
    concepts: list[str]

    def named(self) -> Iterator[str]:
        """One by one, with what each was named as.

        Example:
            >>> list(Missing(tracks=["a"], isrcs=["GBAYE6700001"], concepts=[]).named())
            ["track 'a'", "ISRC 'GBAYE6700001'"]
        """
        yield from (f"track {one!r}" for one in self.tracks)
        yield from (f"ISRC {one!r}" for one in self.isrcs)
        yield from (f"MusicBrainz id {one!r}" for one in self.mbids)
        yield from (f"concept {one!r}" for one in self.concepts)


class RecommendationList(FromCopy):
    weights: list[ConceptWeight] = Field(description="What was gone by, largest first by size; may be sent as seeds")
    considered: int = Field(description="Relevant tracks among which was chosen")
    items: list[Recommendation]
    missing: Missing
