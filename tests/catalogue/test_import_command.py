"""`audio-concepts import` as a person meets it: a summary, warnings, JSON, and sentences when nothing is usable."""

from __future__ import annotations

import json

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from worker.activations.errors import BadFingerprint
from worker.catalogue.errors import NoUsableAudio
from worker.cli import library_commands


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    library_commands.register(made)
    made.callback()(lambda: None)
    return made


@pytest.fixture
def library(tmp_path, write, tone):
    for number in range(3):
        write(tmp_path / f"music/{number}.wav", tone(0.6, 300 + number))
    (tmp_path / "music/bad.mp3").write_text("no music")
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/calm.m3u").write_text("../music/0.wav\n../music/1.wav\n../music/gone.wav\n")
    return tmp_path


def run(app, *arguments: str):
    return CliRunner().invoke(app, ["import", *map(str, arguments)])


def test_playlists_and_another_source_of_concepts_exclude_each_other(app, tmp_path):
    result = run(app, "--audio", tmp_path, "--playlists", tmp_path, "--concepts-from", "tags")
    assert isinstance(result.exception, library_commands.ImportOptionsClash)


def test_an_unknown_kind_is_wrong_usage(app, tmp_path):
    assert run(app, "--audio", tmp_path, "--kind", "smell").exit_code == 2


@pytest.mark.stack
def test_a_library_comes_into_the_graph_and_the_report_names_the_rest(app, library, real_graph, monkeypatch, stack):
    monkeypatch.setenv("AUDIO_CONCEPTS_HOME", str(stack.home))
    options = ("--audio", library / "music", "--playlists", library / "lists", "--collection", "My Moods")
    first = run(app, *options, "--kind", "mood", "--report", library / "report.json")
    assert first.exit_code == 0, first.output
    assert "calm: 2 tracks" in first.output
    assert "not_audio" in first.stderr
    assert "entry_missing" in first.stderr
    report = json.loads((library / "report.json").read_text())
    assert report["reasons"] == {"entry_missing": 1, "not_audio": 1}
    assert [path.name for path in library.iterdir()].count("report.json") == 1
    second = run(app, *options, "--json")
    assert json.loads(second.stdout)["known_files"] == 3
    assert json.loads(second.stdout)["decoded"] == 0
    [collection] = real_graph.catalogue.collections()
    assert (collection.id, collection.name, collection.concepts) == ("my-moods", "My Moods", 1)
    [concept] = real_graph.catalogue.concepts("my-moods")
    assert (concept.name, concept.kind, concept.tracks) == ("calm", "mood", 2)


@pytest.mark.stack
def test_an_empty_folder_is_a_sentence_and_no_collection(app, tmp_path, real_graph, monkeypatch, stack):
    monkeypatch.setenv("AUDIO_CONCEPTS_HOME", str(stack.home))
    result = run(app, "--audio", tmp_path, "--concepts-from", "folders")
    assert isinstance(result.exception, NoUsableAudio)
    assert real_graph.catalogue.collections() == []


@pytest.fixture
def embeddings(tmp_path):
    np.savez(tmp_path / "a.npz", ids=np.array(["x", "y"]), activations=np.array([[1.0, 2.0], [3.0, np.nan]]))
    (tmp_path / "m.csv").write_text("concept,track\ncalm,x\ncalm,y\n")
    return ("--activations", tmp_path / "a.npz", "--memberships", tmp_path / "m.csv", "--fingerprint", "mert-1")


@pytest.mark.stack
@pytest.mark.usefixtures("real_graph")
def test_activations_come_in_without_audio_and_say_how_to_go_on(app, embeddings, monkeypatch, stack, tmp_path):
    monkeypatch.setenv("AUDIO_CONCEPTS_HOME", str(stack.home))
    monkeypatch.setenv("AUDIO_CONCEPTS_DATA_DIR", str(tmp_path / "data"))
    first = run(app, *embeddings, "--collection", "Moods")
    assert first.exit_code == 0, first.output
    assert "calm: 1 tracks" in first.output
    assert "activations_unusable" in first.stderr
    assert "rebuild --collection moods --set backbone=outside:" in first.output
    second = json.loads(run(app, *embeddings, "--collection", "Moods", "--json").stdout)
    assert (second["tracks"], second["stored"], second["backbone"]) == (1, 0, "outside:mert-1")
    assert second["reasons"] == {"activations_unusable": 1, "member_unknown": 1}


@pytest.mark.parametrize(
    "options",
    [
        ("--activations", "a.npz"),
        ("--memberships", "m.csv"),
        ("--activations", "a.npz", "--memberships", "m.csv"),
        ("--activations", "a.npz", "--memberships", "m.csv", "--fingerprint", "x", "--audio", "."),
        ("--activations", "a.npz", "--memberships", "m.csv", "--fingerprint", "x", "--concepts-from", "tags"),
    ],
)
def test_options_that_do_not_belong_together_are_refused(app, options):
    assert isinstance(run(app, *options).exception, library_commands.ImportOptionsClash)


def test_an_import_of_nothing_is_wrong_usage(app, embeddings):
    assert run(app).exit_code == 2
    assert run(app, *embeddings, "--namespace", "a b").exit_code == 2
    assert isinstance(run(app, *embeddings[:-1], "two words").exception, BadFingerprint)
