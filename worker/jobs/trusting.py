"""Support, direction and errors of a tree's edges, from the scores of the tracks: by every rebuild, and by `evaluate`.

Conventions: `scores` is (tracks, concepts), columns as `members.concept_ids`, rows as `members.track_ids`. S and
separation of a draw come from the same weights; the ranks of tracks, of which separation is a mean, are held fixed, as
the vectors are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cypher.comparison import primary_edges
from cypher.model import Edge
from worker.concepts.blocks import work_through
from worker.concepts.folds import hash_order
from worker.concepts.members import Members
from worker.concepts.poster import judged_on
from worker.concepts.similarity import RANKED_CONCEPTS, ranks
from worker.hierarchy.margins import Move, Scales, moves_between, undecided
from worker.hierarchy.support import TREES, Grow, Support, Watch, lean, resampled, sampling_support, track_weights
from worker.jobs.builds import Builds
from worker.jobs.context import StageContext
from worker.jobs.growing import Weigh, grower, weigher
from worker.jobs.kept import Kept, kept_separation, kept_similarity, track_scores_file
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
    watch: Watch = lambda _similarity, _separation: (),
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
        watch: what else is measured on each draw, for its standard error.
    """
    drawn = draws(scores, members, track_weights(keys, trees, seed), separated=separated)
    return sampling_support(drawn, grow, progress, watch)


# --- of a rebuild ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stay:
    """An edge that was left in place, and how far short of its error the lead of the parent it would have got fell."""

    parent: str | None
    rival: str | None
    lead: float
    error: float


@dataclass(frozen=True, slots=True)
class Trust:
    """Support and direction of every edge that any of the trees of drawn tracks had, and errors of the tree's own."""

    trees: int
    counts: Mapping[tuple[str, str | None], int]
    """In how many of them, by (child, parent); parent None is the root."""
    directions: Mapping[tuple[str, str], float]
    """Probability that S[child, parent] > S[parent, child]."""
    errors: Mapping[tuple[str, str | None, str | None], float]
    """Standard error of the margin, by (child, parent, runner-up)."""
    stayed: Mapping[str, Stay]
    """By child."""

    @property
    def stay(self) -> dict[str, str | None]:
        """Parents that concepts keep, None below the root."""
        return {child: one.parent for child, one in self.stayed.items()}

    def applied(self, edges: Sequence[Edge]) -> tuple[Edge, ...]:
        """The same edges, each with what is known of it."""
        ids = {edge.child for edge in edges} | {None}
        return tuple(self._with(edge, ids) for edge in edges)

    def _with(self, edge: Edge, ids: Collection[str | None]) -> Edge:
        support = round(self.counts.get((edge.child, edge.parent), 0) / self.trees, DECIMALS)
        direction = None if edge.parent is None else self.directions.get((edge.child, edge.parent))
        error = None if edge.further else self.errors.get((edge.child, edge.parent, edge.runner_up))
        edge = replace(edge, support=support, direction=direction, margin_error=error)
        stay = self.stayed.get(edge.child)
        if stay is None or edge.pinned or edge.further or edge.parent != stay.parent or stay.rival not in ids:
            return edge
        margin = stay.lead if stay.parent is None else -stay.lead  # of an edge to the root it is the other's excess
        return replace(edge, margin=margin, margin_error=stay.error, runner_up=stay.rival)

    def save(self, builds: Builds) -> str:
        """Write it; returns the file's name."""
        plain = {
            "trees": self.trees,
            "counts": sorted(([child, parent or "", count] for (child, parent), count in self.counts.items()), key=str),
            "directions": sorted([child, parent, value] for (child, parent), value in self.directions.items()),
            "errors": sorted(([*edge, value] for edge, value in self.errors.items()), key=str),
            "stayed": {child: asdict(one) for child, one in sorted(self.stayed.items())},
        }
        return builds.place_json(plain)

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
            # a job begun under an older release has none of the following
            {(child, parent, runner_up): value for child, parent, runner_up, value in read.get("errors", ())},
            {child: Stay(**one) for child, one in read.get("stayed", {}).items()},
        )


def compared_tracks(context: StageContext, chosen: Kept) -> tuple[Members, NDArray[np.uint64]]:
    """The tracks of each concept that S is taken over, and what is drawn for each track."""
    settings, ready = context.settings, lesson(context)
    compared = judged_on(ready.learnable, settings.seed)[0] if settings.method == "poster" else ready.learnable
    keys = track_keys(ready.copy.fold_keys(compared.track_ids, settings.support_by))
    return compared.select(chosen.columns), keys


