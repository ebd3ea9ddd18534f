"""Writing the similarities and links of a staging, and sweeping what no version shows.

Conventions: as in `hierarchy`. A batch is one transaction: take the locks of step and collection, look at fence and
numbers, read what stands, write the differences. Batches hold whole concepts, about `BATCH_EDGES` relationships.

Why the collection is locked too: a sweep without a lease holds it while it makes sure that no rebuild is active.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cypher.errors import RebuildActive, StagingSuperseded, UnknownCollection, UnknownConcept, UnknownTrack
from cypher.fence import hold
from cypher.intervals import Changes, Standing, Value, differences
from cypher.loader import load_query
from cypher.model import Lease
from cypher.runner import Row, Runner, Transaction

BATCH_EDGES = 40_000
BATCH_CONCEPTS = 200
SWEEP_BATCH = 50_000

Advance = Callable[[int, int], None]
"""Called with (done, total) after each batch; whatever it raises stops the staging between two batches."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Relationships grouped by the concept they belong to."""

    concepts: tuple[str, ...]
    others: tuple[str, ...]
    starts: NDArray[np.intp]
    """(concepts + 1,) offsets into `other` and `values`."""
    other: NDArray[np.intp]
    """(relationships,) index into `others`."""
    values: tuple[NDArray[Any], ...]
    """Each (relationships,)."""

    def of(self, index: int) -> dict[str, Value]:
        """Other -> value of one concept."""
        rows = slice(int(self.starts[index]), int(self.starts[index + 1]))
        columns = zip(*(values[rows].tolist() for values in self.values), strict=True)
        return {self.others[other]: value for other, value in zip(self.other[rows].tolist(), columns, strict=True)}


def grouped(
    concepts: Sequence[str],
    others: Sequence[str],
    concept: NDArray[np.integer],
    other: NDArray[np.integer],
    values: Sequence[NDArray[Any]],
) -> Wanted:
    """Sort relationships by concept.

    Raises:
        ValueError: lengths differ, an index is out of range, or a pair comes twice.
    """
    if any(array.shape != concept.shape or array.ndim != 1 for array in (other, *values)):
        raise ValueError("one entry a relationship is needed in every array")
    for index, size in ((concept, len(concepts)), (other, len(others))):
        if index.size and not (index.min() >= 0 and index.max() < size):
            raise ValueError(f"indices must lie in 0..{size - 1}")
    pairs = concept.astype(np.int64) * max(1, len(others)) + other
    order = np.argsort(pairs, kind="stable")
    if np.any(np.diff(pairs[order]) == 0):
        raise ValueError("a pair comes twice")
    starts = np.zeros(len(concepts) + 1, dtype=np.intp)
    np.cumsum(np.bincount(concept, minlength=len(concepts)), out=starts[1:])
    return Wanted(
        tuple(concepts),
        tuple(others),
        starts,
        other[order].astype(np.intp),
        tuple(array[order] for array in values),
    )


class SimilarityRows:
    """SIMILAR_TO, grouped by the concept whose tracks it is about; the value is (weight, standard error)."""

    @staticmethod
    def standing(tx: Transaction, concepts: Sequence[str], staging: int) -> Iterator[tuple[str, list[Standing]]]:
        """What a staging being built may find, by concept."""
        for row in tx.run(load_query("list_similarities"), concepts=concepts, staging=staging):
            yield row["concept"], _standing(row, map(tuple, row["values"]))

    @staticmethod
    def save(tx: Transaction, new: Mapping[str, Mapping[str, Value]], staging: int) -> int:
        """Write them; returns how many were written."""
        ids = sorted(new.keys() | {other for values in new.values() for other in values})
        place = {name: index for index, name in enumerate(ids)}
        rows = [
            {
                "source": place[concept],
                "targets": [place[other] for other in values],
                "weights": [weight for weight, _ in values.values()],
                "errors": [error for _, error in values.values()],
            }
            for concept, values in new.items()
        ]
        return int(tx.run(load_query("save_similarities"), ids=ids, rows=rows, staging=staging)[0]["written"])


