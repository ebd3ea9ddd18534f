"""`audio-concepts study` on a publication made here; no server runs."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from worker.activations.backbones import fingerprint_of
from worker.activations.store import ActivationStore
from worker.answers.errors import NothingPublished, PointerDamaged
from worker.answers.published import POINTER
from worker.cli.main import command_line
from worker.concepts.vectors import ConceptVectors, VectorSettings
from worker.jobs.builds import Builds

IDS = ("bright", "dark")
UNITS = 12


@pytest.fixture
def builds(monkeypatch, tmp_path):
    """Two published concepts of 60 tracks among 120, and one too small to be learnt."""
    monkeypatch.setenv("AUDIO_CONCEPTS_HOME", str(tmp_path))
    monkeypatch.setenv("AUDIO_CONCEPTS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    draw = np.random.default_rng(0)
    tracks = [f"{number:024x}" for number in range(120)]
    latent = draw.normal(size=(120, UNITS)).astype(np.float32)
    fingerprint = fingerprint_of("logmel")
    ActivationStore(tmp_path / "data" / "activations", fingerprint).write(tracks, list(latent[:, None, :]))
    made = Builds(tmp_path / "data", "light")
    order = [tracks[place] for place in np.argsort(latent[:, 0] + 0.5 * draw.normal(size=120))]
    copy = {
        "concepts": {"bright": "Bright", "dark": "Dark", "rare": "Rare"},
        "memberships": {"bright": sorted(order[60:]), "dark": sorted(order[:60]), "rare": order[:1]},
        "tracks": [[track, "", "", ""] for track in tracks],
    }
    weights, bias = np.zeros((2, UNITS), np.float32), np.zeros(2, np.float32)
    vectors = ConceptVectors(IDS, weights, bias, weights[None], bias[None], 0.1, fingerprint.text, VectorSettings(), {})
    pointer = {
        "collection": "light",
        "version": 3,
        "vectors": "a.safetensors",
        "fingerprint": fingerprint.text,
        "kept": {concept: concept.title() for concept in IDS},
        "catalogue": made.place_json(copy),
        "heard": made.place_json(tracks),
    }
    made.place_json(pointer, name=POINTER)
    vectors.save(made.folder / "a.safetensors")
    return made


def ran(*arguments):
    return CliRunner().invoke(command_line(), ["study", *arguments])


@pytest.mark.usefixtures("builds")
def test_the_learning_curve_names_sizes_figures_and_what_follows():
    done = ran("learning-curve", "--parts", "2", "--random-sets", "5", "--json")
    assert done.exit_code == 0, done.output
    read = json.loads(done.stdout)
    assert (read["collection"], read["version"], read["tracks"]) == ("light", 3, 120)
    assert [point["size"] for point in read["points"]] == [3, 5, 10, 20, 39, 100]
    assert [point["concepts"] for point in read["points"]] == [2, 2, 2, 2, 2, 0]
    assert read["points"][-1]["auc"] is None
    assert {"least_size", "ridge"} <= read.keys()
    shown = ran("learning-curve", "--parts", "2", "--random-sets", "5")
    assert "Random sets stay out" in shown.stdout
    assert sum(line.split()[0].isdigit() for line in shown.stdout.splitlines()) == 6


@pytest.mark.usefixtures("builds")
def test_the_preset_is_compared_concept_by_concept():
    done = ran("preset", "--json")
    assert done.exit_code == 0, done.output
    read = json.loads(done.stdout)
    assert [pair["concept_id"] for pair in read["pairs"]] == list(IDS)
    assert all(0.5 < pair["accuracy"] <= 1 for pair in read["pairs"])
    assert read["rank_agreement"] is None  # two concepts have no ranks to speak of
    assert "Bright" in ran("preset").stdout


@pytest.mark.usefixtures("builds")
def test_correlated_concepts_are_planted_and_looked_for():
    done = ran("correlated", "--repetitions", "2", "--policy", "random", "--policy", "hard", "--json")
    assert done.exit_code == 0, done.output
    read = json.loads(done.stdout)
    figures = {(one["section"], one["subject"], one["measure"]): one for one in read["figures"]}
    near, far = (figures["overlaps", "random", f"S at overlap {overlap}"]["value"] for overlap in (0.9, 0.1))
    assert near > far + 0.1
    assert {subject for _, subject, _ in figures} == {"random", "hard"}
    # No track is both bright and dark, so there is no intersection to plant.
    assert figures["intersections", "random", "AUC of intersections"]["value"] is None
    assert "Half of A, below A" in ran("correlated", "--repetitions", "1", "--policy", "random").stdout


@pytest.mark.usefixtures("builds")
def test_an_unknown_policy_is_refused_with_those_there_are():
    refused = ran("correlated", "--policy", "soft")
    assert refused.exit_code == 2
    assert "without relatives" in refused.output


@pytest.mark.usefixtures("builds")
def test_what_is_not_published_is_named():
    assert isinstance(ran("preset", "--collection", "heavy").exception, NothingPublished)


def test_a_publication_that_does_not_say_what_it_learnt_from_is_named(builds):
    pointer = builds.read_json(POINTER, written_by="publish")
    builds.place_json({name: value for name, value in pointer.items() if name != "catalogue"}, name=POINTER)
    refused = ran("learning-curve").exception
    assert isinstance(refused, PointerDamaged)
    assert "audio-concepts rebuild" in str(refused)
