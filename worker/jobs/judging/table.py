"""The poster's table on the data at hand: a tree from every source of similarity, judged in every space.

Conventions: trees by the preset `poster`'s rule (betweenness, at most 20 children); the graph of a source that is no S
holds a row's best and the nearest tenth of all pairs; a cosine parent exceeds 0.2, a negative squared distance -3.
Cells are means over edges with 1.96 standard errors; the random row is that of many draws, its error that of one. All
rows are over the concepts that have a vector in every space.
Baselines on S: *similarity* every pair above 0.5, *matching* above 0.66, *top-1* every concept's best.

Source: Afchar et al. 2022, table and the notebook of their published code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from worker.evaluation.figures import Figure, rounded
from worker.evaluation.spaces import Edges, closeness, joined, nearness, random_edges
from worker.hierarchy.betweenness import dense_betweenness
from worker.hierarchy.builders import ParentOf, heymann_tree
from worker.jobs.growing import grow_afresh
from worker.jobs.judging.case import Case, Fit
from worker.jobs.judging.given import GivenSpace
from worker.jobs.judging.rival_trees import OURS
from worker.jobs.judging.sources import AUDIO, Space, given_spaces, spaces_of
from worker.jobs.requests import RebuildSettings

DENSITY = 0.1
GRAPH, MATCHING = 0.5, 0.66
MIN_SIMILARITY, MIN_CLOSENESS = 0.2, -3.0
RANDOM_SEED = 123
RANDOM_DRAWS = 20
FEWEST = 3
POSTER_CELLS = 30


def table_figures(case: Case, fit: Fit, given: Sequence[GivenSpace]) -> list[Figure]:
    """Every cell that a published version allows."""
    return list(cells(fit.similarity, fit.separation, spaces_of(case, fit, given), case.settings))


def given_figures(
    ids: Sequence[str], similarity: NDArray[np.float64], given: Sequence[GivenSpace], settings: RebuildSettings
) -> list[Figure]:
    """Every cell that matrices from outside allow."""
    return list(cells(similarity, None, given_spaces(ids, given), settings))


def cells(
    similarity: NDArray[np.float64],
    separation: NDArray[np.float64] | None,
    spaces: Sequence[Space],
    settings: RebuildSettings,
) -> Iterator[Figure]:
    """The table, row by row."""
    known = np.ones(len(similarity), dtype=np.bool_)
    for space in spaces:
        known &= space.known
    rows = np.flatnonzero(known)
    if not spaces or len(rows) < FEWEST:
        return
    part = similarity[np.ix_(rows, rows)]
    apart = None if separation is None else separation[np.ix_(rows, rows)]
    sources = {"H(S)": _edges(_poster_tree(part)), OURS: _edges(grow_afresh(settings, part, apart))}
    for space in spaces:
        if space.name != AUDIO:
            sources[f"H({space.name})"] = _source_tree(space.vectors[rows], space)
    sources |= baselines(part)
    for name, edges in sources.items():
        yield from _row(name, edges, spaces, rows)
    yield from _random_row(spaces, rows)


def baselines(similarity: NDArray[np.float64]) -> dict[str, Edges]:
    """Edges of S without a tree, as (one, other)."""
    apart = similarity.copy()
    np.fill_diagonal(apart, -np.inf)
    best = np.stack([apart.argmax(axis=1), np.arange(len(apart))], axis=1)
    return {
        "similarity: S > 0.5": np.argwhere(apart > GRAPH),
        "matching: S > 0.66": np.argwhere(apart > MATCHING),
        "top-1": best,
    }


def formed(figures: Sequence[Figure]) -> int:
    """How many cells of the kind of the poster's 30 are there: a source's tree, or the random row, in a space."""
    rows = [figure.subject for figure in figures if figure.section == "spaces"]
    return sum(subject.startswith("H(") or subject == "random" for subject in rows)


def _poster_tree(similarity: NDArray[np.float64]) -> Sequence[ParentOf]:
    return heymann_tree(similarity, dense_betweenness(similarity > GRAPH), min_similarity=MIN_SIMILARITY)


def _source_tree(vectors: NDArray[np.float64], space: Space) -> Edges:
    near = closeness(vectors, space.measure)
    off = near[~np.eye(len(near), dtype=bool)]
    central = dense_betweenness(joined(near, float(np.quantile(off, 1.0 - DENSITY))))
    least = MIN_CLOSENESS if space.measure == "distance" else MIN_SIMILARITY
    return _edges(heymann_tree(near, central, min_similarity=least))


def _edges(tree: Sequence[ParentOf]) -> Edges:
    inner = [(edge.parent, edge.child) for edge in tree if edge.parent is not None]
    return np.array(inner, np.int64).reshape(-1, 2)


def _row(name: str, edges: Edges, spaces: Sequence[Space], rows: NDArray[np.int64]) -> Iterator[Figure]:
    for space in spaces:
        if not len(edges):
            yield Figure("spaces", space.name, name, space.measure, None, None, None, 0)
            continue
        cell = nearness(edges, space.vectors[rows], space.measure)
        low, high = cell.mean - cell.margin, cell.mean + cell.margin
        yield rounded(Figure("spaces", space.name, name, space.measure, cell.mean, low, high, cell.edges))


def _random_row(spaces: Sequence[Space], rows: NDArray[np.int64]) -> Iterator[Figure]:
    draws = [random_edges(len(rows), np.random.default_rng([RANDOM_SEED, draw])) for draw in range(RANDOM_DRAWS)]
    for space in spaces:
        cell = nearness(np.concatenate(draws), space.vectors[rows], space.measure)
        margin = cell.margin * RANDOM_DRAWS**0.5
        low, high = cell.mean - margin, cell.mean + margin
        yield rounded(Figure("spaces", space.name, "random", space.measure, cell.mean, low, high, len(rows)))
