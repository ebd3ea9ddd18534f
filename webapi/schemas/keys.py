"""What travels when API keys are made, listed and revoked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from webapi.doorkeeper import Scope
from webapi.schemas import Answer, Question, Text


def _each_once(scopes: list[Scope]) -> list[Scope]:
    if len(set(scopes)) != len(scopes):
        raise ValueError("a scope is given twice")
    return scopes


class KeyPath(Question):
    key_id: str = Field(pattern="^[0-9a-f]{12}$")


class NewKey(Question):
    name: Text = Field(min_length=1, description="What it is for", examples=["the player's recommender"])
    scopes: Annotated[list[Scope], AfterValidator(_each_once)] = Field(
        default=["read"], min_length=1, description="read: questions; curate: concepts, tracks; jobs: work; admin: all"
    )


class Key(Answer):
    id: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    revoked_at: datetime | None


class MadeKey(Key):
    key: str = Field(description="Send it as `Authorization: Bearer`. It is shown this once and kept nowhere")


class KeyList(Answer):
    items: list[Key]
    next: str | None = None
