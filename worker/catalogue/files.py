"""Opening files that strangers may have made: regular files only, never a wait, never more bytes than asked for."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from worker.catalogue.errors import AudioRejected
from worker.reasons import Reason


def open_regular(path: Path) -> BufferedReader:
    """Open a file that is truly one: no link at its end, no pipe that would wait, no device.

    Raises:
        AudioRejected: NOT_A_FILE, UNREADABLE or EMPTY.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        code = Reason.NOT_A_FILE if _is_something_else(path) else Reason.UNREADABLE
        raise AudioRejected(code, path, os.strerror(error.errno or 0)) from error
    except ValueError as error:  # a NUL in the name
        raise AudioRejected(Reason.UNREADABLE, path, str(error)) from error
    status = os.fstat(descriptor)
    code = Reason.EMPTY if stat.S_ISREG(status.st_mode) else Reason.NOT_A_FILE
    if code is Reason.NOT_A_FILE or status.st_size == 0:
        os.close(descriptor)
        raise AudioRejected(code, path)
    return os.fdopen(descriptor, "rb")


def _is_something_else(path: Path) -> bool:
    """Whether there is a thing of that name that is no regular file."""
    try:
        return not stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class FileBytes:
    """What identifies a file's content."""

    sha256: str
    """64 hexadecimal characters."""
    count: int


def hash_file(path: Path, max_bytes: int) -> FileBytes:
    """Hash and count a file's bytes.

    Raises:
        AudioRejected: it cannot be opened or read, or is too big.
    """
    with open_regular(path) as file:
        try:
            count = os.fstat(file.fileno()).st_size
            if count > max_bytes:
                raise AudioRejected(Reason.TOO_BIG, path, f"{count} bytes")
            return FileBytes(hashlib.file_digest(file, "sha256").hexdigest(), count)
        except OSError as error:
            raise AudioRejected(Reason.UNREADABLE, path, os.strerror(error.errno or 0)) from error
