"""Where a playlist would go in a published tree, without a rebuild. numpy only.

Conventions: S, separation and generality as in `worker.hierarchy.generality`, whose rule this follows for one new
concept c: its parent is the more general concept p with S[c, p] > 0.45 and separation[c, p] > 0.6 that has the largest
separation; with none it would stand at the top. The playlist's tracks are in the catalogue, so their cross-fitted
scores on every published vector are known, and S[c, .] and separation[c, .] are exactly what a rebuild would find.

Why a vector is learnt all the same: whether p is more general than c also depends on what p's tracks score on c. That
vector is a class-balanced, ridge-regularised logistic regression on the logits of the published scores instead of on
the activations, at most `FEATURES` of them, solved by Newton: the concepts already span what can be told, the file is
at hand where the API runs, and only a sum over its scores is used. The ridge is `PRIOR` / tracks, as the penalty of a
prior that does not know how much will be seen: with one ridge for all sizes a vector from ten tracks says no to nearly
all others, looks narrow, and ends below its own siblings.

Why it abstains: from fewer than `FEWEST` heard tracks a rebuild would learn no concept either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from worker.answers.pool import Pool

FEWEST = 10
MIN_SIMILARITY = 0.45
MIN_SEPARATION = 0.6
FEATURES = 128
OTHERS = 4000
"""Counter-examples that are learnt from, spread evenly over the rest."""
PRIOR = 5.0
"""Of 1 to 12, what agreed best with the rebuild of the demo from 10, 20, 39 and all tracks (`bench_placement`)."""
STEPS = 25
SHOWN = 5
COMPARED = 200
"""Candidates whose separation is worked out, those with the largest S."""

Status = Literal["placed", "top", "abstained"]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Alternative:
    """A concept that might be the parent."""

    concept_id: str
    similarity: float
    """S[playlist, concept]"""
    separation: float
    more_general: bool
    """Only a more general concept may be the parent."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the playlist would go."""

    status: Status
    reason: str
    """Why it abstained or stands at the top; empty otherwise."""
    parent: str | None
    similarity: float | None
    separation: float | None
    margin: float | None
    """By how much the parent's separation exceeds the next one's, or the limit."""
    heard: int
    """Tracks that the placement rests on."""
    alternatives: tuple[Alternative, ...]
    """Candidates, best first, the parent among them."""


def place(pool: Pool, track_ids: Sequence[str]) -> Placement:
    """Place a playlist.

    Args:
        pool: the published version.
        track_ids: the playlist's tracks; those that were never heard, and repetitions, do not count.
    """
    row = {track_id: position for position, track_id in enumerate(pool.track_ids)}
    rows = np.array(sorted({row[one] for one in track_ids if one in row}), np.int64)
    if len(rows) < FEWEST:
        return _nowhere("abstained", f"{len(rows)} of its tracks were heard, {FEWEST} are needed", len(rows))
    if len(rows) == len(pool.track_ids):
        return _nowhere("abstained", "it holds every track, so there is nothing to tell it from", len(rows))
    outgoing = np.asarray(pool.scores[rows], np.float64).mean(axis=0)
    wider = _more_general(pool, rows, outgoing)
    compared = np.flatnonzero(outgoing > MIN_SIMILARITY)
    compared = compared[np.argsort(-outgoing[compared], kind="stable")][:COMPARED]
    found = [
        Alternative(
            pool.concept_ids[one], float(outgoing[one]), _separation(pool.scores[:, one], rows), bool(wider[one])
        )
        for one in compared
    ]
    found.sort(key=lambda one: (-one.separation, one.concept_id))
    passing = [one for one in found if one.more_general and one.separation > MIN_SEPARATION]
    if not passing:
        said = "no more general concept's vector says yes to its tracks and means them"
        return _nowhere("top", said, len(rows), tuple(found[:SHOWN]))
    best = passing[0]
    behind = passing[1].separation if len(passing) > 1 else MIN_SEPARATION
    shown = tuple(dict.fromkeys([best, *found]))[:SHOWN]
    return Placement(
        "placed", "", best.concept_id, best.similarity, best.separation, best.separation - behind, len(rows), shown
    )


