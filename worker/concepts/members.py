"""Which tracks belong to which concept, as rows of one sorted list of tracks.

Conventions: compressed rows: the tracks of concept i are `indices[indptr[i]:indptr[i + 1]]`, ascending positions in
`track_ids`. Both lists of ids are sorted, so nothing computed from them depends on the order of the input.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.concepts.errors import DuplicateId, UnknownMember


@dataclass(frozen=True, slots=True)
class Members:
    """Concepts as sets of track rows."""

    concept_ids: tuple[str, ...]
    """Sorted."""
    track_ids: tuple[str, ...]
    """Sorted; the rows that `indices` points at."""
    indptr: NDArray[np.int64]
    indices: NDArray[np.int64]
    missing: NDArray[np.int64]
    """(concepts,) how many named tracks were dropped because `track_ids` does not hold them."""

    @classmethod
    def of(
        cls, memberships: Mapping[str, Iterable[str]], track_ids: Sequence[str], *, drop_unknown: bool = True
    ) -> Members:
        """Sort and index memberships.

        Args:
            memberships: concept id -> track ids; repeated tracks count once.
            track_ids: the tracks that have activations, in any order.
            drop_unknown: leave out named tracks that are not in `track_ids`, and count them in `missing`.

        Raises:
            DuplicateId: a track is listed twice.
            UnknownMember: a concept names a track that is not listed, and `drop_unknown` is off.
        """
        tracks = tuple(sorted(track_ids))
        row = {track: position for position, track in enumerate(tracks)}
        if len(row) != len(tracks):
            raise DuplicateId("track", next(a for a, b in itertools.pairwise(tracks) if a == b))
        concepts = tuple(sorted(memberships))
        rows, missing = [], []
        for concept in concepts:
            named = set(memberships[concept])
            unknown = sorted(named - row.keys())
            if unknown and not drop_unknown:
                raise UnknownMember(concept, unknown[0])
            rows.append(np.sort(np.array([row[track] for track in named if track in row], dtype=np.int64)))
            missing.append(len(unknown))
        indptr = np.cumsum([0, *(len(part) for part in rows)], dtype=np.int64)
        indices = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
        return cls(concepts, tracks, indptr, indices, np.array(missing, dtype=np.int64))

    @property
    def sizes(self) -> NDArray[np.int64]:
        """(concepts,) number of tracks."""
        return np.diff(self.indptr)

    def rows(self, concept: int) -> NDArray[np.int64]:
        """Ascending track rows of the concept at this position."""
        return self.indices[self.indptr[concept] : self.indptr[concept + 1]]

    def select(self, concepts: Sequence[int] | NDArray[np.int64]) -> Members:
        """Only the concepts at these positions; the tracks stay."""
        kept = sorted(int(position) for position in concepts)
        rows = [self.rows(position) for position in kept]
        return Members(
            tuple(self.concept_ids[position] for position in kept),
            self.track_ids,
            np.cumsum([0, *(len(part) for part in rows)], dtype=np.int64),
            np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64),
            self.missing[kept],
        )

    def dense(self, start: int = 0, stop: int | None = None) -> NDArray[np.bool_]:
        """(tracks, concepts start..stop-1) True where the track belongs."""
        stop = len(self.concept_ids) if stop is None else stop
        table = np.zeros((len(self.track_ids), stop - start), dtype=np.bool_)
        columns = np.repeat(np.arange(stop - start), self.sizes[start:stop])
        table[self.indices[self.indptr[start] : self.indptr[stop]], columns] = True
        return table

    def track_order(self, track_ids: Sequence[str]) -> NDArray[np.int64]:
        """Where each of this object's tracks stands in another list of the same tracks.

        Raises:
            UnknownMember: the list lacks one of them.
        """
        place = {track: position for position, track in enumerate(track_ids)}
        for track in self.track_ids:
            if track not in place:
                raise UnknownMember("(any)", track)
        return np.array([place[track] for track in self.track_ids], dtype=np.int64)
