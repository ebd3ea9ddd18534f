"""Where the files of a store lie: a folder on this machine, or a place that fsspec reaches (`s3://bucket/x`, ...).

Conventions: a shelf holds files by name, flat. A name that is there holds all of its file: on disk by a temporary name,
sync and rename; in an object store because an upload is seen whole or not at all (and where it is not, the manifest or
the hash disagrees, which is an error and never a wrong number). Whatever is gone raises FileNotFoundError.

Why a cache by hash: arrays are read through memory maps, so those of an object store are fetched once, compared with
the SHA-256 of their manifest and kept under that hash; a fetched array can then never be a stale one. The cache may be
deleted whenever nobody reads; what nobody has used for long is pruned (an array's time is that of its last use). Needs
no torch; needs fsspec only for places that are no folders.
Why a signpost: where a root is a file, its one line is the URL that is meant. `echo s3://bucket/x > data/activations`
so moves the store of whoever shares that data folder, and no two processes can be told different places.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from worker.activations.errors import PackageMissing, ShardDamaged, UnknownChoice
from worker.activations.shards import file_sha256, is_temporary, write_whole

CACHE = Path("~/.cache/audio-concepts/activations")
"""Where arrays from elsewhere are kept when nothing else is said."""
_CHUNK_BYTES = 1 << 20


class Shelf(Protocol):
    """A flat folder of files, wherever it is."""

    @property
    def place(self) -> Path | str:
        """The folder, or its URL."""

    def at(self, name: str) -> Path | str:
        """Where one file lies, for messages."""

    def names(self) -> list[str]:
        """Of all its files, sorted; none where the folder is not there."""

    def has(self, name: str) -> bool:
        """Whether a file is there."""

    def size(self, name: str) -> int:
        """Its bytes."""

    def modified(self, name: str) -> float:
        """When it was written, in seconds since 1970; infinite where nobody knows."""

    def sha256(self, name: str) -> str:
        """Of its content as it lies there, not in a cache; 64 hexadecimal digits."""

    def read(self, name: str) -> bytes:
        """All of a small file."""

    def write(self, name: str, content: bytes) -> None:
        """Write a file whole; makes the folder.

        Raises:
            OSError: the disk is full or read-only, or the place cannot be reached.
        """

    def remove(self, name: str) -> None:
        """Remove a file."""

    def array(self, name: str, sha256: str) -> Path:
        """A file on this machine that holds an array.

        Raises:
            ShardDamaged: it was fetched and its SHA-256 is another.
        """


class Folder:
    """A shelf on this machine."""

    def __init__(self, place: Path) -> None:
        """Name it; nothing is made on disk."""
        self.place = place

    def at(self, name: str) -> Path:
        """Where one file lies."""
        return self.place / name

    def names(self) -> list[str]:
        """See `Shelf.names`."""
        return sorted(path.name for path in self.place.iterdir()) if self.place.is_dir() else []

    def has(self, name: str) -> bool:
        """See `Shelf.has`."""
        return self.at(name).is_file()

    def size(self, name: str) -> int:
        """See `Shelf.size`."""
        return self.at(name).stat().st_size

    def modified(self, name: str) -> float:
        """See `Shelf.modified`."""
        return self.at(name).stat().st_mtime

    def sha256(self, name: str) -> str:
        """See `Shelf.sha256`."""
        return file_sha256(self.at(name))

    def read(self, name: str) -> bytes:
        """See `Shelf.read`."""
        return self.at(name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        """See `Shelf.write`."""
        self.place.mkdir(parents=True, exist_ok=True)
        write_whole(self.at(name), content)

    def remove(self, name: str) -> None:
        """See `Shelf.remove`."""
        self.at(name).unlink()

    def array(self, name: str, sha256: str) -> Path:  # noqa: ARG002  read where it lies, as it lies
        """See `Shelf.array`."""
        return self.at(name)


class Remote:
    """A shelf that fsspec reaches, with a cache of arrays on this machine."""

    def __init__(self, system: Any, folder: str, cache: Path) -> None:
        """Name it; nothing is made.

        Args:
            system: the fsspec file system.
            folder: in the system's own writing.
            cache: folder on this machine for arrays, shared by any number of shelves.
        """
        self._system, self._folder, self._cache = system, folder.rstrip("/"), cache
        self.place: str = system.unstrip_protocol(self._folder)

    def at(self, name: str) -> str:
        """Where one file lies."""
        return f"{self.place}/{name}"

    def names(self) -> list[str]:
        """See `Shelf.names`."""
        self._system.invalidate_cache(self._folder)
        try:
            listed = self._system.ls(self._folder, detail=True)
        except FileNotFoundError:
            return []
        return sorted(one["name"].rpartition("/")[2] for one in listed if one["type"] == "file")

    def has(self, name: str) -> bool:
        """See `Shelf.has`."""
        return bool(self._system.isfile(self._path(name)))

    def size(self, name: str) -> int:
        """See `Shelf.size`."""
        return int(self._system.size(self._path(name)))

    def modified(self, name: str) -> float:
        """See `Shelf.modified`."""
        try:
            return float(self._system.modified(self._path(name)).timestamp())
        except NotImplementedError:
            return float("inf")

    def sha256(self, name: str) -> str:
        """See `Shelf.sha256`."""
        digest = hashlib.sha256()
        with self._system.open(self._path(name), "rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
        return digest.hexdigest()

    def read(self, name: str) -> bytes:
        """See `Shelf.read`."""
        return bytes(self._system.cat_file(self._path(name)))

    def write(self, name: str, content: bytes) -> None:
        """See `Shelf.write`."""
        self._system.makedirs(self._folder, exist_ok=True)
        self._system.pipe_file(self._path(name), content)

    def remove(self, name: str) -> None:
        """See `Shelf.remove`."""
        self._system.rm_file(self._path(name))

    def array(self, name: str, sha256: str) -> Path:
        """See `Shelf.array`."""
        kept = self._cache / f"{sha256}.npy"
        if not kept.is_file():
            content = self.read(name)
            if hashlib.sha256(content).hexdigest() != sha256:
                raise ShardDamaged(self.at(name), "its SHA-256 is not the manifest's")
            self._cache.mkdir(parents=True, exist_ok=True)
            write_whole(kept, content)
        else:
            os.utime(kept)
        return kept

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}"


def prune_cache(unused_s: float, cache: Path | None = None) -> list[int]:
    """Remove fetched arrays that nobody has used for so long, and what killed fetches left; they can be fetched again.

    Args:
        unused_s: younger ones stay.
        cache: the folder; default `CACHE`. It is shared by all data folders of a user, so age alone decides.

    Returns:
        Bytes of each file removed.
    """
    folder, before = cache or CACHE.expanduser(), time.time() - unused_s
    removed = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.suffix != ".npy" and not is_temporary(path.name):
            continue
        with contextlib.suppress(FileNotFoundError):
            about = path.stat()
            if about.st_mtime <= before:
                path.unlink()
                removed.append(about.st_size)
    return removed


def open_shelf(root: Path | str, name: str, cache: Path | None = None) -> Shelf:
    """The folder `name` below a root; nothing is made.

    Args:
        root: a folder, any URL that fsspec knows (`file://` is a folder), or a file that holds such a URL.
        name: one path component.
        cache: folder on this machine for the arrays of a URL; default `CACHE`.

    Raises:
        UnknownChoice: fsspec knows no such URL.
        PackageMissing: fsspec, or what it needs for that URL, is not installed.
    """
    root = _followed(root)
    if isinstance(root, Path):
        return Folder(root / name)
    system, folder = _reached(root)
    if "file" in _protocols(system):
        return Folder(Path(folder) / name)
    return Remote(system, f"{folder.rstrip('/')}/{name}", cache or CACHE.expanduser())


def shelves(root: Path | str, cache: Path | None = None) -> Iterator[tuple[str, Shelf]]:
    """Every folder below a root by its name, sorted; raises as `open_shelf`."""
    root = _followed(root)
    if isinstance(root, Path):
        names = [path.name for path in root.iterdir() if path.is_dir()] if root.is_dir() else []
    else:
        system, folder = _reached(root)
        system.invalidate_cache(folder)
        found = system.ls(folder, detail=True) if system.isdir(folder) else []
        names = [one["name"].rstrip("/").rpartition("/")[2] for one in found if one["type"] == "directory"]
    for name in sorted(names):
        yield name, open_shelf(root, name, cache)


def _followed(root: Path | str) -> Path | str:
    """A folder as a path, a URL as a text; a file as the URL in it."""
    if isinstance(root, str) and "://" in root:
        return root
    root = Path(root)
    return root.read_text(encoding="utf-8").strip() if root.is_file() else root


def _protocols(system: Any) -> tuple[str, ...]:
    return (system.protocol,) if isinstance(system.protocol, str) else tuple(system.protocol)


def _reached(url: str) -> tuple[Any, str]:
    kind, colon, _ = url.partition("://")
    try:
        import fsspec  # only who stores elsewhere needs it
    except ImportError as error:
        raise PackageMissing("fsspec") from error
    if not colon:
        raise UnknownChoice("kind of storage", kind, fsspec.available_protocols())
    try:
        system, folder = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise PackageMissing(str(error), "install it beside audio-concepts") from error
    except ValueError as error:
        raise UnknownChoice("kind of storage", kind, fsspec.available_protocols()) from error
    return system, str(folder)
