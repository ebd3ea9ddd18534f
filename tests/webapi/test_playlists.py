"""Playlists over HTTP: every format in and out, an account of every entry, nothing that a stranger's file can do."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cypher.model import Track
from webapi.playlist_bodies import MOST_BYTES
from webapi.schemas.playlists import MOST_ENTRIES
from worker.playlists.formats import FORMATS

MBID = "2f2b1f36-0f4c-4b8e-9f0c-6f9ad4a1a111"
ENTRIES = [
    {"track": "track-0", "added_at": "2024-05-01"},
    {"isrc": "gb-aye-67-00001"},
    {"mbid": f"https://musicbrainz.org/recording/{MBID}"},
    {"locations": ["D:\\Other\\Band\\Song%203.mp3"]},
    {"artist": "SOMEBODY", "title": "song 4"},
    {"track": "track-0"},
    {"locations": ["https://host/x.mp3"], "title": "Far away"},
    {"track": "nobody"},
    {"title": "A title alone"},
]
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
BAD_XML = b"<!DOCTYPE playlist [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><playlist><title>&x;</title></playlist>"


@pytest.fixture(autouse=True)
def catalogue(library):
    """Tracks that can be named in every way."""
    library.tracks[:] = [
        Track("track-0", "Song 0", "Somebody", duration_s=30.0, uri="file:///music/Band/Song%200.mp3"),
        Track("track-1", "Song 1", "Somebody", isrc="GBAYE6700001"),
        Track("track-2", "Song 2", "Somebody", mbid=MBID),
        Track("track-3", "=1+1", "<b>Somebody</b>", uri="file:///music/Band/Song%203.mp3"),
        Track("track-4", "Song 4", "Somebody"),
    ]


def create(http, entries=ENTRIES, name="Night drive", **query):
    return http.post("/playlists", json={"name": name, "entries": entries}, query_string=query)


def test_every_entry_is_told_what_it_means_and_the_counts_add_up(http):
    answer = create(http, kind="mood")
    assert (answer.status_code, answer.headers["Location"]) == (201, "/playlists/night-drive")
    said = answer.json
    assert [(one["line"], one["how"], one["reason"]) for one in said["items"]] == [
        (1, "id", ""),
        (2, "isrc", ""),
        (3, "mbid", ""),
        (4, "ending", ""),
        (5, "title", ""),
        (6, "id", ""),
        (7, None, "entry_remote"),
        (8, None, "entry_missing"),
        (9, None, "entry_empty"),
    ]
    assert said["items"][3]["track"] == {"id": "track-3", "name": "=1+1"}
    assert said["items"][6]["sentence"]
    assert said["items"][6]["remedy"]
    assert said["entries"] == 9 == sum(said["matched"].values()) + sum(said["reasons"].values())
    assert said["tracks"] == [f"track-{n}" for n in range(5)]
    assert sum(said["matched"].values()) - said["repeated"] == len(said["tracks"]) == said["playlist"]["tracks"]
    assert "next rebuild" in said["seen"]


def test_a_playlist_shows_its_entries_in_order_with_those_that_are_not_known(http):
    create(http)
    shown = http.get("/playlists/night-drive").json
    assert [one["track"] for one in shown["entries"]] == [
        "track-0", "track-1", "track-2", "track-3", "track-4", "track-0", None, "nobody", None,
    ]  # fmt: skip
    assert (shown["tracks"], shown["unmatched"]) == (5, 3)
    assert shown["entries"][0] == {
        "track": "track-0",
        "title": "Song 0",
        "artist": "Somebody",
        "isrc": "",
        "mbid": "",
        "locations": ["file:///music/Band/Song%200.mp3"],
        "duration_s": 30.0,
        "added_at": "2024-05-01",
        "reason": "",
        "sentence": "",
        "detail": "",
    }
    assert shown["entries"][6]["title"] == "Far away"
    assert shown["entries"][6]["reason"] == "entry_remote"


@pytest.mark.parametrize("form", ["json", *FORMATS])
def test_what_goes_out_comes_in_as_the_same_playlist(http, form):
    create(http)
    before = http.get("/playlists/night-drive").json
    out = http.get(f"/playlists/night-drive?format={form}")
    expected = "application/json" if form == "json" else FORMATS[form].media_type
    assert out.mimetype == expected
    back = http.put("/playlists/night-drive", data=out.data, content_type=out.mimetype)
    assert (back.status_code, back.json["changed"]) == (200, False), back.text
    copy = http.post("/playlists?name=copy", data=out.data, content_type=out.mimetype)
    after = http.get(copy.headers["Location"]).json
    assert [{**one, "added_at": None, "detail": ""} for one in after["entries"]] == [
        {**one, "added_at": None, "detail": ""} for one in before["entries"]
    ]


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=5))
def test_odd_names_survive_every_format(http, form, names):
    fit = [
        tuple("".join(c for c in text if c != "\0" and not "\ud800" <= c <= "\udfff") for text in pair)
        for pair in names
    ]
    entries = [{"title": f"{title} x", "artist": artist, "locations": ["https://host/x"]} for title, artist in fit]
    made = create(http, entries).headers["Location"]
    before = http.get(made).json["entries"]
    out = http.get(f"{made}?format={form}")
    assert http.put(made, data=out.data, content_type=out.mimetype).json["changed"] is False
    assert http.get(made).json["entries"] == before


@pytest.mark.parametrize(("accept", "mimetype"), [
    ("audio/mpegurl", "application/vnd.apple.mpegurl"),
    ("application/xspf+xml, */*;q=0.1", "application/xspf+xml"),
    ("application/jspf+json", "application/jspf+json"),
    ("text/csv", "text/csv"),
    ("*/*", "application/json"),
    ("image/png", "application/json"),
])  # fmt: skip
def test_the_format_is_what_accept_asks_for(http, accept, mimetype):
    answer = http.get("/playlists/rock", headers={"Accept": accept})
    assert answer.mimetype == mimetype
    assert "Accept" in answer.headers["Vary"]


def test_jspf_is_taken_under_the_name_of_json(http):
    jspf = {"playlist": {"title": "Theirs", "track": [{"identifier": [f"https://musicbrainz.org/recording/{MBID}"]}]}}
    answer = http.post("/playlists", json=jspf)
    assert (answer.status_code, answer.json["playlist"]["name"], answer.json["tracks"]) == (201, "Theirs", ["track-2"])


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"", "application/xspf+xml", 400, "not_a_playlist"),
        (BAD_XML, "application/xspf+xml", 400, "not_a_playlist"),
        (b"<playlist><trackList/></playlist>", "application/xspf+xml", 422, "playlist_unfit"),
        (b"caf\xe9.mp3", "audio/mpegurl", 400, "not_a_playlist"),
        (b"#EXTM3U\n", "audio/mpegurl", 422, "playlist_unfit"),
        (b"title,album\nx,y", "text/csv", 400, "not_a_playlist"),
        (b"path,playlist\na,one\nb,two", "text/csv", 422, "playlist_unfit"),
        (b"a.mp3", "text/plain", 415, "unsupported_media_type"),
        (b"{", "application/json", 400, "not_json"),
        (b"[]", "application/json", 422, "unfit_json"),
        (b'{"name": "x"}', "application/json", 422, "invalid_request"),
        (b'{"entries": [{"added_at": "yesterday"}]}', "application/json", 422, "invalid_request"),
        (b'{"entries": []}', "application/json", 422, "playlist_unfit"),
        (b'{"entries": [{"title": "x"}]}', "application/json", 422, "playlist_unfit"),
        (b'{"playlist": []}', "application/jspf+json", 400, "not_a_playlist"),
        (b"a.mp3\n" * (MOST_ENTRIES + 1), "audio/mpegurl", 413, "playlist_too_long"),
        (json.dumps({"entries": [{}] * (MOST_ENTRIES + 1)}).encode(), "application/json", 413, "playlist_too_long"),
        (b"a" * (MOST_BYTES + 1), "audio/mpegurl", 413, "request_entity_too_large"),
    ],
)
def test_what_cannot_be_taken_is_a_problem_that_says_why(http, body, kind, status, code):
    answer = http.post("/playlists", data=body, content_type=kind)
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    assert answer.mimetype == "application/problem+json"
    assert "passwd" not in answer.text


def test_what_is_too_large_is_told_the_limit_of_its_place(http):
    assert "4 MiB" in http.post("/playlists", data=b"a" * (MOST_BYTES + 1), content_type="audio/mpegurl").json["detail"]
    assert "1 MiB" in http.post("/placements", data=b"a" * MOST_BYTES, content_type="application/json").json["detail"]


def test_as_many_entries_as_may_be_are_taken(http):
    answer = http.post("/playlist-matches", data=b"a.mp3\n" * MOST_ENTRIES, content_type="audio/mpegurl")
    assert (answer.status_code, answer.json["reasons"]) == (200, {"entry_missing": MOST_ENTRIES})


def test_a_change_of_what_was_not_looked_at_is_refused(http):
    made = create(http)
    seen = made.headers["ETag"]
    assert http.get("/playlists/night-drive").headers["ETag"] == seen
    changed = http.put("/playlists/night-drive", json={"entries": ENTRIES[:2]}, headers={"If-Match": seen})
    assert (changed.status_code, changed.json["changed"], changed.json["playlist"]["name"]) == (
        200,
        True,
        "Night drive",
    )
    assert changed.headers["ETag"] != seen
    for refused in (
        http.put("/playlists/night-drive", json={"entries": ENTRIES[:1]}, headers={"If-Match": seen}),
        http.delete("/playlists/night-drive", headers={"If-Match": seen}),
    ):
        assert (refused.status_code, refused.json["code"]) == (412, "playlist_moved")
    gone = http.delete("/playlists/night-drive", headers={"If-Match": changed.headers["ETag"]})
    assert (gone.status_code, gone.json["memberships"]) == (200, 2)
    assert "next rebuild" in gone.json["remains"]
    for missing in (http.get("/playlists/night-drive"), http.put("/playlists/night-drive", json={"entries": [{}]})):
        assert (missing.status_code, missing.json["code"]) == (404, "unknown_playlist")


def test_a_request_sent_again_with_its_key_makes_no_second_playlist(http):
    first, second = (
        http.post(
            "/playlists", json={"name": "Once", "entries": [{"track": "track-0"}]}, headers={"Idempotency-Key": "k"}
        )
        for _ in range(2)
    )
    assert first.json["playlist"]["id"] == second.json["playlist"]["id"] == "once"
    assert create(http, name="Once").json["playlist"]["id"] == "once-2"


def test_the_list_is_searched_sorted_and_paged(http):
    create(http)
    names = [one["name"] for one in http.get("/playlists").json["items"]]
    assert names == sorted(names, key=str.casefold)
    assert "Night drive" in names
    assert [one["id"] for one in http.get("/playlists?q=nigth").json["items"]] == ["night-drive"]
    assert http.get("/playlists?sort=tracks").json["items"][0]["id"] == "night-drive"
    assert http.get("/playlists?sort=changed").json["items"][0]["id"] == "night-drive"
    assert {one["kind"] for one in http.get("/playlists?kind=genre").json["items"]} == {"genre"}
    first = http.get("/playlists?limit=3").json
    rest = http.get("/playlists", query_string={"after": first["next"]}).json
    assert [one["name"] for one in (*first["items"], *rest["items"])] == names
    assert rest["next"] is None
    assert http.get("/playlists?collection=nobody").json["code"] == "unknown_collection"
    assert http.get("/playlists?collection=moods").json["items"][0]["collection"] == {"id": "moods", "name": "Moods"}


def test_matching_writes_nothing(http, graph):
    before = http.get("/playlists").json
    answer = http.post("/playlist-matches", json={"name": "x", "entries": ENTRIES})
    assert (answer.status_code, len(answer.json["tracks"])) == (200, 5)
    assert http.get("/playlists").json == before
    assert "create" not in graph.calls


def test_neo4j_being_away_is_a_503(http, graph):
    http.get("/concepts")
    graph.away = True
    for answer in (http.get("/playlists/rock"), create(http), http.delete("/playlists/rock")):
        assert answer.status_code == 503


def test_the_document_has_every_format_with_an_example_that_is_taken(http):
    paths = http.get("/openapi.json").json["paths"]
    body = paths["/playlists"]["post"]["requestBody"]
    assert set(body["content"]) == {"application/json", *(one.media_type for one in FORMATS.values())}
    for kind, content in body["content"].items():
        example = content["example"]
        data = example if isinstance(example, str) else json.dumps(example)
        answer = http.post("/playlist-matches", data=data, content_type=kind)
        assert (answer.status_code, answer.json["entries"]) == (200, 4), answer.text
    assert set(paths["/playlists/{playlist_id}"]["get"]["responses"]["200"]["content"]) == set(body["content"])


def test_the_client_reads_writes_and_exports(client, tmp_path):
    file = tmp_path / "Late.m3u8"
    file.write_text("#EXTM3U\n#EXTINF:-1,Somebody - Song 4\nx.mp3\n")
    made = client.playlists.create(None, file)
    assert (made.playlist.name, made.tracks, made.matched) == ("Late", ["track-4"], {"title": 1})
    etag = client.playlists.etag(made.playlist.id)
    report = client.playlists.replace(made.playlist.id, ["track-1", {"title": "?"}], etag=etag)
    assert (report.changed, report.reasons) == (True, {"entry_empty": 1})
    assert [one.track for one in client.playlists.show("late").entries] == ["track-1", None]
    assert client.playlists.export("late", "m3u8").startswith(b"#EXTM3U\n#PLAYLIST:Late\n")
    assert "late" in {one.id for one in client.playlists.list(q="late")}
    assert client.playlists.match(["track-0", "nobody"]).tracks == ["track-0"]
    assert client.playlists.delete("late").memberships == 1
