"""`audio-concepts study erasure` on a publication made here: a concept whose seconds are known, and files that fail."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from worker.activations.backbones import fingerprint_of
from worker.answers.errors import NoTrackHeard
from worker.answers.published import POINTER
from worker.catalogue.locations import uri_of
from worker.cli.main import command_line
from worker.concepts.vectors import ConceptVectors, VectorSettings
from worker.jobs.builds import Builds
from worker.jobs.catalogue_copy import CatalogueCopy, FrozenTrack

RATE = 16_000
BANDS = 96


@pytest.fixture
def home(monkeypatch, tmp_path):
    """`Bright` is noise, which sounds for a third of two songs; a third song is too short, a fourth is gone."""
    monkeypatch.setenv("AUDIO_CONCEPTS_HOME", str(tmp_path))
    monkeypatch.setenv("AUDIO_CONCEPTS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    rng = np.random.default_rng(0)
    for name, seconds in {"a": 18, "b": 18, "short": 3}.items():
        sound = 0.1 * np.sin(2 * np.pi * 110 * np.arange(seconds * RATE) / RATE)
        sound[6 * RATE : 12 * RATE] += 0.1 * rng.normal(size=len(sound[6 * RATE : 12 * RATE]))
        soundfile.write(tmp_path / f"{name}.wav", sound, RATE)
    names = ("a", "b", "gone", "short")
    tracks = tuple(FrozenTrack(name, uri_of(tmp_path / f"{name}.wav"), "", "") for name in names)
    builds = Builds(tmp_path / "data", "light")
    catalogue = CatalogueCopy({"bright": "Bright"}, {"bright": list(names)}, tracks).save(builds)
    weights, bias = np.zeros((1, 3 * BANDS), np.float32), np.array([-5.0], np.float32)
    weights[0, 60:BANDS] = 0.2
    mark = fingerprint_of("logmel").text
    ConceptVectors(("bright",), weights, bias, weights[None], bias[None], 0.1, mark, VectorSettings(), {}).save(
        builds.folder / "a.safetensors"
    )
    pointer = {"collection": "light", "version": 1, "vectors": "a.safetensors", "fingerprint": mark}
    builds.place_json({**pointer, "kept": {"bright": "Bright"}, "catalogue": catalogue}, name=POINTER)
    return tmp_path


def ran(*arguments):
    return CliRunner().invoke(command_line(), ["study", "erasure", *arguments])


@pytest.mark.usefixtures("home")
def test_the_seconds_of_a_concept_carry_its_score_and_what_was_not_heard_is_named():
    done = ran("--json")
    assert done.exit_code == 0, done.output
    read = json.loads(done.stdout)
    assert {uri.rsplit("/", 1)[1] for uri in read["failed"]} == {"short.wav", "gone.wav"}
    assert len(read["concepts"]["bright"]) == 2 * 2, "two tracks, two fills"
    by_silence = [one for one in read["concepts"]["bright"] if one["fill"] == "silence"]
    assert all(one["deleted"] < one["deleted_elsewhere"] < one["score"] for one in by_silence)
    assert all(one["inserted"] > one["inserted_elsewhere"] for one in by_silence)
    assert {(one["regime"], one["measure"]) for one in read["figures"]} == {
        (fill, measure) for fill in ("silence", "noise") for measure in ("score", "deletion", "insertion")
    }
    assert json.loads(ran("--json").stdout) == read


@pytest.mark.usefixtures("home")
def test_people_get_a_line_a_concept_and_what_it_comes_to():
    lines = ran("--tracks", "4", "--shifts", "2").stdout.splitlines()
    assert any(line.endswith("  Bright") for line in lines)
    assert sum(line.startswith(("deletion with", "insertion with")) for line in lines) == 4


def test_without_a_file_there_is_nothing_to_measure(home):
    for file in home.glob("*.wav"):
        file.unlink()
    assert isinstance(ran().exception, NoTrackHeard)
