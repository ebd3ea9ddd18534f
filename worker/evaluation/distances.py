"""Trees as maps: how far apart two concepts are in them, and whether one finds the way by them.

Conventions: a tree maps concepts to parents as in `worker.evaluation.taxonomy`; the distance of two concepts is the
number of edges of the shortest way between them, over their nearest common ancestor and, where they have none, over the
virtual root. Only concepts that both sides know are compared; ways may run through others.

*Navigation* asks what a tree is good for as a map: a walker in a network, who sees only the neighbours of where it
stands, goes to the one that the tree holds to be nearest to the target, never twice to the same. Success is the share
of targets reached, stretch how much longer the walk was than the shortest.

Source: rank correlation of distances: the cophenetic correlation of Sokal & Rohlf 1962, by ranks; navigation:
Helic & Strohmaier 2011, Strohmaier et al. 2012.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.evaluation.errors import NothingInCommon
from worker.evaluation.taxonomy import Tree, known_concepts, parents_of

FEWEST = 3
MOST_TARGETS = 60


@dataclass(frozen=True, slots=True)
class Navigation:
    """How well a tree leads through a network."""

    success: float
    """Share of reachable pairs whose target was found, 0..1."""
    stretch: float
    """Steps taken over steps needed, mean over the found; NaN when none was."""
    pairs: int
    """Reachable pairs that were walked."""


def tree_distances(tree: Tree, concepts: Sequence[str]) -> NDArray[np.float64]:
    """Steps between all pairs of concepts of a tree.

    Args:
        tree: holds every concept.
        concepts: which, and in which order.

    Returns:
        (concepts, concepts) whole numbers.

    Example:
        >>> tree_distances({"violin": "strings", "strings": None, "jig": None}, ["violin", "jig"]).tolist()
        [[0.0, 3.0], [3.0, 0.0]]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import shortest_path

    parents = parents_of(tree)
    place = {concept: position for position, concept in enumerate(sorted(parents), start=1)}
    ends = [
        (place[child], place[above]) if above is not None else (place[child], 0)
        for child, found in parents.items()
        for above in (sorted(found) or (None,))
    ]
    one, other = np.array(ends, np.int64).reshape(-1, 2).T
    links = coo_array((np.ones(len(one)), (one, other)), shape=(len(place) + 1, len(place) + 1)).tocsr()
    rows = np.array([place[concept] for concept in concepts], np.int64)
    steps = shortest_path(links, directed=False, unweighted=True, indices=rows)
    found: NDArray[np.float64] = steps[:, rows]
    return found


def distance_correlation(tree: Tree, reference: Tree) -> float:
    """Rank correlation (Spearman) of the distances of all pairs of common concepts, -1..1.

    Returns:
        NaN where one side has all concepts equally far, or fewer than 3 are common: then there is nothing to rank.

    Raises:
        NothingInCommon: no concept is in both.
    """
    from scipy.stats import rankdata

    ours, theirs = known_concepts(tree), known_concepts(reference)
    common = sorted(ours & theirs)
    if not common:
        raise NothingInCommon(len(ours), len(theirs))
    upper = np.triu_indices(len(common), 1)
    ranks = [rankdata(tree_distances(one, common)[upper]) for one in (tree, reference)]
    if len(common) < FEWEST or any(np.ptp(one) == 0 for one in ranks):
        return float("nan")
    return float(np.corrcoef(*ranks)[0, 1])


def navigation(tree: Tree, concepts: Sequence[str], linked: NDArray[np.bool_], *, seed: int = 0) -> Navigation:
    """Walk from every concept to a seeded choice of targets, by the tree alone.

    Args:
        tree: holds every concept.
        concepts: rows and columns of `linked`.
        linked: (concepts, concepts) the network to walk in; taken as undirected, the diagonal is ignored.
        seed: of the targets, at most 60.

    Raises:
        ValueError: `linked` has another size.
    """
    from scipy.sparse.csgraph import shortest_path

    if linked.shape != (len(concepts), len(concepts)):
        raise ValueError(f"linked should be {(len(concepts), len(concepts))}, not {linked.shape}")
    network = linked | linked.T
    np.fill_diagonal(network, val=False)
    draw = np.random.default_rng(seed)
    targets = np.sort(draw.permutation(len(concepts))[:MOST_TARGETS])
    needed = shortest_path(network, directed=False, unweighted=True, indices=targets)
    believed = tree_distances(tree, concepts)
    taken = np.stack([_walks(network, believed[:, target], int(target)) for target in targets])
    reachable = np.isfinite(needed) & (needed > 0)
    arrived = reachable & np.isfinite(taken)
    pairs = int(reachable.sum())
    return Navigation(
        success=float(arrived.sum() / pairs) if pairs else float("nan"),
        stretch=float((taken[arrived] / needed[arrived]).mean()) if arrived.any() else float("nan"),
        pairs=pairs,
    )


def _walks(network: NDArray[np.bool_], believed: NDArray[np.float64], target: int) -> NDArray[np.float64]:
    """Steps from every concept to the target; infinite where the walk turns in a circle or ends."""
    order = np.argsort(believed, kind="stable")  # the target first
    ranked = network[:, order]
    onward = np.where(ranked.any(axis=1), order[ranked.argmax(axis=1)], -1)
    onward[target] = target
    steps = np.full(len(network), np.inf)
    steps[target] = 0.0
    here = np.arange(len(network))
    for step in range(1, len(network) + 1):
        here = np.where(here >= 0, onward[here], -1)
        fresh = (here == target) & np.isinf(steps)
        steps[fresh] = step
        if not fresh.any():
            break
    return steps
