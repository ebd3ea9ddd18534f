"""The poster's table from the published data: for each source of similarity a tree, judged in every space at hand.

Conventions: concepts are sorted by number, so that ties fall the same way every time. A source's centralities are
those of its full graph (the retained playlists that have a vector in it); its tree is built on the table's nodes
(playlists with a vector in every space at hand, of those that the poster counts). Heymann's algorithm as in the preset
`poster`: at most 20 children, S > 0.2, and > -3 for collaborative filtering, whose similarity is a negative squared
distance. Where a folder holds none of the poster's playlists, all that it holds are taken.

Source: Afchar, Hennequin, Guigue 2022; thresholds and cells from the notebook of their published code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.cleaning import readable
from worker.evaluation.spaces import Edges, Measure, closeness, edges_of, joined, nearness, random_edges
from worker.hierarchy.builders import heymann_tree
from worker.jobs.afchar2022.learning import Learnt, learn
from worker.jobs.afchar2022.material import SPACES, TRACKS, VECTORS, Material, Space
from worker.jobs.errors import NoPlaylistInCommon

Central = Callable[[NDArray[np.bool_]], NDArray[np.float64]]
"""Betweenness of an undirected graph, normalised."""
OnStage = Callable[[str], None]

MEASURES: dict[str, Measure] = {
    "Audio": "distance",
    "CF": "distance",
    "BERT": "cosine",
    "W2V1": "cosine",
    "W2V2": "cosine",
}
THRESHOLDS = {"CF": -0.8, "BERT": 0.43, "W2V1": 0.38, "W2V2": 0.68}
"""Of each source's graph: chosen by the authors for about a tenth of all pairs."""
MIN_SIMILARITY = {"CF": -3.0}
OTHER_MIN_SIMILARITY = 0.2
GRAPH_THRESHOLD = 0.5
RANDOM_SEED = 123
LEARNT = "H(S(V_D))"
RANDOM = "random"
PUBLISHED: dict[str, tuple[float, ...]] = {
    LEARNT: (2.449, 0.845, 0.345, 0.286, 0.542),
    "H(S_CF)": (2.413, 0.345, 0.416, 0.336, 0.601),
    "H(S_BERT)": (2.858, 0.868, 0.726, 0.505, 0.652),
    "H(S_W2V1)": (2.952, 0.932, 0.523, 0.804, 0.721),
    "H(S_W2V2)": (2.843, 0.847, 0.531, 0.596, 0.836),
    RANDOM: (3.388, 1.104, 0.239, 0.142, 0.452),
}
"""The poster's cells, in the order of MEASURES."""
COLUMN_FILES = {"Audio": VECTORS, **SPACES}
ROW_FILES = {LEARNT: TRACKS, **{f"H(S_{name})": file for name, file in SPACES.items()}}
"""Which of the authors' files a column or row is from."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the table, and what the poster has there."""

    mean: float
    margin: float
    """Half the width of the 95 % interval."""
    edges: int
    published: float


@dataclass(frozen=True, slots=True)
class Row:
    """One source of similarity."""

    source: str
    similarities: int
    """Pairs of its full graph, each once; 0 for the random row."""
    cells: dict[str, Cell]
    """By space."""


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What of the table the data at hand gives."""

    nodes: int
    of_the_poster: bool
    """Whether the nodes are among those that the poster's table counts; else its values are those of other concepts."""
    rows: tuple[Row, ...]
    spaces_missing: dict[str, str]
    """The file that would give it, by column."""
    rows_missing: dict[str, str]
    """As well, by row."""
    learnt: dict[str, Any] | None
    """What was learnt from the tracks; None without them."""

    @property
    def cells(self) -> dict[str, int]:
        """How many of the poster's cells there are (`of`), and how many were formed."""
        return {"of": len(PUBLISHED) * len(MEASURES), "formed": sum(len(row.cells) for row in self.rows)}

    def as_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {"cells": self.cells, **asdict(self)}


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    ids: list[int]
    similarity: NDArray[np.float64]
    graph: NDArray[np.bool_]
    min_similarity: float


