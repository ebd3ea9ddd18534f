"""What travels when concepts are compared by their sound."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from webapi.schemas import Answer, Label

Relation = Literal["above", "below", "correlated"]


class Neighbour(Answer):
    id: str
    name: str
    outgoing: float | None = Field(description="S[concept, neighbour]; null under the threshold")
    incoming: float | None = Field(description="S[neighbour, concept]; null under the threshold")
    outgoing_error: float | None = Field(description="Standard error of `outgoing`, with tracks as units")
    incoming_error: float | None = Field(description="Standard error of `incoming`")
    relation: Relation | None = Field(
        default=None,
        description="Where the neighbour stands: above or below the concept, by whichever parent; correlated when it "
        "is neither and both similarities exceed the threshold; null otherwise",
    )


class NeighbourPage(Answer):
    concept: Label
    items: list[Neighbour]
    next: str | None = None