class LinkRows:
    """EXPRESSES, grouped by concept; the value is (score, rank)."""

    @staticmethod
    def standing(tx: Transaction, concepts: Sequence[str], staging: int) -> Iterator[tuple[str, list[Standing]]]:
        """What a staging being built may find, by concept."""
        for row in tx.run(load_query("list_links"), concepts=concepts, staging=staging):
            yield row["concept"], _standing(row, zip(row["scores"], row["ranks"], strict=True))

    @staticmethod
    def save(tx: Transaction, new: Mapping[str, Mapping[str, Value]], staging: int) -> int:
        """Write them; returns how many were written."""
        ids = sorted({other for values in new.values() for other in values})
        place = {name: index for index, name in enumerate(ids)}
        rows = [
            {
                "concept": concept,
                "targets": [place[other] for other in values],
                "scores": [score for score, _ in values.values()],
                "ranks": [rank for _, rank in values.values()],
            }
            for concept, values in new.items()
        ]
        return int(tx.run(load_query("save_links"), ids=ids, rows=rows, staging=staging)[0]["written"])


Rows = SimilarityRows | LinkRows


@dataclass(frozen=True, slots=True)
class Staged:
    """What making a staging hold what is wanted has changed in the graph."""

    written: int = 0
    """Relationships created, or opened again."""
    closed: int = 0
    """Relationships that the staging no longer shows: closed, or removed where no version shows them either."""
    kept: int = 0
    """Relationships that stood already and were not touched."""

    def __add__(self, other: Staged) -> Staged:
        return Staged(self.written + other.written, self.closed + other.closed, self.kept + other.kept)


@dataclass(frozen=True, slots=True)
class Building:
    """Which staging is being built, and the right to do so."""

    lease: Lease
    collection: str
    staging: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """Where a collection stands while its lock is held."""

    version: int
    """The current one; 0 before the first."""
    staging: int | None
    """What the current version shows."""
    highest: int
    """The highest version there ever was."""
    retained: tuple[int, ...]
    """Stagings that published or waiting versions show, ascending."""
    waiting: tuple[int, ...]
    """Versions that wait at the gate."""
    curations: int
    """Decisions that curators ever made."""

    @property
    def newest(self) -> int:
        """The highest staging that a version shows; 0 when there is none."""
        return max(self.retained, default=0)


def stage(runner: Runner, rows: Rows, building: Building, wanted: Wanted, advance: Advance | None) -> Staged:
    """Make the staging hold exactly what is wanted, batch by batch."""
    known = [row["id"] for row in runner.run(load_query("list_concept_ids"), collection=building.collection)]
    for concept in sorted(set(wanted.concepts) - set(known)):
        raise UnknownConcept(concept, building.collection)
    total, done, changed = len(wanted.other), 0, Staged()
    for batch in _batches(wanted, known):
        changed += runner.write(partial(_stage_batch, rows=rows, building=building, wanted=wanted, batch=batch))
        done += sum(_size(wanted, index) for _, index in batch)
        if advance is not None:
            advance(done, total)
    return changed


def sweep(runner: Runner, collection: str, lease: Lease | None) -> int:
    """Remove what no version shows; returns relationships removed or reopened.

    What only stagings without a version hold goes, and what they closed is opened again: then the highest staging that
    a version shows is exactly what is open, whatever came to nothing after it.
    """
    swept = 0
    for name in ("remove_stale_similarities", "remove_stale_links", "reopen_stale_similarities", "reopen_stale_links"):
        while count := runner.write(partial(_sweep_batch, name=name, collection=collection, lease=lease)):
            swept += count
    return swept


def lock_collection(tx: Transaction, collection: str) -> Numbers:
    """Lock the collection until the transaction ends, then look.

    Raises:
        UnknownCollection: there is none of that id.
    """
    rows = tx.run(load_query("lock_collection"), collection=collection)
    if not rows:
        raise UnknownCollection(collection)
    row = rows[0]
    return Numbers(
        version=row["version"],
        staging=row["links"],
        highest=row["highest"],
        retained=tuple(sorted(row["retained"])),
        waiting=tuple(sorted(row["waiting"])),
        curations=row["curations"],
    )


