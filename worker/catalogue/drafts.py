"""Playlists, folders or tags become concepts with example tracks, before anything is written.

Conventions: a source key says where a concept comes from, relative to the folder that was named, and is what binds a
later import to the same concept: `playlist:jazz/cool.m3u8`, `playlist:all.csv#Cool`, `folder:jazz/cool`, `genre:cool
jazz`. Within a concept every track stands once, with the earliest entry's date.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cypher.model import Example, Kind, NewConcept
from worker.catalogue.errors import PlaylistRejected
from worker.catalogue.playlists import Playlist, read_playlists
from worker.catalogue.scan import LeftOut, Root, list_files
from worker.catalogue.tags import Tags
from worker.cleaning import clean, readable
from worker.playlists.formats import SUFFIXES
from worker.playlists.matching import Match, Matcher
from worker.reasons import Reason


@dataclass(frozen=True, slots=True)
class Draft:
    """A concept to be saved."""

    concept: NewConcept
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What playlists, folders or tags gave."""

    drafts: list[Draft]
    left_out: list[LeftOut] = field(default_factory=list)
    playlists: int = 0
    """Playlists looked at, unreadable ones included."""
    entries: int = 0
    matched: dict[str, int] = field(default_factory=dict)
    """Entries found, by how."""
    repeated: int = 0
    """Entries that named a track which their playlist already had; counted in `matched` too."""


def from_playlists(folder: Path, matcher: Matcher, kind: Kind) -> Found:
    """Read every playlist below a real folder and find its tracks."""
    drafts: list[Draft] = []
    left_out: list[LeftOut] = []
    matched: dict[str, int] = {}
    seen = entries = repeated = 0
    for path in list_files(folder, SUFFIXES):
        try:
            playlists = read_playlists(path)
        except PlaylistRejected as rejected:
            seen += 1
            left_out.append(LeftOut(readable(path), rejected.code, rejected.detail))
            continue
        for playlist in playlists:
            seen += 1
            matches = [matcher.match(entry, path.parent) for entry in playlist.entries]
            left_out += _entries_left_out(playlist, matches)
            examples = _examples(playlist, matches)
            entries += len(matches)
            for match in matches:
                if match.track_id is not None:
                    matched[match.how] = matched.get(match.how, 0) + 1
                    repeated += 1
            repeated -= len(examples)
            if examples:
                concept = NewConcept(_playlist_key(folder, playlist), playlist.name, kind, "user")
                drafts.append(Draft(concept, examples))
            else:
                left_out.append(LeftOut(_label(playlist), Reason.PLAYLIST_EMPTY, f"{len(matches)} entries"))
    return Found(drafts, left_out, seen, entries, dict(sorted(matched.items())), repeated)


def from_folders(tracks: Mapping[Path, str], roots: Sequence[Root], kind: Kind) -> list[Draft]:
    """Each folder below the audio folders is a concept of all tracks in it and below it."""
    members: dict[str, tuple[str, list[str]]] = {}
    for path, track in sorted(tracks.items()):
        root = next(root.real for root in roots if path.is_relative_to(root.real))
        for folder in path.relative_to(root).parents:
            if folder.parts:
                key = f"folder:{readable(folder)}"
                members.setdefault(key, (clean(readable(folder.name)) or "folder", []))[1].append(track)
    return _drafts(members, kind)


def from_tags(tracks: Iterable[tuple[str, Tags]], kind: Kind | None) -> list[Draft]:
    """Each genre and each mood is a concept; case and Unicode form do not part two spellings.

    Args:
        tracks: track id and tags, in a stable order: the first spelling names the concept.
        kind: of all of them; None for genre and mood as they are.
    """
    genres: dict[str, tuple[str, list[str]]] = {}
    moods: dict[str, tuple[str, list[str]]] = {}
    for track, tags in tracks:
        for name in tags.genres:
            genres.setdefault(f"genre:{_folded(name)}", (name, []))[1].append(track)
        for name in tags.moods:
            moods.setdefault(f"mood:{_folded(name)}", (name, []))[1].append(track)
    return [*_drafts(genres, kind or "genre"), *_drafts(moods, kind or "mood")]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _drafts(members: Mapping[str, tuple[str, list[str]]], kind: Kind) -> list[Draft]:
    return [
        Draft(NewConcept(key, name, kind, "user"), tuple(Example(track) for track in dict.fromkeys(tracks)))
        for key, (name, tracks) in sorted(members.items())
    ]


def _examples(playlist: Playlist, matches: Sequence[Match]) -> tuple[Example, ...]:
    dates: dict[str, str | None] = {}
    for entry, match in zip(playlist.entries, matches, strict=True):
        if match.track_id is not None:
            known = dates.get(match.track_id)
            stated = [date for date in (known, entry.added_at) if date is not None]
            dates[match.track_id] = min(stated, default=None)
    return tuple(Example(track, date) for track, date in dates.items())


def _entries_left_out(playlist: Playlist, matches: Sequence[Match]) -> list[LeftOut]:
    return [
        LeftOut(f"{_label(playlist)}:{entry.line}", match.reason, match.detail)
        for entry, match in zip(playlist.entries, matches, strict=True)
        if match.reason is not None
    ]


def _label(playlist: Playlist) -> str:
    return readable(playlist.path) + (f"#{playlist.part}" if playlist.part else "")


def _playlist_key(folder: Path, playlist: Playlist) -> str:
    part = f"#{playlist.part}" if playlist.part else ""
    return f"playlist:{readable(playlist.path.relative_to(folder))}{part}"
