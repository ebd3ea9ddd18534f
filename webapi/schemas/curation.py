"""Models of what curators decide: pins, names, merges, what is hidden, and what was edited by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from cypher.decisions import CurationKind, CurationState
from webapi.schemas import Answer, Id, Label, PageQuery, Question, Text, fit

MOST_PINS = 1000
Name = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(fit)]


class Signed(Question):
    """Why, and on what they looked."""

    reason: Text = Field(default="", description="Why; kept with the decision", examples=["it is no genre of its own"])
    version: int | None = Field(
        default=None, ge=0, description="Refuse when the collection has moved on from this version"
    )


class CurationPath(Question):
    curation_id: Id


class ParentBody(Signed):
    parent: Id | None = Field(description="Concept id; null: below the root", examples=["strings"])


class PinBody(Question):
    concept: Id = Field(description="The concept that is pinned", examples=["violin"])
    parent: Id | None = Field(description="Concept id; null: below the root", examples=["strings"])


class PinsBody(Signed):
    """Pins that hold together: all of them are published as one version, or none."""

    collection: Id | None = Field(default=None, description="Collection id; the default collection when left out")
    pins: list[PinBody] = Field(min_length=1, max_length=MOST_PINS)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({one.concept for one in self.pins}) != len(self.pins):
            raise ValueError("a concept is pinned twice")
        return self


class ConceptPatch(Signed):
    """What shall be different about a concept; what is left out stays."""

    name: Name | None = Field(default=None, description="What it is called from now on; the old name is an alias")
    aliases: list[Name] | None = Field(default=None, max_length=100, description="All its other names")
    hidden: bool | None = Field(default=None, description="Out of the tree, or back in it")

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if self.name is None and self.aliases is None and self.hidden is None:
            raise ValueError("say what shall change: name, aliases or hidden")
        return self


class MergeBody(Signed):
    concept: Id = Field(description="The concept that becomes part of another", examples=["viola"])
    into: Id = Field(description="The concept that stays", examples=["violin"])


class UndoBody(Signed):
    """Nothing but why, and on what they looked."""


class CurationsQuery(PageQuery):
    collection: Id | None = None
    concept: Id | None = Field(default=None, description="Only decisions about this concept")
    state: CurationState | None = None


class HandEditsQuery(Question):
    collection: Id | None = Field(default=None, description="Collection id; the default collection when left out")


class HandEditsBody(Signed):
    collection: Id | None = Field(default=None, description="Collection id; the default collection when left out")
    decision: Literal["adopt", "revert"] = Field(description="Make pins of them, or draw the tree again as it was")


class Curation(Answer):
    """One decision, kept for ever."""

    id: str
    collection: Label
    kind: CurationKind
    state: CurationState = Field(description="standing: rebuilds keep to it")
    author: str
    reason: str
    at: datetime
    version: int | None = Field(description="The version that it published; null before the first publication")
    concept: Label
    other: Label | None = Field(description="Of a pin the parent (null: the root), of a merge what it is part of")
    undoes: str | None = Field(description="Of an undo, the decision that it took back")


class CurationPage(Answer):
    items: list[Curation]
    next: str | None = None


class HandEdit(Answer):
    child: Label
    parent: Label


class HandEdits(Answer):
    """Where PARENT_OF differs from the current version: somebody edited the graph past this service."""

    collection: Label
    version: int | None
    drawn: list[HandEdit] = Field(description="Relationships that the version does not have")
    removed: list[HandEdit] = Field(description="Relationships of the version that are gone")
