"""How good ranked lists of tracks are: do they find what was held out, how varied are they, how much do they show.

Conventions: a list holds distinct track positions, best first; `k` is the number looked at. Recall is over
`min(k, relevant)`, so that a perfect list scores 1 whatever k is; nDCG has gain 1 a relevant track and discount
`1 / log2(rank + 1)`. Source: Jarvelin & Kekalainen 2002 for nDCG.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]


def recall(ranked: Positions, relevant: Positions, k: int) -> float:
    """Share of what could have been found among the first k.

    Args:
        ranked: best first, each once.
        relevant: at least one.
        k: at least 1.

    Example:
        >>> recall(np.array([4, 7, 1]), np.array([7, 9]), 2)
        0.5
    """
    return float(np.isin(ranked[:k], relevant).sum() / min(len(relevant), k))


def ndcg(ranked: Positions, relevant: Positions, k: int) -> float:
    """Discounted gain of the first k, as a share of the best there could be; arguments as for `recall`."""
    hits = np.isin(ranked[:k], relevant)
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    return float(discount[: len(hits)][hits].sum() / discount[: min(len(relevant), k)].sum())


def variety(ranked: Positions, described: NDArray[np.floating], k: int) -> float:
    """Mean over pairs of the first k of 1 - cosine of their descriptions; 0 for fewer than two.

    Args:
        ranked: best first.
        described: (tracks, anything) rows of length 1, or 0 where nothing is known.
        k: at least 1.
    """
    shown = described[ranked[:k]].astype(np.float64)
    if len(shown) < 2:  # noqa: PLR2004  a pair
        return 0.0
    likeness = shown @ shown.T
    pairs = np.triu_indices(len(shown), k=1)
    return float(1.0 - likeness[pairs].mean())


def coverage(lists: Sequence[Positions], tracks: int, k: int) -> float:
    """Share of the catalogue that stands among the first k of any list."""
    return len(set().union(*(one[:k].tolist() for one in lists))) / tracks if tracks else 0.0
