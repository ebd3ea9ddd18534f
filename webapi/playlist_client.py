"""The part of the client that reads and writes playlists: `Client.playlists`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cypher.model import Kind
from webapi.schemas import playlists
from webapi.track_calls import said
from worker.playlists.errors import NotAPlaylist
from worker.playlists.formats import SUFFIXES, format_of_file

if TYPE_CHECKING:
    from webapi.client import Client

Entries = Sequence[Mapping[str, Any] | str] | Path
"""Ids of tracks, or fields of `webapi.schemas.playlists.EntryBody`; or a file: M3U8, XSPF, JSPF or CSV."""


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
            NotAPlaylist: the file's name promises none of the formats.
        """
        if name is None and isinstance(entries, Path):
            name = self.match(entries).name or entries.stem
        asked = said({"name": name, "collection": collection, "kind": kind})
        return self._client.send("POST", "/playlists", playlists.PlaylistReport, params=asked, **_body(entries))

    def replace(
        self, playlist_id: str, entries: Entries, *, name: str | None = None, etag: str | None = None
    ) -> playlists.PlaylistReport:
        """Make a playlist's entries exactly these.

        Args:
            playlist_id: which.
            entries: what it holds.
            name: what it is called from now on; None: as the file says, or as before.
            etag: what was looked at, as `etag` gives it; None: whatever it is.

        Raises:
            ApiRefused: status 412 when it was changed meanwhile.
        """
        body = _body(entries)
        headers = body.pop("headers", {}) | _if_match(etag)
        asked = said({"name": name})
        path = _path(playlist_id)
        return self._client.send("PUT", path, playlists.PlaylistReport, params=asked, headers=headers, **body)

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
        form = format_of_file(entries.name)
        if form is None:
            raise NotAPlaylist(f"the name {entries.name!r} ends in none of {', '.join(SUFFIXES)}")
        return {"content": entries.read_bytes(), "headers": {"Content-Type": form.media_type}}
    return {"json": {"entries": [{"track": one} if isinstance(one, str) else dict(one) for one in entries]}}
