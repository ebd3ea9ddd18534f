"""What travels about the seconds in which a track expresses concepts.

Conventions: those of `webapi.schemas`; seconds count from the start of the track, scores and probabilities are 0..1.
"""

from __future__ import annotations

from pydantic import Field

from webapi.schemas import ANY_VERSION, Answer, FromCopy, Id, Label, Question, Track

MOST_TOLD = 100


# --- questions -------------------------------------------------------------------------------------------------------


class ExplanationPath(Question):
    track_id: Id
    concept_id: Id


class ExplanationQuery(Question):
    version: int | None = Field(default=None, ge=1, lt=2**31, description=ANY_VERSION)


class ExplanationsQuery(ExplanationQuery):
    collection: Id | None = Field(default=None, description="Collection id; the default collection when left out")
    limit: int = Field(default=10, ge=1, le=MOST_TOLD, description="How many concepts, the strongest first")


# --- answers ---------------------------------------------------------------------------------------------------------


class Passage(Answer):
    """A stretch in which the curve stays above 0.5."""

    start_s: float = Field(ge=0)
    end_s: float = Field(ge=0)
    score: float = Field(ge=0, le=1, description="Mean of the curve in it")


class Window(Answer):
    """What the network heard at once."""

    start_s: float = Field(ge=0)
    end_s: float = Field(ge=0)
    score: float = Field(ge=0, le=1)


class Curve(Answer):
    """The windows' scores, smoothed."""

    step_s: float = Field(gt=0, description="Seconds from one score to the next; score n holds at (n + 0.5) x step_s")
    scores: list[float]


class ExplainedConcept(Answer):
    """How strongly a track expresses a concept, and in which stretches."""

    concept: Label
    score: float = Field(ge=0, le=1, description="Of the whole track, as if half of all tracks were members")
    probability: float | None = Field(
        description="That a track which scores so is a member, at the catalogue's true share; null: not calibrated"
    )
    passages: list[Passage]


class ExplanationList(FromCopy):
    """The concepts that a track expresses most, each with its passages."""

    track: Track
    items: list[ExplainedConcept]


class Explanation(FromCopy, ExplainedConcept):
    """One concept over the seconds of one track."""

    track: Track
    curve: Curve
    windows: list[Window] = Field(
        description="Three seconds each, four times as close as those that vectors learn from"
    )
