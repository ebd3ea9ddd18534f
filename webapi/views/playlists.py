"""`/playlists`: lists of tracks, in and out as JSON, JSPF, XSPF, M3U8 and CSV; `/playlist-matches`: what entries mean.

A playlist is a concept as somebody lists its tracks, and has its id. What is written here the tree learns of at the
next rebuild; an import of the file that a playlist came from writes it anew.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

from flask import Response, request
from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag

from cypher.entries import Playlist, PlaylistLine
from cypher.model import Track
from webapi import playlist_answers as answers
from webapi.answers import answer, parts, refuses
from webapi.errors import PlaylistUnfit
from webapi.paging import page
from webapi.playlist_bodies import read_playlist
from webapi.playlist_matching import Matched, match_entries
from webapi.schemas import playlists as said
from webapi.searching import match
from webapi.stores import Stores
from worker.playlists.formats import FORMATS, encoded

bp = APIBlueprint("playlists", __name__, abp_tags=[Tag(name="Playlists")])

LIST_KEY = (float, str, str)
MISSING = (HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE)
READ = refuses(*MISSING)
BODY = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
SEEN = "the tree learns of it at the collection's next rebuild"
PURGE = (
    "its place in the tree, its vector and its links stay in the published version until the next rebuild, which "
    "learns and exports without it; older versions keep its name and place"
)


@bp.get("/playlists", operation_id="list_playlists", responses={200: said.PlaylistPage, **READ})
def list_playlists(query: said.PlaylistsQuery) -> Response:
    """Playlists of a collection as they are now, published or not: searched by name, filtered, in the wished order."""

    def ask(stores: Stores) -> list[PlaylistLine]:
        return stores.playlists.playlists(stores.catalogue.collection(query.collection).id)

    lines = {one.id: one for one in parts().fuse.ask(ask)}
    places = {one.id: place for one in lines.values() if (place := _place(one, query)) is not None}
    shown, after = page(sorted(places, key=places.__getitem__), places.__getitem__, LIST_KEY, query.after, query.limit)
    return answer(said.PlaylistPage(items=[answers.summary(lines[one]) for one in shown], next=after))


@bp.post("/playlists", operation_id="create_playlist", responses={201: said.PlaylistReport, **refuses(*BODY, *MISSING)})
def create_playlist(header: said.PlaylistCreateHeaders, query: said.PlaylistCreateQuery) -> Response:
    """Make a playlist; the answer says of every entry which track it means, or why none was found."""
    sent = read_playlist(request)
    name = query.name or sent.name
    if not name:
        raise PlaylistUnfit("it has no name; say `?name=`")
    key = header.idempotency_key or uuid.uuid4().hex

    def save(stores: Stores) -> tuple[Playlist, Matched]:
        collection = stores.catalogue.collection(query.collection).id
        found = match_entries(stores, sent.entries)
        return stores.playlists.create(key, collection, name, query.kind, found.listed()), found

    made, found = parts().patient.ask(save)
    report = answers.saved(sent.name, found, made, changed=True, seen=SEEN)
    return _tagged(answer(report, HTTPStatus.CREATED, {"Location": f"/playlists/{quote(made.id, safe='')}"}), made)


@bp.get("/playlists/<playlist_id>", operation_id="show_playlist", responses={200: said.Playlist, **READ})
def show_playlist(path: said.PlaylistPath, query: said.PlaylistFormQuery) -> Response:
    """One playlist, its entries in order, those that no track was found for included; its ETag is for If-Match."""
    found, tracks = parts().patient.ask(lambda stores: _whole(stores, path.playlist_id))
    form = query.format or _accepted()
    response = answer(answers.whole(found, tracks)) if form == "json" else _written(form, found, tracks)
    response.vary.add("Accept")
    return _tagged(response, found)


@bp.put(
    "/playlists/<playlist_id>",
    operation_id="replace_playlist",
    responses={200: said.PlaylistReport, **refuses(*BODY, *MISSING, HTTPStatus.PRECONDITION_FAILED)},
)
def replace_playlist(
    path: said.PlaylistPath, header: said.PlaylistIfMatchHeaders, query: said.PlaylistReplaceQuery
) -> Response:
    """Make a playlist's entries exactly these; sent again, the same request changes nothing.

    A track that it had keeps its date, one that is new and comes without a date was added now.
    """
    sent = read_playlist(request)

    def save(stores: Stores) -> tuple[Playlist, bool, Matched]:
        found = match_entries(stores, sent.entries)
        now, changed = stores.playlists.replace(
            path.playlist_id,
            found.listed(),
            name=query.name or sent.name or None,
            kind=query.kind,
            expected=_expected(header),
        )
        return now, changed, found

    now, changed, found = parts().patient.ask(save)
    return _tagged(answer(answers.saved(sent.name, found, now, changed=changed, seen=SEEN)), now)


@bp.delete(
    "/playlists/<playlist_id>",
    operation_id="delete_playlist",
    responses={
        200: said.PlaylistDeleted,
        **refuses(HTTPStatus.FORBIDDEN, *MISSING, HTTPStatus.PRECONDITION_FAILED),
    },
)
def delete_playlist(path: said.PlaylistPath, header: said.PlaylistIfMatchHeaders) -> Response:
    """Take a playlist out: its tracks and entries at once, its place in the tree at the next version."""
    gone = parts().fuse.ask(lambda stores: stores.playlists.delete(path.playlist_id, expected=_expected(header)))
    return answer(said.PlaylistDeleted(id=path.playlist_id, memberships=gone, remains=PURGE))


@bp.post("/playlist-matches", operation_id="match_playlist", responses={200: said.MatchReport, **refuses(*BODY)})
def match_playlist() -> Response:
    """Which track each entry of a playlist means, or why none was found; nothing is written."""
    sent = read_playlist(request)
    return answer(answers.report(sent.name, parts().patient.ask(lambda stores: match_entries(stores, sent.entries))))


def _whole(stores: Stores, playlist_id: str) -> tuple[Playlist, dict[str, Track]]:
    found = stores.playlists.playlist(playlist_id)
    return found, {track.id: track for track in stores.catalogue.tracks(found.tracks)}


def _place(one: PlaylistLine, query: said.PlaylistsQuery) -> tuple[float, str, str] | None:
    """Where a playlist stands in the list; None when it is not among those asked for."""
    matched = match(query.q, one.name, one.id) if query.q else 0
    if matched is None or (query.kind is not None and one.kind != query.kind):
        return None
    first = {
        "match": float(matched),
        "name": 0.0,
        "tracks": -float(one.tracks),
        "changed": -one.changed_at.timestamp() if one.changed_at is not None else 0.0,
    }
    return first[query.sort or ("match" if query.q else "name")], one.name.casefold(), one.id


def _written(form: str, found: Playlist, tracks: Mapping[str, Track]) -> Response:
    """A playlist in one of the formats of others."""
    chosen = FORMATS[form]
    charset = "; charset=utf-8" if chosen.media_type.startswith("text/") else ""
    text = chosen.write(answers.listing_of(found, tracks))
    response = Response(encoded(text), content_type=f"{chosen.media_type}{charset}")
    file = quote(f"{found.name}{chosen.suffixes[0]}", safe="")
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{file}"
    response.headers["Cache-Control"] = "no-store"
    return response


def _accepted() -> str:
    """The format that the client likes best; JSON when it likes all alike, or none of ours."""
    offered = {"application/json": "json"} | {kind: name for name, one in FORMATS.items() for kind in one.media_types}
    return offered[request.accept_mimetypes.best_match(list(offered), "application/json")]


def _expected(header: said.PlaylistIfMatchHeaders) -> str | None:
    asked = (header.if_match or "*").strip('"')
    return None if asked == "*" else asked


def _tagged(response: Response, found: Playlist) -> Response:
    response.set_etag(found.digest)
    return response
