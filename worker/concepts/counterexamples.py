"""What each counter-example weighs, so that a property of tracks tells examples from counter-examples no more.

Conventions: strata as in `worker.concepts.properties`; a weight multiplies a counter-example's even share of its class
and is 1 on average over the counter-examples of one concept in one training set. A fit is a concept without a fold.

The weight of a counter-example in stratum s: share of the examples in s / share of the counter-examples in s, both
among tracks whose stratum is known, then held within 1 / `LIMIT`..`LIMIT`, then scaled to mean 1. A track of unknown
stratum weighs 1. So the strata weigh the same among counter-examples as among examples wherever the limits allow it.

Why limits: one counter-example that stands for a thousand would decide a vector alone, and strata without any example
would leave a concept that has a stratum of its own with no counter-example at all. Such a concept stays what it was: no
weights can tell it from its confounder, which the report says (`worker.concepts.confounders`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from worker.concepts.properties import UNKNOWN

LIMIT = 10.0
"""A counter-example weighs at most this much more, or less, than an average one (before they are scaled to mean 1)."""


def stratum_weights(
    strata: NDArray[np.int16],
    examples: NDArray[np.bool_],
    others: NDArray[np.bool_],
    folds: NDArray[np.int8],
    count: int,
) -> NDArray[np.float32]:
    """What a counter-example of each stratum weighs in each training set.

    Args:
        strata: (tracks,) -1 where unknown.
        examples: (tracks, concepts) examples.
        others: (tracks, concepts) counter-examples.
        folds: (tracks,) fold of each.
        count: number of folds.

    Returns:
        (strata + 1, concepts, folds + 1) float32 > 0; the last stratum is the unknown one, so that -1 finds it; the
        last training set leaves nothing out. A concept's weights depend on no other concept.
    """
    levels = int(strata.max(initial=UNKNOWN)) + 1
    inside, outside = (_counted(strata, labels, folds, count, levels) for labels in (examples, others))
    weights = np.ones(inside.shape)
    if levels == 0:
        return weights.astype(np.float32)
    wanted, found = inside[:levels], outside[:levels]
    shares = wanted * np.maximum(found.sum(axis=0), 1.0)
    ratio = np.divide(shares, found * np.maximum(wanted.sum(axis=0), 1.0), out=np.ones_like(found), where=found > 0)
    usable = (wanted.sum(axis=0) > 0) & (found.sum(axis=0) > 0)
    weights[:levels] = np.where(usable, np.clip(ratio, 1.0 / LIMIT, LIMIT), 1.0)
    mass = (weights[:levels] * found).sum(axis=0)
    weights[:levels] *= np.divide(found.sum(axis=0), mass, out=np.ones_like(mass), where=mass > 0)
    return weights.astype(np.float32)


def _counted(
    strata: NDArray[np.int16], labels: NDArray[np.bool_], folds: NDArray[np.int8], count: int, levels: int
) -> NDArray[np.float64]:
    """(strata + 1, concepts, folds + 1) tracks with the label in each training set."""
    cells = np.zeros((levels + 1, labels.shape[1], count + 1))
    rows, columns = np.nonzero(labels)
    np.add.at(cells, (strata[rows], columns, folds[rows]), 1.0)
    total = cells.sum(axis=2)
    cells[:, :, :count] = total[:, :, None] - cells[:, :, :count]
    cells[:, :, count] = total
    return cells
