"""XSPF: a playlist as XML, read by expat with everything refused that XML can do beyond elements and text.

Read: `location` (several are tried in turn), `identifier`, `title`, `creator`, and one `meta` of our own that says when
a track was added. Element names are compared without their namespace. The handlers for document types and entity
declarations refuse: no entity is ever declared, so none is ever expanded or fetched.

Source: https://www.xspf.org/spec.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape

from worker.cleaning import clean
from worker.playlists.entries import Entry, Listing, listing, moment
from worker.playlists.errors import NotAPlaylist
from worker.playlists.identifiers import identified, identifiers_of, reference

ADDED = "urn:audio-concepts:added-at"
MAX_DEPTH = 32
MAX_TEXT_CHARACTERS = 16_384


@dataclass(slots=True)
class _Track:
    """One `track` element."""

    locations: list[str] = field(default_factory=list)
    identifiers: list[str] = field(default_factory=list)
    title: str = ""
    creator: str = ""
    added: str = ""

    def entry(self, number: int) -> Entry:
        track, isrc, mbid = identified(self.identifiers)
        return Entry(
            number,
            tuple(location.strip() for location in self.locations),
            clean(self.title),
            clean(self.creator),
            isrc,
            mbid,
            moment(self.added),
            clean(track),
        )


def read_xspf(content: bytes) -> list[Listing]:
    """The one playlist of a document, in the encoding that it declares.

    Raises:
        NotAPlaylist: it is no well-formed XML, no playlist, or declares a document type or an entity.
    """
    reader = _Reader()
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
        raise NotAPlaylist(f"its XML is broken: {error}") from error
    except (ValueError, LookupError) as error:
        raise NotAPlaylist("its encoding is unknown") from error
    entries = [track.entry(number) for number, track in enumerate(reader.tracks, start=1)]
    return [listing(clean(reader.title), entries)]


def write_xspf(given: Listing) -> str:
    """A playlist as XML, to be encoded as UTF-8."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<playlist version="1" xmlns="http://xspf.org/ns/0/">',
        *_element("title", given.name, "  "),
        "  <trackList>",
    ]
    for entry in given.entries:
        lines.append("    <track>")
        for location in entry.locations:
            lines += _element("location", reference(location))
        for identifier in identifiers_of(entry):
            lines += _element("identifier", identifier)
        lines += _element("title", entry.title) + _element("creator", entry.artist)
        lines += _element("duration", str(round(entry.duration_s * 1000) or ""))
        if entry.added_at:
            lines.append(f'      <meta rel="{ADDED}">{escape(entry.added_at)}</meta>')
        lines.append("    </track>")
    return "\n".join([*lines, "  </trackList>", "</playlist>"]) + "\n"


def _element(name: str, text: str, margin: str = "      ") -> list[str]:
    """One line; none for an empty text."""
    return [f"{margin}<{name}>{escape(text)}</{name}>"] if text else []


class _Reader:
    """Keeps the path of open elements, the text of the innermost, and what was read."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._text: list[str] = []
        self._characters = 0
        self._rel = ""
        self.title = ""
        self.tracks: list[_Track] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if not self._open and local != "playlist":
            raise NotAPlaylist("its root element is not a playlist")
        if len(self._open) >= MAX_DEPTH:
            raise NotAPlaylist("its elements are nested too deeply")
        self._open.append(local)
        self._text, self._characters, self._rel = [], 0, attributes.get("rel", "")
        if self._open == ["playlist", "trackList", "track"]:
            self.tracks.append(_Track())

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
            case ["playlist", "trackList", "track", "meta"] if self._rel == ADDED:
                self.tracks[-1].added = text
            case ["playlist", "trackList", "track", noun]:
                self._keep(self.tracks[-1], noun, text)
        self._open.pop()

    @staticmethod
    def _keep(track: _Track, noun: str, text: str) -> None:
        if noun == "location":
            track.locations.append(text)
        elif noun == "identifier":
            track.identifiers.append(text)
        elif noun == "title":
            track.title = text
        elif noun == "creator":
            track.creator = text

    def refuse(self, *_arguments: Any) -> NoReturn:
        raise NotAPlaylist("it declares a document type or an entity, which a playlist has no use for")
