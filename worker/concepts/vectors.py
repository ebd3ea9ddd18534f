"""Concept activation vectors: for each concept the best linear detector of its tracks, all concepts solved together.

Conventions: activations are (rows, units) float32, the rows of a track adjacent; a vector is raw, i.e. the logit of a
row f is `weights @ f + bias` with no scaling left to undo. Ids are sorted. Fold k's vector has not seen fold k.

The objective of concept c on training tracks T (non-members capped, see `max_negatives`):

    1/(2 |P|) * sum over t in P of l(t) + 1/(2 |N|) * sum over t in N of l(t) + ridge/2 * |w|^2

with P, N the members and non-members in T, l(t) the mean over the track's windows of the logistic loss, w the weights
on units standardised over T's catalogue (bias free). So classes are balanced and tracks weigh equally. It is strictly
convex: there is one optimum, and `worker.concepts.solver` goes there; nothing depends on a random start.

Source: Kim et al. 2018 (TCAV) for the idea, Afchar et al. 2022 for playlists as concepts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from worker.concepts.members import Members

if TYPE_CHECKING:
    from worker.activations.store import Activations

Progress = Callable[[int, int], None]
"""Told (done, total)."""


@dataclass(frozen=True, slots=True)
class VectorSettings:
    """How vectors are learnt."""

    method: Literal["logistic"] = "logistic"
    input: Literal["windows", "tracks"] = "windows"
    """Learn from every window, or from one mean a track (faster, a little less accurate)."""
    max_negatives: int = 2000
    """Non-members are drawn from one seeded pool of at most this many tracks, spread evenly over the folds."""
    seed: int = 0
    """Of that pool."""
    ridge: float | None = None
    """Strength of the penalty; None chooses one for all concepts from `ridges` by cross-validated log loss."""
    ridges: tuple[float, ...] = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
    ridge_concepts: int = 200
    """At most this many concepts, evenly over their sizes, vote on the ridge."""
    tolerance: float = 1e-5
    """A fit ends when the norm of its gradient, on standardised units, is below this."""


@dataclass(frozen=True, slots=True)
class ConceptVectors:
    """The vectors of all concepts: one from all folds, to be kept, and K cross-fitted ones, to be judged by."""

    concept_ids: tuple[str, ...]
    weights: NDArray[np.float32]
    """(concepts, units) refitted on all folds: no track is unseen by it."""
    bias: NDArray[np.float32]
    """(concepts,)"""
    fold_weights: NDArray[np.float32]
    """(folds, concepts, units); entry k was fitted without fold k."""
    fold_bias: NDArray[np.float32]
    """(folds, concepts)"""
    ridge: float
    fingerprint: str
    """Of the activations, as text."""
    settings: VectorSettings
    ridge_losses: dict[float, float]
    """Cross-validated balanced log loss of each ridge tried; empty when it was given."""

    def save(self, path: Path) -> None:
        """Write safetensors with ids, ridge, fingerprint and settings in the header; whole or not at all."""
        raise NotImplementedError

    @classmethod
    def load(cls, path: Path) -> ConceptVectors:
        """Read what `save` wrote.

        Raises:
            BadVectorFile: it is something else.
        """
        raise NotImplementedError


def learn_vectors(
    activations: Activations,
    members: Members,
    folds: NDArray[np.int8],
    settings: VectorSettings | None = None,
    progress: Progress | None = None,
    *,
    fingerprint: str = "",
) -> ConceptVectors:
    """Learn the vectors of all concepts, cross-fitted and on all folds.

    Args:
        activations: rows of every track of `members.track_ids` (others are ignored), in any order.
        members: the concepts; each needs a member and a non-member outside every fold (see `quality.screen`).
        folds: (tracks,) fold of each of `members.track_ids`, 0..K-1.
        settings: see `VectorSettings`.
        progress: told (concepts done, concepts).
        fingerprint: text of the activations' fingerprint, kept in the result.

    Raises:
        ShapeMismatch: `folds` has another length than the tracks.
        NotFinite: an activation is NaN or infinite.
        ConstantActivations: no unit varies.
        UnusableConcept: a training fold holds no member or no non-member of some concept.
        NotConverged: a fit did not reach the tolerance.
    """
    raise NotImplementedError
