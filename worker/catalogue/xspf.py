"""The XML of a playlist, read by expat with everything refused that XML can do beyond elements and text.

Conventions: strings are as they stand in the file; element names are compared without their namespace.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from xml.parsers import expat

from worker.catalogue.errors import PlaylistRejected

MAX_DEPTH = 32
MAX_TEXT_CHARACTERS = 16_384


@dataclass(slots=True)
class XspfTrack:
    """One `track` element."""

    locations: list[str] = field(default_factory=list)
    identifiers: list[str] = field(default_factory=list)
    title: str = ""
    creator: str = ""


def parse_xspf(path: Path, content: bytes) -> tuple[str, list[XspfTrack]]:
    """Read a playlist's title and tracks.

    Args:
        path: for errors only.
        content: the whole file.

    Raises:
        PlaylistRejected: it is no well-formed XML, no playlist, or declares a document type or an entity.
    """
    reader = _Reader(path)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    parser.UnparsedEntityDeclHandler = reader.refuse
    parser.ExternalEntityRefHandler = reader.refuse
    try:
        parser.Parse(content, True)  # noqa: FBT003  # expat takes it by position only
    except expat.ExpatError as error:
        raise PlaylistRejected(path, f"its XML is broken: {error}") from error
    except (ValueError, LookupError) as error:
        raise PlaylistRejected(path, "its encoding is unknown") from error
    return reader.title, reader.tracks


class _Reader:
    """Keeps the path of open elements, the text of the innermost, and what was read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open: list[str] = []
        self._text: list[str] = []
        self._characters = 0
        self.title = ""
        self.tracks: list[XspfTrack] = []

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if not self._open and local != "playlist":
            raise PlaylistRejected(self._path, "its root element is not a playlist")
        if len(self._open) >= MAX_DEPTH:
            raise PlaylistRejected(self._path, "its elements are nested too deeply")
        self._open.append(local)
        self._text, self._characters = [], 0
        if self._open == ["playlist", "trackList", "track"]:
            self.tracks.append(XspfTrack())

    def text(self, content: str) -> None:
        self._characters += len(content)
        if self._characters <= MAX_TEXT_CHARACTERS:
            self._text.append(content)

    def end(self, _name: str) -> None:
        text = "".join(self._text).strip()
        self._text, self._characters = [], 0
        match self._open:
            case ["playlist", "title"]:
                self.title = text
            case ["playlist", "trackList", "track", noun]:
                self._keep(self.tracks[-1], noun, text)
        self._open.pop()

    @staticmethod
    def _keep(track: XspfTrack, noun: str, text: str) -> None:
        if noun == "location":
            track.locations.append(text)
        elif noun == "identifier":
            track.identifiers.append(text)
        elif noun == "title":
            track.title = text
        elif noun == "creator":
            track.creator = text

    def refuse(self, *_arguments: Any) -> NoReturn:
        raise PlaylistRejected(self._path, "it declares a document type or an entity, which a playlist has no use for")
