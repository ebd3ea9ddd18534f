"""A rebuild on activations that other programs computed: no sound, no network, and what lacks them is named."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cypher.model import Track
from worker.activations.errors import NothingDeclared
from worker.activations.outside import declared_fingerprint
from worker.activations.outside.importing import import_outside
from worker.activations.store import ActivationStore
from worker.catalogue.given_ids import track_id_of
from worker.catalogue.importer import Target
from worker.jobs.requests import RebuildRequest
from worker.jobs.workshop import Workshop
from worker.settings import Settings

SOUNDLESS = "f" * 24


@pytest.fixture
def outside(bench, tmp_path, library):
    """The tiny library as a company's own embeddings, in a catalogue that also holds a track without any."""
    memberships, sounds = library()
    folder = tmp_path / "embeddings"
    folder.mkdir()
    np.savez(folder / "all.npz", **sounds)
    (tmp_path / "m.json").write_text(json.dumps(memberships))
    bench.graph.catalogue.save_tracks([Track(SOUNDLESS, "Elsewhere", uri="file:///nowhere/x.wav")], [])
    store = ActivationStore(bench.data / "activations", declared_fingerprint("company-7/audio:v2"))
    bench.report = import_outside(
        bench.graph.catalogue,
        store,
        activations=folder,
        memberships=tmp_path / "m.json",
        collection=Target("tiny", "Tiny"),
    )
    bench.sounds = sounds
    return bench


@pytest.mark.stack
def test_a_rebuild_learns_from_them_and_names_what_has_none(outside):
    job = outside.rebuild(backbone="outside:company-7/audio:v2")
    assert (job.state, job.error_message) == ("succeeded", "")
    heard = outside.result(job, "publish")["activations"]
    assert heard["computed"] == 0
    assert heard["reused"] == len(outside.sounds)
    assert heard["failed"] == {"no_activations": 1}
    failures = [step.result["failures"] for step in job.steps if step.name == "activations"]
    assert {SOUNDLESS: "no_activations"} in failures
    assert {"violin", "flute", "harp"} <= set(outside.tree())
    published = outside.graph.hierarchy.current("tiny")
    assert published.fingerprint == declared_fingerprint("company-7/audio:v2").text
    [link, *_] = outside.graph.hierarchy.tracks_of("violin", limit=5)
    assert link.track.id == track_id_of(link.track.title)


@pytest.mark.stack
def test_the_tree_is_that_of_the_same_numbers_computed_here(outside, library):
    job = outside.rebuild(backbone=f"outside:{outside.report.digest}")
    assert job.state == "succeeded"
    assert job.parameters["backbone"] == f"outside:{outside.report.digest}"
    memberships, sounds = library()
    ids = {name: track_id_of(name) for name in sounds}
    outside.store.write(list(ids.values()), list(sounds.values()))
    assert set(memberships) >= set(outside.tree())
    before = outside.tree()
    assert outside.rebuild(backbone="logmel").state == "succeeded"
    assert outside.tree() == before


@pytest.mark.stack
def test_a_name_that_nobody_brought_ends_the_job_with_a_sentence(outside):
    job = outside.rebuild(backbone="outside:mert")
    assert (job.state, job.error_code) == ("failed", "nothing_declared")
    assert "company-7/audio:v2" in job.error_message


def test_what_the_presets_say_of_our_networks_does_not_concern_activations_from_outside(tmp_path):
    settings = RebuildRequest(preset="poster", backbone="outside:afchar2022").settings()
    assert (settings.pooling, settings.layer, settings.hop_frames, settings.pad_frames) == (None, None, None, 0)
    assert (settings.min_tracks, settings.max_tracks) == (39, 250)
    said = RebuildRequest(preset="poster", backbone="outside:afchar2022", layer="6").settings()
    assert said.layer == "6"
    with pytest.raises(NothingDeclared):
        Workshop(Settings(data_dir=tmp_path, device="cpu")).fingerprint(settings)


@pytest.mark.parametrize("name", ["outside:", "inside:x", "outside:a b", "x/y", "outside:" + "x" * 130])
def test_other_names_of_backbones_are_refused(name):
    with pytest.raises(ValueError, match="backbone"):
        RebuildRequest(backbone=name)
