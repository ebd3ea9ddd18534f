"""kill -9 of Neo4j in the write phase, Redis coming back empty: the rebuild goes on and ends in the calm run's tree."""

import os
import random
import signal
import time

import pytest

from tests.faults.harness import WRITES, answers, calm_run, effects, empty_redis, pid_of, running, scene
from tests.jobs.workers import Crew, ended
from tests.jobs.workers import wait_for as wait
from worker.stack import control

pytestmark = pytest.mark.stack

NEO4J_KILLS = 3


@pytest.fixture(scope="module")
def mortal(fresh_settings, tmp_path_factory):
    """A stack of its own, whose servers may be killed."""
    settings = control.up(fresh_settings(tmp_path_factory.mktemp("mortal")), only=("neo4j", "redis"))
    yield settings
    control.down(settings)


def kill_neo4j_in_the_write_phase(settings, bench, job_id, dice):
    """At a random moment after the first relationship may have been staged."""
    step = wait(lambda: running(bench, job_id, WRITES), 120, every_s=0.005)
    time.sleep(dice.uniform(0.0, 1.0))
    os.kill(pid_of(settings, "neo4j"), signal.SIGKILL)
    return step.name


def test_a_rebuild_outlives_neo4j_killed_in_its_write_phase_and_redis_coming_back_empty(mortal, tmp_path):
    seeds = [1 + number % 2 for number in range(NEO4J_KILLS + 1)]  # a tree does not depend on the one before
    calm = dict(zip((1, 2), calm_run(mortal, tmp_path / "calm", (1, 2)), strict=True))
    dice, shas = random.Random(11), []
    with scene(mortal, tmp_path / "faults") as bench, Crew(bench, tmp_path) as crew:
        crew.start()
        for seed in seeds[:-1]:
            job = bench.ask(seed=seed)
            bench.deliver(job)
            kill_neo4j_in_the_write_phase(mortal, bench, job.id, dice)
            wait(lambda: answers(mortal, "neo4j"), 120, every_s=0.5)
            done = ended(bench, job.id, 180)
            assert (done.state, done.error_message) == ("succeeded", "")
            shas.append(bench.result(done, "publish")["sha256"])
        job = bench.ask(seed=seeds[-1])
        empty_redis(mortal)
        done = ended(bench, job.id, 120)
        assert (done.state, done.error_message) == ("succeeded", "")
        shas.append(bench.result(done, "publish")["sha256"])
        found = effects(bench)
    assert shas == [calm[seed] for seed in seeds]
    assert found["versions"] == found["highest"] == len(seeds)
    assert {kind: found[f"{kind} pairs"] for kind in ("SIMILAR_TO", "EXPRESSES", "PARENT_OF")} == {
        kind: found[f"{kind} edges"] for kind in ("SIMILAR_TO", "EXPRESSES", "PARENT_OF")
    }
