"""Scores of all tracks, S with its errors, and the quality of concepts, as far as they are not there already.

Conventions: tables as in `worker.concepts.similarity`; rows and columns follow the build's sorted ids. Cell by cell:

* a score is taken over where the concept's key and the track with its fold are the same,
* an entry of S, and its error, where both concepts' keys are: a key covers the tracks of the concept and their folds,
* a quality where the key is and all tracks are, and an entry of the separation where both keys are and all tracks:
  they rank a whole column.

What is taken over has the bits it would be computed with: see `worker.concepts.columns`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.activations.store import ActivationStore
from worker.concepts.members import Members
from worker.concepts.quality import ConceptQuality, assess
from worker.concepts.similarity import separation, similarity, similarity_error, track_scores
from worker.concepts.vectors import ConceptVectors, Progress
from worker.jobs.builds import Builds
from worker.jobs.reuse import SCORED, Scored, Shared

TRACKS_AT_A_TIME = 4096
"""Whose windows are in memory."""
Places = NDArray[np.int64]
MEASURES: dict[str, Callable[..., NDArray[np.float64]]] = {
    "similarity": similarity,
    "similarity_error": similarity_error,
    "separation": separation,
}
"""The tables of concepts by concepts."""


@dataclass(frozen=True, slots=True)
class Scoring:
    """What is to be scored, and the files it goes to."""

    builds: Builds
    store: ActivationStore
    vectors: ConceptVectors
    members: Members
    """The learnt concepts, over all tracks that were heard."""
    folds: NDArray[np.int8] | None
    """(tracks,) None for vectors without folds, which are scored as a whole."""
    names: dict[str, str]
    """Of the files, by what is in them: `scores`, `similarity`, `similarity_error`,
    `separation`, `qualities`."""

    def run(self, compared: Members, within: Members | None, progress: Progress) -> dict[str, int]:
        """Write the files.

        Args:
            compared: the tracks of each concept that S is taken over.
            within: those that each concept is judged on; None for all.
            progress: told (tracks done, tracks).

        Returns:
            What was computed and what reused, by the names of the stage's result.
        """
        old = Scored.latest(self.builds, self.vectors.keys, self.vectors.weights.shape[1])
        rows, columns = self._shared(old)
        self._place("scores", lambda path: self._write_scores(path, old, rows, columns, progress))
        scores = self.builds.read_array(self.names["scores"], written_by="similarity", mapped=True)
        self._place_tables(scores, compared, old, columns)
        measured = self._qualities(scores, within, old, columns)
        if self.folds is not None:
            name = self.names["scores"].removesuffix(".scores.npy") + SCORED
            Scored(list(self.members.track_ids), self.folds.tolist(), list(self.vectors.keys), self.names).save(
                self.builds, name
            )
        tracks, concepts = len(self.members.track_ids), len(self.vectors.concept_ids)
        return _work(tracks, len(rows.new), concepts, len(columns.new), concepts - measured)

    def _shared(self, old: Scored | None) -> tuple[Shared, Shared]:
        """Rows and columns that an older build has."""
        if old is None or self.folds is None:
            return Shared.of((), ()), Shared.of((), ())
        now = list(zip(self.members.track_ids, self.folds.tolist(), strict=True))
        rows = Shared.of(now, list(zip(old.tracks, old.folds, strict=True)))
        return rows, Shared.of(self.vectors.keys, old.keys)

    def _place(self, what: str, write: Callable[[Path], object]) -> None:
        if not self.builds.has(self.names[what]):
            self.builds.place(self.names[what], write)

    def _write_scores(self, path: Path, old: Scored | None, rows: Shared, columns: Shared, progress: Progress) -> None:
        tracks, concepts = len(self.members.track_ids), len(self.vectors.concept_ids)
        out = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(tracks, concepts))
        if old is not None and len(rows.new) and len(columns.new):
            before = self.builds.read_array(old.names["scores"], written_by="similarity", mapped=True)
            for start in range(0, len(rows.new), TRACKS_AT_A_TIME):
                run = slice(start, start + TRACKS_AT_A_TIME)
                _put(out, rows.new[run], columns.new, before[rows.old[run]][:, columns.old])
        everything = np.arange(concepts)
        work = [(rows.others(tracks), everything), (rows.new, columns.others(concepts))]
        total, done = sum(len(some) for some, wanted in work if len(wanted)), 0
        for some, wanted in work:
            for start in range(0, len(some) if len(wanted) else 0, TRACKS_AT_A_TIME):
                part = some[start : start + TRACKS_AT_A_TIME]
                _put(out, part, wanted, self._score(part, wanted))
                done += len(part)
                progress(done, total)
        out.flush()

    def _place_tables(self, scores: NDArray[np.float32], compared: Members, old: Scored | None, same: Shared) -> None:
        usable = set() if old is None else old.names.keys()
        if old is not None and not self._same_tracks(old):
            usable -= {"separation"}
        for name, measure in MEASURES.items():
            before = None
            if old is not None and name in usable:
                before = self.builds.read_array(old.names[name], written_by="similarity")
            table = _table(measure, scores, compared, before, same)
            self.builds.place_array(self.names[name].removesuffix(".npy"), table)

    def _score(self, tracks: Places, concepts: Places) -> NDArray[np.float32]:
        activations = self.store.read([self.members.track_ids[track] for track in tracks])
        folds = None if self.folds is None else self.folds[tracks]
        return track_scores(activations, self.vectors.select(concepts), folds)

    def _qualities(
        self, scores: NDArray[np.float32], within: Members | None, old: Scored | None, columns: Shared
    ) -> int:
        """Measure the concepts whose column has changed; returns how many."""
        count = len(self.vectors.concept_ids)
        known: dict[int, dict[str, Any]] = {}
        if old is not None and self.folds is not None and self._same_tracks(old):
            read = self.builds.read_json(old.names["qualities"], written_by="similarity")
            known = {new: read[before] for new, before in zip(columns.new.tolist(), columns.old.tolist(), strict=True)}
        wanted = [place for place in range(count) if place not in known]
        part = scores if len(wanted) == count else np.ascontiguousarray(scores[:, wanted])
        judged = None if within is None else within.select(wanted)
        for place, quality in zip(wanted, assess(part, self.members.select(wanted), judged), strict=True):
            known[place] = asdict(quality)
        ids = self.vectors.concept_ids
        plain = [{**known[place], "concept_id": ids[place]} for place in range(count)]
        self.builds.place_json(plain, name=self.names["qualities"])
        return len(wanted)

    def _same_tracks(self, old: Scored) -> bool:
        return self.folds is not None and (old.tracks, old.folds) == (
            list(self.members.track_ids),
            self.folds.tolist(),
        )


def nothing_computed(tracks: int, concepts: int) -> dict[str, int]:
    """What `Scoring.run` returns where everything is there already."""
    return _work(tracks, tracks, concepts, concepts, concepts)


def _work(tracks: int, old_rows: int, concepts: int, old_columns: int, old_qualities: int) -> dict[str, int]:
    return {
        "columns_computed": concepts - old_columns,
        "columns_reused": old_columns,
        "rows_computed": tracks - old_rows,
        "rows_reused": old_rows,
        "cells_computed": concepts**2 - old_columns**2,
        "cells_reused": old_columns**2,
        "qualities_computed": concepts - old_qualities,
        "qualities_reused": old_qualities,
    }


def read_qualities(builds: Builds, name: str) -> list[ConceptQuality]:
    """What `Scoring.run` measured.

    Raises:
        BuildMissing: it is gone.
    """
    return [ConceptQuality(**plain) for plain in builds.read_json(name, written_by="similarity")]


def _table(
    measure: Callable[..., NDArray[np.float64]],
    scores: NDArray[np.float32],
    members: Members,
    before: NDArray[np.float64] | None,
    same: Shared,
) -> NDArray[np.float64]:
    """S or its errors: what an older build has of it, and the rows and columns that it lacks."""
    count = len(members.concept_ids)
    others, everything = same.others(count), np.arange(count)
    if before is None or len(others) == count:
        return measure(scores, members)
    table = np.empty((count, count))
    table[np.ix_(same.new, same.new)] = before[np.ix_(same.old, same.old)]
    for rows, columns in ((others, everything), (same.new, others)):
        if len(rows) and len(columns):
            table[np.ix_(rows, columns)] = measure(scores, members, rows, columns)
    return table


def _put(table: NDArray[np.float32], rows: Places, columns: Places, values: NDArray[np.float32]) -> None:
    table[np.ix_(rows, columns)] = values
