"""The poster's table on the data at hand: a tree from every source of similarity, judged in every space.

Conventions: trees by the preset `poster`'s rule (betweenness, at most 20 children); the graph of a source that is no S
holds a row's best and the nearest tenth of all pairs; a cosine parent exceeds 0.2, a negative squared distance -3.
Cells are means over edges with 1.96 standard errors, none of a single edge; the random row is that of many draws, its
error that of one. All rows are over the concepts that have a vector in every space.
A cell has a *counterpart* among the poster's 30 where its source and its space have one: sound, collaborative
filtering, sentence embeddings of names (the poster's BERT), what was given under the name of one of the poster's
columns (W2V1, say), and the random row. Letters of names have none.
Baselines on S: *similarity* every pair above 0.5, *matching* above 0.66, *top-1* every concept's best.

Source: Afchar et al. 2022, table and the notebook of their published code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.evaluation.figures import Figure, rounded
from worker.evaluation.spaces import Edges, closeness, joined, nearness, random_edges
from worker.hierarchy.betweenness import dense_betweenness
from worker.hierarchy.builders import ParentOf, heymann_tree
from worker.jobs.growing import grow_afresh
from worker.jobs.judging.rival_trees import OURS
from worker.jobs.judging.sources import AUDIO, CF, TEXT, Space
from worker.jobs.requests import RebuildSettings

DENSITY = 0.1
GRAPH, MATCHING = 0.5, 0.66
MIN_SIMILARITY, MIN_CLOSENESS = 0.2, -3.0
RANDOM_SEED = 123
RANDOM_DRAWS = 20
FEWEST = 3
POSTER_CELLS = 30
SOUND, RANDOM = "H(S)", "random"
SIMILAR, MATCHED, BEST = f"similarity: S > {GRAPH}", f"matching: S > {MATCHING}", "top-1"
ROWS = {
    SOUND: "tree from S, the poster's rule",
    OURS: "tree from S",
    SIMILAR: "every such pair, no tree",
    MATCHED: "every such pair, no tree",
    BEST: "every concept with the one most like it, no tree",
    RANDOM: f"every concept below another at random, mean of {RANDOM_DRAWS} draws",
}
"""What the rows are that no space gives."""
COUNTERPARTS = {name: name for name in (AUDIO, CF, "BERT", "W2V1", "W2V2")} | {TEXT["minilm"]: "BERT"}
"""Column of the poster's table by space."""


def cells(
    similarity: NDArray[np.float64],
    separation: NDArray[np.float64] | None,
    spaces: Sequence[Space],
    settings: RebuildSettings,
) -> Iterator[Figure]:
    """The table, row by row; nothing where fewer than 3 concepts have a vector in every space.

    Args:
        similarity: (concepts, concepts) S.
        separation: as well, where the rule of the settings asks for it.
        spaces: that judge, and that trees are grown from.
        settings: of this tree's rule, whose row stands beside the poster's.
    """
    rows = in_every(spaces)
    if len(rows) < FEWEST:
        return
    part = similarity[np.ix_(rows, rows)]
    apart = None if separation is None else separation[np.ix_(rows, rows)]
    sources = {SOUND: _edges(_poster_tree(part)), OURS: _edges(grow_afresh(settings, part, apart))}
    for space in spaces:
        if space.name != AUDIO:
            sources[f"H({space.name})"] = _source_tree(space.vectors[rows], space)
    sources |= baselines(part)
    for name, edges in sources.items():
        yield from _row(name, edges, spaces, rows)
    yield from _random_row(spaces, rows)


def in_every(spaces: Sequence[Space]) -> NDArray[np.int64]:
    """Positions of the concepts that have a vector in every space; none without a space."""
    if not spaces:
        return np.empty(0, np.int64)
    return np.flatnonzero(np.logical_and.reduce([space.known for space in spaces]))


def baselines(similarity: NDArray[np.float64]) -> dict[str, Edges]:
    """Edges of S without a tree, as (one, other)."""
    apart = similarity.copy()
    np.fill_diagonal(apart, -np.inf)
    best = np.stack([apart.argmax(axis=1), np.arange(len(apart))], axis=1)
    return {
        SIMILAR: np.argwhere(apart > GRAPH),
        MATCHED: np.argwhere(apart > MATCHING),
        BEST: best,
    }


def poster_cells(figures: Sequence[Figure], spaces: Sequence[Space]) -> dict[str, Any]:
    """What the table is over, what its rows and columns are, and how many cells have a counterpart in the poster's.

    Args:
        figures: of the whole evaluation.
        spaces: the columns.
    """
    lines = [figure for figure in figures if figure.section == "spaces"]
    columns = {space.name: COUNTERPARTS.get(space.name) for space in spaces}
    rows = {SOUND: "H(S(V_D))", RANDOM: RANDOM}
    rows |= {f"H({name})": f"H(S_{column})" for name, column in columns.items() if column not in {None, AUDIO}}
    what = {f"H({name})": f"tree from {name}, the poster's rule" for name in columns} | ROWS
    both = {(rows.get(line.subject), columns[line.regime]) for line in lines if line.value is not None}
    return {
        "of": POSTER_CELLS,
        "formed": sum(None not in pair for pair in both),
        "concepts": len(in_every(spaces)),
        "rows": {
            name: {"what": what[name], "poster": rows.get(name)}
            for name in dict.fromkeys(line.subject for line in lines)
        },
        "columns": {
            space.name: {"what": space.what, "poster": columns[space.name], "measure": space.measure}
            for space in spaces
        },
    }


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
        low, high = (None, None) if cell.edges == 1 else (cell.mean - cell.margin, cell.mean + cell.margin)
        yield rounded(Figure("spaces", space.name, name, space.measure, cell.mean, low, high, cell.edges))


def _random_row(spaces: Sequence[Space], rows: NDArray[np.int64]) -> Iterator[Figure]:
    draws = [random_edges(len(rows), np.random.default_rng([RANDOM_SEED, draw])) for draw in range(RANDOM_DRAWS)]
    for space in spaces:
        cell = nearness(np.concatenate(draws), space.vectors[rows], space.measure)
        margin = cell.margin * RANDOM_DRAWS**0.5
        low, high = cell.mean - margin, cell.mean + margin
        yield rounded(Figure("spaces", space.name, RANDOM, space.measure, cell.mean, low, high, len(rows)))
