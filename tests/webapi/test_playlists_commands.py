"""`audio-concepts playlists | place` in front of the fake stores: files in, entries accounted for, files out."""

from __future__ import annotations

import json

import httpx
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from cypher.model import Track
from webapi.answers import NAME
from webapi.client import Client
from worker.answers.pool import Pool
from worker.cli import playlists_commands
from worker.playlists.errors import NotAPlaylist

HEARD = 120


@pytest.fixture
def run(app, monkeypatch):
    """The commands, in front of the fake stores."""
    commands = typer.Typer()
    playlists_commands.register(commands)
    transport = httpx.WSGITransport(app=app)
    monkeypatch.setattr(playlists_commands, "_client", lambda: Client("http://127.0.0.1", transport=transport))
    return lambda *words: CliRunner().invoke(commands, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture
def songs(app, library, monkeypatch, tmp_path):
    """A folder whose songs are known; a quarter of them is metal, half is rock, the others are jazz."""
    ids = tuple(f"t{n:03d}" for n in range(HEARD))
    library.tracks[:] = [Track(one, f"Song {one}", "Band", uri=(tmp_path / f"{one} ü.mp3").as_uri()) for one in ids]
    inside = np.stack(
        [np.arange(HEARD) % 2 == 1, np.arange(HEARD) % 4 == 0, np.arange(HEARD) % 2 == 0],
        axis=1,
    )
    scores = (0.2 + 0.6 * inside + 0.001 * np.arange(HEARD)[:, None] / HEARD).astype(np.float32)
    members = tuple(np.flatnonzero(inside[:, n]) for n in range(3))
    similarity = np.stack([scores[one].mean(axis=0) for one in members]).astype(np.float64)
    pool = Pool(ids, ("jazz", "metal", "rock"), scores, similarity, members)
    monkeypatch.setattr(app.extensions[NAME].pools, "of", lambda _copy: pool)
    return ids


def m3u(folder, names, title="Heavy"):
    file = folder / "list.m3u8"
    file.write_text("\n".join(["#EXTM3U", f"#PLAYLIST:{title}", *(f"{one} ü.mp3" for one in names)]))
    return file


def test_a_file_is_placed_by_the_tracks_that_lie_beside_it(run, songs, tmp_path):
    answer = run("place", m3u(tmp_path, [*songs[:96:8], "gone"]))
    assert answer.exit_code == 0
    assert answer.stdout.splitlines()[0].startswith("Rock > metal  (separation ")
    assert "12 tracks were heard; Genres, version 1" in answer.stdout
    assert "13 entries; found: 12 by path" in answer.stderr
    assert "gone" in answer.stderr
    said = json.loads(run("place", m3u(tmp_path, songs[:96:8]), "--json").stdout)
    assert (said["placement"]["status"], said["placement"]["parent"]["id"]) == ("placed", "metal")
    assert said["matches"]["matched"] == {"path": 12}


def test_too_few_tracks_have_no_place_and_the_reason_is_said(run, songs):
    answer = run("place", "--track", songs[0], "--track", "nobody")
    assert answer.exit_code == 0
    assert answer.stdout.startswith("No place: ")
    assert "nobody" in answer.stderr


def test_a_playlist_of_nothing_known_is_an_exit_code(run, songs, tmp_path):
    assert songs
    answer = run("place", m3u(tmp_path, ["gone"]))
    assert answer.exit_code == 1
    assert "audio-concepts import" in answer.stderr
    assert json.loads(run("place", m3u(tmp_path, ["gone"]), "--json").stdout)["placement"] is None
    assert run("place").exit_code == 2


def test_a_playlist_is_made_shown_replaced_exported_and_deleted(run, songs, tmp_path):
    made = run("playlists", "add", m3u(tmp_path, [*songs[:3], "gone"]), "--collection", "moods")
    assert made.stdout == "Heavy (heavy): 3 tracks; the tree learns of it at the collection's next rebuild.\n"
    assert "Heavy" in run("playlists", "list", "--collection", "moods", "--search", "haevy").stdout
    shown = run("playlists", "show", "heavy").stdout.splitlines()
    assert shown[0] == "Heavy, 3 tracks, 1 entries without one"
    assert shown[1].endswith("Band - Song t000  [t000]")
    assert shown[4].endswith("(names a file that is not there)")
    again = run("playlists", "put", "heavy", m3u(tmp_path, [*songs[:3], "gone"], title="Heavier"))
    assert again.stdout == "Heavy (heavy): it says so already.\n"
    assert run("playlists", "put", "heavy", m3u(tmp_path, songs[:2]), "--name", "Lighter").stdout.startswith("Lighter")
    assert run("playlists", "export", "heavy").stdout.startswith("#EXTM3U\n#PLAYLIST:Lighter\n")
    out = tmp_path / "out.csv"
    run("playlists", "export", "heavy", "--format", "csv", "--output", out)
    assert out.read_bytes().startswith(b"track,path,isrc")
    assert "next rebuild" in run("playlists", "delete", "heavy").stdout
    assert json.loads(run("playlists", "list", "--collection", "moods", "--search", "heavy", "--json").stdout) == []


def test_a_file_that_is_no_playlist_says_what_is(run, songs, tmp_path):
    assert songs
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "b.csv").write_text("path,playlist\nx,one\ny,two\n")
    with pytest.raises(NotAPlaylist, match=r"\.m3u8"):
        run("playlists", "add", tmp_path / "a.txt")
    with pytest.raises(NotAPlaylist, match="2 playlists"):
        run("place", tmp_path / "b.csv")
