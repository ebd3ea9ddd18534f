"""The part of the client that reads and writes playlists: `Client.playlists`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cypher.model import Kind
from webapi.schemas import playlists
from webapi.track_calls import said
from worker.cleaning import clean
from worker.playlists.entries import Entry, Listing
from worker.playlists.errors import NotAPlaylist
from worker.playlists.formats import SUFFIXES, format_of_file
from worker.playlists.identifiers import anchored

if TYPE_CHECKING:
    from webapi.client import Client

Entries = Sequence[Mapping[str, Any] | str] | Path
"""Ids of tracks, or fields of `webapi.schemas.playlists.EntryBody`; or a file: M3U8, XSPF, JSPF or CSV. What
a file names relative to itself is looked for beside it first."""


class PlaylistClient:
    """Playlists in and out; what is sent is answered with what each entry means."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def list(
        self, collection: str | None = None, *, q: str | None = None, sort: str | None = None
    ) -> Iterator[playlists.PlaylistSummary]:
        """Playlists of a collection as they are now; pages are fetched as they are needed."""
        asked = {"collection": collection, "q": q, "sort": sort}
        for page in self._client.pages("/playlists", playlists.PlaylistPage, asked):
            yield from page.items

    def show(self, playlist_id: str) -> playlists.Playlist:
        """One playlist with its entries."""
        return self._client.get(_path(playlist_id), playlists.Playlist)

    def export(self, playlist_id: str, form: str) -> bytes:
        """One playlist as a file: m3u8, xspf, jspf or csv."""
        return self._client.content(_path(playlist_id), {"format": form})

    def create(
        self, name: str | None, entries: Entries, *, collection: str | None = None, kind: Kind = "other"
    ) -> playlists.PlaylistReport:
        """Make a playlist.

        Args:
            name: what people call it; None: as its file says, else as its file is called.
            entries: what it holds.
            collection: where it belongs; default: the default one.
            kind: of concept.

        Raises:
            NotAPlaylist: the file is none, or holds several.
        """
        if name is None and isinstance(entries, Path):
            name = read_file(entries).name
        asked = said({"name": name, "collection": collection, "kind": kind})
        return self._client.send("POST", "/playlists", playlists.PlaylistReport, params=asked, **_body(entries))

    def replace(
        self, playlist_id: str, entries: Entries, *, name: str | None = None, etag: str | None = None
    ) -> playlists.PlaylistReport:
        """Make a playlist's entries exactly these.

        Args:
            playlist_id: which.
            entries: what it holds.
            name: what it is called from now on; None: as before.
            etag: what was looked at, as `etag` gives it; None: whatever it is.

        Raises:
            ApiRefused: status 412 when it was changed meanwhile.
        """
        how = {"params": said({"name": name}), "headers": _if_match(etag), **_body(entries)}
        return self._client.send("PUT", _path(playlist_id), playlists.PlaylistReport, **how)

    def delete(self, playlist_id: str, *, etag: str | None = None) -> playlists.PlaylistDeleted:
        """Take a playlist out; the answer says what remains until when."""
        return self._client.send("DELETE", _path(playlist_id), playlists.PlaylistDeleted, headers=_if_match(etag))

    def etag(self, playlist_id: str) -> str:
        """What a playlist is now, for `replace` and `delete`."""
        return self._client.headers(_path(playlist_id))["etag"]

    def match(self, entries: Entries) -> playlists.MatchReport:
        """Which track each entry means; nothing is written."""
        return self._client.send("POST", "/playlist-matches", playlists.MatchReport, **_body(entries))


def _path(playlist_id: str) -> str:
    return f"/playlists/{quote(playlist_id, safe='')}"


def _if_match(etag: str | None) -> dict[str, str]:
    return {} if etag is None else {"If-Match": etag}


def _body(entries: Entries) -> dict[str, Any]:
    """Entries as a request sends them."""
    if isinstance(entries, Path):
        return {"json": {"entries": [_told(one, entries.resolve().parent) for one in read_file(entries).entries]}}
    return {"json": {"entries": [{"track": one} if isinstance(one, str) else dict(one) for one in entries]}}


def read_file(path: Path) -> Listing:
    """The one playlist of a file, called as the file is where its text has no name.

    Raises:
        NotAPlaylist: its name promises none of the formats, it is none of its format, or it holds several.
        OSError: it cannot be read.
    """
    form = format_of_file(path.name)
    if form is None:
        raise NotAPlaylist(f"the name {path.name!r} ends in none of {', '.join(SUFFIXES)}")
    found = form.read(path.read_bytes())
    if len(found) != 1:
        raise NotAPlaylist(f"{path.name!r} holds {len(found)} playlists; part it, or import its folder")
    return replace(found[0], name=found[0].name or clean(path.stem))


def _told(entry: Entry, folder: Path) -> dict[str, Any]:
    """An entry as JSON; what lies beside the file is named such that a server can find it."""
    locations = [one for location in entry.locations for one in anchored(location, folder)]
    told = {
        "track": entry.track,
        "locations": locations[: playlists.MOST_LOCATIONS],
        "isrc": entry.isrc,
        "mbid": entry.mbid,
        "artist": entry.artist,
        "title": entry.title,
        "added_at": entry.added_at,
    }
    return {noun: value for noun, value in told.items() if value}
