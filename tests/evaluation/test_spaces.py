"""The poster's measure of a tree in another space, against plain loops."""

import doctest

import numpy as np
import pytest

from worker.evaluation import spaces
from worker.evaluation.errors import NoEdges
from worker.evaluation.spaces import closeness, edges_of, joined, nearness, random_edges

RNG = np.random.default_rng(3)
POINTS = RNG.normal(size=(12, 5))
PARENTS = np.array([-1, 0, 0, 1, -1, 4, 4, 2, 1, 0, 5, 5])


def cosine(one, other):
    lengths = np.sqrt(one @ one) * np.sqrt(other @ other)
    return one @ other / lengths if lengths else 0.0


def test_the_examples_hold():
    assert doctest.testmod(spaces).failed == 0


@pytest.mark.parametrize("measure", ["distance", "cosine"])
def test_mean_and_margin_are_those_of_a_plain_loop_over_the_edges(measure):
    points = POINTS.copy()
    points[4] = 0.0
    values = []
    for child, parent in enumerate(PARENTS):
        if parent >= 0:
            one, other = points[parent], points[child]
            values.append(np.linalg.norm(one - other) if measure == "distance" else cosine(one, other))
    found = nearness(edges_of(PARENTS), points, measure)
    assert found.edges == len(values) == 10
    assert found.mean == pytest.approx(np.mean(values), rel=1e-12)
    assert found.margin == pytest.approx(1.96 * np.std(values) / np.sqrt(len(values)), rel=1e-12)


def test_the_measure_does_not_see_direction():
    edges = edges_of(PARENTS)
    assert nearness(edges, POINTS, "distance") == nearness(edges[:, ::-1], POINTS, "distance")


def test_a_random_parent_is_never_the_node_itself_and_every_other_equally_often():
    edges = np.concatenate([random_edges(5, np.random.default_rng(seed)) for seed in range(4000)])
    assert (edges[:, 0] != edges[:, 1]).all()
    counts = np.bincount(edges[:, 0] * 5 + edges[:, 1], minlength=25).reshape(5, 5)
    assert (np.diag(counts) == 0).all()
    assert np.abs(counts[~np.eye(5, dtype=bool)] - 1000).max() < 150


def test_closeness_is_the_negative_squared_distance_or_the_cosine():
    by_distance, by_cosine = closeness(POINTS, "distance"), closeness(POINTS, "cosine")
    for i in range(12):
        for j in range(12):
            if i != j:
                assert by_distance[i, j] == pytest.approx(-np.sum((POINTS[i] - POINTS[j]) ** 2))
                assert by_cosine[i, j] == pytest.approx(cosine(POINTS[i], POINTS[j]))
    assert np.argmin(by_distance, axis=1).tolist() == list(range(12))


def test_every_node_is_joined_to_its_best_and_to_all_above_the_threshold():
    similarity = closeness(POINTS, "distance")
    graph = joined(similarity, -2.0)
    assert (graph == graph.T).all()
    assert not graph.diagonal().any()
    for node in range(12):
        assert graph[node, np.argmax(similarity[node])]
    assert graph[(similarity > -2.0) & ~np.eye(12, dtype=bool)].all()


def test_a_tree_without_edges_is_a_sentence():
    with pytest.raises(NoEdges, match="below the root"):
        nearness(edges_of(np.array([-1, -1])), POINTS[:2], "distance")
