"""Stored evaluations: whether a hierarchy is right, figure by figure."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from webapi.schemas import Answer, Id, Label, Question

EvaluationId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$", examples=["0123456789abcdef"])]


class EvaluationsQuery(Question):
    collection: Id | None = Field(default=None, description="Only those of this collection")


class EvaluationPath(Question):
    evaluation_id: EvaluationId


class MeasuredFigure(Answer):
    """One figure with its 95 % interval; `value` is null where nothing can be said."""

    section: str = Field(
        description="Which question: reference, support, stability, spaces, assumptions, transfer, ..."
    )
    regime: str = Field(description="Under which memberships or change; in spaces the column")
    subject: str = Field(description="Whose figure: a rule, a rival, a source")
    measure: str
    value: float | None
    low: float | None
    high: float | None
    n: int = Field(description="Of how many it is the mean")


class EvaluationSummary(Answer):
    """What was judged, and the headline."""

    id: str
    collection: Label | None = Field(description="null for matrices from outside")
    version: int | None
    made_at: datetime
    seconds: float
    concepts: int
    seeds: int = Field(description="Repetitions of whatever is drawn")
    warnings: list[str] = Field(description="Assumptions of the method that the data do not bear out")
    headline: list[MeasuredFigure] = Field(
        description="Ancestor F1 of the rule that grew the tree; empty without a reference"
    )
    page: str = Field(description="Path of the page with plots")


class EvaluationList(Answer):
    items: list[EvaluationSummary] = Field(description="Newest first")


class Evaluation(EvaluationSummary):
    """One evaluation, whole."""

    skipped: list[str] = Field(description="What could not be asked, and what it would need")
    settings: dict[str, Any] = Field(description="Of the rule")
    figures: list[MeasuredFigure]
    edges: list[dict[str, Any]] = Field(description="Every edge with support, direction, margin and runner-up")