def trust_of(
    context: StageContext,
    chosen: Kept,
    members: Members,
    keys: NDArray[np.uint64],
    *,
    centrality: NDArray[np.float64],
    grown: Iterable[Edge],
) -> Trust:
    """Draw tracks, grow the trees of a rebuild's rule without pins, and weigh direction and margin of the edges.

    Args:
        context: of the stage.
        chosen: the concepts of the tree.
        members: their tracks.
        keys: (tracks,) what is drawn.
        centrality: (concepts,) betweenness.
        grown: the tree whose margins are asked about, and, where the settings are sticky, whose moves.
    """
    settings, ids = context.settings, chosen.concept_ids
    scores = np.ascontiguousarray(track_scores_file(context)[:, chosen.columns])
    watched = _Watched.of(context, chosen, weigher(settings, centrality), primary_edges(grown))
    support = tree_support(
        scores,
        members,
        keys,
        grower(settings, centrality),
        separated=settings.builder == "generality",
        trees=settings.support_trees,
        seed=settings.seed,
        progress=lambda done: context.advance(done, settings.support_trees),
        watch=watched.measure,
    )
    pairs = [(child, parent) for child, parent in support.counts if parent is not None]
    leans = lean(scores, members.indptr, members.indices, keys, pairs)
    directions = {
        (ids[child], ids[parent]): round(one.confidence, DECIMALS)
        for (child, parent), one in zip(pairs, leans, strict=True)
    }
    counts = {(ids[child], None if parent is None else ids[parent]): n for (child, parent), n in support.counts.items()}
    scales = watched.weigh(kept_similarity(context, chosen), kept_separation(context, chosen))
    return Trust(support.trees, counts, directions, *watched.told(ids, scales, support.errors))


@dataclass(frozen=True, slots=True)
class _Watched:
    """What is measured on every draw: the margins of a tree's edges, and the leads of its moves."""

    edges: Mapping[tuple[str, str | None, str | None], tuple[int, int | None, int | None]]
    """(child, parent, runner-up), by id and by position."""
    moves: list[Move]
    weigh: Weigh

    @classmethod
    def of(cls, context: StageContext, chosen: Kept, weigh: Weigh, grown: Mapping[str, Edge]) -> _Watched:
        place = {concept: position for position, concept in enumerate(chosen.concept_ids)}

        def at(concept: str | None) -> int | None:
            return None if concept is None else place[concept]

        edges = {
            (one.child, one.parent, one.runner_up): (place[one.child], at(one.parent), at(one.runner_up))
            for one in grown.values()
            if one.margin is not None
        }
        current = context.graph.hierarchy.tree(context.collection) if context.settings.sticky else None
        standing = {} if current is None else primary_edges(current[2])
        old, new = (
            {place[one.child]: at(one.parent) for one in tree.values() if {one.child, one.parent} <= {None, *place}}
            for tree in (standing, {child: edge for child, edge in grown.items() if not edge.pinned})
        )
        return cls(edges, moves_between(old, new), weigh)

    def measure(self, similarity: NDArray[np.float64], separation: NDArray[np.float64] | None) -> list[float]:
        scales = self.weigh(similarity, separation)
        return [*(scales.margin(*edge) for edge in self.edges.values()), *map(scales.lead, self.moves)]

    def told(
        self, ids: Sequence[str], scales: Scales, errors: NDArray[np.float64]
    ) -> tuple[dict[tuple[str, str | None, str | None], float], dict[str, Stay]]:
        """Errors of the margins, and the edges that stay."""
        margins, spreads = np.split(errors, [len(self.edges)])
        known = {edge: round(error, DECIMALS) for edge, error in zip(self.edges, margins.tolist(), strict=True)}
        leads = list(map(scales.lead, self.moves))
        back = undecided(self.moves, leads, spreads.tolist())

        def named(position: int | None) -> str | None:
            return None if position is None else ids[position]

        stayed = {
            ids[move.child]: Stay(named(move.old), named(move.new), round(lead, DECIMALS), round(error, DECIMALS))
            for move, lead, error in zip(self.moves, leads, spreads.tolist(), strict=True)
            if move.child in back
        }
        return {edge: error for edge, error in known.items() if math.isfinite(error)}, stayed