def reproduce(material: Material, central: Central, stage: OnStage = lambda _: None) -> Reproduction:
    """Every row and cell of the poster's table that the material allows.

    Args:
        material: what was found.
        central: counts betweenness.
        stage: told what is being done.

    Raises:
        NoPlaylistInCommon: the spaces share fewer than 2 concepts.
        NothingLearnable: no concept can be learnt from the tracks.
        ActivationsMissing: no track of a playlist has activations.
    """
    spaces = dict(material.spaces)
    learnt: Learnt | None = None
    if material.can_learn:
        stage("learning vectors")
        learnt = learn(material)
        spaces["Audio"] = learnt.audio
    nodes = _nodes(material, spaces)
    rows: list[Row] = []
    for source in _sources(material, learnt):
        stage(f"{source.name}: centrality of {len(source.ids)} concepts")
        tree = _tree(source, nodes, central(source.graph))
        rows.append(Row(source.name, int(source.graph.sum()) // 2, _cells(source.name, tree, nodes, spaces)))
    by_chance = random_edges(len(nodes), np.random.default_rng(RANDOM_SEED))
    rows.append(Row(RANDOM, 0, _cells(RANDOM, by_chance, nodes, spaces)))
    done = {row.source for row in rows}
    return Reproduction(
        nodes=len(nodes),
        of_the_poster=material.common.issuperset(nodes),
        rows=tuple(rows),
        spaces_missing={name: COLUMN_FILES[name] for name in MEASURES if name not in spaces},
        rows_missing={name: file for name, file in ROW_FILES.items() if name not in done},
        learnt=None if learnt is None else learnt.summary,
    )


def _nodes(material: Material, spaces: dict[str, Space]) -> list[int]:
    """The table's concepts, by number."""
    shared = set.intersection(*(set(space) for space in spaces.values()))
    nodes = sorted((shared & material.common) or shared)
    if len(nodes) < 2:  # noqa: PLR2004  an edge has two ends
        raise NoPlaylistInCommon(readable(material.folder), {name: len(space) for name, space in spaces.items()})
    return nodes


def _sources(material: Material, learnt: Learnt | None) -> list[_Source]:
    sources = []
    if learnt is not None:
        passes = learnt.similarity > GRAPH_THRESHOLD
        np.fill_diagonal(passes, val=False)
        sources.append(_Source(LEARNT, learnt.ids, learnt.similarity, passes | passes.T, OTHER_MIN_SIMILARITY))
    for name, threshold in THRESHOLDS.items():
        if name in material.spaces:
            space = material.spaces[name]
            ids = sorted((set(space) & material.retained) or set(space))
            similarity = closeness(np.stack([space[one] for one in ids]), MEASURES[name])
            least = MIN_SIMILARITY.get(name, OTHER_MIN_SIMILARITY)
            sources.append(_Source(f"H(S_{name})", ids, similarity, joined(similarity, threshold), least))
    return sources


def _tree(source: _Source, nodes: Sequence[int], centrality: NDArray[np.float64]) -> Edges:
    place = {concept: position for position, concept in enumerate(source.ids)}
    rows = np.array([place[concept] for concept in nodes])
    tree = heymann_tree(
        source.similarity[np.ix_(rows, rows)], centrality[rows], min_similarity=source.min_similarity, max_children=20
    )
    parents = np.full(len(nodes), -1, np.int64)
    for edge in tree:
        parents[edge.child] = -1 if edge.parent is None else edge.parent
    return edges_of(parents)


def _cells(source: str, edges: Edges, nodes: Sequence[int], spaces: dict[str, Space]) -> dict[str, Cell]:
    cells = {}
    for column, (name, measure) in enumerate(MEASURES.items()):
        if name in spaces:
            found = nearness(edges, np.stack([spaces[name][one] for one in nodes]), measure)
            cells[name] = Cell(found.mean, found.margin, found.edges, PUBLISHED[source][column])
    return cells
