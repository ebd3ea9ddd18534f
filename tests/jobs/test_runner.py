"""What a failed stage tells the ledger, and small truths about trees."""

import errno

from cypher.errors import GraphTooSmall
from worker.jobs.errors import NoConceptKept
from worker.jobs.requests import STAGE_NAMES
from worker.jobs.runner import explain
from worker.jobs.stages import stage
from worker.jobs.stages.publish import depth_of


def test_an_error_with_a_code_keeps_it_and_its_sentence():
    error = NoConceptKept("genres", 12, "9 not_learnt, 3 low_accuracy")
    code, message = explain(error, "/data")
    assert code == "no_concept_kept"
    assert "none of the 12 concepts of 'genres' is kept (9 not_learnt, 3 low_accuracy)" in message
    assert "lower min_tracks" in message
    assert explain(GraphTooSmall(2**30, 2**20, "betweenness"), "/data")[0] == "graph_too_small"


def test_a_full_disk_names_the_data_folder():
    code, message = explain(OSError(errno.ENOSPC, "No space left on device"), "/data")
    assert code == "disk_full"
    assert "/data" in message


def test_a_surprise_is_called_internal_and_names_its_type():
    code, message = explain(ZeroDivisionError("division by zero"), "/data")
    assert code == "internal"
    assert "ZeroDivisionError" in message
    assert "log" in message


def test_every_stage_has_a_module_with_run():
    assert all(callable(stage(name)) for name in STAGE_NAMES)


def test_depth_counts_from_one_below_the_root():
    parents = {"a": None, "b": "a", "c": "b", "d": None}
    assert depth_of(parents) == {"a": 1, "b": 2, "c": 3, "d": 1}
