"""What travels when playlists are made, read, replaced or deleted, and when their entries are matched to tracks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cypher.model import Kind
from webapi.schemas import Answer, Id, Label, PageQuery, Question, Text, fit
from worker.playlists.entries import MAX_LOCATION_CHARACTERS, moment

MOST_ENTRIES = 10_000
MOST_LOCATIONS = 20
EXAMPLE: dict[str, Any] = {
    "name": "Night drive",
    "entries": [
        {"track": "a-track", "added_at": "2024-05-01"},
        {"isrc": "DEA620000001"},
        {"locations": ["Portishead/Dummy/09 Roads.flac"]},
        {"artist": "Portishead", "title": "Roads"},
    ],
}


def _dated(text: str) -> str:
    found = moment(text)
    if found is None:
        raise ValueError("must be an ISO 8601 date or date-time")
    return found


Words = Annotated[str, Field(max_length=1200), AfterValidator(fit)]
Location = Annotated[str, Field(max_length=MAX_LOCATION_CHARACTERS), AfterValidator(fit)]
Name = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(fit)]
Form = Literal["json", "jspf", "xspf", "m3u8", "csv"]


# --- questions -------------------------------------------------------------------------------------------------------


class PlaylistPath(Question):
    playlist_id: Id


class PlaylistsQuery(PageQuery):
    collection: Id | None = Field(default=None, description="Collection id; the default collection when left out")
    q: Text | None = Field(default=None, description="Part of the name; case, accents and a slip a word are forgiven")
    kind: Kind | None = None
    sort: Literal["match", "name", "tracks", "changed"] | None = Field(
        default=None, description="`match` when `q` is given, else `name`; most tracks, or changed last, first"
    )


class PlaylistFormQuery(Question):
    format: Form | None = Field(default=None, description="Default: what `Accept` asks for, else JSON")


class PlaylistReplaceQuery(Question):
    name: Name | None = Field(default=None, description="What it is called; default: as the body says, or as before")
    kind: Kind | None = Field(default=None, description="Of concept; default: as before")


class PlaylistCreateQuery(Question):
    collection: Id | None = Field(default=None, description="Collection id; the default collection when left out")
    name: Name | None = Field(default=None, description="What it is called; default: as the body says")
    kind: Kind = Field(default="other", description="Of concept")


class PlaylistCreateHeaders(BaseModel):
    idempotency_key: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="A request sent again with the same key makes no second playlist",
    )


class PlaylistIfMatchHeaders(BaseModel):
    if_match: Text | None = Field(
        default=None,
        pattern=r'^(\*|"[0-9a-f]{16}")$',
        description="The ETag that was looked at: only while the playlist is still that; 412 otherwise",
    )


class _AsAnswered(BaseModel):
    """Takes what an answer gives: fields that only answers have are passed over, so that it can be sent back."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class EntryBody(_AsAnswered):
    """What names a track, in the order in which it is tried; of a title the artist belongs to it."""

    track: Id | None = Field(default=None, description="Id of a track", examples=["a-track"])
    locations: list[Location] = Field(default=[], max_length=MOST_LOCATIONS, description="Paths or URIs, best first")
    isrc: Text | None = None
    mbid: Text | None = Field(default=None, description="MusicBrainz recording id")
    artist: Words | None = None
    title: Words | None = None
    added_at: Annotated[Text, AfterValidator(_dated)] | None = Field(
        default=None, description="Since when the playlist has it: an ISO 8601 date or date-time"
    )


class PlaylistBody(_AsAnswered):
    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: Name | None = None
    entries: list[EntryBody] = Field(max_length=MOST_ENTRIES)


# --- answers ---------------------------------------------------------------------------------------------------------


class PlaylistSummary(Answer):
    id: str = Field(description="Also the id of its concept")
    name: str
    collection: Label
    kind: Kind
    tracks: int = Field(description="Different tracks")
    changed_at: datetime | None


class PlaylistPage(Answer):
    items: list[PlaylistSummary]
    next: str | None = None


class PlaylistEntry(Answer):
    """A track as the catalogue knows it, or, where `reason` says why, an entry as it was given."""

    track: str | None = Field(description="Id; with a `reason` the one that was given and is not there")
    title: str
    artist: str
    isrc: str
    mbid: str
    locations: list[str]
    duration_s: float = Field(description="0 where it is not known")
    added_at: str | None
    reason: str = Field(description="Code of why no track was found; empty otherwise")
    sentence: str = Field(description="The reason for people")
    detail: str


class Playlist(PlaylistSummary):
    """One playlist, whole; entries that name a track twice stand twice."""

    entries: list[PlaylistEntry]
    unmatched: int = Field(description="Entries without a track")


class EntryReport(Answer):
    """What became of one entry: a track and how it was found, or a reason and what to do."""

    line: int = Field(description="Of the text that was sent; in JSON, JSPF and XSPF the number of the entry, from 1")
    track: Label | None
    how: Literal["id", "path", "ending", "isrc", "mbid", "title"] | None
    reason: str = Field(description="Empty for one that was found")
    sentence: str
    remedy: str
    detail: str


class MatchReport(Answer):
    """`entries` is the sum of `matched` and of `reasons`; `tracks` is the sum of `matched` less `repeated`."""

    name: str = Field(description="As the text says it; empty where it says none")
    entries: int
    matched: dict[str, int] = Field(description="Entries found, by how")
    repeated: int = Field(description="Of those found, the ones that name a track again")
    reasons: dict[str, int] = Field(description="Entries not found, by code")
    tracks: list[str] = Field(description="Ids of the tracks found, each once, in order")
    items: list[EntryReport]


class PlaylistReport(MatchReport):
    playlist: PlaylistSummary
    changed: bool = Field(description="Whether it was another before, or is new")
    seen: str = Field(description="When the tree learns of it")


class PlaylistDeleted(Answer):
    """What went, and what is still to go."""

    id: str
    memberships: int = Field(description="Tracks that it had")
    remains: str = Field(description="What holds it until when")
