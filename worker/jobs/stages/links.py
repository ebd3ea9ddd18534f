"""Link tracks to the concepts they express.

The rule: a track is linked to a concept when its cross-fitted score exceeds `min_score`, and the concept is among the
track's `links_per_track` strongest or the track among the concept's `links_per_concept` strongest. So a track shows its
own best concepts, and a concept that is nobody's favourite still has tracks to show. Cross-fitted scores are used for
every track, so that members and others are compared by vectors that saw neither. The method `poster` has no folds: the
scores of the tracks a vector was trained on are too good there, which the job says.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from worker.jobs.builds import content_hash
from worker.jobs.context import StageContext, StageResult
from worker.jobs.kept import heard_tracks, kept, track_scores_file

BLOCK_CELLS = 8_000_000
DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Links:
    """Chosen links, sorted by concept, then track."""

    concept_index: NDArray[np.int64]
    track_index: NDArray[np.int64]
    score: NDArray[np.float64]
    """Rounded to 6 decimals."""
    rank: NDArray[np.int64]
    """1 is the track's strongest concept; ties: smaller index first."""


def run(context: StageContext) -> StageResult:
    """Choose the links and stage them; readers of the published version see nothing of them."""
    chosen = kept(context)
    settings = context.settings
    links = choose_links(
        track_scores_file(context),
        chosen.columns,
        min_score=settings.min_score,
        per_track=settings.links_per_track,
        per_concept=settings.links_per_concept,
    )
    staged = context.graph.hierarchy.stage_links(
        context.lease,
        context.collection,
        context.result("scan")["building"],
        concept_ids=chosen.concept_ids,
        track_ids=heard_tracks(context),
        concept_index=links.concept_index,
        track_index=links.track_index,
        score=links.score,
        rank=links.rank,
        advance=context.advance,
    )
    digest = content_hash(links.concept_index, links.track_index, links.score, links.rank)
    return StageResult({"links": len(links.score), **asdict(staged), "sha256": digest})


def choose_links(
    scores: NDArray[np.float32],
    columns: NDArray[np.int64],
    *,
    min_score: float = 0.5,
    per_track: int = 20,
    per_concept: int = 100,
) -> Links:
    """Apply the rule, a block of tracks at a time.

    Args:
        scores: (tracks, learnt concepts) 0..1; may be mapped from a file.
        columns: (kept,) which of them take part, in the order of the result's concept index.
        min_score: a link exceeds it.
        per_track: a track's strongest concepts; at least 1.
        per_concept: a concept's strongest tracks; 0 for none.
    """
    floors = _concept_floors(scores, columns, per_concept)
    block = max(BLOCK_CELLS // max(len(columns), 1), 1)
    parts = [
        _block_links(_rounded(scores[start : start + block], columns), start, floors, min_score, per_track)
        for start in range(0, len(scores), block)
    ]
    concept, track, score, rank = (np.concatenate([part[place] for part in parts]) for place in range(4))
    order = np.lexsort((track, concept))
    return Links(concept[order], track[order], score[order], rank[order])


def _rounded(block: NDArray[np.float32], columns: NDArray[np.int64]) -> NDArray[np.float64]:
    rounded: NDArray[np.float64] = np.asarray(np.round(block[:, columns].astype(np.float64), DECIMALS), np.float64)
    return rounded


def _concept_floors(scores: NDArray[np.float32], columns: NDArray[np.int64], per_concept: int) -> NDArray[np.float64]:
    """(kept,) the score of each concept's last track by rank; ties at the floor all count."""
    floors = np.full(len(columns), np.inf)
    if per_concept == 0:
        return floors
    wide = max(BLOCK_CELLS // max(len(scores), 1), 1)
    place = max(len(scores) - per_concept, 0)
    for start in range(0, len(columns), wide):
        part = _rounded(scores, columns[start : start + wide])
        floors[start : start + wide] = np.partition(part, place, axis=0)[place]
    return floors


def _block_links(
    block: NDArray[np.float64], first_track: int, floors: NDArray[np.float64], min_score: float, per_track: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    tracks, concepts = block.shape
    order = np.argsort(-block, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.broadcast_to(np.arange(1, concepts + 1), (tracks, concepts)), axis=1)
    chosen = (block > min_score) & ((ranks <= per_track) | (block >= floors))
    track, concept = np.nonzero(chosen)
    return concept, track + first_track, block[track, concept], ranks[track, concept]
