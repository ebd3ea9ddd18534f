"""Answers of the client as pandas frames, for notebooks (the extra `notebook`).

Conventions: one row an answer, in the order they came. A field that holds others becomes columns of its own, joined by
`_`: `parent_id`, `parent_name`, `quality_auc`, `track_title`. Lists stay lists, and what is not known is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    import pandas as pd


def frame(answers: Iterable[BaseModel]) -> pd.DataFrame:
    """A frame of what the client gave: `frame(api.concepts())`, `frame(api.tracks_of("violin"))`.

    Raises:
        ModuleNotFoundError: pandas is not installed; `pip install "audio-concepts[notebook]"` brings it.
    """
    import pandas as pd

    rows = [dict(_flat(answer.model_dump())) for answer in answers]
    # A field that is an object in one answer and missing in another has no column of its own beside its parts.
    columns = list(dict.fromkeys(name for row in rows for name in row))
    parted = {name for name in columns if any(other.startswith(f"{name}_") for other in columns)}
    empty = {name for name in parted if all(row.get(name) is None for row in rows)}
    return pd.DataFrame(rows, columns=[name for name in columns if name not in empty])


def _flat(fields: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{above}{name}_")
        else:
            yield f"{above}{name}", value
