"""Is a concept learnt at all, or does its vector do no better than one learnt from random tracks?

The statistic is the AUC of cross-fitted vectors learnt from one mean a track, pooled over folds after each fold's
scores are turned into ranks within that fold. It is taken of every concept and, in the very same way, of random track
sets of about its size: sizes are binned, and each bin's random sets have the size of its smallest member, so that the
null is never too narrow. p = (1 + sets at least as good) / (1 + sets); Benjamini-Hochberg over the collection.

The nulls depend on activations, folds, sizes and settings only, never on which tracks are in which concept, so they
can be kept (`Null.key`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from worker.concepts.members import Members
from worker.concepts.vectors import Progress

if TYPE_CHECKING:
    from worker.activations.store import Activations


@dataclass(frozen=True, slots=True)
class NullSettings:
    """How the test draws and fits."""

    sets: int = 1000
    """Random track sets a size bin."""
    bin_ratio: float = 1.25
    """Largest ratio of sizes that share a bin."""
    ridge: float = 0.1
    """Of both the concepts' and the random sets' fits."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Null:
    """AUC of random track sets, by size bin."""

    key: str
    """sha256 of all it depends on; name a cached file by it."""
    sizes: NDArray[np.int64]
    """(bins,) ascending."""
    aucs: NDArray[np.float32]
    """(bins, sets) each row ascending."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """The test of one concept."""

    concept_id: str
    auc: float
    """The test's own statistic; `ConceptQuality.auc` is the better estimate of quality."""
    p_value: float
    q_value: float
    """Smallest false discovery rate at which it still counts as learnt."""


def null_key(activations: Activations, members: Members, folds: NDArray[np.int8], settings: NullSettings) -> str:
    """The `key` that `draw_null` would give, without drawing."""
    raise NotImplementedError


def draw_null(
    activations: Activations,
    members: Members,
    folds: NDArray[np.int8],
    settings: NullSettings | None = None,
    progress: Progress | None = None,
) -> Null:
    """Fit random track sets of the sizes that `members` needs.

    Args:
        activations: rows of every track of `members.track_ids`.
        members: only its tracks and its concepts' sizes are looked at.
        folds: (tracks,) fold of each of `members.track_ids`.
        settings: see `NullSettings`.
        progress: told (sets done, sets).
    """
    raise NotImplementedError


def learnt_or_not(
    activations: Activations,
    members: Members,
    folds: NDArray[np.int8],
    null: Null | None = None,
    settings: NullSettings | None = None,
    progress: Progress | None = None,
) -> list[Learnt]:
    """Test every concept against random track sets of its size.

    Args:
        activations: rows of every track of `members.track_ids`.
        members: the concepts, screened (see `quality.screen`).
        folds: (tracks,) fold of each of `members.track_ids`.
        null: from `draw_null` with the same arguments; drawn when None.
        settings: see `NullSettings`.
        progress: told (sets done, sets).

    Returns:
        One result a concept, in the order of `members`.
    """
    raise NotImplementedError


def benjamini_hochberg(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Adjusted p values: the smallest false discovery rate at which each would be called.

    Example:
        >>> benjamini_hochberg(np.array([0.01, 0.02, 0.5])).round(3).tolist()
        [0.03, 0.03, 0.5]
    """
    raise NotImplementedError
