"""The files of a collection's builds: named by the hash of what went into them, complete or absent.

Conventions: `<data>/builds/<collection>/<sha256>.<suffix>`, written beside under a temporary name, synced, renamed. A
file with the right name is therefore right, and a step that runs twice finds its work done. `published.json` alone is
no hash: it points at the files of the published version. No pickle.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from worker.jobs.errors import BuildDamaged, BuildMissing, DiskFull


def content_hash(*parts: object) -> str:
    """sha256, in hexadecimal, over plain JSON values and arrays (their type, shape and bytes)."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"array {part.dtype.str} {part.shape}\n".encode())
            digest.update(np.ascontiguousarray(part).data)
        else:
            digest.update(b"json " + canonical_json(part) + b"\n")
    return digest.hexdigest()


def canonical_json(value: object) -> bytes:
    """One spelling for one value: keys sorted, no spaces, UTF-8, no NaN."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


class Builds:
    """One collection's folder of build files."""

    def __init__(self, data: Path, collection: str) -> None:
        """Name the folder; it is made at the first write.

        Args:
            data: the data folder.
            collection: its id, quoted where it is not a file name.
        """
        self.collection = collection
        self.folder = data / "builds" / quote(collection, safe=" ").replace(".", "%2E")

    def has(self, name: str) -> bool:
        """Is the file there, whole?"""
        return (self.folder / name).is_file()

    def path(self, name: str, *, written_by: str) -> Path:
        """Where a file stands.

        Args:
            name: as `place` returned it.
            written_by: the stage to name when it is gone.

        Raises:
            BuildMissing: it is gone.
        """
        path = self.folder / name
        if not path.is_file():
            raise BuildMissing(str(path), written_by)
        return path

    def place(self, name: str, write: Callable[[Path], object]) -> str:
        """Write a file whole, or not at all; one that is there already is replaced by its equal.

        Args:
            name: the file's name.
            write: writes the content to the path it is given.

        Returns:
            `name`.

        Raises:
            DiskFull: the disk took no more; nothing is left behind.
        """
        with disk_full_named(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, temporary_name = tempfile.mkstemp(dir=self.folder, prefix=".", suffix=".tmp" + Path(name).suffix)
            os.close(handle)
            temporary = Path(temporary_name)
            try:
                write(temporary)
                sync(temporary)
                temporary.replace(self.folder / name)
                sync(self.folder)
            finally:
                temporary.unlink(missing_ok=True)
        return name

    def place_json(self, value: object, *, name: str | None = None) -> str:
        """Write plain JSON under the hash of its content, or under `name`; returns the name."""
        content = canonical_json(value)
        name = name or f"{hashlib.sha256(content).hexdigest()}.json"
        return self.place(name, lambda path: path.write_bytes(content))

    def read_json(self, name: str, *, written_by: str) -> Any:
        """Read plain JSON.

        Raises:
            BuildMissing: it is gone.
            BuildDamaged: it is no JSON.
        """
        path = self.path(name, written_by=written_by)
        try:
            return json.loads(path.read_bytes())
        except ValueError as error:
            raise BuildDamaged(str(path), str(error)) from error

    def place_array(self, key: str, array: np.ndarray[Any, Any]) -> str:
        """Write an array as `<key>.npy`; returns the name."""

        def write(path: Path) -> None:
            with path.open("wb") as file:
                np.save(file, array, allow_pickle=False)

        return self.place(f"{key}.npy", write)

    def read_array(self, name: str, *, written_by: str, mapped: bool = False) -> np.ndarray[Any, Any]:
        """Read an array, or map it read-only.

        Raises:
            BuildMissing: it is gone.
            BuildDamaged: it is no array.
        """
        path = self.path(name, written_by=written_by)
        try:
            loaded: np.ndarray[Any, Any] = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise BuildDamaged(str(path), str(error)) from error
        return loaded

    def recent(self, suffix: str, most: int) -> list[str]:
        """Names of the newest files that end so, newest first.

        Args:
            suffix: with its dot.
            most: no more than these.
        """
        found: list[tuple[float, str]] = []
        if self.folder.is_dir():
            for path in self.folder.glob(f"[!.]*{suffix}"):
                with contextlib.suppress(FileNotFoundError):
                    found.append((path.stat().st_mtime, path.name))
        return [name for _, name in sorted(found, reverse=True)[:most]]

    def sweep_temporary(self, older_than_s: float = 86_400.0) -> int:
        """Delete temporary files that a killed process left; returns how many."""
        if not self.folder.is_dir():
            return 0
        removed = 0
        for path in self.folder.glob(".*.tmp*"):
            with contextlib.suppress(FileNotFoundError):
                if _age_s(path) > older_than_s:
                    path.unlink()
                    removed += 1
        return removed


@contextlib.contextmanager
def disk_full_named(folder: Path | str) -> Iterator[None]:
    """Turn the system's "no space left" into a sentence.

    Raises:
        DiskFull: the body met a full disk or an exhausted quota.
    """
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull(str(folder)) from error
        raise


def _age_s(path: Path) -> float:
    now = path.parent.stat().st_mtime
    return max(now - path.stat().st_mtime, 0.0)


def sync(path: Path) -> None:
    """See to it that a file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
