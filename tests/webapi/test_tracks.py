from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from webapi.factory import Options, create_app


def put(http, *entries):
    return http.put("/tracks", json={"tracks": list(entries)})


def test_tracks_are_made_changed_and_left_alone(http):
    report = put(http, {"id": "new", "title": "New"}, {"id": "track-0", "isrc": "X1"}, {"id": "track-1"})
    assert report.json == {"created": ["new"], "updated": ["track-0"], "unchanged": ["track-1"]}
    assert put(http, {"id": "new", "title": "New"}).json["unchanged"] == ["new"]
    changed = http.get("/tracks/track-0").json
    assert (changed["title"], changed["isrc"], changed["duration_s"]) == ("Song 0", "X1", 30.0)


@pytest.mark.parametrize(
    "entries",
    [[], [{"id": "a"}, {"id": "a"}], [{"title": "no id"}], [{"id": "a", "uri": "file:///etc/passwd"}],
     [{"id": "a", "duration_s": -1}], [{"id": "a", "title": "x" * 201}]],
)  # fmt: skip
def test_a_batch_that_is_not_fit_writes_nothing(http, graph, entries):
    assert put(http, *entries).status_code == 422
    assert "save_tracks" not in graph.calls


def test_tracks_are_looked_up_by_code(http):
    put(http, {"id": "track-1", "isrc": "A"}, {"id": "track-2", "isrc": "A", "mbid": "m"})
    found = [one["id"] for one in http.get("/tracks?isrc=A").json["items"]]
    assert found == ["track-1", "track-2"]
    assert [one["id"] for one in http.get("/tracks?isrc=A&mbid=m").json["items"]] == ["track-2"]
    assert http.get("/tracks?isrc=B").json["items"] == []
    assert http.get("/tracks").status_code == 422


def test_a_code_is_one_code_however_it_is_spelt(http):
    mbid = "b1a9c0e9-d987-4042-ae91-78d6a3267d69"
    put(http, {"id": "track-1", "isrc": "gb-aye-67-00001", "mbid": f"https://musicbrainz.org/recording/{mbid.upper()}"})
    changed = http.get("/tracks/track-1").json
    assert (changed["isrc"], changed["mbid"]) == ("GBAYE6700001", mbid)
    for asked in (
        "isrc=GBAYE6700001",
        "isrc=GB-AYE-67-00001",
        f"mbid={mbid.upper()}",
        f"isrc=gbaye6700001&mbid={mbid}",
    ):
        assert [one["id"] for one in http.get(f"/tracks?{asked}").json["items"]] == ["track-1"]


def test_a_deleted_track_is_gone_and_what_remains_is_said(http):
    answer = http.delete("/tracks/track-0")
    assert (answer.json["memberships"], answer.json["links"]) == (1, 2)
    assert "rebuild" in answer.json["remains"]
    assert http.get("/tracks/track-0").status_code == 404
    assert http.delete("/tracks/track-0").status_code == 404
    assert "track-0" not in str(http.get("/concepts/rock/tracks").json)


def test_concepts_of_a_track_roll_up_to_their_ancestors(http, library):
    library.links.append(("track-4", "death-metal", 0.7, 1))
    plain = http.get("/tracks/track-4/concepts").json["items"]
    assert [one["id"] for one in plain] == ["death-metal"]
    rolled = http.get("/tracks/track-4/concepts?roll_up=true").json["items"]
    assert {one["id"]: (one["score"], (one["by_way_of"] or {}).get("id")) for one in rolled} == {
        "death-metal": (0.7, None),
        "metal": (0.7, "death-metal"),
        "rock": (0.7, "death-metal"),
    }


@pytest.fixture
def sounding(graph, library, tmp_path):
    """An API that may read one folder, and a function that says where track-0 lies."""
    root = tmp_path / "music"
    root.mkdir()
    (root / "song.wav").write_bytes(bytes(range(100)))
    (tmp_path / "secret.wav").write_bytes(b"secret")
    http = create_app(graph, [].append, Options(check_every_s=0.02, audio_roots=(root,))).test_client()

    def at(uri: str):
        library.tracks[0] = replace(library.tracks[0], uri=uri)
        return http

    return root, at


def listened(http, **headers):
    """The answer, read and closed."""
    with http.get("/tracks/track-0/audio", headers=headers) as answer:
        assert answer.data is not None
        return answer


