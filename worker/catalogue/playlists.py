"""Playlists as they lie on disks, read into entries that name tracks but never opened further.

Conventions: the format goes by the file's name; `worker.playlists.formats` has them, and what each of them says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from worker.catalogue.errors import AudioRejected, PlaylistRejected
from worker.catalogue.files import open_regular
from worker.cleaning import clean
from worker.playlists import formats
from worker.playlists.entries import Entry
from worker.playlists.errors import NotAPlaylist

MAX_BYTES = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Playlist:
    """A named list of entries."""

    path: Path
    name: str
    part: str = ""
    """Which of several playlists in one CSV file; empty otherwise."""
    entries: tuple[Entry, ...] = field(default=())


def read_playlists(path: Path) -> list[Playlist]:
    """Read one file; a CSV with a `playlist` column may hold several. A name that promises no format promises M3U.

    Raises:
        PlaylistRejected: it cannot be read, is too large or is no playlist of its kind.
    """
    content = _content(path)
    stem = clean(path.stem)
    try:
        found = (formats.format_of_file(path.name) or formats.FORMATS["m3u8"]).read(content)
    except NotAPlaylist as error:
        raise PlaylistRejected(path, error.detail) from error
    return [
        Playlist(path, one.name or stem or "playlist", "" if one.part is None else one.part or stem, one.entries)
        for one in found
    ]


def text_of(path: Path) -> str:
    """The text of a file that is not too large; bytes that are no UTF-8 are kept as surrogate escapes.

    Raises:
        PlaylistRejected: it cannot be read, is too large or is no text.
    """
    try:
        return formats.text_of(_content(path))
    except NotAPlaylist as error:
        raise PlaylistRejected(path, error.detail) from error


def _content(path: Path) -> bytes:
    try:
        with open_regular(path) as file:
            content = file.read(MAX_BYTES + 1)
    except AudioRejected as rejected:
        detail = f"it {rejected.code.sentence}" + (f": {rejected.detail}" if rejected.detail else "")
        raise PlaylistRejected(path, detail) from rejected
    except OSError as error:
        raise PlaylistRejected(path, error.strerror or "it cannot be read") from error
    if len(content) > MAX_BYTES:
        raise PlaylistRejected(path, f"it is larger than {MAX_BYTES // 2**20} MiB")
    return content
