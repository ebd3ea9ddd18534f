"""A folder of music and a folder of playlists come into the catalogue; whatever stays out is named in the report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

ConceptsFrom = Literal["folders", "tags"]
OnProgress = Callable[[str, int, int | None], None]
"""(stage, done, total or None)"""
