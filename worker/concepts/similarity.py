"""How much each concept's tracks excite each concept's vector: cross-fitted track scores and the matrix S.

Conventions: score[t, j] = mean over the windows of track t of sigmoid(<v_j, f> + b_j), 0..1, with the v_j of the fold
that did not see t. S[i, j] = mean of score[t, j] over the tracks t of concept i: row = whose tracks, column = whose
vector. S is directed, tracks weigh equally, and it is rounded to 6 decimals before anything is decided by it.

Source: Afchar et al. 2022, with the bias, and with one assignment of folds for all concepts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from worker.activations.errors import FingerprintMismatch
from worker.concepts.blocks import work_through
from worker.concepts.columns import long_sums, table
from worker.concepts.errors import NotFinite, ShapeMismatch, UnusableConcept
from worker.concepts.members import Members
from worker.concepts.problem import CLIP
from worker.concepts.rows import TrackRows
from worker.concepts.vectors import ConceptVectors, Progress

if TYPE_CHECKING:
    from worker.activations.store import Activations

Block = tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]

DECIMALS = 6
BLOCK_TRACKS = 128
BLOCK_CONCEPTS = 128
RANKED_CONCEPTS = 32
FEW = 8
"""Fewer than this part of the tracks are ranked one by one."""


def track_scores(
    activations: Activations,
    vectors: ConceptVectors,
    folds: NDArray[np.int8] | None,
    progress: Progress | None = None,
    *,
    out: NDArray[np.float32] | None = None,
    workers: int | None = None,
) -> NDArray[np.float32]:
    """Score every track on every concept by a vector that did not see it.

    Args:
        activations: the tracks to score.
        vectors: what `learn_vectors` returned.
        folds: (tracks,) fold of each of `activations.track_ids`; None scores tracks that no vector has seen, by the
            vectors refitted on all folds.
        progress: told (tracks done, tracks).
        out: (tracks, concepts) float32 to write into, e.g. a memory map.
        workers: threads; None for one a core. The result does not depend on it.

    Returns:
        (tracks, concepts) float32 in 0..1, tracks in the order of `activations`, concepts in that of `vectors`.

    Raises:
        ShapeMismatch: units or folds do not fit.
        FingerprintMismatch: vectors and activations come from different networks.
        NotFinite: a track's activations hold NaN or infinity.
    """
    rows = TrackRows.whole(activations)
    _check(activations, vectors, folds)
    scores = np.empty((len(rows.counts), len(vectors.concept_ids)), np.float32) if out is None else out
    if scores.shape != (len(rows.counts), len(vectors.concept_ids)):
        raise ShapeMismatch("out", (len(rows.counts), len(vectors.concept_ids)), scores.shape)
    if folds is None:
        groups = [(np.arange(len(rows.counts)), vectors.weights, vectors.bias)]
    else:
        groups = [
            (np.flatnonzero(folds == fold), vectors.fold_weights[fold], vectors.fold_bias[fold])
            for fold in range(len(vectors.fold_weights))
        ]
    blocks = [
        (tracks, weights, bias)
        for chosen, weights, bias in groups
        for tracks in np.split(chosen, range(BLOCK_TRACKS, len(chosen), BLOCK_TRACKS))
        if len(tracks)
    ]
    done = 0

    def work(block: Block) -> NDArray[np.float32]:
        return _score(rows, *block)

    def keep(block: Block, found: NDArray[np.float32]) -> None:
        nonlocal done
        scores[block[0]] = found
        done += len(block[0])
        if progress is not None:
            progress(done, len(rows.counts))

    work_through(work, blocks, keep, workers)
    return scores


def similarity(
    scores: NDArray[np.float32],
    members: Members,
    rows: NDArray[np.int64] | None = None,
    columns: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """S: the mean score of each concept's tracks on each concept's vector.

    Args:
        scores: (tracks, concepts), rows as `members.track_ids`, columns as `members.concept_ids`.
        members: the concepts.
        rows: concepts whose tracks are asked about, by position; None for all.
        columns: concepts whose vectors are; None for all. An entry has the same bits in any part of the table.

    Returns:
        (rows, columns) float64 in 0..1, rounded to 6 decimals.

    Raises:
        ShapeMismatch: scores and members do not fit.
        UnusableConcept: a concept without tracks.
    """
    return np.round(_sums(scores, members, rows, columns) / _sizes(members, rows), DECIMALS)


def ranks(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where each track stands among all tracks on each concept's vector, ties in the middle.

    Args:
        scores: (tracks, concepts).

    Returns:
        (tracks, concepts) float32 (rank - 0.5) / tracks, rank 1 the lowest: 0.5 on average.

    Example:
        >>> ranks(np.array([[0.1], [0.9], [0.9], [0.3]], np.float32))[:, 0].tolist()
        [0.125, 0.75, 0.75, 0.375]
    """
    from scipy.stats import rankdata  # importing this module stays quick

    ranked: NDArray[np.float32] = ((rankdata(scores, axis=0) - 0.5) / max(len(scores), 1)).astype(np.float32)
    return ranked


