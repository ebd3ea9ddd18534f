"""Activations and memberships from outside come into store and catalogue; whatever stays out is named in the report.

Conventions: memberships are read first and whole, then activations batch by batch, each batch one shard (whole or not
there) and its tracks; concepts come at the end. Nothing is written before one track can be used. An import that was
stopped goes on: what the store holds already, equal in every number, is not written again.

Why other numbers for a stored track are refused: under one fingerprint a track has one content, or vectors learnt
yesterday would mean something else today. Other numbers are another fingerprint, such as a version in its name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cypher.model import Example, Kind, NewConcept, Track
from worker.activations.errors import NoUsableActivations
from worker.activations.outside.readers import Given, read_given
from worker.activations.store import ActivationStore
from worker.catalogue.drafts import Draft
from worker.catalogue.errors import MembershipsRejected
from worker.catalogue.given_ids import NAMESPACE, TRACK_ID, track_id_of, track_of
from worker.catalogue.importer import Catalogue, OnProgress, Target, save_drafts
from worker.catalogue.memberships import Membership, read_memberships
from worker.catalogue.report import ConceptCount, count_reasons, explained
from worker.catalogue.scan import LeftOut
from worker.catalogue.track_table import Described, TrackLine, describe_tracks, read_track_table
from worker.cleaning import readable
from worker.playlists.matching import Match
from worker.reasons import Reason

BATCH_TRACKS = 1024
BATCH_NUMBERS = 1 << 25
"""Tracks, or numbers (128 MiB of them), after which a shard is written."""


@dataclass(frozen=True, slots=True)
class OutsideReport:
    """The whole account of one import from outside."""

    collection: str
    fingerprint: str
    digest: str
    """Names the activations in a rebuild: `backbone=outside:<digest>`."""
    backbone: str
    """What a rebuild calls them, as long as nothing else has the name."""
    units: int
    tracks: int
    """With activations, in these files."""
    new_tracks: int
    """Of them, those the catalogue did not know."""
    stored: int
    """Of them, those whose activations were written now; the others were there already."""
    windows: int
    entries: int
    """Memberships in the file, each track once a concept."""
    matched: int
    concepts: tuple[ConceptCount, ...]
    untouched: tuple[str, ...]
    """Ids of concepts of the collection that this import did not name; they keep their tracks."""
    left_out: tuple[LeftOut, ...]
    described: int = 0
    """Tracks that a table of tracks told of."""

    def reasons(self) -> dict[str, int]:
        """How much was left out for each reason."""
        return count_reasons(self.left_out)

    def as_json(self) -> dict[str, Any]:
        """The report as JSON, each left-out thing with its sentence and remedy."""
        plain = asdict(self)
        plain["left_out"] = [explained(item) for item in self.left_out]
        plain["reasons"] = self.reasons()
        return plain


@dataclass
class _Intake:
    """What has come in so far."""

    catalogue: Catalogue
    store: ActivationStore
    namespace: str
    progress: Callable[[int], None]
    ids: dict[str, str] = field(default_factory=dict)
    """Track id by given id."""
    left_out: list[LeftOut] = field(default_factory=list)
    units: int = 0
    new_tracks: int = 0
    stored: int = 0
    windows: int = 0

    def take(self, path: Path) -> None:
        """Take every track of a file or folder in."""
        self.units = self.store.stats().units
        for batch in _batches(self._usable(read_given(path))):
            self._save(batch)
            self.progress(len(self.ids))

    def known(self, given_ids: Iterable[str]) -> dict[str, str]:
        """Track id by given id, for those that came in or that the catalogue has."""
        wanted: dict[str, str] = {}
        for given in dict.fromkeys(given_ids):
            wanted[given] = self.ids.get(given, track_id_of(given, self.namespace))
        own = [given for given in wanted if TRACK_ID.fullmatch(given) and given not in self.ids]
        there = {track.id for track in self.catalogue.tracks(sorted({*wanted.values(), *own}))}
        wanted.update({given: given for given in own if given in there})
        return {given: track_id for given, track_id in wanted.items() if track_id in there}

    def _usable(self, found: Iterable[Given | LeftOut]) -> Iterator[Given]:
        """Those of as many units as the store has (or the first track), each id once."""
        seen: set[str] = set()
        for one in found:
            if isinstance(one, LeftOut):
                self.left_out.append(one)
                continue
            units = one.values.shape[1]
            self.units = self.units or units
            detail = "its id came before" if one.given_id in seen else ""
            if units != self.units:
                detail = f"it has {units} units, the others {self.units}"
            if detail:
                self._leave(one, Reason.ACTIVATIONS_UNUSABLE, detail)
                continue
            seen.add(one.given_id)
            yield one

    def _save(self, batch: list[Given]) -> None:
        ids = self._track_ids([one.given_id for one in batch])
        held = self._held([ids[one.given_id] for one in batch])
        fresh: dict[str, Given] = {}
        for one in batch:
            track_id = ids[one.given_id]
            before = held.get(track_id)
            if before is None:
                fresh[track_id] = one
            elif not np.array_equal(before, one.values):
                self._leave(one, Reason.ACTIVATIONS_CHANGED, "")
            self.windows += len(one.values) if before is None else len(before)
        if fresh:
            self.store.write(list(fresh), [one.values for one in fresh.values()])
            self.stored += len(fresh)
        known = {track.id for track in self.catalogue.tracks(sorted(ids.values()))}
        unknown: list[Track] = [track_of(given, self.namespace) for given, own in ids.items() if own not in known]
        self.catalogue.save_tracks(unknown, [])
        self.new_tracks += len(unknown)
        self.ids |= ids

    def _track_ids(self, given_ids: list[str]) -> dict[str, str]:
        """A given id that is a track of the catalogue is that track; any other has its own."""
        own = [given for given in given_ids if TRACK_ID.fullmatch(given)]
        there = {track.id for track in self.catalogue.tracks(own)} if own else set()
        return {given: given if given in there else track_id_of(given, self.namespace) for given in given_ids}

    def _held(self, track_ids: list[str]) -> dict[str, np.ndarray]:
        missing = set(self.store.missing(track_ids))
        there = [track_id for track_id in track_ids if track_id not in missing]
        if not there:
            return {}
        read = self.store.read(there)
        return {track_id: read.values[read.offsets[row] : read.offsets[row + 1]] for row, track_id in enumerate(there)}

    def _leave(self, one: Given, reason: Reason, detail: str) -> None:
        self.left_out.append(LeftOut(f"{one.where}: {one.given_id}", reason, detail))


def import_outside(
    catalogue: Catalogue,
    store: ActivationStore,
    *,
    activations: Path,
    memberships: Path,
    tracks: Path | None = None,
    collection: Target,
    kind: Kind | None = None,
    namespace: str = NAMESPACE,
    progress: OnProgress = lambda _stage, _done, _total: None,
) -> OutsideReport:
    """Import activations of any model, and concepts from a file of memberships; no audio is needed.

    Args:
        catalogue: where tracks and concepts are kept.
        store: where the activations of the declared fingerprint are kept.
        activations: a file or folder, see `readers`.
        memberships: a file, see `worker.catalogue.memberships`.
        tracks: a table that tells of tracks by the same ids, see `worker.catalogue.track_table`.
        collection: where the concepts go; made when it is new.
        kind: of all concepts; default: what they are already; new ones as the file says, else other.
        namespace: whose ids these are, see `worker.catalogue.given_ids`.
        progress: told what is being done.

    Returns:
        What came in and, one by one, what did not.

    Raises:
        MembershipsRejected: the memberships cannot be read, or name no track; no concept was written.
        TrackTableRejected: the table cannot be read; nothing was written.
        PickleRefused: the memberships hold more than data.
        NoUsableActivations: not one track can be used; nothing was written.
        ShardDamaged: the store is damaged.
    """
    wanted = read_memberships(memberships)
    lines = read_track_table(tracks) if tracks is not None else []
    intake = _Intake(catalogue, store, namespace, lambda done: progress("read", done, None))
    progress("read", 0, None)
    intake.take(activations)
    if not intake.ids:
        example = str(intake.left_out[0]) if intake.left_out else ""
        raise NoUsableActivations(readable(activations), count_reasons(intake.left_out), example)
    described = _describe(intake, tracks, lines) if tracks is not None else Described()
    intake.left_out += described.left_out
    drafts, entries, matched = _drafts(wanted, intake, kind)
    if not drafts:
        raise MembershipsRejected(readable(memberships), f"none of its {entries} entries names a track that came in")
    concepts, untouched = save_drafts(catalogue, collection, drafts, kind, progress)
    return OutsideReport(
        collection=collection.id,
        fingerprint=store.fingerprint.text,
        digest=store.fingerprint.digest,
        backbone=f"outside:{store.fingerprint.backbone}",
        units=intake.units,
        tracks=len(intake.ids),
        new_tracks=intake.new_tracks,
        stored=intake.stored,
        windows=intake.windows,
        entries=entries,
        matched=matched,
        concepts=concepts,
        untouched=untouched,
        left_out=tuple(intake.left_out),
        described=described.tracks,
    )


def _describe(intake: _Intake, table: Path, lines: list[TrackLine]) -> Described:
    ids = intake.known(line.given_id for line in lines if line.given_id)

    def find(line: TrackLine) -> Match:
        if line.given_id in ids:
            return Match(ids[line.given_id], "id")
        return Match(None, reason=Reason.MEMBER_UNKNOWN, detail=line.given_id)

    return describe_tracks(intake.catalogue, table, lines, find)


def _drafts(wanted: list[Membership], intake: _Intake, kind: Kind | None) -> tuple[list[Draft], int, int]:
    """Concepts with the tracks that are there; the rest goes to the report. Also entries seen and entries matched."""
    ids = intake.known(given for one in wanted for given in one.given_ids)
    drafts: list[Draft] = []
    counts: Counter[str] = Counter()
    for one in wanted:
        there = tuple(dict.fromkeys(ids[given] for given in one.given_ids if given in ids))
        unknown = [given for given in one.given_ids if given not in ids]
        counts["entries"] += len(one.given_ids)
        counts["matched"] += len(one.given_ids) - len(unknown)
        intake.left_out += [LeftOut(f"{one.name}: {given}", Reason.MEMBER_UNKNOWN) for given in unknown]
        if there:
            concept = NewConcept(f"membership:{one.key}", one.name, kind or one.kind or "other", "user")
            drafts.append(Draft(concept, tuple(Example(track_id) for track_id in there)))
    return drafts, counts["entries"], counts["matched"]


def _batches(found: Iterable[Given]) -> Iterator[list[Given]]:
    batch: list[Given] = []
    numbers = 0
    for one in found:
        batch.append(one)
        numbers += one.values.size
        if len(batch) >= BATCH_TRACKS or numbers >= BATCH_NUMBERS:
            yield batch
            batch, numbers = [], 0
    if batch:
        yield batch