def test_audio_is_served_whole_and_by_range(sounding):
    root, at = sounding
    http = at((root / "song.wav").as_uri())
    whole = listened(http)
    assert (whole.status_code, whole.data, whole.headers["Accept-Ranges"]) == (200, bytes(range(100)), "bytes")
    part = listened(http, Range="bytes=10-19")
    assert (part.status_code, part.data) == (206, bytes(range(10, 20)))
    assert part.headers["Content-Range"] == "bytes 10-19/100"
    assert listened(http, Range="bytes=-5").data == bytes(range(95, 100))
    beyond = listened(http, Range="bytes=500-")
    assert (beyond.status_code, beyond.content_type) == (416, "application/problem+json")
    again = listened(http, **{"If-None-Match": whole.headers["ETag"]})
    assert again.status_code == 304


def test_nothing_outside_the_folders_is_ever_read(sounding, tmp_path):
    root, at = sounding
    (root / "link.wav").symlink_to(tmp_path / "secret.wav")
    (root / "out").symlink_to(tmp_path)
    os.mkfifo(root / "pipe.wav")
    base = root.as_uri()
    for uri in (
        (tmp_path / "secret.wav").as_uri(),
        f"{base}/../secret.wav",
        f"{base}/%2e%2e/secret.wav",
        f"{base}/link.wav",
        f"{base}/out/secret.wav",
        f"{base}/pipe.wav",
        f"{base}/gone.wav",
        f"{base}/a%00b",
        base,
        f"{base}-other/song.wav",
        "http://127.0.0.1/song.wav",
        "file://elsewhere/song.wav",
        "",
    ):
        answer = at(uri).get("/tracks/track-0/audio")
        assert (answer.status_code, answer.json["code"]) == (404, "no_audio"), uri
        assert b"secret" not in answer.data or b"secret.wav" not in answer.data


def test_a_link_within_the_folders_is_followed_within_them(sounding):
    root, at = sounding
    (root / "same.wav").symlink_to(root / "song.wav")
    assert listened(at((root / "same.wav").as_uri())).status_code == 200


def test_without_folders_nothing_is_served(http, library, tmp_path):
    (tmp_path / "song.wav").write_bytes(b"x")
    library.tracks[0] = replace(library.tracks[0], uri=(tmp_path / "song.wav").as_uri())
    assert http.get("/tracks/track-0/audio").json["code"] == "no_audio"


def test_a_placement_without_a_data_folder_says_what_to_do(http):
    answer = http.post("/placements", json={"tracks": ["track-0"]})
    assert (answer.status_code, answer.json["code"]) == (409, "pool_unreadable")
    assert "AUDIO_CONCEPTS_DATA_DIR" in answer.json["detail"]


def test_a_placement_shows_the_way_to_its_parent(app, http, monkeypatch):
    from webapi.answers import NAME
    from worker.answers.pool import Pool

    tracks = tuple(f"t{n:03d}" for n in range(120))
    names = ("jazz", "metal", "rock")
    inside = np.stack([np.arange(120) % 2 == 1, np.arange(120) % 4 == 0, np.arange(120) % 2 == 0], axis=1)
    scores = (0.2 + 0.6 * inside + 0.001 * np.arange(120)[:, None] / 120).astype(np.float32)
    members = tuple(np.flatnonzero(inside[:, n]) for n in range(3))
    similarity = np.stack([scores[one].mean(axis=0) for one in members]).astype(np.float64)
    pool = Pool(tracks, names, scores, similarity, members)
    monkeypatch.setattr(app.extensions[NAME].pools, "of", lambda _copy: pool)
    found = http.post("/placements", json={"tracks": [*tracks[:96:8], "never"]}).json
    assert found["status"] == "placed"
    assert [one["name"] for one in found["path"]] == ["Rock", "metal"]
    assert found["missing"] == ["never"]
    few = http.post("/placements", json={"tracks": ["t000"]}).json
    assert (few["status"], few["heard"]) == ("abstained", 1)


def test_the_client_has_a_method_for_each(client):
    client.save_tracks([{"id": "track-3", "isrc": "Z"}])
    assert [one.id for one in client.find_tracks(isrc="Z")] == ["track-3"]
    assert client.delete_track("track-3").id == "track-3"
