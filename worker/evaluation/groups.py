"""Do edges stay within the groups that a reference draws: kinds of music, kinds of concept, branches of a taxonomy.

Conventions: a group is a word; concepts without one are left out. The virtual root is no end of an edge.

Source: the permutation test of a partition on a graph, Freeman 1978; p is add-one, so never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.evaluation.taxonomy import Tree, parents_of

Labels = NDArray[np.int64]

PERMUTATIONS = 1000


@dataclass(frozen=True, slots=True)
class GroupRate:
    """How many edges join two concepts of one group."""

    rate: float
    """0..1; NaN without edges."""
    chance: float
    """The same with the groups dealt out anew."""
    p_value: float
    """How often a deal reaches the rate."""
    edges: int
    groups: int


def branch_of(reference: Tree) -> dict[str, str]:
    """The topmost ancestor of every concept that has one to itself; concepts below several are in none.

    Example:
        >>> branch_of({"violin": "strings", "strings": None})
        {'strings': 'strings', 'violin': 'strings'}
    """
    parents = parents_of(reference)
    found: dict[str, str] = {}
    for concept in sorted(parents):
        above = {concept}
        while any(parents[one] for one in above):
            above = {higher for one in above for higher in (parents[one] or {one})}
        if len(above) == 1:
            found[concept] = above.pop()
    return found


def same_group_rate(
    tree: Tree, groups: Mapping[str, str], *, permutations: int = PERMUTATIONS, seed: int = 0
) -> GroupRate:
    """Share of edges within a group, beside what chance gives.

    Args:
        tree: any.
        groups: group by concept.
        permutations: how often the groups are dealt out anew among the tree's concepts.
        seed: of the deals.
    """
    parents = parents_of(tree)
    concepts = sorted(parents.keys() & groups.keys())
    place = {concept: position for position, concept in enumerate(concepts)}
    names = {name: number for number, name in enumerate(sorted({groups[concept] for concept in concepts}))}
    labels = np.array([names[groups[concept]] for concept in concepts], np.int64)
    ends = [(place[child], place[above]) for child in concepts for above in sorted(parents[child]) if above in place]
    if not ends:
        return GroupRate(float("nan"), float("nan"), 1.0, 0, len(names))
    one, other = np.array(ends, np.int64).T
    rate = float((labels[one] == labels[other]).mean())
    draw = np.random.default_rng(seed)
    dealt = np.array([_rate(draw.permutation(labels), one, other) for _ in range(permutations)])
    p_value = float((1 + (dealt >= rate - 1e-12).sum()) / (1 + permutations))
    return GroupRate(rate, float(dealt.mean()) if permutations else float("nan"), p_value, len(ends), len(names))


def _rate(labels: Labels, one: Labels, other: Labels) -> float:
    return float((labels[one] == labels[other]).mean())
