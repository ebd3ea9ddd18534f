"""Opens the audio of a track for whoever listens: regular files below the configured folders, and nothing else.

Why the path is resolved before it is compared: a link within a folder may lead out of it. Why it is opened without
following links after that: what was a file a moment ago may be a link now.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from io import BufferedReader
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from webapi.errors import NoAudio


def open_audio(track_id: str, uri: str, roots: Sequence[Path]) -> tuple[BufferedReader, Path]:
    """The file of a track, opened, and its path.

    Args:
        track_id: for errors.
        uri: where its file lies, a `file://` URI.
        roots: folders that files may be read from.

    Raises:
        NoAudio: it has no file, or none that may be read.
    """
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"}:
        raise NoAudio(track_id, "it has no file")
    try:
        path = Path(os.path.realpath(os.fsdecode(unquote_to_bytes(parts.path)), strict=True))
        if not any(path.is_relative_to(os.path.realpath(root)) for root in roots):
            raise NoAudio(track_id, "its file lies in none of the folders of AUDIO_CONCEPTS_AUDIO_ROOTS")
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise NoAudio(track_id, "its file cannot be read") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NoAudio(track_id, "its file is none")
    return os.fdopen(descriptor, "rb"), path
