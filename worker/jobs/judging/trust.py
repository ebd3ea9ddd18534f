"""Trust in the edges of a tree: support, direction, and whether both tell planted noise from the rest.

Conventions: planted noise is concepts of tracks drawn at random, of the sizes of the real ones, learnt and put into the
tree like any other; an edge with such a concept at an end is a noise edge. AUC: how surely the support of a real edge
exceeds that of a noise edge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.evaluation.figures import Figure, mean_figure
from worker.hierarchy.builders import ParentOf
from worker.hierarchy.support import TREES, Lean, Support, lean
from worker.jobs.growing import betweenness_of, grower
from worker.jobs.judging.case import Case, Fit, refit
from worker.jobs.requests import RebuildSettings
from worker.jobs.trusting import tree_support

NOISE = "noise:"
NOISE_SHARE = 0.35
"""Noise concepts beside so many real ones."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """One edge and what is known of it."""

    child: str
    parent: str | None
    similarity: float | None
    margin: float | None
    support: float
    direction: float | None
    """Probability that S[child, parent] > S[parent, child]; None below the root."""
    asymmetry: float | None
    """S[child, parent] - S[parent, child]."""
    low: float | None
    high: float | None
    runner_up: str | None
    rival: str | None
    """The other parent that most resampled trees chose; None: the root, or none."""
    rival_support: float

    def plain(self, names: Mapping[str, str]) -> dict[str, Any]:
        """With names beside ids, rounded."""
        found: dict[str, Any] = asdict(self)
        found = {key: round(value, 6) if isinstance(value, float) else value for key, value in found.items()}
        for end in ("child", "parent", "runner_up", "rival"):
            found[f"{end}_name"] = None if found[end] is None else names.get(found[end], found[end])
        return found


def trusted_edges(
    fit: Fit, keys: NDArray[np.uint64], settings: RebuildSettings, *, trees: int = TREES, seed: int = 0
) -> list[Trusted]:
    """The tree of a fit, each edge with its support and direction, by child.

    Args:
        fit: what was learnt.
        keys: (tracks,) as in `track_weights`.
        settings: of the rule.
        trees: how many are resampled.
        seed: of the draws.
    """
    edges, support = supported(fit, keys, settings, trees=trees, seed=seed)
    inner = [(edge.child, edge.parent) for edge in edges if edge.parent is not None]
    members = fit.members
    leans = dict(zip(inner, lean(fit.scores, members.indptr, members.indices, keys, inner), strict=True))
    return [_trusted(edge, fit.ids, support, leans) for edge in sorted(edges, key=lambda edge: edge.child)]


def supported(
    fit: Fit, keys: NDArray[np.uint64], settings: RebuildSettings, *, trees: int = TREES, seed: int = 0
) -> tuple[Sequence[ParentOf], Support]:
    """The tree of a fit, and in how many resampled trees each edge is."""
    grow = grower(settings, betweenness_of(settings, fit.similarity))
    separated = settings.builder == "generality"
    support = tree_support(fit.scores, fit.members, keys, grow, separated=separated, trees=trees, seed=seed)
    return grow(fit.similarity, fit.separation), support


def _trusted(edge: ParentOf, ids: Sequence[str], support: Support, leans: Mapping[tuple[int, int], Lean]) -> Trusted:
    other, rival_support = support.favourite(edge.child, edge.parent)
    leaning = None if edge.parent is None else leans[edge.child, edge.parent]
    return Trusted(
        child=ids[edge.child],
        parent=None if edge.parent is None else ids[edge.parent],
        similarity=edge.similarity,
        margin=edge.margin,
        support=support.share(edge.child, edge.parent),
        direction=None if leaning is None else leaning.confidence,
        asymmetry=None if leaning is None else leaning.difference,
        low=None if leaning is None else leaning.low,
        high=None if leaning is None else leaning.high,
        runner_up=None if edge.runner_up is None else ids[edge.runner_up],
        rival=None if other is None else ids[other],
        rival_support=rival_support,
    )


def with_noise(case: Case, seed: int) -> dict[str, tuple[str, ...]]:
    """Memberships with random concepts among them, their sizes drawn from the real ones'."""
    draw = np.random.default_rng([seed, 71])
    tracks = np.array(case.members.track_ids, dtype=object)
    noise = {}
    for number, size in enumerate(draw.choice(case.members.sizes, max(2, round(NOISE_SHARE * len(case.ids))))):
        chosen = draw.choice(len(tracks), min(int(size), len(tracks)), replace=False)
        noise[f"{NOISE}{number}"] = tuple(tracks[np.sort(chosen)])
    return {**case.memberships, **noise}


def noise_auc(case: Case, seed: int, *, trees: int = TREES) -> float | None:
    """How surely support tells real edges from noise edges, 0.5..1; None without one of the two."""
    fit = refit(case, with_noise(case, seed), seed=seed)
    edges = [edge for edge in trusted_edges(fit, case.keys, case.settings, trees=trees, seed=seed) if edge.parent]
    noisy = [edge.child.startswith(NOISE) or (edge.parent or "").startswith(NOISE) for edge in edges]
    real = np.array([edge.support for edge, is_noise in zip(edges, noisy, strict=True) if not is_noise])
    noise = np.array([edge.support for edge, is_noise in zip(edges, noisy, strict=True) if is_noise])
    return area(real, noise)


def area(upper: NDArray[np.float64], lower: NDArray[np.float64]) -> float | None:
    """Probability that one of `upper` exceeds one of `lower`, ties half; None when one is empty.

    Example:
        >>> area(np.array([0.9, 0.5]), np.array([0.5, 0.1]))
        0.875
    """
    if not len(upper) or not len(lower):
        return None
    above = (upper[:, None] > lower[None, :]).mean() + 0.5 * (upper[:, None] == lower[None, :]).mean()
    return float(above)


def trust_figures(
    case: Case, edges: Sequence[Trusted], true_pairs: frozenset[tuple[str, str]] | None, seeds: int
) -> list[Figure]:
    """What the supports of a tree look like, and what they tell apart.

    Args:
        case: what is judged.
        edges: of the tree.
        true_pairs: (ancestor, descendant) of a reference; None without one.
        seeds: how often noise is planted.
    """
    inner = [edge for edge in edges if edge.parent is not None]

    def line(measure: str, values: list[float | None]) -> Figure:
        return mean_figure("support", "sampling", "this tree's rule", measure, values)

    figures = [
        line("mean support", [edge.support for edge in inner]),
        line("edges with support of at least 0.95", [float(edge.support >= 0.95) for edge in inner]),  # noqa: PLR2004
        line("mean direction", [edge.direction for edge in inner]),
        line("AUC of planted noise edges", [noise_auc(case, seed) for seed in range(seeds)]),
    ]
    if true_pairs is not None:
        right = [(edge.parent, edge.child) in true_pairs for edge in inner]
        for measure in ("support", "direction"):
            values = np.array([getattr(edge, measure) for edge in inner])
            figures.append(line(f"AUC of {measure}: true edges", [area(values[right], values[np.invert(right)])]))
    return figures
