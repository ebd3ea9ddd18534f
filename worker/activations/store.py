"""Stored activations: memory-mapped shards with Parquet manifests, addressed by fingerprint and content.

    <root>/<fingerprint digest>/fingerprint.txt      the fingerprint's text
                                shard-<hash>.npy     (rows, units) float32, the tracks' windows one after another
                                shard-<hash>.parquet track_id, start, rows; metadata: fingerprint, sha256 of the .npy

Conventions: `root` is `settings.data / "activations"`; rows are windows in time order; a shard is named by the hash
of the fingerprint, its track ids and its content, and is never changed. The manifest is written last: a shard without
one does not exist. Every file is written to a temporary name in the same folder, synced and renamed, so that a
process killed at any moment, or two that write at once, leave nothing half-written that is ever read. The root may
also be any URL that fsspec knows; see `shelves`. Needs no torch.

Why the content is part of the name: two processors may differ in the last bits of a track; under one name a manifest
of the first could meet the array of the second. Under two names both are whole, and the first by name is read.
"""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from worker.activations.errors import ActivationsMissing, BadActivations, BadFingerprint, ShardDamaged
from worker.activations.fingerprint import Fingerprint
from worker.activations.shards import Manifest, described, is_temporary, manifest_bytes, read_manifest
from worker.activations.shelves import Shelf, open_shelf, shelves

FINGERPRINT_FILE = "fingerprint.txt"
_MANIFEST = ".parquet"
_ARRAY = ".npy"
DEFAULT_AGE_S = 3600.0
"""A file without a manifest this old belongs to nobody who still writes."""


@dataclass(frozen=True)
class Activations:
    """The activations of some tracks, in the order they were asked for."""

    track_ids: list[str]
    values: np.ndarray
    """(rows, units) float32; rows of one track are its windows in time order."""
    offsets: np.ndarray
    """(tracks + 1,) int64; track t owns `values[offsets[t] : offsets[t + 1]]`."""
    fingerprint: Fingerprint


@dataclass(frozen=True)
class StoreStats:
    """How much one store holds."""

    fingerprint: str
    digest: str
    shards: int
    tracks: int
    rows: int
    units: int
    bytes: int


