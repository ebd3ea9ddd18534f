"""The cross-fitted scores of one published version, mapped from the data folder: what placement reads. numpy only.

Conventions: rows are the tracks that were heard, columns the concepts that were learnt, both sorted by id, as the
rebuild wrote them; a version names its files by role (`cypher.model.Hierarchy.files`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from worker.answers.errors import PoolUnreadable

ROLES = ("scores", "similarity", "judgements", "heard", "catalogue")


@dataclass(frozen=True, slots=True)
class Pool:
    """What one version knows of every track, for some of its concepts."""

    track_ids: tuple[str, ...]
    """Sorted."""
    concept_ids: tuple[str, ...]
    """Those in the tree, sorted."""
    scores: NDArray[np.float32]
    """(tracks, concepts) 0..1, cross-fitted."""
    similarity: NDArray[np.float64]
    """(concepts, concepts) S; row = whose tracks, column = whose vector."""
    members: tuple[NDArray[np.int64], ...]
    """Rows of each concept's tracks, ascending."""


def load_pool(data: Path, collection: str, files: Mapping[str, str], concept_ids: frozenset[str]) -> Pool:
    """Read a version's scores.

    Args:
        data: the data folder.
        collection: its id.
        files: role -> name of the version's files.
        concept_ids: the concepts in its tree; those it did not learn are left out.

    Raises:
        PoolUnreadable: the version does not name its files, or they are gone or damaged.
    """
    folder = data / "builds" / quote(collection, safe=" ").replace(".", "%2E")
    lacking = [role for role in ROLES if role not in files]
    if lacking:
        raise PoolUnreadable(collection, f"the version does not name its {', '.join(lacking)}")
    try:
        tracks = sorted(_json(folder / files["heard"]))
        learnt = sorted(
            one["verdict"]["concept_id"] for one in _json(folder / files["judgements"]) if one["quality"] is not None
        )
        given: dict[str, list[str]] = _json(folder / files["catalogue"])["memberships"]
        scores = np.load(folder / files["scores"], mmap_mode="r", allow_pickle=False)
        similarity = np.load(folder / files["similarity"], allow_pickle=False)
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise PoolUnreadable(collection, str(error) or type(error).__name__) from error
    if scores.shape != (len(tracks), len(learnt)) or similarity.shape != (len(learnt), len(learnt)):
        raise PoolUnreadable(collection, f"scores of {scores.shape} where {(len(tracks), len(learnt))} are due")
    columns = [place for place, one in enumerate(learnt) if one in concept_ids]
    row = {track_id: place for place, track_id in enumerate(tracks)}
    kept = [learnt[place] for place in columns]
    return Pool(
        tuple(tracks),
        tuple(kept),
        scores if len(columns) == len(learnt) else np.ascontiguousarray(scores[:, columns]),
        similarity[np.ix_(columns, columns)],
        tuple(np.array(sorted(row[one] for one in given.get(c, ()) if one in row), np.int64) for c in kept),
    )


def _json(path: Path) -> Any:
    return json.loads(path.read_bytes())
