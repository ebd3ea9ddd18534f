"""Playlists as a user has them: M3U8, and every fifth one XSPF, with paths relative to the playlist.

Conventions: paths use forward slashes; XSPF locations are percent-encoded; durations in M3U8 are whole seconds and in
XSPF milliseconds. Source: xspf.org, version 1.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote
from xml.sax.saxutils import escape

_XSPF_EVERY = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a playlist; `file` is relative to the library's folder."""

    file: str
    title: str
    artist: str
    album: str
    seconds: float


def playlist_file(folder: Path, concept: str, position: int) -> Path:
    """Where the playlist of a concept lies; its position in the collection decides the format."""
    return folder / f"{concept}{'.xspf' if position % _XSPF_EVERY == _XSPF_EVERY - 1 else '.m3u8'}"


def playlist_text(name: str, entries: Sequence[Entry], playlist: Path, target: Path) -> str:
    """The text of one playlist, in the format its file name asks for.

    Args:
        name: shown to people.
        entries: its tracks in order.
        playlist: where it will lie, below `target`.
        target: what the entries' files are relative to.
    """
    back = PurePosixPath(os.path.relpath(target, playlist.parent).replace(os.sep, "/"))
    located = [(str(back / entry.file), entry) for entry in entries]
    return _xspf(name, located) if playlist.suffix == ".xspf" else _m3u8(name, located)


def _m3u8(name: str, located: Sequence[tuple[str, Entry]]) -> str:
    lines = ["#EXTM3U", f"#PLAYLIST:{name}"]
    for path, entry in located:
        lines += [f"#EXTINF:{round(entry.seconds)},{entry.artist} - {entry.title}", path]
    return "\n".join([*lines, ""])


def _xspf(name: str, located: Sequence[tuple[str, Entry]]) -> str:
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<playlist version="1" xmlns="http://xspf.org/ns/0/">',
        f"  <title>{escape(name)}</title>",
        "  <trackList>",
    ]
    for path, entry in located:
        lines += [
            "    <track>",
            f"      <location>{escape(quote(path))}</location>",
            f"      <title>{escape(entry.title)}</title>",
            f"      <creator>{escape(entry.artist)}</creator>",
            f"      <album>{escape(entry.album)}</album>",
            f"      <duration>{round(entry.seconds * 1000)}</duration>",
            "    </track>",
        ]
    return "\n".join([*lines, "  </trackList>", "</playlist>", ""])