def begin(tx: Transaction, lease: Lease, collection: str) -> int:
    """Hand out the number of a new staging; a step that asks again gets the one it has.

    Raises:
        LeaseLost: somebody else has the step.
        UnknownCollection: there is none of that id.
    """
    hold(tx, lease)
    lock_collection(tx, collection)
    return int(tx.run(load_query("begin_staging"), collection=collection, step=lease.step_id)[0]["staging"])


def _stage_batch(
    tx: Transaction, rows: Rows, building: Building, wanted: Wanted, batch: Sequence[tuple[str, int | None]]
) -> Staged:
    collection, staging = building.collection, building.staging
    hold(tx, building.lease)
    newest = lock_collection(tx, collection).newest
    if staging <= newest or building.lease.collection != collection:
        raise StagingSuperseded(collection, staging, newest)
    standing = dict(rows.standing(tx, [concept for concept, _ in batch], staging))
    total = Changes()
    new: dict[str, dict[str, Value]] = {}
    for concept, index in batch:
        values = {} if index is None else wanted.of(index)
        changes = differences(values, standing.get(concept, ()), staging)
        if changes.create:
            new[concept] = {other: values[other] for other in changes.create}
        total.close += changes.close
        total.reopen += changes.reopen
        total.remove += changes.remove
    _write_changes(tx, total, staging)
    expected = sum(len(values) for values in new.values())
    if expected and rows.save(tx, new, staging) != expected:
        _raise_unknown(tx, collection, new)
    written = expected + len(total.reopen)
    asked = sum(_size(wanted, index) for _, index in batch)
    return Staged(written, len(total.close) + len(total.remove), asked - written)


def _write_changes(tx: Transaction, changes: Changes, staging: int) -> None:
    if changes.close:
        tx.run(load_query("close_intervals"), ids=changes.close, staging=staging)
    if changes.reopen:
        tx.run(load_query("reopen_intervals"), ids=changes.reopen)
    if changes.remove:
        tx.run(load_query("remove_intervals"), ids=changes.remove)


def _raise_unknown(tx: Transaction, collection: str, new: Mapping[str, Mapping[str, Value]]) -> None:
    """Say which node was missing; concepts were checked before, so it is a track, or a concept deleted since."""
    others = sorted({other for values in new.values() for other in values})
    tracks = {row["id"] for row in tx.run(load_query("find_existing_tracks"), ids=others)}
    concepts = {
        row["id"] for row in tx.run(load_query("find_existing_concepts"), collection=collection, ids=[*new, *others])
    }
    for concept in new:
        if concept not in concepts:
            raise UnknownConcept(concept, collection)
    for other in others:
        if other not in tracks and other not in concepts:
            raise UnknownTrack(other)


def _sweep_batch(tx: Transaction, name: str, collection: str, lease: Lease | None) -> int:
    if lease is not None:
        hold(tx, lease)
    numbers = lock_collection(tx, collection)
    if lease is None:
        for row in tx.run(load_query("find_active_job_id"), collection=collection):
            raise RebuildActive(row["id"], collection)
    shown: dict[str, object] = (
        {"newest": numbers.newest} if name.startswith("reopen") else {"retained": list(numbers.retained)}
    )
    answer = tx.run(load_query(name), collection=collection, limit=SWEEP_BATCH, **shown)[0]
    return int(next(iter(answer.values())))


def _batches(wanted: Wanted, known: Sequence[str]) -> Iterator[list[tuple[str, int | None]]]:
    """(concept, its index or None when it is not wanted), in batches of bounded size."""
    index_of = {concept: index for index, concept in enumerate(wanted.concepts)}
    batch: list[tuple[str, int | None]] = []
    edges = 0
    for concept in known:
        index = index_of.get(concept)
        size = _size(wanted, index)
        if batch and (edges + size > BATCH_EDGES or len(batch) >= BATCH_CONCEPTS):
            yield batch
            batch, edges = [], 0
        batch.append((concept, index))
        edges += size
    if batch:
        yield batch


def _size(wanted: Wanted, index: int | None) -> int:
    return 0 if index is None else int(wanted.starts[index + 1] - wanted.starts[index])


def _standing(row: Row, values: Iterable[Value]) -> list[Standing]:
    columns = zip(row["ids"], row["others"], values, row["since"], row["until"], strict=True)
    return [Standing(one, other, value, since, until or None) for one, other, value, since, until in columns]
