"""What travels when places in the tree are compared: what two concepts have above them, and the way between them."""

from __future__ import annotations

from pydantic import Field

from webapi.schemas import FromCopy, Id, Label, Question


class PairPath(Question):
    concept_id: Id
    other_id: Id


class Meeting(FromCopy):
    """What two concepts of one tree have above them."""

    concepts: list[Label] = Field(description="The two that were asked for")
    ancestor: Label | None = Field(description="The lowest concept above or equal to both; null when only the root is")
    path: list[Label] = Field(description="From the one to the other by way of the ancestor; empty when there is none")
    edges: int | None = Field(description="Length of the path; null when there is none")
