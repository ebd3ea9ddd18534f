"""Pruning on the real graph and a real data folder: what goes, what stays, and that a rebuild goes on afterwards."""

import pytest

from worker.answers.published import load_published
from worker.jobs import pruning
from worker.jobs.builds import Builds

pytestmark = pytest.mark.stack


def folder(tiny):
    return {path.name for path in Builds(tiny.data, "tiny").folder.iterdir()}


def test_versions_and_the_files_only_they_name_go_and_the_rest_stays(tiny):
    tiny.rebuild()
    tiny.rebuild(seed=9)
    first, second = tiny.graph.hierarchy.versions("tiny")[::-1]
    costs = tiny.graph.versions.costs("tiny")
    assert costs[1].assessments == costs[2].assessments > 0
    assert costs[1].similarities > 0
    assert costs[1].bytes > 0
    before = folder(tiny)
    plan = pruning.prune(tiny.graph, tiny.data, "tiny", 1, dry_run=True)
    assert folder(tiny) == before
    assert pruning.prune(tiny.graph, tiny.data, "tiny", 1) == plan
    assert (plan.graph.versions, plan.graph.kept) == ((1,), (2,))
    assert plan.graph.relationships >= costs[1].similarities + costs[1].links
    assert plan.bytes > 0
    kept, gone = set(second.files.values()), set(first.files.values()) - set(second.files.values())
    assert kept <= folder(tiny)
    assert not gone & folder(tiny)
    assert load_published(tiny.data).version == 2
    again = tiny.rebuild(seed=9)
    assert tiny.result(again, "publish")["unchanged"]
    assert tiny.result(again, "vectors")["reused"]
    assert tiny.rebuild().result_version == 3


def test_files_stay_while_a_rebuild_is_active_or_may_be_retried(tiny):
    tiny.rebuild()
    job = tiny.ask(seed=9)
    for _ in range(4):
        (step,) = tiny.graph.ledger.due_steps(job.id)
        tiny.runner.run(step.id)
    found = pruning.prune(tiny.graph, tiny.data, "tiny", 1)
    assert (found.files, found.active_job) == ((), job.id)
    tiny.graph.ledger.cancel(job.id)
    pruning.prune(tiny.graph, tiny.data, "tiny", 1)
    tiny.graph.ledger.retry(job.id)
    assert tiny.drain(job.id).state == "succeeded"
