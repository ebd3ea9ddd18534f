"""The spaces that concepts lie in: their sound, how playlists share tracks, what they are called, what was given.

Conventions: vectors are (concepts, numbers), rows in the order asked for; lengths of the collaborative-filtering
vectors are 1, so that squared distances run from 0 to 4 as those of the poster's do.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.concepts.members import Members
from worker.evaluation.errors import SpaceNamedTwice
from worker.evaluation.names import NamesBy, name_vectors, said_of
from worker.evaluation.spaces import Measure
from worker.jobs.judging.case import Case, Fit
from worker.jobs.judging.given import GivenSpace

AUDIO, CF = "Audio", "CF"
TEXT: dict[NamesBy, str] = {"minilm": "Names by MiniLM", "ngrams": "Names by n-grams"}
MOST_FACTORS = 64


@dataclass(frozen=True, slots=True)
class Space:
    """Vectors of the same concepts, and how their nearness is told."""

    name: str
    measure: Measure
    vectors: NDArray[np.float64]
    known: NDArray[np.bool_]
    """(concepts,) which have a vector."""
    what: str
    """For people: what is compared, and how."""


def spaces_of(case: Case, fit: Fit, given: Sequence[GivenSpace], ways: Sequence[NamesBy]) -> list[Space]:
    """Audio, collaborative filtering, names and what was given, for the concepts of a fit.

    Args:
        case: knows the names.
        fit: vectors and memberships.
        given: further spaces.
        ways: by which names are compared; a space each.

    Raises:
        NamesModelMissing: names are to be compared by `minilm`, whose weights are not installed.
        NamesModelDamaged: those weights are not the published ones.
        SpaceNamedTwice: a space that was given is called like another one.
    """
    everyone = np.ones(len(fit.ids), dtype=np.bool_)
    audio = np.concatenate([fit.vectors.weights, fit.vectors.bias[:, None]], axis=1).astype(np.float64)
    shared = factors(fit.members)
    names = [case.names[one] for one in fit.ids]
    heard = f"Euclidean distance of the concepts' vectors with bias, {audio.shape[1]} numbers"
    listed = f"Euclidean distance of unit vectors: truncated SVD of the memberships, {shared.shape[1]} numbers"
    own = [
        Space(AUDIO, "distance", audio, everyone, heard),
        Space(CF, "distance", shared, everyone, listed),
        *(Space(TEXT[way], "cosine", name_vectors(names, way), everyone, said_of(way)) for way in ways),
    ]
    return [*own, *given_spaces(fit.ids, given, taken={space.name for space in own})]


def given_spaces(ids: Sequence[str], given: Sequence[GivenSpace], taken: Collection[str] = ()) -> list[Space]:
    """What was given, for these concepts; concepts it does not know have no vector.

    Args:
        ids: of the concepts.
        given: the spaces.
        taken: names that are given away already.

    Raises:
        SpaceNamedTwice: two spaces are called alike.
    """
    names = [*taken, *(space.name for space in given)]
    for name in names:
        if names.count(name) > 1:
            raise SpaceNamedTwice(name)
    found = []
    for space in given:
        place = {one: row for row, one in enumerate(space.rows.ids)}
        vectors = np.zeros((len(ids), space.rows.values.shape[1]))
        known = np.array([one in place for one in ids])
        vectors[known] = space.rows.values[[place[one] for one in ids if one in place]]
        what = f"{space.measure} of the vectors given, {vectors.shape[1]} numbers"
        found.append(Space(space.name, space.measure, vectors, known, what))
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
