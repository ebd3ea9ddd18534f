"""`audio-concepts tag` on real sound and a network without weights, by a publication made here; no server runs."""

import json
from itertools import pairwise

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from worker.activations.backbones import fingerprint_of
from worker.answers.calibration import Calibration
from worker.answers.errors import NotPublished
from worker.answers.published import POINTER
from worker.cli.answers_commands import BARS, clock, sparkline
from worker.cli.main import command_line
from worker.concepts.vectors import ConceptVectors, VectorSettings

RATE = 16_000
IDS = ("bright", "dark", "loud")
BANDS = 96


@pytest.fixture
def home(monkeypatch, tmp_path):
    """A data folder with three published concepts on log-mel statistics: high bands, low bands, all bands."""
    monkeypatch.setenv("AUDIO_CONCEPTS_HOME", str(tmp_path))
    monkeypatch.setenv("AUDIO_CONCEPTS_DATA_DIR", str(tmp_path / "data"))
    weights = np.zeros((3, 3 * BANDS), np.float32)
    weights[0, 60:BANDS], weights[1, 60:BANDS], weights[2, :BANDS] = 0.2, -0.2, 0.02
    bias = np.array([-5.0, 5.0, -2.0], np.float32)
    folder = tmp_path / "data" / "builds" / "light"
    folder.mkdir(parents=True)
    fingerprint = fingerprint_of("logmel").text
    vectors = ConceptVectors(IDS, weights, bias, weights[None], bias[None], 0.1, fingerprint, VectorSettings(), {})
    vectors.save(folder / "a.safetensors")
    calibration = Calibration(IDS, np.ones(3), np.array([-1.0, 0.0, 0.0]))
    (folder / "a.calibration.json").write_text(json.dumps(calibration.plain()))
    pointer = {
        "collection": "light",
        "version": 2,
        "vectors": "a.safetensors",
        "calibration": "a.calibration.json",
        "fingerprint": fingerprint,
        "kept": {concept: concept.title() for concept in IDS},
    }
    (folder / POINTER).write_text(json.dumps(pointer))
    return tmp_path


@pytest.fixture
def song(home):
    """Twenty seconds of a low hum, noise from 8 to 14 s."""
    rng = np.random.default_rng(0)
    sound = 0.1 * np.sin(2 * np.pi * 110 * np.arange(20 * RATE) / RATE)
    sound[8 * RATE : 14 * RATE] += 0.1 * rng.normal(size=6 * RATE)
    path = home / "song.wav"
    soundfile.write(path, sound, RATE)
    return path


def ran(*arguments):
    return CliRunner().invoke(command_line(), ["tag", *map(str, arguments)])


def test_a_file_s_concepts_come_strongest_first_with_score_and_probability(song):
    done = ran(song, "--json")
    assert done.exit_code == 0, done.output
    read = json.loads(done.stdout)
    assert (read["collection"], read["version"]) == ("light", 2)
    concepts = read["files"][0]["concepts"]
    assert {one["id"] for one in concepts} == set(IDS)
    assert concepts[0]["name"] == "Dark"
    assert all(one["probability"] >= later["probability"] for one, later in pairwise(concepts))
    assert all("curve" not in one for one in concepts)


def test_bad_files_are_named_and_the_rest_is_done(song, home):
    (home / "notes.txt").write_bytes(b"no sound at all" * 100)
    done = ran(home / "notes.txt", home / "gone.wav", song, "--json")
    assert done.exit_code == 1
    text, gone, good = json.loads(done.stdout)["files"]
    assert text["error"]["code"] == "not_audio"
    assert "gone.wav" in gone["error"]["message"]
    assert len(good["concepts"]) == 3


def test_the_timeline_says_in_which_seconds(song):
    done = ran(song, "--timeline", "--concept", "bright", "--json")
    only, *none = json.loads(done.stdout)["files"][0]["concepts"]
    assert none == []
    assert (only["id"], only["curve"]["step_s"]) == ("bright", 0.25)
    assert len(only["curve"]["scores"]) == 80
    passage, *no_more = only["passages"]
    assert no_more == []
    assert passage["start_s"] == pytest.approx(8, abs=1)
    assert passage["end_s"] == pytest.approx(14, abs=1)
    assert only["windows"][0]["start_s"] == 0
    assert only["windows"][1]["start_s"] == pytest.approx(0.752)
    assert only["windows"][-1]["end_s"] <= 20


def test_the_timeline_changes_no_score(song):
    plain, timed = (json.loads(ran(song, "--json", *more).stdout)["files"][0] for more in ([], ["--timeline"]))
    assert [(one["id"], one["score"]) for one in plain["concepts"]] == [
        (one["id"], one["score"]) for one in timed["concepts"]
    ]


def test_people_get_a_curve_a_concept(song):
    lines = ran(song, "--timeline", "--top", "2").stdout.splitlines()
    assert lines[0].endswith("song.wav")
    assert sum(0 < len(line.strip()) == sum(line.count(bar) for bar in BARS) for line in lines) == 2
    assert any(line.strip().startswith("above 0.5: 0:0") for line in lines)


def test_an_unknown_concept_is_refused_before_any_network_is_loaded(song):
    done = ran(song, "--concept", "brigth")
    assert isinstance(done.exception, NotPublished)
    assert "did you mean bright" in str(done.exception)


def test_without_a_publication_it_says_what_to_run_first(monkeypatch, tmp_path):
    monkeypatch.setenv("AUDIO_CONCEPTS_HOME", str(tmp_path))
    assert "run `audio-concepts rebuild` first" in str(ran(tmp_path / "song.ogg").exception)


def test_a_curve_is_drawn_within_its_width():
    assert sparkline([0.0, 1.0]) == "▁█"
    assert len(sparkline(np.linspace(0, 1, 977))) == 60
    assert sparkline([0.3] * 977) == "▃" * 60


def test_clocks_never_show_sixty_seconds():
    assert [clock(seconds) for seconds in (0, 59.99, 60, 3599.95)] == ["0:00.0", "0:59.9", "1:00.0", "59:59.9"]


def test_explaining_a_file_says_what_takes_files(song):
    done = CliRunner().invoke(command_line(), ["explain", str(song)])
    assert done.exit_code == 2
    assert "is a file" in done.output
    assert "audio-concepts tag" in done.output
