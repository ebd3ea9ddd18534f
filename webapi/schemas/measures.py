"""How well a concept is learnt, and what it may be mistaken for.

Conventions: as in `webapi.schemas`, which these are part of; AUCs are 0..1 with 0.5 for chance, intervals are 95 %.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Measure(BaseModel):
    """Part of an answer."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Quality(Measure):
    """How well the concept is learnt, from tracks its vector did not see; intervals are 95 %."""

    auc: float
    auc_low: float
    auc_high: float
    accuracy: float = Field(description="Balanced accuracy, 0..1")
    average_precision: float
    p_value: float | None = Field(description="Against random track sets of the same size; null if not tested")


class Spread(Measure):
    """How the concept's tracks spread over artists, or albums."""

    tracks: int = Field(description="Its tracks whose artist is known")
    groups: int = Field(description="Artists among them")
    effective: float = Field(description="Effective number: as many artists with equal shares are as concentrated")
    largest: str = Field(description="The artist with the most tracks")
    largest_share: float
    auc_lost: float | None = Field(description="AUC that is lost when no artist stands on both sides of a fold")
    auc_lost_low: float | None
    auc_lost_high: float | None


class Confounder(Measure):
    """The concept and one property of tracks: does the property tell its tracks, and does its score follow it."""

    name: str = Field(description="loudness, length, year, codec, rate or popularity")
    tracks: int = Field(description="Tracks of the catalogue whose value is known")
    members: int = Field(description="Of these, the concept's")
    tells: float = Field(description="AUC of the property alone")
    tells_low: float
    tells_high: float
    q_value: float = Field(description="Least false discovery rate at which the property tells its tracks")
    overall: float = Field(description="AUC of the concept's score over these tracks")
    within: float | None = Field(description="The same among tracks that do not differ in it; null: there are none")
    within_low: float | None
    within_high: float | None
    matched: int = Field(description="Its tracks beside which there are others of the same value")
    follows: float = Field(description="Share of the score's variance among other tracks that follows the property")
    sentence: str = Field(description="Why the concept is flagged, and what helps; empty where it is not")


class Bias(Measure):
    """What the concept may be mistaken for."""

    artists: Spread | None = Field(description="null where no artist is known")
    albums: Spread | None
    confounders: list[Confounder] = Field(description="Those that vary in the catalogue and are known of enough tracks")
