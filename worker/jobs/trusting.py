"""Support and direction of a tree's edges, from the scores of the tracks: by every rebuild, and by `evaluate`.

Conventions: `scores` is (tracks, concepts), columns as `members.concept_ids`, rows as `members.track_ids`. S and
separation of a draw come from the same weights; the ranks of tracks, of which separation is a mean, are held fixed, as
the vectors are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cypher.comparison import primary_edges
from cypher.model import Edge
from worker.concepts.blocks import work_through
from worker.concepts.folds import hash_order
from worker.concepts.members import Members
from worker.concepts.poster import judged_on
from worker.concepts.similarity import RANKED_CONCEPTS, ranks
from worker.hierarchy.pins import Pins
from worker.hierarchy.support import TREES, Grow, Support, lean, resampled, sampling_support, settled, track_weights
from worker.jobs.builds import Builds
from worker.jobs.context import StageContext
from worker.jobs.growing import grower
from worker.jobs.kept import Kept, track_scores_file
from worker.jobs.learning import lesson

DECIMALS = 6
Draw = tuple[NDArray[np.float64], NDArray[np.float64] | None]


def track_keys(track_ids: Sequence[str]) -> NDArray[np.uint64]:
    """(tracks,) what is drawn: of artists or albums instead, give their names."""
    return hash_order(track_ids, 0, "support")


def draws(
    scores: NDArray[np.float32], members: Members, weights: NDArray[np.float32], *, separated: bool
) -> Iterator[Draw]:
    """S and separation of each draw of tracks.

    Args:
        scores: (tracks, concepts).
        members: the concepts.
        weights: (trees, tracks).
        separated: whether the rule looks at separation.
    """
    similarities = resampled(scores, members.indptr, members.indices, weights)
    if not separated:
        yield from ((similarity, None) for similarity in similarities)
        return
    ranked = np.empty(scores.shape, np.float32)

    def keep(columns: slice, found: NDArray[np.float32]) -> None:
        ranked[:, columns] = found

    blocks = [slice(start, start + RANKED_CONCEPTS) for start in range(0, scores.shape[1], RANKED_CONCEPTS)]
    work_through(lambda columns: ranks(np.asarray(scores[:, columns])), blocks, keep)
    outside = 1.0 - members.sizes[:, None] / max(len(members.track_ids), 1)
    means = resampled(ranked, members.indptr, members.indices, weights)
    for similarity, mean in zip(similarities, means, strict=True):
        apart = np.divide(mean - 0.5, outside, out=np.zeros_like(mean), where=outside > 0)
        yield similarity, np.clip(apart + 0.5, 0.0, 1.0)


def tree_support(
    scores: NDArray[np.float32],
    members: Members,
    keys: NDArray[np.uint64],
    grow: Grow,
    *,
    separated: bool,
    trees: int = TREES,
    seed: int = 0,
    progress: Callable[[int], None] = lambda _done: None,
) -> Support:
    """In how many trees of drawn tracks each edge is.

    Args:
        scores: (tracks, concepts).
        members: the concepts.
        keys: (tracks,) what is drawn.
        grow: the rule of the tree.
        separated: whether it looks at separation.
        trees: how many are drawn.
        seed: of the draws.
        progress: told how many trees are done.
    """
    drawn = draws(scores, members, track_weights(keys, trees, seed), separated=separated)
    return sampling_support(drawn, grow, progress)


# --- of a rebuild ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trust:
    """Support and direction of every edge that any of the trees of drawn tracks had."""

    trees: int
    counts: Mapping[tuple[str, str | None], int]
    """In how many of them, by (child, parent); parent None is the root."""
    directions: Mapping[tuple[str, str], float]
    """Probability that S[child, parent] > S[parent, child]."""

    def applied(self, edges: Iterable[Edge]) -> tuple[Edge, ...]:
        """The same edges, each with what is known of it."""
        return tuple(self._with(edge) for edge in edges)

    def _with(self, edge: Edge) -> Edge:
        support = round(self.counts.get((edge.child, edge.parent), 0) / self.trees, DECIMALS)
        direction = None if edge.parent is None else self.directions.get((edge.child, edge.parent))
        return replace(edge, support=support, direction=direction)

    def save(self, builds: Builds, name: str) -> str:
        """Write it under this name; returns it."""
        counts = sorted(([child, parent or "", count] for (child, parent), count in self.counts.items()), key=str)
        directions = sorted([child, parent, value] for (child, parent), value in self.directions.items())
        return builds.place_json({"trees": self.trees, "counts": counts, "directions": directions}, name=name)

    @classmethod
    def load(cls, builds: Builds, name: str) -> Trust:
        """Read what `save` wrote.

        Raises:
            BuildMissing: it is gone.
        """
        read = builds.read_json(name, written_by="hierarchy")
        return cls(
            read["trees"],
            {(child, parent or None): count for child, parent, count in read["counts"]},
            {(child, parent): value for child, parent, value in read["directions"]},
        )


def compared_tracks(context: StageContext, chosen: Kept) -> tuple[Members, NDArray[np.uint64]]:
    """The tracks of each concept that S is taken over, and what is drawn for each track."""
    settings, ready = context.settings, lesson(context)
    compared = judged_on(ready.learnable, settings.seed)[0] if settings.method == "poster" else ready.learnable
    keys = track_keys(ready.copy.fold_keys(compared.track_ids, settings.support_by))
    return compared.select(chosen.columns), keys


def support_of(
    context: StageContext, chosen: Kept, members: Members, keys: NDArray[np.uint64], centrality: NDArray[np.float64]
) -> tuple[Trust, Support]:
    """Draw tracks, grow the trees of a rebuild's rule without pins, and weigh the direction of all their edges.

    Args:
        context: of the stage.
        chosen: the concepts of the tree.
        members: their tracks.
        keys: (tracks,) what is drawn.
        centrality: (concepts,) betweenness.
    """
    settings, ids = context.settings, chosen.concept_ids
    scores = np.ascontiguousarray(track_scores_file(context)[:, chosen.columns])
    support = tree_support(
        scores,
        members,
        keys,
        grower(settings, centrality),
        separated=settings.builder == "generality",
        trees=settings.support_trees,
        seed=settings.seed,
        progress=lambda done: context.advance(done, settings.support_trees),
    )
    pairs = [(child, parent) for child, parent in support.counts if parent is not None]
    leans = lean(scores, members.indptr, members.indices, keys, pairs)
    directions = {
        (ids[child], ids[parent]): round(one.confidence, DECIMALS)
        for (child, parent), one in zip(pairs, leans, strict=True)
    }
    counts = {(ids[child], None if parent is None else ids[parent]): n for (child, parent), n in support.counts.items()}
    return Trust(support.trees, counts, directions), support


def parents_in_place(context: StageContext, chosen: Kept, grown: Iterable[Edge], support: Support) -> Pins:
    """The parents of the current version that the tracks at hand do not speak against enough to move.

    Args:
        context: of the stage.
        chosen: the concepts of the tree.
        grown: the tree that was grown.
        support: of its rule.
    """
    current = context.graph.hierarchy.tree(context.collection)
    if current is None:
        return {}
    place = {concept: position for position, concept in enumerate(chosen.concept_ids)}
    old, new = (
        {
            place[edge.child]: None if edge.parent is None else place[edge.parent]
            for edge in primary_edges(edges).values()
            if edge.child in place and (edge.parent is None or edge.parent in place)
        }
        for edges in (current[2], grown)
    )
    return settled(old, new, support)
