"""The catalogue as a rebuild froze it: its concepts, who belongs to them, and every track with where it lies.

Conventions: plain JSON in one file named by its content; ids sorted, so that equal catalogues have equal files. Every
later stage reads this copy, never the graph, so that an import beside a rebuild changes nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from cypher.decisions import Standing
from cypher.model import Concept, Track
from cypher.traits import TrackTraits
from worker.concepts.members import Members
from worker.concepts.properties import PROPERTIES, Property, PropertyName
from worker.jobs.builds import Builds, content_hash
from worker.jobs.curated import joined, set_aside
from worker.jobs.errors import NothingToGroupBy
from worker.jobs.requests import GroupBy


@dataclass(frozen=True, slots=True)
class FrozenTrack:
    """What a rebuild needs to know of a track."""

    id: str
    uri: str
    artist: str
    album: str
    work: str = ""


@dataclass(frozen=True, slots=True)
class CatalogueCopy:
    """One collection's concepts over the whole catalogue of tracks."""

    names: dict[str, str]
    """Name by concept id."""
    memberships: dict[str, list[str]]
    """Track ids by concept id, both sorted; concepts without tracks included."""
    tracks: tuple[FrozenTrack, ...]
    """By id."""
    aside: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Concepts that curators took out: id -> code and sentence of why."""
    traits: dict[str, dict[str, float | str]] = field(default_factory=dict)
    """By property: what is known of it, by track id."""

    @classmethod
    def of(
        cls,
        concepts: Iterable[Concept],
        memberships: Mapping[str, Sequence[str]],
        tracks: Iterable[Track],
        standing: Standing | None = None,
        traits: Iterable[TrackTraits] = (),
    ) -> CatalogueCopy:
        """Sort what the graph holds, with the tracks of merged concepts joined and who is set aside."""
        decided = standing or Standing()
        frozen = sorted(tracks, key=lambda track: track.id)
        names = {concept.id: concept.name for concept in sorted(concepts, key=lambda concept: concept.id)}
        return cls(
            names,
            joined(decided, {concept_id: memberships.get(concept_id, ()) for concept_id in names}),
            tuple(FrozenTrack(track.id, track.uri, track.artist, track.album, track.work) for track in frozen),
            set_aside(decided, names),
            _by_property(frozen, traits),
        )

    def save(self, builds: Builds) -> str:
        """Write it; returns the file's name."""
        tracks = [[track.id, track.uri, track.artist, track.album, track.work] for track in self.tracks]
        said = {"concepts": self.names, "memberships": self.memberships, "tracks": tracks, "aside": self.aside}
        if any(self.traits.values()):
            said["traits"] = self.traits
        return builds.place_json(said)

    @classmethod
    def load(cls, builds: Builds, name: str) -> CatalogueCopy:
        """Read what `save` wrote.

        Raises:
            BuildMissing: it is gone.
        """
        read: dict[str, Any] = builds.read_json(name, written_by="scan")
        tracks = tuple(FrozenTrack(*track) for track in read["tracks"])
        aside = {concept_id: (code, why) for concept_id, (code, why) in read.get("aside", {}).items()}
        return cls(read["concepts"], read["memberships"], tracks, aside, read.get("traits", {}))

    def members(self, track_ids: Sequence[str]) -> Members:
        """The concepts as sets of rows of these tracks; others are dropped and counted."""
        return Members.of(self.memberships, track_ids)

    def addresses(self, concept_id: str) -> dict[str, str]:
        """Where a concept's tracks lie, by id; empty for a concept that it does not hold."""
        by_id = {track.id: track.uri for track in self.tracks}
        return {track_id: by_id[track_id] for track_id in self.memberships.get(concept_id, ())}

    def fold_keys(self, track_ids: Sequence[str], group_by: GroupBy) -> list[str]:
        """What must stay in one fold, for each track; one whose artist, album or score is unknown stands for itself.

        Raises:
            NothingToGroupBy: nothing is known of any track.
        """
        by_id = {track.id: track for track in self.tracks}
        keys = [_fold_key(by_id[track_id], group_by) for track_id in track_ids]
        if group_by != "track" and all(key == track_id for key, track_id in zip(keys, track_ids, strict=True)):
            raise NothingToGroupBy(group_by, len(keys))
        return keys

    def property(self, name: PropertyName, track_ids: Sequence[str]) -> Property:
        """A property of these tracks; not known of those that nothing was told of."""
        return Property.of(name, track_ids, self.traits.get(name, {}))

    def groups(self, track_ids: Sequence[str], by: Literal["artist", "album"]) -> list[str]:
        """The artist, or album and artist, of each track as people read it; '' where it is not known."""
        names = {track.id: track.artist if by == "artist" else _album_name(track) for track in self.tracks}
        return [names[track_id] for track_id in track_ids]

    def members_sha256(self, concept_id: str) -> str:
        """Hash of a concept's track ids."""
        return content_hash(self.memberships[concept_id])


def _by_property(tracks: Iterable[Track], traits: Iterable[TrackTraits]) -> dict[str, dict[str, float | str]]:
    """What is known, property by property, in the order of track ids."""
    found: dict[str, dict[str, float | str]] = {name: {} for name in PROPERTIES}
    found["length"] = {track.id: track.duration_s for track in tracks if track.duration_s > 0}
    for one in sorted(traits, key=lambda one: one.track_id):
        told = (one.loudness_db, one.year, one.codec or None, one.rate_hz, one.popularity)
        for name, value in zip(("loudness", "year", "codec", "rate", "popularity"), told, strict=True):
            if value is not None:
                found[name][one.track_id] = value
    return found


def _album_name(track: FrozenTrack) -> str:
    return f"{track.album} ({track.artist})" if track.album and track.artist else track.album


def _fold_key(track: FrozenTrack, group_by: GroupBy) -> str:
    if group_by == "artist" and track.artist:
        return f"artist:{track.artist}"
    if group_by == "album" and track.album:
        return f"album:{track.artist}:{track.album}"
    if group_by == "score" and track.work:
        return f"score:{track.work}"
    return track.id
