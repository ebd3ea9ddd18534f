"""Edges within groups, beside chance."""

import doctest

import numpy as np
import pytest

from worker.evaluation import groups
from worker.evaluation.groups import branch_of, same_group_rate
from worker.evaluation.taxonomy import random_tree

BRANCHES = {f"{branch}-{number}": branch for branch in ("dance", "wind", "string") for number in range(12)}


def test_the_examples_hold():
    assert doctest.testmod(groups).failed == 0


def test_a_tree_within_groups_has_rate_one_and_a_small_p():
    tree = {concept: None if concept.endswith("-0") else f"{branch}-0" for concept, branch in BRANCHES.items()}
    found = same_group_rate(tree, BRANCHES)
    assert (found.rate, found.edges, found.groups) == (1.0, 33, 3)
    assert found.p_value == pytest.approx(1 / 1001)
    assert found.chance == pytest.approx(11 / 35, abs=0.03)


def test_the_p_of_random_trees_is_uniform():
    values = [same_group_rate(random_tree(BRANCHES, seed), BRANCHES, permutations=99).p_value for seed in range(200)]
    assert abs(np.mean(values) - 0.5) < 0.08
    assert np.mean(np.array(values) <= 0.05) < 0.1


def test_concepts_without_a_group_and_edges_of_the_root_do_not_count():
    found = same_group_rate({"a": None, "b": "a", "c": "b"}, {"a": "x", "b": "x"})
    assert (found.rate, found.edges) == (1.0, 1)
    nothing = same_group_rate({"a": None}, {"a": "x"})
    assert np.isnan(nothing.rate)
    assert nothing.edges == 0


def test_a_concept_below_two_branches_is_in_none():
    graph = {"funk": None, "rock": None, "hard rock": "rock", "funk rock": ("funk", "hard rock")}
    assert branch_of(graph) == {"funk": "funk", "rock": "rock", "hard rock": "rock"}