@dataclass(frozen=True)
class Pruned:
    """What `prune` removed."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class _Place:
    shard: str
    start: int
    rows: int


class ActivationStore:
    """The activations of one fingerprint."""

    def __init__(self, root: Path | str, fingerprint: Fingerprint, *, cache: Path | None = None) -> None:
        """Open it; nothing is made on disk before the first `write`.

        Args:
            root: folder of all activations, `settings.data / "activations"`, or a URL that fsspec knows.
            fingerprint: whose activations these are.
            cache: folder on this machine for arrays that lie elsewhere; default: in the user's own cache folder.

        Raises:
            UnknownChoice: fsspec knows no such URL.
            PackageMissing: fsspec, or what it needs for that URL, is not installed.
        """
        self.fingerprint = fingerprint
        self._shelf: Shelf = open_shelf(root, fingerprint.digest, cache)
        self._manifests: dict[str, Manifest] = {}
        self._places: dict[str, _Place] = {}

    @property
    def folder(self) -> Path | str:
        """Where it lies: a folder, or a URL."""
        return self._shelf.place

    def missing(self, track_ids: Sequence[str]) -> list[str]:
        """Those the store does not hold, in the order given, each once.

        Raises:
            ShardDamaged: a manifest cannot be read.
            FingerprintMismatch: a manifest belongs to another fingerprint.
        """
        self._look()
        return [track_id for track_id in dict.fromkeys(track_ids) if track_id not in self._places]

    def write(self, track_ids: Sequence[str], values: Sequence[np.ndarray]) -> str:
        """Store some tracks as one shard; what is there already is left alone.

        Args:
            track_ids: each once, at least one; not empty, no line breaks.
            values: for each track (windows, units) float32, finite, at least one window; units as in the store.

        Returns:
            The shard's name, `shard-<hash>`.

        Raises:
            BadActivations: ids or arrays that break these rules.
            OSError: the disk is full or read-only; nothing half-written is ever read.
        """
        if not self._manifests:
            self._look()
        rows = _checked(track_ids, values, self._units())
        buffer = io.BytesIO()
        np.save(buffer, np.concatenate(values), allow_pickle=False)
        content = buffer.getvalue()
        sha256 = hashlib.sha256(content).hexdigest()
        inputs = "\n".join([self.fingerprint.text, sha256, *map("{}\t{}".format, track_ids, rows)])
        name = f"shard-{hashlib.sha256(inputs.encode()).hexdigest()[:32]}"
        if self._shelf.has(name + _MANIFEST) and self._shelf.has(name + _ARRAY):
            return name
        if not self._shelf.has(FINGERPRINT_FILE):
            self._shelf.write(FINGERPRINT_FILE, f"{self.fingerprint.text}\n".encode())
        manifest = described(self.fingerprint.text, sha256, track_ids, rows)
        self._shelf.write(name + _ARRAY, content)
        self._shelf.write(name + _MANIFEST, manifest_bytes(manifest))
        self._add(name, manifest)
        return name

    def read(self, track_ids: Sequence[str]) -> Activations:
        """Gather tracks in the order asked; a track may be asked for twice.

        Args:
            track_ids: at least one.

        Raises:
            ActivationsMissing: the store lacks some; names them.
            ShardDamaged: an array is not what its manifest says.
        """
        missing = self.missing(track_ids)
        if missing or not track_ids:
            raise ActivationsMissing(missing)
        places = [self._places[track_id] for track_id in track_ids]
        offsets = np.zeros(len(places) + 1, np.int64)
        np.cumsum([place.rows for place in places], out=offsets[1:])
        by_shard: dict[str, list[int]] = {}
        for index, place in enumerate(places):
            by_shard.setdefault(place.shard, []).append(index)
        values: np.ndarray | None = None
        for shard, indices in by_shard.items():
            stored = self._open(shard)
            if values is None:
                values = np.empty((int(offsets[-1]), stored.shape[1]), np.float32)
            if stored.shape[1] != values.shape[1]:
                raise ShardDamaged(self._shelf.at(shard + _ARRAY), f"{stored.shape[1]} units beside {values.shape[1]}")
            for index in indices:
                place = places[index]
                values[offsets[index] : offsets[index + 1]] = stored[place.start : place.start + place.rows]
        if values is None:
            raise ActivationsMissing(missing)
        return Activations(list(track_ids), values, offsets, self.fingerprint)

    def verify(self) -> list[str]:
        """Read everything and say what is wrong: one sentence a finding; empty when all is well."""
        return [str(error) for _, error in self._findings()]

    def prune(self, *, damaged: bool = False, older_than_s: float = DEFAULT_AGE_S) -> Pruned:
        """Remove what no reader needs: leftovers of killed writers, and shards whose tracks all lie in others.

        Args:
            damaged: also remove damaged shards, after which their tracks count as missing.
            older_than_s: a leftover younger than this may belong to somebody who still writes, and stays.
        """
        doomed: list[str] = []
        if damaged:
            for name, _ in self._findings():
                doomed += [name + _MANIFEST, name + _ARRAY]
        self._look(skip={name.removesuffix(_MANIFEST) for name in doomed if name.endswith(_MANIFEST)})
        used = {place.shard for place in self._places.values()}
        for name in sorted(self._manifests.keys() - used):
            doomed += [name + _MANIFEST, name + _ARRAY]
        before = time.time() - older_than_s
        present = dict.fromkeys(self._shelf.names())
        for file in present:
            orphan = file.endswith(_ARRAY) and file.removesuffix(_ARRAY) + _MANIFEST not in present
            if (is_temporary(file) or orphan) and self._modified(file) <= before:
                doomed.append(file)
        removed = [size for file in dict.fromkeys(doomed) if (size := self._remove(file)) is not None]
        return Pruned(len(removed), sum(removed))

    def stats(self) -> StoreStats:
        """Counts and bytes of what readers see."""
        self._look()
        present = set(self._shelf.names())
        files = [file for name in self._manifests for file in (name + _ARRAY, name + _MANIFEST)]
        return StoreStats(
            fingerprint=self.fingerprint.text,
            digest=self.fingerprint.digest,
            shards=len(self._manifests),
            tracks=len(self._places),
            rows=sum(place.rows for place in self._places.values()),
            units=self._units() or 0,
            bytes=sum(self._shelf.size(file) for file in files if file in present),
        )

    def _look(self, skip: set[str] | frozenset[str] = frozenset()) -> None:
        """Notice shards that came or went since the last look."""
        present = self._shards() - skip
        if self._manifests.keys() - present:
            self._manifests, self._places = {}, {}
        for name in sorted(present - self._manifests.keys()):
            try:
                manifest = self._read_manifest(name)
            except FileNotFoundError:
                continue  # pruned since it was listed
            self.fingerprint.require(manifest.fingerprint)
            self._add(name, manifest)

    def _add(self, name: str, manifest: Manifest) -> None:
        """Take a shard into account; the first by name owns a track."""
        self._manifests[name] = manifest
        for track_id, start, rows in zip(manifest.track_ids, manifest.starts, manifest.rows, strict=True):
            owner = self._places.get(track_id)
            if owner is None or name < owner.shard:
                self._places[track_id] = _Place(name, start, rows)

    def _shards(self) -> set[str]:
        """Names of the shards that have a manifest."""
        names = self._shelf.names()
        return {name.removesuffix(_MANIFEST) for name in names if name.endswith(_MANIFEST) and not is_temporary(name)}

    def _findings(self) -> Iterator[tuple[str, ShardDamaged]]:
        for name in sorted(self._shards()):
            array = self._shelf.at(name + _ARRAY)
            try:
                manifest = self._read_manifest(name)
                if manifest.fingerprint != self.fingerprint.text:
                    raise ShardDamaged(self._shelf.at(name + _MANIFEST), f"it belongs to {manifest.fingerprint}")  # noqa: TRY301
                if not self._shelf.has(name + _ARRAY):
                    raise ShardDamaged(array, "the file is gone")  # noqa: TRY301
                if self._shelf.sha256(name + _ARRAY) != manifest.sha256:
                    raise ShardDamaged(array, "its SHA-256 is not the manifest's")  # noqa: TRY301
                self._opened(name, manifest)
            except ShardDamaged as error:
                yield name, error

    def _units(self) -> int | None:
        for name in self._manifests:
            if self._shelf.has(name + _ARRAY):
                return int(self._open(name).shape[1])
        return None

    def _open(self, name: str) -> np.ndarray:
        return self._opened(name, self._manifests[name])

    def _opened(self, name: str, manifest: Manifest) -> np.ndarray:
        """A shard's array, memory-mapped, its shape as the manifest says."""
        place = self._shelf.at(name + _ARRAY)
        try:
            path = self._shelf.array(name + _ARRAY, manifest.sha256)
        except FileNotFoundError as error:
            raise ShardDamaged(place, "the file is gone") from error
        try:
            stored: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise ShardDamaged(place, f"it cannot be read ({error})") from error
        rows = sum(manifest.rows)
        if stored.dtype != np.float32 or stored.ndim != 2 or stored.shape[0] != rows:  # noqa: PLR2004  windows x units
            raise ShardDamaged(place, f"{stored.shape} {stored.dtype} where {rows} rows of float32 are due")
        return stored

    def _read_manifest(self, name: str) -> Manifest:
        return read_manifest(self._shelf.read(name + _MANIFEST), self._shelf.at(name + _MANIFEST))

    def _modified(self, file: str) -> float:
        try:
            return self._shelf.modified(file)
        except FileNotFoundError:
            return float("inf")

    def _remove(self, file: str) -> int | None:
        """Remove a file and return its bytes; None where it is gone already."""
        try:
            size = self._shelf.size(file)
            self._shelf.remove(file)
        except FileNotFoundError:
            return None
        return size


