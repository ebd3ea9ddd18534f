"""Support and direction of a tree's edges, from the scores of the tracks: by every rebuild, and by `evaluate`.

Conventions: `scores` is (tracks, concepts), columns as `members.concept_ids`, rows as `members.track_ids`. S and
separation of a draw come from the same weights; the ranks of tracks, of which separation is a mean, are held fixed, as
the vectors are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from worker.concepts.folds import hash_order
from worker.concepts.members import Members
from worker.concepts.similarity import RANKED_CONCEPTS, ranks
from worker.hierarchy.support import TREES, Grow, Support, resampled, sampling_support, track_weights

Draw = tuple[NDArray[np.float64], NDArray[np.float64] | None]


def track_keys(track_ids: Sequence[str]) -> NDArray[np.uint64]:
    """(tracks,) what is drawn: of artists or albums instead, give their names."""
    return hash_order(track_ids, 0, "support")


def draws(
    scores: NDArray[np.float32], members: Members, weights: NDArray[np.float32], *, separated: bool
) -> Iterator[Draw]:
    """S and separation of each draw of tracks.

    Args:
        scores: (tracks, concepts).
        members: the concepts.
        weights: (trees, tracks).
        separated: whether the rule looks at separation.
    """
    similarities = resampled(scores, members.indptr, members.indices, weights)
    if not separated:
        yield from ((similarity, None) for similarity in similarities)
        return
    ranked = np.empty(scores.shape, np.float32)
    for start in range(0, scores.shape[1], RANKED_CONCEPTS):
        columns = slice(start, start + RANKED_CONCEPTS)
        ranked[:, columns] = ranks(np.asarray(scores[:, columns]))
    outside = 1.0 - members.sizes[:, None] / max(len(members.track_ids), 1)
    means = resampled(ranked, members.indptr, members.indices, weights)
    for similarity, mean in zip(similarities, means, strict=True):
        apart = np.divide(mean - 0.5, outside, out=np.zeros_like(mean), where=outside > 0)
        yield similarity, np.clip(apart + 0.5, 0.0, 1.0)


def tree_support(
    scores: NDArray[np.float32],
    members: Members,
    keys: NDArray[np.uint64],
    grow: Grow,
    *,
    separated: bool,
    trees: int = TREES,
    seed: int = 0,
    progress: Callable[[int], None] = lambda _done: None,
) -> Support:
    """In how many trees of drawn tracks each edge is.

    Args:
        scores: (tracks, concepts).
        members: the concepts.
        keys: (tracks,) what is drawn.
        grow: the rule of the tree.
        separated: whether it looks at separation.
        trees: how many are drawn.
        seed: of the draws.
        progress: told how many trees are done.
    """
    drawn = draws(scores, members, track_weights(keys, trees, seed), separated=separated)
    return sampling_support(drawn, grow, progress)
