"""kill -9 of workers: every job ends as if calm, every step's effect comes once.

`python -m tests.faults.count` does the same with the promised counts: 300 steps under 12 kills.
"""

import pytest

from tests.faults.harness import calm_run, effects, rebuilds_under_kills, scene
from tests.jobs.workers import Crew

pytestmark = pytest.mark.stack

SEEDS = (1, 2, 3)
KILLS = 6


def test_rebuilds_under_kills_end_in_the_trees_of_a_calm_run(clean_graph, tmp_path):
    with scene(clean_graph, tmp_path / "calm") as bench:
        shas = [bench.result(bench.rebuild(seed=seed), "publish")["sha256"] for seed in SEEDS]
        wanted = effects(bench)
    with scene(clean_graph, tmp_path / "faults") as bench, Crew(bench, tmp_path) as crew:
        found = rebuilds_under_kills(crew, SEEDS, KILLS, seed=7)
        assert found.failures == []
        assert found.shas == shas
        assert found.kills >= KILLS - 2
        assert found.taken_over >= 1
        assert effects(bench) == wanted
        assert found.steps == sum(len(bench.graph.ledger.job(job.id).steps) for job in bench.graph.ledger.jobs())


def test_the_calm_run_is_the_same_every_time(clean_graph, tmp_path):
    """Else the comparison above would show nothing."""
    assert calm_run(clean_graph, tmp_path / "a", [1]) == calm_run(clean_graph, tmp_path / "b", [1])
