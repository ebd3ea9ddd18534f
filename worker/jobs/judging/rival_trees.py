"""Every tree that is compared on one S: the builder's, the preset's, and the rivals'.

Conventions: trees hold all concepts asked about; those without a row in S hang below the root.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.concepts.members import Members
from worker.concepts.similarity import separation, similarity
from worker.evaluation.rivals import arborescence, names_only, subsumption, upgma
from worker.evaluation.taxonomy import Tree, random_tree, reversed_tree
from worker.jobs.growing import as_tree, betweenness_of, grow_afresh, grower
from worker.jobs.requests import RebuildRequest, RebuildSettings

OURS, POSTER = "this tree's rule", "preset poster"
RIVALS = (
    OURS,
    POSTER,
    "perfect labels",
    "maximum arborescence on S",
    "UPGMA on S",
    "subsumption on memberships",
    "names only",
    "reversed",
    "random",
)


@dataclass(frozen=True, slots=True)
class Ground:
    """What trees over some concepts are grown from."""

    names: Mapping[str, str]
    """Of all concepts asked about."""
    ids: tuple[str, ...]
    """Rows and columns of S."""
    similarity: NDArray[np.float64]
    shared: NDArray[np.int64] | None = None
    """(ids, ids) tracks in common."""
    separation: NDArray[np.float64] | None = None
    perfect: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    """S and separation as perfect vectors would give them."""


def rival_trees(
    ground: Ground, settings: RebuildSettings, *, centrality: NDArray[np.float64] | None = None, seed: int = 0
) -> dict[str, Tree]:
    """Trees by name, in the order of `RIVALS`; those that nothing is known for are left out.

    Args:
        ground: what they are grown from.
        settings: of the rule that grew the tree in question.
        centrality: where the order by betweenness is to be another; default: that of the graph of S.
        seed: of the random tree.
    """
    poster = RebuildRequest(preset="poster").settings()
    central = betweenness_of(settings, ground.similarity) if centrality is None else centrality
    ours = _whole(as_tree(grower(settings, central)(ground.similarity, ground.separation), ground.ids), ground)
    trees: dict[str, Tree] = {
        OURS: ours,
        POSTER: _whole(as_tree(grower(poster, central)(ground.similarity, None), ground.ids), ground),
    }
    if ground.perfect is not None:
        trees["perfect labels"] = _whole(as_tree(grow_afresh(settings, *ground.perfect), ground.ids), ground)
    best = arborescence(ground.similarity, min_similarity=poster.min_similarity)
    if best is not None:
        trees["maximum arborescence on S"] = _of_positions(best, ground)
    trees["UPGMA on S"] = _of_positions(upgma(ground.similarity, generality(ground.similarity)), ground)
    if ground.shared is not None:
        trees["subsumption on memberships"] = _of_positions(subsumption(ground.shared), ground)
    trees["names only"] = _of_positions(names_only([ground.names[one] for one in ground.ids]), ground)
    trees["reversed"] = reversed_tree(ours)
    trees["random"] = random_tree(ground.names, seed)
    return trees


def generality(similarity: NDArray[np.float64]) -> NDArray[np.float64]:
    """(concepts,) how much more others excite a concept's vector than its tracks excite theirs."""
    asymmetry: NDArray[np.float64] = similarity.sum(axis=0) - similarity.sum(axis=1)
    return asymmetry


def shared_tracks(members: Members) -> NDArray[np.int64]:
    """(concepts, concepts) how many tracks two concepts have in common."""
    from scipy.sparse import csr_array

    shape = (len(members.concept_ids), len(members.track_ids))
    table = csr_array((np.ones(len(members.indices), np.int64), members.indices, members.indptr), shape=shape)
    shared: NDArray[np.int64] = (table @ table.T).toarray()
    return shared


def perfect_tables(whose: Members, labels: Members) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """S and separation if every vector told exactly the tracks that its label is true of.

    Args:
        whose: the concepts whose tracks are asked.
        labels: the true ones, of the same concepts over the same tracks.
    """
    told = labels.dense().astype(np.float32)
    return similarity(told, whose), separation(told, whose)


def _of_positions(parents: NDArray[np.int64], ground: Ground) -> Tree:
    tree = {one: (() if above < 0 else (ground.ids[above],)) for one, above in zip(ground.ids, parents, strict=True)}
    return _whole(tree, ground)


def _whole(tree: Mapping[str, Sequence[str]], ground: Ground) -> Tree:
    return {one: tuple(tree.get(one, ())) for one in ground.names}