def open_stores(root: Path | str, *, cache: Path | None = None) -> list[ActivationStore]:
    """Every store below a root, by digest; root and cache as of `ActivationStore`.

    Raises:
        BadFingerprint: a folder's `fingerprint.txt` is not one, or not its folder's.
    """
    stores = []
    for name, shelf in shelves(root, cache):
        if not shelf.has(FINGERPRINT_FILE):
            continue
        fingerprint = Fingerprint.parse(shelf.read(FINGERPRINT_FILE).decode().strip())
        if fingerprint.digest != name:
            raise BadFingerprint(fingerprint.text, f"the folder {shelf.place} is named by another")
        stores.append(ActivationStore(root, fingerprint, cache=cache))
    return stores


def _checked(track_ids: Sequence[str], values: Sequence[np.ndarray], units: int | None) -> list[int]:
    if not track_ids or len(track_ids) != len(values):
        raise BadActivations(f"{len(track_ids)} track ids beside {len(values)} arrays")
    if len(set(track_ids)) != len(track_ids):
        raise BadActivations("a track id is given twice")
    units = values[0].shape[-1] if units is None and values[0].ndim else units
    for track_id, array in zip(track_ids, values, strict=True):
        if not track_id or any(character in track_id for character in "\n\r\t"):
            raise BadActivations(f"{track_id!r} cannot be a track id")
        if array.ndim != 2 or array.dtype != np.float32 or not array.size:  # noqa: PLR2004  windows x units
            raise BadActivations(
                f"track {track_id} has {array.shape} {array.dtype} instead of (windows, units) float32"
            )
        if array.shape[1] != units:
            raise BadActivations(f"track {track_id} has {array.shape[1]} units, the store has {units}")
        if not np.isfinite(array).all():
            raise BadActivations(f"track {track_id} has numbers that are not finite")
    return [array.shape[0] for array in values]
