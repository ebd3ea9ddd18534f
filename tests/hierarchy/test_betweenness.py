"""Betweenness by matrix products, against networkx on every kind of graph."""

import doctest

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.hierarchy import betweenness
from worker.hierarchy.betweenness import dense_betweenness
from worker.hierarchy.errors import ShapeMismatch


def oracle(joined):
    central = nx.betweenness_centrality(nx.from_numpy_array(joined | joined.T))
    return np.array([central[node] for node in range(len(joined))])


def test_the_examples_hold():
    assert doctest.testmod(betweenness).failed == 0


@given(st.integers(1, 40), st.floats(0, 0.6), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_it_equals_networkx_on_random_graphs_with_isolated_nodes_and_reciprocal_pairs(nodes, density, seed):
    joined = np.random.default_rng(seed).random((nodes, nodes)) < density
    np.fill_diagonal(joined, val=False)
    assert np.allclose(dense_betweenness(joined), oracle(joined), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("graph", [nx.path_graph(30), nx.cycle_graph(9), nx.star_graph(12), nx.karate_club_graph()])
def test_it_equals_networkx_on_long_round_and_starry_graphs(graph):
    joined = nx.to_numpy_array(graph) > 0
    assert np.allclose(dense_betweenness(joined), oracle(joined), rtol=1e-9)


def test_blocks_and_the_order_of_nodes_do_not_matter(monkeypatch):
    joined = np.random.default_rng(4).random((50, 50)) < 0.1
    np.fill_diagonal(joined, val=False)
    whole = dense_betweenness(joined)
    order = np.random.default_rng(5).permutation(50)
    assert np.allclose(dense_betweenness(joined[np.ix_(order, order)]), whole[order], rtol=1e-10)
    monkeypatch.setattr(betweenness, "BLOCK", 7)
    assert np.allclose(dense_betweenness(joined), whole, rtol=1e-10)


def test_progress_ends_at_all_and_other_shapes_are_refused():
    told = []
    dense_betweenness(np.ones((5, 5), bool), lambda done, total: told.append((done, total)))
    assert told[-1] == (5, 5)
    assert dense_betweenness(np.ones((2, 2), bool)).tolist() == [0.0, 0.0]
    with pytest.raises(ShapeMismatch):
        dense_betweenness(np.ones((2, 3), bool))
