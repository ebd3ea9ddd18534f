"""Audio files become tracks in the catalogue, batch by batch; what is known by its bytes is not decoded.

Conventions: a track's id comes from its sound, so copies and renamed files are one track, named by the first file in
path order. Each batch is saved when it is done.

A known file is listened to again where its track's sound was never measured, as under an older release.

Why a known file keeps its track whatever it would decode to today: the decoder may change with a release, and a track's
id must not.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from cypher.model import AudioFile, Track
from cypher.traits import TrackTraits
from worker.catalogue.errors import AudioRejected
from worker.catalogue.files import FileBytes
from worker.catalogue.listening import Heard, Listeners
from worker.catalogue.locations import path_of, uri_of
from worker.catalogue.scan import LeftOut
from worker.catalogue.tags import Tags
from worker.cleaning import clean, readable

BATCH_FILES = 64


class KnowsTracks(Protocol):
    """The part of the catalogue store that remembers files and tracks."""

    def known_files(self, sha256s: Iterable[str]) -> dict[str, str]: ...
    def save_tracks(self, tracks: Sequence[Track], files: Sequence[AudioFile]) -> None: ...
    def tracks(self, track_ids: Iterable[str]) -> list[Track]: ...
    def save_traits(self, traits: Iterable[TrackTraits]) -> None: ...
    def unmeasured(self, track_ids: Iterable[str]) -> set[str]: ...


class Intake:
    """Takes files in and remembers what became of each.

    Args:
        catalogue: where tracks are kept.
        listeners: what decodes.
    """

    def __init__(self, catalogue: KnowsTracks, listeners: Listeners) -> None:
        self._catalogue, self._listeners = catalogue, listeners
        self._tags: dict[Path, Tags] = {}
        self._saved: set[str] = set()
        self.tracks: dict[Path, str] = {}
        """Track id by file, for the files that gave a sound."""
        self.known_before: set[str] = set()
        """Track ids that the catalogue had before this run."""
        self.rejected: dict[Path, LeftOut] = {}
        self.flagged: list[LeftOut] = []
        self.new_files = self.known_files = self.copies = self.decoded = 0

    def take(self, paths: Sequence[Path], progress: Callable[[int], None]) -> None:
        """Take files in.

        Args:
            paths: audio files, sorted.
            progress: told how many are done.
        """
        for start in range(0, len(paths), BATCH_FILES):
            batch = paths[start : start + BATCH_FILES]
            contents = self._hash(batch)
            known = self._catalogue.known_files(sorted({content.sha256 for content in contents.values()}))
            self._take_known({path: c for path, c in contents.items() if c.sha256 in known}, known)
            unknown = {path: content for path, content in contents.items() if content.sha256 not in known}
            done = start + len(batch) - len(unknown)
            progress(done)
            self._measure({path: content for path, content in contents.items() if content.sha256 in known}, known)
            self._take_new(unknown, done, progress)

    def tags_of_tracks(self, progress: Callable[[int, int], None]) -> list[tuple[str, Tags]]:
        """Track id and tags of every file in path order; those of known files are read now."""
        unread = [path for path in self.tracks if path not in self._tags]
        for done, (path, pending) in enumerate(zip(unread, self._listeners.read_tags(unread), strict=True), start=1):
            self._tags[path] = pending.result()
            progress(done, len(unread))
        return [(self.tracks[path], self._tags[path]) for path in sorted(self.tracks, key=os.fsencode)]

    def _hash(self, paths: Sequence[Path]) -> dict[Path, FileBytes]:
        contents: dict[Path, FileBytes] = {}
        for path, pending in zip(paths, self._listeners.hash(paths), strict=True):
            try:
                contents[path] = pending.result()
            except AudioRejected as rejected:
                self._reject(path, rejected)
        return contents

    def _take_known(self, contents: dict[Path, FileBytes], known: dict[str, str]) -> None:
        """Nothing to decode; a track whose file moved learns where to."""
        wanted = sorted({known[content.sha256] for content in contents.values()})
        before = {track.id: track for track in self._catalogue.tracks(wanted)}
        moved: dict[str, Track] = {}
        files: list[AudioFile] = []
        for path, content in contents.items():
            track_id = known[content.sha256]
            self.tracks[path] = track_id
            self.known_files += 1
            if track_id not in self._saved:
                self.known_before.add(track_id)
            track = before.get(track_id)
            if track is not None and track_id not in moved and _is_gone(track.uri):
                moved[track_id] = dataclasses.replace(track, uri=uri_of(path))
                files.append(AudioFile(content.sha256, track_id, uri_of(path), content.count))
        if moved:
            self._catalogue.save_tracks(list(moved.values()), files)

    def _measure(self, contents: dict[Path, FileBytes], known: dict[str, str]) -> None:
        """Listen to known files whose tracks came in before sounds were measured; they stay the tracks they are."""
        lacking = self._catalogue.unmeasured(sorted({known[content.sha256] for content in contents.values()}))
        first: dict[str, Path] = {}
        for path, content in contents.items():
            if known[content.sha256] in lacking:
                first.setdefault(known[content.sha256], path)
        found = []
        for track_id, pending in zip(first, self._listeners.listen(list(first.values())), strict=True):
            with contextlib.suppress(AudioRejected):
                found.append(_traits(track_id, pending.result()))
        self.decoded += len(first)
        self._catalogue.save_traits(found)

    def _take_new(self, contents: dict[Path, FileBytes], done: int, progress: Callable[[int], None]) -> None:
        """Decode each content once and save what sounds new."""
        heard = self._listen(contents, done, progress)
        wanted = sorted({sound.facts.track_id for sound in heard.values()} - self._saved)
        self.known_before |= {track.id for track in self._catalogue.tracks(wanted)}
        tracks: list[Track] = []
        files: dict[str, AudioFile] = {}
        traits: dict[str, TrackTraits] = {}
        for path, sound in heard.items():
            track_id, content = sound.facts.track_id, contents[path]
            self._tags[path] = sound.tags
            self.tracks[path] = track_id
            self.flagged += [LeftOut(readable(path), flag) for flag in sound.flags]
            if track_id in self.known_before or track_id in self._saved:
                self.copies += 1
            else:
                self.new_files += 1
                self._saved.add(track_id)
                tracks.append(track_of(sound, uri_of(path), readable(path.stem)))
                traits[track_id] = _traits(track_id, sound)
            files.setdefault(content.sha256, AudioFile(content.sha256, track_id, uri_of(path), content.count))
        if files:
            self._catalogue.save_tracks(tracks, list(files.values()))
            self._catalogue.save_traits(traits.values())

    def _listen(self, contents: dict[Path, FileBytes], done: int, progress: Callable[[int], None]) -> dict[Path, Heard]:
        """What each file sounds like; equal contents are decoded once."""
        first: dict[str, Path] = {}
        for path, content in contents.items():
            first.setdefault(content.sha256, path)
        pending = dict(zip(first, self._listeners.listen(list(first.values())), strict=True))
        self.decoded += len(pending)
        heard: dict[Path, Heard] = {}
        for now_done, (path, content) in enumerate(contents.items(), start=done + 1):
            try:
                heard[path] = pending[content.sha256].result()
            except AudioRejected as rejected:
                self._reject(path, rejected)
            progress(now_done)
        return heard

    def _reject(self, path: Path, rejected: AudioRejected) -> None:
        self.rejected[path] = LeftOut(readable(path), rejected.code, rejected.detail)


def track_of(sound: Heard, uri: str, called: str) -> Track:
    """The track of a sound, as its tags tell of it.

    Args:
        sound: what was heard.
        uri: where its file lies.
        called: the title where the tags have none.
    """
    return Track(
        id=sound.facts.track_id,
        title=sound.tags.title or clean(called) or "untitled",
        artist=sound.tags.artist,
        album=sound.tags.album,
        duration_s=round(sound.facts.duration_s, 6),
        uri=uri,
        isrc=sound.tags.isrc,
        mbid=sound.tags.mbid,
        work=sound.tags.work,
    )


def _traits(track_id: str, sound: Heard) -> TrackTraits:
    facts = sound.facts
    return TrackTraits(track_id, facts.level_db, facts.rate_hz, facts.format, sound.tags.year)


def _is_gone(uri: str) -> bool:
    try:
        return not os.path.lexists(path_of(uri))
    except ValueError:
        return True