def _nowhere(status: Status, reason: str, heard: int, alternatives: tuple[Alternative, ...] = ()) -> Placement:
    return Placement(status, reason, None, None, None, None, heard, alternatives)


def _more_general(pool: Pool, rows: NDArray[np.int64], outgoing: Floats) -> NDArray[np.bool_]:
    """(concepts,) True where a concept would come before the playlist in the order of generality."""
    mine = _own_scores(pool.scores, rows)
    incoming = np.array([mine[members].mean() if len(members) else 0.0 for members in pool.members])
    without = pool.similarity - np.diag(np.diag(pool.similarity))
    theirs = without.sum(axis=0) - without.sum(axis=1) + outgoing - incoming
    wider: NDArray[np.bool_] = theirs > float((incoming - outgoing).sum())
    return wider


def _separation(scores: NDArray[np.float32], rows: NDArray[np.int64]) -> float:
    """The probability that one of the rows scores higher than another row; ties count half."""
    column = np.asarray(scores, np.float64)
    mine, every = np.sort(column[rows]), np.sort(column)
    below = (np.searchsorted(every, mine, "left") + np.searchsorted(every, mine, "right")) / 2.0
    among = (np.searchsorted(mine, mine, "left") + np.searchsorted(mine, mine, "right")) / 2.0
    return float((below - among).sum() / (len(rows) * (len(column) - len(rows))))


def _own_scores(scores: NDArray[np.float32], rows: NDArray[np.int64]) -> Floats:
    """(tracks,) how strongly each track expresses the playlist, 0..1."""
    inside = np.zeros(len(scores), np.bool_)
    inside[rows] = True
    apart = np.abs(np.asarray(scores[rows], np.float64).mean(axis=0) - np.asarray(scores, np.float64).mean(axis=0))
    columns = np.sort(np.argsort(-apart, kind="stable")[:FEATURES])
    clipped = np.clip(np.asarray(scores[:, columns], np.float64), 1e-4, 1 - 1e-4)
    logits = np.log(clipped) - np.log1p(-clipped)
    logits = (logits - logits.mean(axis=0)) / (logits.std(axis=0) + 1e-9)
    table = np.concatenate([logits, np.ones((len(logits), 1))], axis=1)
    others = np.flatnonzero(~inside)
    others = others[np.linspace(0, len(others) - 1, min(OTHERS, len(others))).astype(np.int64)]
    weights = _newton(table[np.concatenate([rows, others])], len(rows))
    found: Floats = 0.5 * (1.0 + np.tanh(0.5 * (table @ weights)))
    return found


def _newton(table: Floats, members: int) -> Floats:
    """Weights of the least class-balanced log loss with a ridge; the first rows are the members."""
    share = np.full(len(table), 0.5 / (len(table) - members))
    share[:members] = 0.5 / members
    target = np.zeros(len(table))
    target[:members] = 1.0
    penalty = np.full(table.shape[1], PRIOR / members)
    penalty[-1] = 0.0
    weights = np.zeros(table.shape[1])
    for _ in range(STEPS):
        likely = 0.5 * (1.0 + np.tanh(0.5 * (table @ weights)))
        gradient = table.T @ (share * (likely - target)) + penalty * weights
        curvature = (table * (share * np.maximum(likely * (1 - likely), 1e-6))[:, None]).T @ table
        curvature[np.diag_indices_from(curvature)] += penalty + 1e-9
        step = np.linalg.solve(curvature, gradient)
        weights = weights - step / max(1.0, float(np.abs(step).max()) / 2.0)
        if float(np.abs(step).max()) < 1e-6:  # noqa: PLR2004  far below what a sum over scores shows
            break
    return weights
