"""The job that asks the network's tags: where it cannot, it fails with the reason (what it finds: tests/end_to_end)."""

from __future__ import annotations

import pytest

from worker.jobs.kinds import SENSITIVITY, SensitivityWork, errand_steps

pytestmark = pytest.mark.stack


def sense(bench, *concepts, version=1):
    work = SensitivityWork(concepts=concepts, version=version).model_dump(mode="json")
    job, _ = bench.graph.ledger.request(SENSITIVITY, "tiny", work, steps=errand_steps(SENSITIVITY))
    return bench.drain(job.id)


def test_tracks_without_sound_are_named_and_nothing_is_staged(tiny):
    tiny.rebuild()
    done = sense(tiny, "cello")
    assert done.state == "succeeded", done.error_message
    result = tiny.result(done, "sense")
    assert (result["computed"], result["failures"].keys()) == (0, {"cello"})
    assert "none of" in result["failures"]["cello"]
    assert tiny.staged() == 0
    unknown = sense(tiny, "no-such-concept")
    assert (unknown.state, unknown.error_code) == ("failed", "not_published")


def test_a_version_that_is_gone_fails_the_job_with_its_name(bench):
    bench.graph.catalogue.save_collection("tiny", "Tiny")
    done = sense(bench, "cello", version=4)
    assert (done.state, done.error_code) == ("failed", "unknown_version")
