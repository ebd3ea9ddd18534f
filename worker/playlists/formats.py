"""The formats that playlists are read from and written to, by name, media type and file name.

Conventions: a reader takes bytes and gives the playlists in them, in order; a writer gives text that is to be encoded
by `encoded`. What is written is read back as the same entries, but for the numbers of their lines; M3U and CSV have one
location an entry.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass

from worker.playlists.entries import Listing
from worker.playlists.errors import NotAPlaylist
from worker.playlists.jspf import read_jspf, write_jspf
from worker.playlists.m3u import read_m3u, write_m3u
from worker.playlists.tables import read_csv, write_csv
from worker.playlists.xspf import read_xspf, write_xspf


@dataclass(frozen=True, slots=True)
class Format:
    """One format."""

    media_types: tuple[str, ...]
    """The one that is written, then others that are read."""
    suffixes: tuple[str, ...]
    """Of file names, the one that is written first."""
    read: Callable[[bytes], list[Listing]]
    write: Callable[[Listing], str]

    @property
    def media_type(self) -> str:
        """What is written says that it is this."""
        return self.media_types[0]


def text_of(content: bytes) -> str:
    """Text in UTF-8 or, by its byte order mark, UTF-16; other bytes are kept as surrogate escapes.

    Raises:
        NotAPlaylist: it is no text.
    """
    try:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            text = content.decode("utf-16", errors="strict")
        else:
            text = content.removeprefix(codecs.BOM_UTF8).decode("utf-8", errors="surrogateescape")
    except UnicodeDecodeError as error:
        raise NotAPlaylist("its UTF-16 is broken") from error
    if "\0" in text:
        raise NotAPlaylist("it is not text")
    return text


def encoded(text: str) -> bytes:
    """What a writer gave, as bytes: UTF-8, and the very bytes of names that are not."""
    return text.encode("utf-8", errors="surrogateescape")


FORMATS: dict[str, Format] = {
    "m3u8": Format(
        (
            "application/vnd.apple.mpegurl",
            "audio/mpegurl",
            "audio/x-mpegurl",
            "application/mpegurl",
            "application/x-mpegurl",
        ),
        (".m3u8", ".m3u"),
        lambda content: read_m3u(text_of(content)),
        write_m3u,
    ),
    "xspf": Format(("application/xspf+xml",), (".xspf",), read_xspf, write_xspf),
    "jspf": Format(("application/jspf+json",), (".jspf",), lambda content: read_jspf(text_of(content)), write_jspf),
    "csv": Format(("text/csv",), (".csv",), lambda content: read_csv(text_of(content)), write_csv),
}
SUFFIXES = tuple(sorted(suffix for one in FORMATS.values() for suffix in one.suffixes))


def format_of_file(name: str) -> Format | None:
    """The format that a file name promises; None when it promises none."""
    return next((one for one in FORMATS.values() if name.lower().endswith(one.suffixes)), None)
