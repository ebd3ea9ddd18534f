"""The spaces that concepts lie in: their sound, how playlists share tracks, what they are called, what was given.

Conventions: vectors are (concepts, numbers), rows in the order asked for; lengths of the collaborative-filtering
vectors are 1, so that squared distances run from 0 to 4 as those of the poster's do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.concepts.members import Members
from worker.evaluation.rivals import name_vectors
from worker.evaluation.spaces import Measure
from worker.jobs.judging.case import Case, Fit
from worker.jobs.judging.given import GivenSpace

AUDIO, CF, TEXT = "Audio", "CF", "Names"
MOST_FACTORS = 64


@dataclass(frozen=True, slots=True)
class Space:
    """Vectors of the same concepts, and how their nearness is told."""

    name: str
    measure: Measure
    vectors: NDArray[np.float64]
    known: NDArray[np.bool_]
    """(concepts,) which have a vector."""


def spaces_of(case: Case, fit: Fit, given: Sequence[GivenSpace]) -> list[Space]:
    """Audio, collaborative filtering, names and what was given, for the concepts of a fit."""
    everyone = np.ones(len(fit.ids), dtype=np.bool_)
    audio = np.concatenate([fit.vectors.weights, fit.vectors.bias[:, None]], axis=1).astype(np.float64)
    return [
        Space(AUDIO, "distance", audio, everyone),
        Space(CF, "distance", factors(fit.members), everyone),
        Space(TEXT, "cosine", name_vectors([case.names[one] for one in fit.ids]), everyone),
        *given_spaces(fit.ids, given),
    ]


def given_spaces(ids: Sequence[str], given: Sequence[GivenSpace]) -> list[Space]:
    """What was given, for these concepts; concepts it does not know have no vector."""
    found = []
    for space in given:
        place = {one: row for row, one in enumerate(space.rows.ids)}
        vectors = np.zeros((len(ids), space.rows.values.shape[1]))
        known = np.array([one in place for one in ids])
        vectors[known] = space.rows.values[[place[one] for one in ids if one in place]]
        found.append(Space(space.name, space.measure, vectors, known))
    return found


def factors(members: Members, most: int = MOST_FACTORS, seed: int = 0) -> NDArray[np.float64]:
    """Vectors of playlists by which tracks they share: truncated SVD of the membership matrix, rows of length 1.

    Args:
        members: the concepts.
        most: numbers a concept; fewer where there are fewer concepts or tracks.
        seed: of the solver.
    """
    from scipy.sparse import csr_array
    from sklearn.decomposition import TruncatedSVD  # takes a second, and few ask

    shape = (len(members.concept_ids), len(members.track_ids))
    table = csr_array((np.ones(len(members.indices)), members.indices, members.indptr), shape=shape)
    count = min(most, min(shape) - 1)
    found = TruncatedSVD(count, algorithm="arpack", random_state=seed).fit_transform(table)
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    unit: NDArray[np.float64] = np.divide(found, lengths, out=np.zeros_like(found), where=lengths > 0)
    return unit