def separation(
    scores: NDArray[np.float32],
    members: Members,
    rows: NDArray[np.int64] | None = None,
    columns: NDArray[np.int64] | None = None,
    *,
    progress: Progress | None = None,
    workers: int | None = None,
) -> NDArray[np.float64]:
    """The probability that a track of one concept scores higher on another's vector than a track outside the one does.

    The area under the ROC curve for each pair of concepts. It is the mean rank of a concept's tracks, stretched by the
    share of tracks that are not its own, so with ranks held fixed it is as linear in the tracks' weights as S is.

    Args:
        scores: (tracks, concepts), rows as `members.track_ids`, columns as `members.concept_ids`; may be mapped.
        members: the concepts.
        rows: as for `similarity`.
        columns: as for `similarity`.
        progress: told (columns done, columns).
        workers: threads; None for one a core. The result does not depend on it.

    Returns:
        (rows, columns) float64 in 0..1, rounded to 6 decimals; row = whose tracks, column = whose vector. 0.5 where a
        concept holds every track.

    Raises:
        ShapeMismatch: scores and members do not fit.
        UnusableConcept: a concept without tracks.
    """
    _check_scores(scores, members)
    tracks, size = len(scores), _sizes(members, rows)
    wanted = np.arange(scores.shape[1]) if columns is None else columns
    asked, table = _membership(members, np.arange(len(members.sizes)) if rows is None else rows)
    outside = 1.0 - size / max(tracks, 1)
    found = np.empty((len(size), len(wanted)))

    def work(part: slice) -> NDArray[np.float64]:
        excess = (table @ _ranks_of(_columns(scores, wanted[part]), asked).astype(np.float64)) / size - 0.5
        stretched: NDArray[np.float64] = np.divide(excess, outside, out=np.zeros_like(excess), where=outside > 0)
        return stretched

    def keep(part: slice, stretched: NDArray[np.float64]) -> None:
        found[:, part] = stretched
        if progress is not None:
            progress(min(part.stop, len(wanted)), len(wanted))

    starts = range(0, len(wanted), RANKED_CONCEPTS)
    work_through(work, [slice(start, start + RANKED_CONCEPTS) for start in starts], keep, workers)
    bounded = np.clip(0.5 + found, 0.0, 1.0)  # sums of 32 bits may leave 0..1 by the last of them
    return np.asarray(np.round(bounded, DECIMALS), np.float64)


def _membership(members: Members, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], scipy.sparse.csr_matrix]:
    """The tracks of some concepts, ascending, and (concepts, these tracks) 1 for each that a concept holds."""
    held = [members.rows(concept) for concept in rows.tolist()]
    asked, place = np.unique(np.concatenate([np.zeros(0, np.int64), *held]), return_inverse=True)
    ends = np.cumsum([0, *map(len, held)])
    ones = np.ones(len(place), np.float32)
    return asked, scipy.sparse.csr_matrix((ones, place, ends), shape=(len(held), len(asked)))


def _ranks_of(scores: NDArray[np.float32], asked: NDArray[np.int64]) -> NDArray[np.float32]:
    """`ranks` of some tracks among all; where they are few, by counting who is below, which only sorts."""
    tracks = len(scores)
    if len(asked) > tracks // FEW:
        return ranks(scores)[asked]
    found = np.empty((len(asked), scores.shape[1]), np.float32)
    for column, sorted_scores in enumerate(np.sort(scores.T, axis=1)):
        mine = scores[asked, column]
        below, upto = (np.searchsorted(sorted_scores, mine, side) for side in ("left", "right"))
        found[:, column] = ((below + upto + 1) / 2 - 0.5) / tracks
    return found


