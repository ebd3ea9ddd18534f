"""Which track an entry means: by id, path, ISRC or MusicBrainz id, else by title and artist. Nothing is opened here.

Conventions: paths are compared as text with those that are known. In turn: as written (relative to the playlist's
folder, then to the audio folders; percent-encoded, with backslashes, or in another encoding), then without regard to
case and Unicode form; a path that leads out of the audio folders also by an ending of at least two parts that fits one
file only, as after a move of the whole library.

Why by text alone: an entry may name anything, `/dev/zero` or a share that hangs; a path that the scan did not find is
not worth touching.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote_to_bytes, urlsplit

from worker.cleaning import readable
from worker.playlists.entries import Entry
from worker.reasons import Reason

_SCHEME = re.compile(r"(?i)([a-z][a-z0-9+.-]+)://|(spotify|urn|deezer|tidal|http|https|mms|rtsp):")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_MIN_ENDING = 2


@dataclass(frozen=True, slots=True)
class Match:
    """The track that an entry means, or why there is none."""

    track_id: str | None
    how: str = ""
    """id, path, ending, isrc, mbid or title."""
    reason: Reason | None = None
    detail: str = ""


class Root(Protocol):
    """A folder as it was named and as it really lies."""

    @property
    def given(self) -> Path: ...
    @property
    def real(self) -> Path: ...


class Folders(Protocol):
    """The audio folders; see `worker.catalogue.scan.Scan`."""

    @property
    def roots(self) -> Sequence[Root]: ...
    @property
    def aliases(self) -> Mapping[Path, Path]: ...
    def holds(self, path: Path) -> bool: ...


@dataclass(frozen=True, slots=True)
class NoFolders:
    """Where nobody knows which folders the files came from."""

    roots: tuple[Root, ...] = ()
    aliases: Mapping[Path, Path] = field(default_factory=dict)

    def holds(self, path: Path) -> bool:
        del path
        return False


class Matcher:
    """Finds the tracks of entries.

    Args:
        folders: the audio folders, and the links inside them.
        tracks: track id by file, for the files that gave a sound.
        isrcs: track id by ISRC.
        mbids: track id by MusicBrainz recording id.
        left_out: why, by file.
        ids: of tracks that an entry may name by id.
        called: ids by title and artist, see `titled`; an entry is found by them where they are one track's.
    """

    def __init__(
        self,
        folders: Folders,
        tracks: Mapping[Path, str],
        *,
        isrcs: Mapping[str, str],
        mbids: Mapping[str, str],
        left_out: Mapping[Path, Reason],
        ids: Iterable[str] = (),
        called: Mapping[tuple[str, str], frozenset[str]] | None = None,
    ) -> None:
        self._folders, self._isrcs, self._mbids = folders, isrcs, mbids
        self._ids = frozenset(tracks.values()) | frozenset(ids)
        self._called = called or {}
        known = {str(path): track for path, track in tracks.items()}
        for alias, target in folders.aliases.items():
            if str(target) in known:
                known[str(alias)] = known[str(target)]
        self._tracks = known
        self._left_out = {str(path): reason for path, reason in left_out.items()}
        self._folded: dict[str, set[str]] = {}
        for path, track in known.items():
            self._folded.setdefault(_fold(path), set()).add(track)
        self._endings = self._index_endings()

    def match(self, entry: Entry, folder: Path) -> Match:
        """Find the track of an entry.

        Args:
            entry: what the playlist says.
            folder: the real folder in which the playlist lies.
        """
        if entry.track in self._ids:
            return Match(entry.track, "id")
        # What names one recording goes before what people call it; of several reasons the first tells most.
        tried = [
            *(self._by_path(location, folder) for location in entry.locations),
            *self._by_code(entry),
            *self._by_title(entry),
        ]
        found = next((one for one in tried if one.track_id is not None), None)
        return found or next(iter(tried), Match(None, reason=Reason.ENTRY_EMPTY))

    def _by_code(self, entry: Entry) -> Iterator[Match]:
        if entry.isrc in self._isrcs:
            yield Match(self._isrcs[entry.isrc], "isrc")
        if entry.mbid in self._mbids:
            yield Match(self._mbids[entry.mbid], "mbid")
        if code := entry.track or entry.isrc or entry.mbid:
            yield Match(None, reason=Reason.ENTRY_MISSING, detail=f"no track has {readable_text(code)}")

    def _by_title(self, entry: Entry) -> Iterator[Match]:
        """By title and artist, where both are said and titles count at all."""
        if not (self._called and entry.title and entry.artist):
            return
        found = self._called.get(_called(entry.title, entry.artist), frozenset())
        detail = readable_text(f"{entry.artist} - {entry.title}")
        if len(found) == 1:
            yield Match(next(iter(found)), "title")
        else:
            yield Match(None, reason=Reason.ENTRY_AMBIGUOUS if found else Reason.ENTRY_MISSING, detail=detail)

    def _by_path(self, location: str, folder: Path) -> Match:
        if _remote(location):
            return Match(None, reason=Reason.ENTRY_REMOTE, detail=readable_text(location))
        spellings = list(dict.fromkeys(_spellings(location)))
        places = [self._real(os.path.normpath(Path(base, text))) for text in spellings for base in self._bases(folder)]
        for place in places:
            if place in self._tracks:
                return Match(self._tracks[place], "path")
        detail = readable_text(location)
        left_out = next((self._left_out[place] for place in places if place in self._left_out), None)
        if left_out is not None:
            return Match(None, reason=Reason.ENTRY_LEFT_OUT, detail=f"{detail}: {left_out}")
        for place in places:
            candidates = self._folded.get(_fold(place), set())
            if len(candidates) == 1:
                return Match(next(iter(candidates)), "path")
            if candidates:
                return Match(None, reason=Reason.ENTRY_AMBIGUOUS, detail=detail)
        return self._by_ending(spellings, places, detail)

    def _by_ending(self, spellings: list[str], places: list[str], detail: str) -> Match:
        inside = not self._folders.roots or any(self._folders.holds(Path(place)) for place in places)
        if places and self._folders.holds(Path(places[0])):
            return Match(None, reason=Reason.ENTRY_MISSING, detail=detail)
        for text in spellings:
            parts = [part for part in Path(_fold(text)).parts if part not in {"/", "..", "."}]
            # Longest first: an ending that fits several files by its last two parts may fit one by three.
            for count in range(len(parts), _MIN_ENDING - 1, -1):
                candidates = self._endings.get("/".join(parts[-count:]), set())
                if len(candidates) == 1:
                    return Match(next(iter(candidates)), "ending")
                if candidates:
                    return Match(None, reason=Reason.ENTRY_AMBIGUOUS, detail=detail)
        return Match(None, reason=Reason.ENTRY_MISSING if inside else Reason.ENTRY_OUTSIDE, detail=detail)

    def _bases(self, folder: Path) -> Iterator[Path]:
        yield folder
        for root in self._folders.roots:
            yield root.real

    def _real(self, place: str) -> str:
        """A path below an audio folder as it was named, seen from where that folder really lies."""
        for root in self._folders.roots:
            if root.given != root.real and Path(place).is_relative_to(root.given):
                return str(root.real / Path(place).relative_to(root.given))
        return place

    def _index_endings(self) -> dict[str, set[str]]:
        """Endings of two parts and more, below the audio folder, of every file."""
        endings: dict[str, set[str]] = {}
        for path, track in self._tracks.items():
            root = next((root.real for root in self._folders.roots if Path(path).is_relative_to(root.real)), Path("/"))
            below = len(Path(path).relative_to(root).parts)
            parts = Path(_fold(path)).parts[1:]
            for count in range(_MIN_ENDING, min(below + 1, len(parts)) + 1):
                endings.setdefault("/".join(parts[-count:]), set()).add(track)
        return endings


def unique_ids(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """The first track of each code; empty codes name nothing.

    >>> unique_ids([("A", "t1"), ("", "t2"), ("A", "t3")])
    {'A': 't1'}
    """
    chosen: dict[str, str] = {}
    for code, track in pairs:
        if code:
            chosen.setdefault(code, track)
    return chosen


def titled(tracks: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str], frozenset[str]]:
    """Track ids by title and artist, without regard to case and Unicode form.

    Args:
        tracks: (title, artist, id); what lacks title or artist is passed over.
    """
    found: dict[tuple[str, str], set[str]] = {}
    for title, artist, track in tracks:
        if title and artist:
            found.setdefault(_called(title, artist), set()).add(track)
    return {name: frozenset(ids) for name, ids in found.items()}


def file_names(location: str) -> set[str]:
    """The names of files that a location may mean; none for an address on the network."""
    return set() if _remote(location) else {Path(text).name for text in _spellings(location)} - {""}


def readable_text(location: str) -> str:
    """A location that can be printed and stored, shortened."""
    return readable(location)[:300]


def tally(matches: Iterable[Match]) -> dict[str, int]:
    """How many entries were found in which way."""
    return dict(sorted(Counter(match.how for match in matches if match.track_id is not None).items()))


def _called(title: str, artist: str) -> tuple[str, str]:
    return _fold(title), _fold(artist)


def _remote(location: str) -> bool:
    scheme = _SCHEME.match(location)
    if scheme is None or _DRIVE.match(location):
        return False
    if (scheme[1] or "").lower() != "file":
        return True
    try:
        return urlsplit(location).netloc.lower() not in {"", "localhost"}
    except ValueError:
        return True


def _spellings(location: str) -> Iterator[str]:
    """The paths that a location may mean, likeliest first; never one with NUL."""
    for text in _decoded(location):
        if "\0" in text or not text:
            continue
        yield text
        if "\\" in text:
            yield re.sub(r"^[A-Za-z]:", "", text).replace("\\", "/")
        if any("\udc80" <= character <= "\udcff" for character in text):
            yield os.fsencode(text).decode("cp1252", errors="replace")


def _decoded(location: str) -> Iterator[str]:
    if _SCHEME.match(location) and not _DRIVE.match(location):
        # Fragment and query are no part of a file's URL; an unescaped # or ? in a name is forgiven.
        path = unquote_to_bytes(re.sub(r"(?i)^file://(localhost)?", "", location).encode(errors="surrogateescape"))
        text = os.fsdecode(path)
        yield text[1:] if re.match(r"/[A-Za-z]:/", text) else text
        return
    yield location
    if "%" in location:
        yield os.fsdecode(unquote_to_bytes(location.encode(errors="surrogateescape")))


def _fold(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()
