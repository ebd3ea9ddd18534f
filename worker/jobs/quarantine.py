"""Where files lie that strangers sent: in quarantine until somebody has decoded them, among the uploads afterwards.

    <data>/quarantine/<32 hex>.part    being received
    <data>/quarantine/<32 hex>         received whole and synced; nobody has looked into it
    <data>/uploads/<sha256>.<format>   decoded, and the file of a track

Conventions: names are made here, never taken from who sends; files are written 0600, and opened by nobody but the
decoder's child before they are admitted. What a killed process leaves behind is swept when it is a day old. A leaf: the
API receives, a worker admits.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from worker.jobs.builds import disk_full_named, sync
from worker.jobs.errors import DiskFull, QuarantineFull, UploadCut

CHUNK_BYTES = 1 << 18
RESERVE_BYTES = 256 << 20
"""What an upload leaves free on the disk."""
MOST_WAITING_BYTES = 4 << 30
"""What may wait in quarantine, all files together."""
STALE_S = 86_400.0
_NAME = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Received:
    """One file in quarantine."""

    name: str
    sha256: str
    bytes: int


class Quarantine:
    """The two folders of a data folder."""

    def __init__(self, data: Path) -> None:
        """Name them; they are made when something is received."""
        self.folder, self.uploads = data / "quarantine", data / "uploads"

    def receive(self, read: Callable[[int], bytes], length: int) -> Received:
        """Write what comes to a file; whole and synced, or not at all.

        Args:
            read: gives at most so many bytes, none at the end.
            length: bytes that were promised, >= 1.

        Raises:
            UploadCut: fewer came.
            QuarantineFull: too much waits to be decoded.
            DiskFull: the disk has no room for it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._waiting_bytes() + length > MOST_WAITING_BYTES:
            raise QuarantineFull(MOST_WAITING_BYTES)
        if shutil.disk_usage(self.folder).free - length < RESERVE_BYTES:
            raise DiskFull(str(self.folder))
        name = uuid.uuid4().hex
        part = self.folder / f"{name}.part"
        try:
            with disk_full_named(self.folder):
                sha256 = _write(part, read, length)
                part.rename(self.folder / name)
                sync(self.folder)
        finally:
            part.unlink(missing_ok=True)
        return Received(name, sha256, length)

    def _waiting_bytes(self) -> int:
        total = 0
        for path in self.folder.iterdir():
            with contextlib.suppress(FileNotFoundError):  # admitted since it was listed
                total += path.stat().st_size
        return total

    def path(self, name: str) -> Path:
        """Where a received file lies.

        Raises:
            ValueError: no such name is ever made here.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a received file")
        return self.folder / name

    def admitted(self, sha256: str) -> Path | None:
        """The upload with this content, if there is one."""
        return next(iter(sorted(self.uploads.glob(f"{sha256}.*"))), None)

    def admit(self, source: Path, sha256: str, form: str) -> Path:
        """Move a decoded file among the uploads; returns where it lies now."""
        self.uploads.mkdir(parents=True, exist_ok=True)
        target = self.uploads / f"{sha256}.{form}"
        if source != target:
            source.replace(target)
            sync(self.uploads)
        return target

    def stale(self) -> list[Path]:
        """Files in quarantine that nobody waits for any more, and uploads old enough to be asked about."""
        before, found = time.time() - STALE_S, []
        for path in (*self.folder.glob("*"), *self.uploads.glob("*")):
            with contextlib.suppress(FileNotFoundError):
                if path.lstat().st_mtime < before:
                    found.append(path)
        return sorted(found)


def _write(part: Path, read: Callable[[int], bytes], length: int) -> str:
    """Write exactly so many bytes to a new file; returns their hash."""
    digest, left = hashlib.sha256(), length
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        while left:
            chunk = read(min(CHUNK_BYTES, left))
            if not chunk:
                raise UploadCut(length - left, length)
            file.write(chunk)
            digest.update(chunk)
            left -= len(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()
