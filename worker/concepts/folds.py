"""One assignment of folds for the whole catalogue.

Conventions: a fold is an integer 0..K-1; tracks with the same key (track id, artist, album or score) share a fold.

Why one assignment for all concepts: if each concept had its own split, a track held out for one could have trained
another, and just the asymmetry of nested concepts would be inflated. Why a hash and not a shuffle: a track keeps its
fold whatever is imported beside it and in whatever order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def assign_folds(keys: Sequence[str], folds: int = 5, seed: int = 0) -> NDArray[np.int8]:
    """Give every key a fold by a seeded hash.

    Args:
        keys: one a track: what must not be torn apart (track id, artist, album, score).
        folds: how many, 2..127.
        seed: another seed gives another, independent assignment.

    Returns:
        (tracks,) int8 in 0..folds-1, a function of the key alone.

    Raises:
        ValueError: `folds` is out of range.

    Example:
        >>> one, _, again = assign_folds(["a", "b", "a"])
        >>> bool(one == again)
        True
    """
    if folds not in range(2, np.iinfo(np.int8).max + 1):
        raise ValueError(f"folds must be 2..127, not {folds}")
    found = {key: _fold(key, folds, seed) for key in set(keys)}
    return np.array([found[key] for key in keys], dtype=np.int8)


def hash_order(ids: Sequence[str], seed: int, purpose: str) -> NDArray[np.uint64]:
    """A pseudo-random number for each id, for seeded draws that do not depend on order.

    Args:
        ids: what is drawn from.
        seed: of the draw.
        purpose: names the draw, so that two draws under one seed are independent.

    Returns:
        (ids,) uint64; take the smallest.
    """
    return np.array([_hash(f"{purpose}:{seed}:{text}") for text in ids], dtype=np.uint64)


def _fold(key: str, folds: int, seed: int) -> int:
    return _hash(f"fold:{seed}:{key}") % folds


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
