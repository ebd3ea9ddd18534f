"""What the fits of all concepts share: how units are scaled, the counter-examples, the ridge.

Conventions: tracks by id, sorted. A basis is decided from a catalogue (`worker.concepts.vectors.find_basis`) and may be
kept while the catalogue moves on.

Why it is a thing of its own: these three couple every concept to every track. Were they found anew for each state of a
catalogue, one more track would change all vectors a little. Under one basis a concept's vectors are a function of its
own tracks alone, and what has not changed need not be computed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from worker.concepts.errors import UnknownMember
from worker.concepts.properties import Strata
from worker.concepts.rows import Scaling


@dataclass(frozen=True, slots=True)
class Basis:
    """Shared by all fits."""

    scaling: Scaling
    pool: tuple[str, ...]
    """Sorted: the tracks that serve as counter-examples."""
    pool_folds: tuple[int, ...]
    """Of the pool's tracks."""
    count: int
    """Number of folds."""
    ridge: float
    """0 where the method has none."""
    ridge_losses: dict[float, float]
    """Cross-validated balanced log loss of each ridge tried; empty when it was given."""
    strata: Strata | None = None
    """How the property that counter-examples are balanced for is cut; None where they are not."""
    pool_strata: tuple[int, ...] = ()
    """Of the pool's tracks, with `strata`."""

    def places(self, track_ids: Sequence[str]) -> NDArray[np.int64]:
        """Where the pool's tracks stand in a sorted list.

        Raises:
            UnknownMember: the list lacks one of them.
        """
        place = {track: position for position, track in enumerate(track_ids)}
        for track in self.pool:
            if track not in place:
                raise UnknownMember("(the pool of counter-examples)", track)
        return np.array([place[track] for track in self.pool], dtype=np.int64)

    def plain(self) -> dict[str, Any]:
        """As JSON values, exactly."""
        return {
            "mean": self.scaling.mean.tolist(),
            "inverse": self.scaling.inverse.tolist(),
            "metric": self.scaling.metric.tolist(),
            "pool": list(self.pool),
            "pool_folds": list(self.pool_folds),
            "folds": self.count,
            "ridge": self.ridge,
            "ridge_losses": [[ridge, loss] for ridge, loss in self.ridge_losses.items()],
            **({} if self.strata is None else {"strata": self.strata.plain(), "pool_strata": list(self.pool_strata)}),
        }

    @classmethod
    def read(cls, plain: dict[str, Any]) -> Self:
        """Read what `plain` gave."""
        scaling = Scaling(
            np.array(plain["mean"], np.float64),
            np.array(plain["inverse"], np.float64),
            np.array(plain["metric"], np.float32),
        )
        losses = {float(ridge): float(loss) for ridge, loss in plain["ridge_losses"]}
        return cls(
            scaling,
            tuple(plain["pool"]),
            tuple(plain["pool_folds"]),
            int(plain["folds"]),
            float(plain["ridge"]),
            losses,
            Strata.read(plain["strata"]) if "strata" in plain else None,
            tuple(plain.get("pool_strata", ())),
        )
