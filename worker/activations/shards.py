"""The files of a shard: whole or not there.

Conventions: a manifest is a Parquet table of `track_id` (string), `start` and `rows` (int64; the tracks follow each
other without gaps), whose schema metadata holds `fingerprint`, `sha256` (of the .npy file) and `format`. Temporary
names begin with a dot. Needs no torch.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from worker.activations.errors import ShardDamaged

FORMAT = "1"
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a shard holds."""

    fingerprint: str
    sha256: str
    track_ids: list[str]
    starts: list[int]
    rows: list[int]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that its name always holds all of it: temporary name, sync, rename, sync the folder.

    Raises:
        OSError: the disk is full or read-only; the temporary file is removed.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def is_temporary(name: str) -> bool:
    """Whether a file is one that `write_whole` had not finished."""
    return name.startswith(".")


def file_sha256(path: Path) -> str:
    """SHA-256 of a file of any size, 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def described(fingerprint: str, sha256: str, track_ids: Sequence[str], rows: Sequence[int]) -> Manifest:
    """The manifest of tracks that follow each other with so many rows each."""
    return Manifest(fingerprint, sha256, list(track_ids), _starts(rows), list(rows))


def manifest_bytes(manifest: Manifest) -> bytes:
    """A manifest as the bytes of its Parquet file."""
    import pyarrow as pa  # a third of a second that readers of fingerprints are spared
    import pyarrow.parquet as pq

    columns = {"track_id": pa.array(manifest.track_ids, pa.string())}
    numbers = {"start": pa.array(manifest.starts, pa.int64()), "rows": pa.array(manifest.rows, pa.int64())}
    metadata = {"fingerprint": manifest.fingerprint, "sha256": manifest.sha256, "format": FORMAT}
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns | numbers).replace_schema_metadata(metadata), buffer)
    return buffer.getvalue()


def read_manifest(content: bytes, place: Path | str) -> Manifest:
    """Read a manifest and check that it is one.

    Args:
        content: the bytes of its Parquet file.
        place: where they lie, for messages.

    Raises:
        ShardDamaged: it is not.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(content), use_threads=False)
        metadata = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
        track_ids, starts, rows = (table.column(name).to_pylist() for name in ("track_id", "start", "rows"))
        manifest = Manifest(metadata["fingerprint"], metadata["sha256"], track_ids, starts, rows)
    except (pa.ArrowException, KeyError, UnicodeDecodeError) as error:
        raise ShardDamaged(place, f"it is not a manifest ({error})") from error
    if metadata.get("format") != FORMAT:
        raise ShardDamaged(place, f"it has format {metadata.get('format')}, this version reads {FORMAT}")
    if not rows or min(rows) < 1 or starts != _starts(rows):
        raise ShardDamaged(place, "its rows do not follow each other")
    return manifest


def _starts(rows: Sequence[int]) -> list[int]:
    return [0, *accumulate(rows)][:-1]
