"""Playlists and what became of their entries, as answers say it and as other formats write it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from cypher.entries import Listed, Playlist, PlaylistLine
from cypher.model import Track
from webapi.answers import name_of
from webapi.playlist_matching import Matched
from webapi.schemas import Label
from webapi.schemas import playlists as said
from worker.playlists.entries import Entry, Listing
from worker.playlists.matching import Match, tally
from worker.reasons import Reason


def summary(found: Playlist | PlaylistLine) -> said.PlaylistSummary:
    """A playlist as lists show it."""
    return said.PlaylistSummary(
        id=found.id,
        name=found.name,
        collection=Label(id=found.collection, name=name_of(found.collection)),
        kind=found.kind,
        tracks=found.tracks if isinstance(found, PlaylistLine) else len(found.tracks),
        changed_at=found.changed_at,
    )


def whole(found: Playlist, tracks: Mapping[str, Track]) -> said.Playlist:
    """A playlist with its entries; `tracks` are those it has, by id."""
    shown = zip(found.entries, entries_of(found, tracks), strict=True)
    return said.Playlist(
        **dict(summary(found)),
        entries=[_entry(one, effective) for one, effective in shown],
        unmatched=sum(one.track is None for one in found.entries),
    )


def listing_of(found: Playlist, tracks: Mapping[str, Track]) -> Listing:
    """A playlist as other formats write it."""
    return Listing(found.name, tuple(entries_of(found, tracks)))


def entries_of(found: Playlist, tracks: Mapping[str, Track]) -> Iterator[Entry]:
    """Its entries: tracks as the catalogue knows them, the others as they were given."""
    for number, one in enumerate(found.entries, start=1):
        track = tracks.get(one.track) if one.track is not None else None
        if track is None:
            given = one.track or one.given
            yield Entry(number, one.locations, one.title, one.artist, one.isrc, one.mbid, one.added_at, given)
        else:
            yield Entry(
                number,
                (track.uri,) if track.uri else (),
                track.title,
                track.artist,
                track.isrc,
                track.mbid,
                one.added_at,
                track.id,
                track.duration_s,
            )


def _entry(one: Listed, effective: Entry) -> said.PlaylistEntry:
    return said.PlaylistEntry(
        track=effective.track or None,
        title=effective.title,
        artist=effective.artist,
        isrc=effective.isrc,
        mbid=effective.mbid,
        locations=list(effective.locations),
        duration_s=effective.duration_s,
        added_at=one.added_at,
        reason=one.reason,
        sentence=Reason.of(one.reason).sentence if one.reason else "",
        detail=one.detail,
    )


def report(name: str, found: Matched) -> said.MatchReport:
    """What became of every entry."""
    return said.MatchReport(**_report_fields(name, found))


def saved(name: str, found: Matched, playlist: Playlist, *, changed: bool, seen: str) -> said.PlaylistReport:
    """What became of every entry of a playlist that was written."""
    fields = _report_fields(name, found)
    return said.PlaylistReport(**fields, playlist=summary(playlist), changed=changed, seen=seen)


def _report_fields(name: str, found: Matched) -> dict[str, Any]:
    matched = tally(found.matches)
    tracks = list(dict.fromkeys(one.track_id for one in found.matches if one.track_id is not None))
    pairs = zip(found.entries, found.matches, strict=True)
    return {
        "name": name,
        "entries": len(found.entries),
        "matched": matched,
        "repeated": sum(matched.values()) - len(tracks),
        "reasons": dict(sorted(Counter(one.reason.value for one in found.matches if one.reason is not None).items())),
        "tracks": tracks,
        "items": [_entry_report(entry, match, found.tracks) for entry, match in pairs],
    }


def _entry_report(entry: Entry, match: Match, tracks: Mapping[str, Track]) -> said.EntryReport:
    track = tracks[match.track_id] if match.track_id is not None else None
    reason = match.reason
    return said.EntryReport.model_validate(
        {
            "line": entry.line,
            "track": Label(id=track.id, name=track.title) if track is not None else None,
            "how": match.how or None,
            "reason": reason.value if reason is not None else "",
            "sentence": reason.sentence if reason is not None else "",
            "remedy": reason.remedy if reason is not None else "",
            "detail": match.detail,
        }
    )