def _columns(scores: NDArray[np.float32], wanted: NDArray[np.int64]) -> NDArray[np.float32]:
    """Some columns; a view where they lie together."""
    if len(wanted) and (np.diff(wanted) == 1).all():
        return np.asarray(scores[:, wanted[0] : wanted[-1] + 1])
    return scores[:, wanted]


def similarity_error(
    scores: NDArray[np.float32],
    members: Members,
    rows: NDArray[np.int64] | None = None,
    columns: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Standard error of each S[i, j] with tracks as units, rounded to 6 decimals; NaN where a concept has one track.

    Args:
        scores: as for `similarity`.
        members: the concepts.
        rows: as for `similarity`.
        columns: as for `similarity`.
    """
    total = _sums(scores, members, rows, columns)
    squares = _sums(scores, members, rows, columns, squared=True)
    number = _sizes(members, rows)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.maximum(squares - total**2 / number, 0.0) / (number - 1)
        error: NDArray[np.float64] = np.sqrt(spread / number)
    error[number[:, 0] <= 1] = np.nan
    return np.round(error, DECIMALS, out=error)


def _score(
    rows: TrackRows, tracks: NDArray[np.int64], weights: NDArray[np.float32], bias: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(tracks, concepts) mean over windows of the sigmoid; concepts in blocks: the table of windows stays small."""
    values, counts = rows.take(tracks), rows.counts[tracks]
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    scores, turned = np.empty((len(tracks), len(weights)), np.float32), np.ascontiguousarray(weights.T)
    for first in range(0, len(weights), BLOCK_CONCEPTS):
        part = slice(first, first + BLOCK_CONCEPTS)
        logits = table(values, turned[:, part])
        logits += bias[part]
        np.clip(logits, -CLIP, CLIP, out=logits)
        np.negative(logits, out=logits)
        np.exp(logits, out=logits)
        logits += 1.0
        np.reciprocal(logits, out=logits)
        windows = logits if len(values) == len(tracks) else np.add.reduceat(logits, starts, axis=0)
        scores[:, part] = windows / counts[:, None].astype(np.float32)
    if not np.isfinite(scores).all():
        bad = int(np.argmin(np.isfinite(scores).all(axis=1)))
        raise NotFinite("activations or vectors", f"track {rows.track_ids[int(tracks[bad])]}")
    return scores


def _sizes(members: Members, rows: NDArray[np.int64] | None) -> NDArray[np.float64]:
    sizes = members.sizes if rows is None else members.sizes[rows]
    return sizes[:, None].astype(np.float64)


def _sums(
    scores: NDArray[np.float32],
    members: Members,
    rows: NDArray[np.int64] | None,
    columns: NDArray[np.int64] | None,
    *,
    squared: bool = False,
) -> NDArray[np.float64]:
    """(rows, columns) sum of each concept's tracks' scores in float64, concept by concept, track after track."""
    _check_scores(scores, members)
    rows = np.arange(len(members.concept_ids)) if rows is None else rows
    found = np.empty((len(rows), scores.shape[1] if columns is None else len(columns)))
    for place, concept in enumerate(rows.tolist()):
        tracks = members.rows(concept)
        mine = scores[tracks if columns is None else np.ix_(tracks, columns)].astype(np.float64)
        if squared:
            np.square(mine, out=mine)
        found[place] = long_sums(mine)
    return found


def _check_scores(scores: NDArray[np.float32], members: Members) -> None:
    wanted = (len(members.track_ids), len(members.concept_ids))
    if scores.shape != wanted:
        raise ShapeMismatch("scores", wanted, scores.shape)
    if wanted[1] and members.sizes.min() < 1:
        raise UnusableConcept(members.concept_ids[int(members.sizes.argmin())], -1, "example")


def _check(activations: Activations, vectors: ConceptVectors, folds: NDArray[np.int8] | None) -> None:
    if activations.fingerprint.text != vectors.fingerprint:
        raise FingerprintMismatch(vectors.fingerprint, activations.fingerprint.text)
    if activations.values.shape[1] != vectors.weights.shape[1]:
        raise ShapeMismatch("units of the activations", vectors.weights.shape[1], activations.values.shape[1])
    if folds is None:
        return
    if np.shape(folds) != (len(activations.track_ids),):
        raise ShapeMismatch("folds", (len(activations.track_ids),), np.shape(folds))
    if len(folds) and not 0 <= folds.min() <= folds.max() < len(vectors.fold_weights):
        raise ShapeMismatch("the largest fold", f"0..{len(vectors.fold_weights) - 1}", int(folds.max()))
