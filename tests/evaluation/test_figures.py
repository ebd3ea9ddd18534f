"""Figures: means with Student's interval, and all that is asked of one tree."""

import doctest
import math

import numpy as np
import pytest
from scipy import stats

from worker.evaluation import figures, scores
from worker.evaluation.figures import Figure, mean_figure, merged, rounded
from worker.evaluation.scores import Yardstick, scores_by_label, tree_scores

REFERENCE = {"a": None, "b": "a", "c": "a", "d": "b"}


def test_the_examples_hold():
    assert doctest.testmod(figures).failed == 0
    assert doctest.testmod(scores).failed == 0


def test_the_interval_is_students():
    values = [0.2, 0.4, 0.5, 0.9]
    found = mean_figure("s", "r", "x", "m", values)
    low, high = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert (found.value, found.low, found.high, found.n) == (
        0.5,
        *(pytest.approx(end, abs=1e-6) for end in (low, high)),
        4,
    )


def test_what_has_no_value_is_left_out_and_one_value_has_no_interval():
    assert mean_figure("s", "r", "x", "m", [None, math.nan, 0.3]) == Figure("s", "r", "x", "m", 0.3, None, None, 1)
    assert mean_figure("s", "r", "x", "m", [None]).value is None
    assert rounded(Figure("s", "r", "x", "m", math.inf, -math.inf, 1 / 3, 1)).high == 0.333333


def test_runs_that_measured_different_things_are_merged_by_what_they_share():
    found = merged([{("x", "m"): 1.0}, {("x", "m"): 3.0, ("y", "m"): 5.0}], "s", "r")
    assert [(one.subject, one.value, one.n) for one in found] == [("x", 2.0, 2), ("y", 5.0, 1)]


def test_a_right_tree_scores_one_and_a_yardstick_without_parts_asks_for_the_shape_alone():
    linked = np.ones((4, 4), bool)
    found = tree_scores(REFERENCE, Yardstick(REFERENCE, dict.fromkeys("abcd", "x"), list("abcd"), linked))
    perfect = {name: value for name, value in found.items() if name.startswith(("ancestor", "edge", "taxonomic"))}
    assert set(perfect.values()) == {1.0}
    assert found["distance correlation"] == pytest.approx(1.0)
    assert found["navigation success"] == found["navigation stretch"] == 1.0
    assert tree_scores(REFERENCE, Yardstick()).keys() == {
        *("roots", "depth", "mean depth", "width", "most children", "balance"),
    }


def test_a_reference_without_pairs_has_no_f1():
    found = tree_scores(REFERENCE, Yardstick(dict.fromkeys("abcd")))
    assert found["ancestor F1"] is None


def test_each_label_is_measured_by_its_own_concepts():
    tree = {"a": None, "b": "a", "c": None, "d": "b"}
    found = scores_by_label(tree, REFERENCE, {"b": "genre", "c": "mood", "d": "genre"})
    assert found["genre", "ancestor F1"] == 1.0
    assert found["mood", "ancestor F1"] == 0.0
    assert found["mood", "concepts"] == 1.0
