"""The job that listens for seconds: what it hears is kept, what it cannot hear is named, and nothing is staged."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from worker.activations.backbones import fingerprint_of
from worker.activations.store import ActivationStore
from worker.answers.explanation import Explained, explanation_name
from worker.answers.timeline import timeline_fingerprint
from worker.jobs.builds import Builds
from worker.jobs.kinds import EXPLANATION, ExplanationWork, errand_steps
from worker.jobs.pruning import prune

pytestmark = pytest.mark.stack


def explain(bench, *tracks, version=1):
    work = ExplanationWork(tracks=tracks, version=version).model_dump(mode="json")
    job, _ = bench.graph.ledger.request(EXPLANATION, "tiny", work, steps=errand_steps(EXPLANATION))
    return bench.drain(job.id)


def test_tracks_are_explained_from_what_was_heard_and_the_others_are_named(tiny):
    tiny.rebuild()
    heard, unheard = "cello00", "violin00"
    fine = timeline_fingerprint(fingerprint_of("logmel", hop_frames=187, device="cpu"))
    windows = np.repeat(tiny.sounds[heard], 4, axis=0)
    ActivationStore(tiny.data / "activations", fine).write([heard], [windows])
    tiny.graph.catalogue.save_tracks(
        [dataclasses.replace(tiny.graph.catalogue.track(heard), duration_s=9.5, uri="")], []
    )
    done = explain(tiny, heard, unheard, "deleted-since")
    assert done.state == "succeeded", done.error_message
    result = tiny.result(done, "explain")
    assert (result["computed"], result["reused"]) == (1, 0)
    assert result["failures"].keys() == {unheard, "deleted-since"}
    assert tiny.staged() == 0

    version = tiny.graph.hierarchy.version("tiny", 1)
    in_tree = [edge.child for edge in version.edges]
    builds = Builds(tiny.data, "tiny")
    found = Explained.load(builds.folder / explanation_name(version.hierarchy.files, in_tree, heard))
    assert found.window_scores.shape == (12, len(in_tree))
    assert found.concept_ids[found.strongest()[0]] in {"cello", "strings"}
    assert explain(tiny, heard).steps[0].result["reused"] == 1

    prune(tiny.graph, tiny.data, "tiny", 1)
    assert not list(builds.folder.glob("*.explained.npz")), "they can be made again"
    assert explain(tiny, heard).steps[0].result["computed"] == 1


def test_a_version_that_is_gone_fails_the_job_with_its_name(bench):
    bench.graph.catalogue.save_collection("tiny", "Tiny")
    done = explain(bench, "t", version=4)
    assert (done.state, done.error_code) == ("failed", "unknown_version")
