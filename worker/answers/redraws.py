"""A concept's vector learnt again and again with other random counter-examples, beside vectors of random track sets.

Conventions: draw r uses a pool of counter-examples of at most half the catalogue, seeded by r, and a random set of as
many tracks as the concept has. Settings are those of the published vectors, the ridge they chose included.

Source: Kim et al. 2018: a vector means something when its answers do not hang on the counter-examples.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.training import learn_vectors
from worker.concepts.vectors import VectorSettings

if TYPE_CHECKING:
    from worker.activations.store import Activations

CONCEPT, RANDOM = "concept", "random"


def redraw(
    activations: Activations,
    track_ids: list[str],
    settings: VectorSettings,
    *,
    draws: int = 10,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Learn a concept's vector with other counter-examples, and as many random sets.

    Args:
        activations: of the whole catalogue.
        track_ids: the concept's tracks, at least 2; those without activations are left out.
        settings: of the published vectors, with the ridge that was chosen; counter-examples weigh alike here.
        draws: how many, at least 1.
        seed: of all draws; another seed gives others.
        progress: told (draws done, draws).
        workers: threads; None for one a core.

    Returns:
        (draws, units) of the concept, (draws, units) of the random sets.

    Raises:
        UnusableConcept: a training set lacks examples or counter-examples.
    """
    ids = sorted(activations.track_ids)
    mine = sorted(set(track_ids) & set(ids))
    folds = assign_folds(ids)
    pool = min(settings.max_negatives, max(len(ids) // 2, 1))
    concept, random = [], []
    for number in range(draws):
        drawn = np.random.default_rng([seed, number]).choice(len(ids), len(mine), replace=False)
        members = Members.of({CONCEPT: mine, RANDOM: [ids[row] for row in drawn.tolist()]}, ids)
        again = dataclasses.replace(settings, max_negatives=pool, seed=seed + number, balance=None)
        weights = learn_vectors(activations, members, folds, again, workers=workers).weights
        concept.append(weights[members.concept_ids.index(CONCEPT)])
        random.append(weights[members.concept_ids.index(RANDOM)])
        if progress is not None:
            progress(number + 1, draws)
    return np.stack(concept), np.stack(random)
