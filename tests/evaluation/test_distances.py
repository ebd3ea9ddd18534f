"""Distances in trees and walks by them, against networkx and by hand."""

import doctest

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.evaluation import distances
from worker.evaluation.distances import distance_correlation, navigation, tree_distances
from worker.evaluation.errors import NothingInCommon
from worker.evaluation.taxonomy import random_tree

LETTERS = "abcdefghij"


def test_the_examples_hold():
    assert doctest.testmod(distances).failed == 0


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_distances_are_those_of_networkx_over_a_virtual_root(seed):
    tree = random_tree(LETTERS, seed)
    graph = nx.Graph((child, parent or "(root)") for child, parent in tree.items())
    found = tree_distances(tree, list(LETTERS))
    for row, one in enumerate(LETTERS):
        for column, other in enumerate(LETTERS):
            assert found[row, column] == nx.shortest_path_length(graph, one, other)


def test_several_parents_are_several_ways():
    tree = {"funk": None, "rock": None, "funk rock": ("funk", "rock")}
    assert tree_distances(tree, ["funk", "rock"])[0, 1] == 2


def test_a_tree_agrees_with_itself_and_ways_may_run_through_concepts_the_other_lacks():
    tree = random_tree(LETTERS, 3)
    assert distance_correlation(tree, tree) == pytest.approx(1.0)
    deeper = {**tree, "x": None}
    assert distance_correlation(deeper, tree) == pytest.approx(1.0)
    assert abs(distance_correlation(random_tree(LETTERS, 4), tree)) < 0.9


def test_without_ranks_there_is_no_correlation_and_without_common_concepts_an_error():
    flat = dict.fromkeys("abc")
    assert np.isnan(distance_correlation(flat, {"a": None, "b": "a", "c": "b"}))
    with pytest.raises(NothingInCommon):
        distance_correlation(flat, {"z": None})


def test_the_tree_of_the_network_itself_leads_everywhere_by_the_shortest_way():
    tree = {"a": None, "b": "a", "c": "a", "d": "b", "e": "b", "f": "c"}
    names = sorted(tree)
    linked = np.array([[tree[one] == other for other in names] for one in names])
    found = navigation(tree, names, linked)
    assert (found.success, found.stretch, found.pairs) == (1.0, 1.0, 30)


def test_a_wrong_map_leads_in_circles_and_unreachable_pairs_do_not_count():
    names = list("abcd")
    line = np.eye(4, k=1, dtype=bool)
    right = {"a": None, "b": "a", "c": "b", "d": "c"}
    assert navigation(right, names, line).success == 1.0
    wrong = {"b": None, "d": "b", "a": "d", "c": "a"}
    assert navigation(wrong, names, line).success < 1.0
    alone = line.copy()
    alone[2, 3] = False
    assert navigation(right, names, alone).pairs == 6
    assert np.isnan(navigation(right, names, np.zeros((4, 4), bool)).success)
    with pytest.raises(ValueError, match="linked should be"):
        navigation(right, names, np.zeros((3, 3), bool))


def test_a_walk_may_be_longer_than_needed():
    tree = {"s": None, "t": "x", "x": "y", "y": None, "u": "t"}
    names = sorted(tree)  # s t u x y
    linked = np.zeros((5, 5), bool)
    for one, other in ("sy", "yx", "xt", "su", "ut"):
        linked[names.index(one), names.index(other)] = True
    assert navigation({**tree, "u": None}, names, linked).stretch > 1.0
