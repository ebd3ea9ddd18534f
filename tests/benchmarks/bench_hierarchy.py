"""Both trees against plain Python, at the poster's size. Run `python -m tests.benchmarks.bench_hierarchy`."""

from typing import Any

import numpy as np

from tests.benchmarks.measure import alternately, memory_mb, report
from worker.hierarchy.builders import heymann_tree
from worker.hierarchy.generality import generality, generality_tree


def plain_tree(similarity: list[list[float]], centrality: list[float]) -> list[int | None]:
    """The rule in plain Python, lists of rows by child, no more work than needed."""
    order = sorted(range(len(centrality)), key=lambda c: (-centrality[c], -c))
    open_, children, parents = [], [0] * len(order), []
    for child in order:
        toward = similarity[child]
        best, score = None, 0.2
        for parent in open_:
            if toward[parent] > score or (toward[parent] == score and best is not None and parent < best):
                best, score = parent, toward[parent]
        if best is not None:
            children[best] += 1
            if children[best] == 20:
                open_.remove(best)
        parents.append(best)
        open_.append(child)
    return parents


def compare(concepts: int) -> dict[str, Any]:
    """One line of the table."""
    draw = np.random.default_rng(0)
    similarity, centrality = draw.random((concepts, concepts)).round(6), draw.random(concepts)
    by_child, plain_centrality = similarity.T.tolist(), centrality.tolist()
    seconds = alternately(
        {
            "ours": lambda: heymann_tree(similarity, centrality),
            "plain": lambda: plain_tree(by_child, plain_centrality),
        },
        7,
    )
    same = [edge.parent for edge in heymann_tree(similarity, centrality)] == plain_tree(by_child, plain_centrality)
    return {
        "concepts": concepts,
        "ours_ms": 1000 * seconds["ours"],
        "plain_ms": 1000 * seconds["plain"],
        "ratio": seconds["plain"] / seconds["ours"],
        "same_parents": same,
        "memory_mb": memory_mb(),
    }


def plain_general_tree(
    similarity: list[list[float]], separation: list[list[float]], wide: list[float]
) -> dict[int, int | None]:
    """The default rule in plain Python, given how general the concepts are."""
    parents: dict[int, int | None] = {}
    for child in sorted(range(len(wide)), key=lambda c: (-wide[c], c)):
        says, tells = similarity[child], separation[child]
        best, score = None, 0.6
        for parent in parents:
            if says[parent] > 0.5:
                apart = tells[parent]
                if apart > score or (apart == score and best is not None and parent < best):
                    best, score = parent, apart
        parents[child] = best
    return parents


def compare_general(concepts: int) -> dict[str, Any]:
    """One line of the table, for the default rule; the plain rival is not charged for the order."""
    draw = np.random.default_rng(0)
    similarity, separation = draw.random((2, concepts, concepts)).round(6)
    lists, wide = (similarity.tolist(), separation.tolist()), generality(similarity).tolist()
    seconds = alternately(
        {
            "ours": lambda: generality_tree(similarity, separation),
            "plain": lambda: plain_general_tree(*lists, wide),
        },
        7,
    )
    ours = {edge.child: edge.parent for edge in generality_tree(similarity, separation)}
    return {
        "concepts": concepts,
        "ours_ms": 1000 * seconds["ours"],
        "plain_ms": 1000 * seconds["plain"],
        "ratio": seconds["plain"] / seconds["ours"],
        "same_parents": ours == plain_general_tree(*lists, wide),
        "memory_mb": memory_mb(),
    }


if __name__ == "__main__":
    report("hierarchy", [compare(concepts) for concepts in (57, 500, 3443)])
    report("hierarchy, default rule", [compare_general(concepts) for concepts in (57, 500, 3443)])
