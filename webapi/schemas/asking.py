"""What every model of a question has in common."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict


class Asked(BaseModel):
    """What a request brings, its JSON schema made once.

    Why: the framework asks for the schema of the query and of the headers at every request, to see which of the fields
    are lists, and making it took longer than all the rest of the answer.
    """

    @classmethod
    def model_json_schema(cls, *args: Any, **wishes: Any) -> dict[str, Any]:
        """As pydantic has it; without wishes the same object every time, which nobody may change."""
        return super().model_json_schema(*args, **wishes) if args or wishes else _schema_of(cls)


@cache
def _schema_of(model: type[Asked]) -> dict[str, Any]:
    return super(Asked, model).model_json_schema()


class Question(Asked):
    """Path, query or body of a request; what it does not know it refuses."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
