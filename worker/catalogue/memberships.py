"""Which track belongs to which concept, as a file says it: CSV, JSON, Parquet, or a pickled dictionary of playlists.

Conventions: tracks are named by the ids that the activations beside them carry (`given_ids`); a track that a concept
names twice counts once. A file is read whole or refused, with the line or concept at fault.

* **CSV** (`.csv`, `.tsv`): a header line, then one membership a line; comma, semicolon or tab. Columns, in any order
  and case: `concept` (or `playlist`, `tag`) and `track` (or `track_id`, `id`); `kind` if wanted. Others are passed
  over.
* **Parquet** (`.parquet`): the same columns.
* **JSON** (`.json`): `{concept: [track, ...]}`, or `{concept: {"tracks": [...], "name": ..., "kind": ...}}`.
* **npy** (`.npy`): a pickled dictionary of the same two forms, as the published data of Afchar et al. 2022 is, where
  the tracks are called `tracks_array` and the name `formatted_title`; nothing of it is run (`pickled`).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np

from cypher.model import Kind
from worker.catalogue.errors import MembershipsRejected
from worker.catalogue.given_ids import given_id
from worker.catalogue.pickled import read_pickled
from worker.cleaning import clean, readable

SUFFIXES = (".csv", ".json", ".npy", ".parquet", ".tsv")
MAX_BYTES = 1 << 30
_CONCEPT = ("concept", "playlist", "tag")
_TRACK = ("track", "track_id", "id")
_KINDS = frozenset(get_args(Kind))


@dataclass(frozen=True, slots=True)
class Membership:
    """One concept with its tracks."""

    key: str
    """What the file calls it; never changes, so that a later import meets the same concept."""
    name: str
    given_ids: tuple[str, ...]
    """Each once, in the order of the file."""
    kind: Kind | None = None


class _Wrong(ValueError):
    """What is wrong, before the path is known."""


def read_memberships(path: Path) -> list[Membership]:
    """Every concept of a file, in its order; concepts without tracks are left away.

    Raises:
        MembershipsRejected: it cannot be read, is too large, or says something that is no membership.
        PickleRefused: a pickled dictionary holds more than data.
    """
    suffix = path.suffix.lower()
    shown = readable(path)
    if suffix not in SUFFIXES:
        raise MembershipsRejected(shown, f"its name ends in none of {', '.join(SUFFIXES)}")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _Wrong(f"it is larger than {MAX_BYTES} bytes")
        found = list(_grouped(path, suffix))
    except (OSError, ValueError, RecursionError) as error:
        raise MembershipsRejected(shown, str(error) or type(error).__name__) from error
    if not found:
        raise MembershipsRejected(shown, "no concept has a track")
    return found


def _grouped(path: Path, suffix: str) -> Iterator[Membership]:
    if suffix == ".json":
        text = path.read_text(encoding="utf-8-sig")
        return _from_mapping(json.loads(text, object_pairs_hook=_once))
    if suffix == ".npy":
        return _from_mapping(read_pickled(path))
    rows = _parquet_rows(path) if suffix == ".parquet" else _csv_rows(path)
    return _from_rows(rows)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of a JSON text, refused where it says something twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Wrong(f"{twice!r} stands in it twice")
    return found


def _from_mapping(concepts: Any) -> Iterator[Membership]:
    if not isinstance(concepts, Mapping):
        raise _Wrong("it is no dictionary of concepts")
    for key, said in concepts.items():
        title, kind, tracks = None, None, said
        if isinstance(said, Mapping):
            tracks = said.get("tracks", said.get("tracks_array"))
            title, kind = said.get("name", said.get("formatted_title")), said.get("kind")
        if not isinstance(tracks, (list, tuple, set, frozenset, np.ndarray)):
            raise _Wrong(f"concept {key!r} has no list of tracks")
        in_order = sorted(tracks, key=str) if isinstance(tracks, (set, frozenset)) else tracks
        given = tuple(dict.fromkeys(_id(track, f"concept {key!r}") for track in in_order))
        if given:
            called = _id(key, "a concept")
            yield Membership(called, _name(title, called), given, _kind(kind, called))


def _from_rows(rows: Iterable[tuple[str, Any, Any, Any]]) -> Iterator[Membership]:
    """Rows are where (for errors), concept, track and kind."""
    tracks: dict[str, dict[str, None]] = {}
    kinds: dict[str, Kind | None] = {}
    for where, concept, track, kind in rows:
        key = _id(concept, where)
        tracks.setdefault(key, {})[_id(track, where)] = None
        kinds[key] = kinds.get(key) or _kind(kind, where)
    for key, given in tracks.items():
        yield Membership(key, _name(key, key), tuple(given), kinds[key])


def _csv_rows(path: Path) -> Iterator[tuple[str, Any, Any, Any]]:
    text = path.read_text(encoding="utf-8-sig")
    header = text.partition("\n")[0]
    delimiter = max("\t;,", key=header.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = next(rows, [])
        concept, track, kind = _columns(names)
        for row in rows:
            if not row:
                continue
            if len(row) <= max(concept, track):
                raise _Wrong(f"line {rows.line_num} has {len(row)} of {len(names)} columns")
            said = row[kind] if kind is not None and kind < len(row) else None
            yield f"line {rows.line_num}", row[concept], row[track], said
    except csv.Error as error:
        raise _Wrong(f"line {rows.line_num}: {error}") from error


def _parquet_rows(path: Path) -> Iterator[tuple[str, Any, Any, Any]]:
    import pyarrow as pa  # not in the base install
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = list(file.schema_arrow.names)
            concept, track, kind = _columns(names)
            wanted = [names[column] for column in (concept, track, kind) if column is not None]
            number = 0
            for batch in file.iter_batches(columns=wanted):
                columns = [batch.column(name).to_pylist() for name in wanted]
                for values in zip(*columns, strict=True):
                    number += 1
                    yield f"row {number}", values[0], values[1], values[2] if kind is not None else None
    except pa.ArrowException as error:
        raise _Wrong(str(error)) from error


def _columns(names: list[str]) -> tuple[int, int, int | None]:
    """Where concept, track and kind stand."""
    folded = [name.strip().casefold() for name in names]
    places = [
        next((folded.index(name) for name in accepted if name in folded), None)
        for accepted in (_CONCEPT, _TRACK, ("kind",))
    ]
    concept, track, kind = places
    if concept is None or track is None:
        raise _Wrong(f"its columns are {', '.join(names) or 'none'}, not concept and track")
    return concept, track, kind


def _id(value: object, where: str) -> str:
    try:
        return given_id(value)
    except ValueError as error:
        raise _Wrong(f"{where}: {error}") from error


def _name(title: object, otherwise: str) -> str:
    return clean(title) if isinstance(title, str) and clean(title) else otherwise


def _kind(kind: object, where: str) -> Kind | None:
    if kind is None or kind == "":
        return None
    if kind not in _KINDS:
        raise _Wrong(f"{where}: {kind!r} is no kind; {', '.join(sorted(_KINDS))} are")
    return kind  # type: ignore[return-value]
