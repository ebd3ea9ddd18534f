"""Whom a concept is not told from: tracks that are neither its examples nor its counter-examples.

Conventions: what is set aside is given as `Members` of the same concepts and tracks, as `learn_vectors` takes it.

Why: a track that lacks a membership is not always a track that the concept is not about. Who has a Funk-Rock list does
not repeat its tracks in Funk, and the vector of Funk then learns to say no to them. Two ways to choose whom a vector
is told from: without the tracks of its relatives, or from the nearest only. What each does to S and to trees is
measured in docs/correlated.md; neither is the default.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from worker.concepts.errors import ShapeMismatch
from worker.concepts.members import Members

RELATED = 0.5
"""How far from chance towards containment two concepts are relatives."""


def tracks_of_relatives(members: Members, share: float = RELATED) -> Members:
    """Tracks of concepts that overlap strongly with each concept, and are not its own.

    Args:
        members: the concepts.
        share: where an overlap lies between what chance would give (0) and the smaller lying wholly in the larger (1);
            relatives exceed it. A concept that holds most tracks overlaps with everybody by chance.

    Example:
        >>> members = Members.of({"Funk": "abcd", "Funk-Rock": "bcde", "Jig": "x"}, "abcdevwxyz")
        >>> aside = tracks_of_relatives(members)
        >>> [[aside.track_ids[row] for row in aside.rows(concept)] for concept in range(3)]
        [['e'], ['a'], []]
    """
    held = scipy.sparse.csr_matrix(
        (np.ones(len(members.indices), np.float32), members.indices, members.indptr),
        shape=(len(members.concept_ids), len(members.track_ids)),
    )
    common = (held @ held.T).toarray()
    smaller = np.minimum.outer(members.sizes, members.sizes)
    chance = np.outer(members.sizes, members.sizes) / max(len(members.track_ids), 1)
    related = common - chance > share * (smaller - chance)
    return _aside(members, scipy.sparse.csr_matrix(related.astype(np.float32)) @ held > 0)


def easy_tracks(members: Members, scores: NDArray[np.float32], share: float = 0.5) -> Members:
    """The counter-examples that each concept's vector says no to most surely; set aside, the hard ones are left.

    Args:
        members: the concepts.
        scores: (tracks, concepts) of a first learning; of tracks that may be counted on, by vectors that did not see
            them.
        share: of each concept's counter-examples, 0..1.

    Raises:
        ShapeMismatch: scores and members do not fit.
    """
    if scores.shape != (len(members.track_ids), len(members.concept_ids)):
        raise ShapeMismatch("scores", (len(members.track_ids), len(members.concept_ids)), scores.shape)
    table = np.zeros((len(members.concept_ids), len(members.track_ids)), np.bool_)
    own = members.dense()
    for concept in range(len(members.concept_ids)):
        others = np.flatnonzero(~own[:, concept])
        order = others[np.argsort(scores[others, concept], kind="stable")]
        table[concept, order[: int(share * len(order))]] = True
    return _aside(members, scipy.sparse.csr_matrix(table))


def _aside(members: Members, table: scipy.sparse.csr_matrix) -> Members:
    """(concepts, tracks) without the concepts' own tracks, as members."""
    aside = table.toarray().astype(np.bool_) & ~members.dense().T
    rows = [np.flatnonzero(row) for row in aside]
    return Members(
        members.concept_ids,
        members.track_ids,
        np.cumsum([0, *map(len, rows)], dtype=np.int64),
        np.concatenate(rows).astype(np.int64),
        np.zeros(len(rows), np.int64),
    )
