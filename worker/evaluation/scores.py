"""All that is asked of one tree: against a reference, by groups, as a map, and its shape.

Conventions: a score is None where the question has no answer (no reference pair, no edge, nothing to rank).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from worker.evaluation.distances import distance_correlation, navigation
from worker.evaluation.groups import same_group_rate
from worker.evaluation.taxonomy import Tree, ancestor_match, edge_match, known_concepts, shape, taxonomic

PERMUTATIONS = 300


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What trees over the same concepts are measured by; each part may be lacking."""

    reference: Tree | None = None
    groups: Mapping[str, str] = field(default_factory=dict)
    concepts: Sequence[str] = ()
    """Rows and columns of `linked`."""
    linked: NDArray[np.bool_] | None = None
    """The network to walk in."""


def reference_scores(tree: Tree, reference: Tree) -> dict[str, float | None]:
    """Taxonomic, edge and ancestor measures, and the rank correlation of distances.

    Raises:
        NothingInCommon: no concept is in both.
        CyclicTree: a concept is its own ancestor.
    """
    whole, edges, above = taxonomic(tree, reference), edge_match(tree, reference), ancestor_match(tree, reference)
    found: dict[str, float | None] = {
        "ancestor F1": above.f1,
        "ancestor precision": above.precision,
        "ancestor recall": above.recall,
        "edge F1": edges.f1,
        "edge precision": edges.precision,
        "edge recall": edges.recall,
    }
    if above.wanted == 0:
        found = dict.fromkeys(found)
    return found | {
        "taxonomic F": whole.f,
        "taxonomic precision": whole.precision,
        "taxonomic recall": whole.recall,
        "taxonomic overlap": whole.overlap,
        "distance correlation": _known(distance_correlation(tree, reference)),
    }


def tree_scores(tree: Tree, yardstick: Yardstick, *, seed: int = 0) -> dict[str, float | None]:
    """Every score that the yardstick allows.

    Args:
        tree: holds every concept of `yardstick.concepts`.
        yardstick: what it is measured by.
        seed: of permutations and walks.

    Raises:
        NothingInCommon: tree and reference share no concept.
        CyclicTree: a concept is its own ancestor.
    """
    found: dict[str, float | None] = {}
    if yardstick.reference is not None:
        found |= reference_scores(tree, yardstick.reference)
    if yardstick.groups:
        within = same_group_rate(tree, yardstick.groups, permutations=PERMUTATIONS, seed=seed)
        found |= {
            "same-group edges": _known(within.rate),
            "same-group edges by chance": _known(within.chance),
            "same-group p": within.p_value,
        }
    if yardstick.linked is not None:
        walked = navigation(tree, yardstick.concepts, yardstick.linked, seed=seed)
        found |= {"navigation success": _known(walked.success), "navigation stretch": _known(walked.stretch)}
    return found | shape_scores(tree)


def shape_scores(tree: Tree) -> dict[str, float | None]:
    """Depth, width and balance.

    Raises:
        CyclicTree: a concept is its own ancestor.
    """
    form = shape(tree)
    return {
        "roots": float(form.roots),
        "depth": float(form.depth),
        "mean depth": form.mean_depth,
        "width": float(form.width),
        "most children": float(form.most_children),
        "balance": form.balance,
    }


def scores_by_label(tree: Tree, reference: Tree, labels: Mapping[str, str]) -> dict[tuple[str, str], float | None]:
    """Ancestor F1 of the concepts of each label, by (label, measure): their ancestors alone count.

    Args:
        tree: any.
        reference: what it is measured by.
        labels: label by concept, its kind or its source.
    """
    from worker.evaluation.taxonomy import ancestors_among

    common = sorted(known_concepts(tree) & known_concepts(reference))
    ours, theirs = ancestors_among(tree, common), ancestors_among(reference, common)
    found: dict[tuple[str, str], float | None] = {}
    for label in sorted({labels[concept] for concept in common if concept in labels}):
        mine = [concept for concept in common if labels.get(concept) == label]
        both = sum(len(ours[concept] & theirs[concept]) for concept in mine)
        said, wanted = (sum(len(side[concept]) for concept in mine) for side in (ours, theirs))
        found[label, "ancestor F1"] = 2 * both / (said + wanted) if wanted else None
        found[label, "concepts"] = float(len(mine))
    return found


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
