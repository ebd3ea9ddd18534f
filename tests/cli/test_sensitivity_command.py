"""`audio-concepts sensitivity` on a tiny library that was learnt here by msd_vgg; no server runs."""

import json

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from worker.activations.backbones import load_backbone
from worker.activations.backbones.tags import MSD
from worker.activations.store import ActivationStore
from worker.answers.errors import LessonMissing, NotPublished, NoTrackHeard
from worker.answers.published import POINTER
from worker.catalogue.locations import uri_of
from worker.cli.main import command_line
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.training import learn_vectors
from worker.concepts.vectors import VectorSettings
from worker.jobs.builds import Builds
from worker.jobs.catalogue_copy import CatalogueCopy, FrozenTrack

RATE = 16_000
TRACKS = 24


def sound(number):
    """Noise for the first half of the tracks, a chord for the rest; 3.2 s."""
    rng = np.random.default_rng(number)
    time = np.arange(int(3.2 * RATE)) / RATE
    if number < TRACKS // 2:
        return (0.1 * rng.normal(size=len(time))).astype(np.float32)
    return (0.1 * sum(np.sin(2 * np.pi * pitch * time) for pitch in rng.uniform(100, 900, 3))).astype(np.float32)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """A home with sound files, activations, vectors and a publication of two concepts."""
    home = tmp_path_factory.mktemp("library")
    # From pool5 on the tags are linear in the layer, so opposite vectors answer oppositely on whichever track.
    backbone = load_backbone("msd_vgg", layer="pool5", threads=1)
    ids, tracks, heard = [f"t{number:02d}" for number in range(TRACKS)], [], []
    for number, track_id in enumerate(ids):
        path = home / f"{track_id}.wav"
        soundfile.write(path, sound(number), RATE)
        tracks.append(FrozenTrack(track_id, uri_of(path), "", ""))
        heard.append(backbone.activations(sound(number), RATE))
    store = ActivationStore(home / "data" / "activations", backbone.fingerprint)
    store.write(ids, heard)
    memberships = {"chord": ids[TRACKS // 2 :], "noise": ids[: TRACKS // 2]}
    folds = assign_folds(ids)
    vectors = learn_vectors(store.read(ids), Members.of(memberships, ids), folds, VectorSettings(ridge=0.1), workers=1)
    builds = Builds(home / "data", "kinds")
    names = {"chord": "Chord", "noise": "Noise"}
    catalogue = CatalogueCopy(names, memberships, tuple(tracks)).save(builds)
    vectors.save(builds.folder / "a.safetensors")
    pointer = {
        "collection": "kinds",
        "version": 1,
        "vectors": "a.safetensors",
        "catalogue": catalogue,
        "heard": builds.place_json(ids),
        "fingerprint": vectors.fingerprint,
        "kept": names,
    }
    builds.place_json(pointer, name=POINTER)
    return home


@pytest.fixture
def ask(library, monkeypatch):
    monkeypatch.setenv("AUDIO_CONCEPTS_HOME", str(library))
    monkeypatch.setenv("AUDIO_CONCEPTS_DATA_DIR", str(library / "data"))

    def asked(*arguments):
        return CliRunner().invoke(command_line(), ["sensitivity", *arguments])

    return asked


def test_every_tag_has_its_sensitivity_strongest_first(ask):
    done = ask("noise", "--tracks", "3", "--json")
    assert done.exit_code == 0, done.output
    read = json.loads(done.stdout)
    assert (read["concept"], read["windows"], read["draws"]) == ({"id": "noise", "name": "Noise"}, 3, 20)
    assert {one["tag"] for one in read["tags"]} == set(MSD)
    strengths = [abs(one["magnitude"]) for one in read["tags"]]
    assert strengths == sorted(strengths, reverse=True)
    assert all(0 <= one[name] <= 1 for one in read["tags"] for name in ("sign_count", "p_specific", "q_consistent"))


def test_the_opposite_concept_answers_the_other_way(ask):
    """Of two concepts that share the library between them one raises what the other lowers."""
    noise, chord = (
        {one["tag"]: one["magnitude"] for one in json.loads(ask(name, "--tracks", "1", "--json").stdout)["tags"]}
        for name in ("noise", "chord")
    )
    assert np.corrcoef([noise[tag] for tag in MSD], [chord[tag] for tag in MSD])[0, 1] < -0.9


def test_people_get_the_strongest_tags(ask):
    lines = ask("chord", "--tracks", "2", "--top", "4").stdout.splitlines()
    assert lines[0].startswith("Chord, 2 windows")
    assert len(lines) == 2 + 4


def test_an_unknown_concept_is_named_with_what_was_meant(ask):
    done = ask("nose")
    assert isinstance(done.exception, NotPublished)
    assert "did you mean noise" in str(done.exception)


def test_tracks_that_are_gone_are_named_and_the_rest_is_heard(ask, library):
    moved = [library / f"t{number:02d}.wav" for number in range(TRACKS // 2)]
    for path in moved[1:]:
        path.rename(path.with_suffix(".away"))
    try:
        read = json.loads(ask("noise", "--tracks", "12", "--json").stdout)
        assert read["windows"] == 1
        assert len(read["failed"]) == TRACKS // 2 - 1
        moved[0].rename(moved[0].with_suffix(".away"))
        assert isinstance(ask("noise").exception, NoTrackHeard)
    finally:
        for path in moved:
            path.with_suffix(".away").rename(path)


def test_a_publication_of_an_older_release_says_what_to_run(ask, library):
    pointer = library / "data" / "builds" / "kinds" / POINTER
    now = pointer.read_text()
    try:
        pointer.write_text(json.dumps({key: value for key, value in json.loads(now).items() if key != "heard"}))
        done = ask("noise")
    finally:
        pointer.write_text(now)
    assert isinstance(done.exception, LessonMissing)
    assert "audio-concepts rebuild" in str(done.exception)
