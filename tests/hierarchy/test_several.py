"""Several parents: the rule said slowly, no circle whatever comes, the tree untouched, intersections found."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from worker.hierarchy.builders import ParentOf, heymann_tree
from worker.hierarchy.errors import NotFinite, OutOfRange, ShapeMismatch
from worker.hierarchy.generality import generality_tree
from worker.hierarchy.several import Limits, several_parents

LOOSE = Limits(min_similarity=0.0, min_separation=0.0, min_gain=-1.0, min_claim=-9.0, min_direction=-1.0)


@st.composite
def problems(draw):
    """Few distinct values, so that ties are the rule; trees of either builder, some concepts pinned."""
    concepts = draw(st.integers(1, 9))
    values = st.sampled_from([0.0, 0.25, 0.5, 0.625, 0.75, 1.0])
    similarity, separation = (draw(arrays(np.float64, (concepts, concepts), elements=values)) for _ in range(2))
    pins = {
        child: draw(st.sampled_from([None, *range(child)])) for child in draw(st.sets(st.integers(0, concepts - 1)))
    }
    if draw(st.booleans()):
        tree = generality_tree(similarity, separation, pins=pins)
    else:
        tree = heymann_tree(similarity, np.zeros(concepts), min_similarity=0.1, pins=pins)
    return tree, similarity, separation


def graph_of(edges):
    graph = nx.DiGraph()
    graph.add_nodes_from(edge.child for edge in edges)
    graph.add_edges_from((edge.parent, edge.child) for edge in edges if edge.parent is not None)
    return graph


@given(problems(), st.sampled_from([Limits(), LOOSE]))
def test_no_circle_ever_closes_and_no_edge_says_what_another_says_already(problem, limits):
    tree, similarity, separation = problem
    edges = several_parents(tree, similarity, separation, limits)
    graph = graph_of(edges)
    assert nx.is_directed_acyclic_graph(graph)
    for edge in edges:
        if edge.further:
            beside = {one.parent for one in edges if one.child == edge.child} - {edge.parent}
            assert not any(edge.parent in nx.ancestors(graph, other) for other in beside)


@given(problems(), st.sampled_from([Limits(), LOOSE]))
def test_the_tree_stays_as_it_is(problem, limits):
    tree, similarity, separation = problem
    edges = several_parents(tree, similarity, separation, limits)
    assert [edge for edge in edges if not edge.further] == list(tree)
    bound = {edge.child for edge in tree if edge.pinned or edge.parent is None}
    assert not bound & {edge.child for edge in edges if edge.further}
    counts = nx.DiGraph(graph_of(edges)).in_degree()
    assert all(count <= limits.max_parents for _, count in counts)


@given(problems())
def test_every_further_parent_passes_every_limit(problem):
    tree, similarity, separation = problem
    limits = Limits()
    edges = several_parents(tree, similarity, separation, limits)
    for edge in (one for one in edges if one.further):
        c, p = edge.child, edge.parent
        taken = [one.parent for one in edges if one.child == c and one.parent != p]
        gains = [separation[c, p] - separation[r, p] for r in taken]
        assert similarity[c, p] > limits.min_similarity
        assert separation[c, p] > limits.min_separation
        assert similarity[c, p] - similarity[p, c] > limits.min_direction
        assert gains[0] > limits.min_gain  # over the primary parent, which comes first
        assert edge.margin >= 0
        assert edge.similarity == similarity[c, p]


@given(problems(), st.randoms())
def test_the_numbering_of_concepts_does_not_matter_without_ties(problem, random):
    _, similarity, separation = problem
    count = len(similarity)
    draw = np.random.default_rng(random.randrange(2**32))
    similarity, separation = (table + 1e-4 * draw.random(table.shape) for table in (similarity, separation))
    turn = draw.permutation(count)
    one = several_parents(generality_tree(similarity, separation), similarity, separation)
    turned = [table[np.ix_(turn, turn)] for table in (similarity, separation)]
    other = several_parents(generality_tree(*turned), *turned)
    back = {(turn[edge.child], None if edge.parent is None else turn[edge.parent]) for edge in other}
    assert {(edge.child, edge.parent) for edge in one} == back


def funk_and_rock():
    """Funk 0, Rock 1, Funk-Rock 2, Slap bass 3 (below Funk alone)."""
    similarity = np.array(
        [[1.0, 0.4, 0.3, 0.4], [0.4, 1.0, 0.3, 0.2], [0.75, 0.7, 1.0, 0.3], [0.8, 0.5, 0.3, 1.0]],
    )
    separation = np.array(
        [[0.9, 0.45, 0.7, 0.7], [0.45, 0.9, 0.7, 0.4], [0.85, 0.8, 0.9, 0.5], [0.85, 0.5, 0.6, 0.9]],
    )
    return similarity, separation


def test_what_lies_in_two_concepts_gets_both_as_parents():
    similarity, separation = funk_and_rock()
    edges = several_parents(generality_tree(similarity, separation), similarity, separation)
    parents = {}
    for edge in edges:
        parents.setdefault(edge.child, []).append((edge.parent, edge.further))
    assert parents[2] == [(0, False), (1, True)]
    assert parents[3] == [(0, False)]


def test_what_the_parent_has_already_is_no_second_parent():
    similarity, separation = funk_and_rock()
    separation[0, 1] = 0.75  # all of Funk sounds like Rock, so it is nothing of Funk-Rock's own
    edges = several_parents(generality_tree(similarity, separation), similarity, separation)
    assert not any(edge.further for edge in edges)


def test_a_full_concept_takes_no_further_child():
    similarity, separation = funk_and_rock()
    tree = [
        ParentOf(0, None, None, None, None),
        ParentOf(1, None, None, None, None),
        ParentOf(2, 0, 0.75, 0.1, 1),
        ParentOf(3, 1, 0.5, 0.1, None),
    ]
    assert any(edge.further for edge in several_parents(tree, similarity, separation))
    assert not any(edge.further for edge in several_parents(tree, similarity, separation, Limits(max_children=1)))


def test_nothing_comes_of_no_concept():
    assert several_parents([], np.zeros((0, 0))) == []


@pytest.mark.parametrize(
    ("tree", "similarity", "separation", "error"),
    [
        ([], np.zeros((1, 1)), None, ShapeMismatch),
        ([ParentOf(0, None, None, None, None)], np.zeros((1, 2)), None, ShapeMismatch),
        ([ParentOf(0, None, None, None, None)], np.zeros((1, 1)), np.zeros((2, 2)), ShapeMismatch),
        ([ParentOf(place, None, None, None, None) for place in (0, 1)], np.full((2, 2), np.nan), None, NotFinite),
    ],
)
def test_wrong_shapes_and_numbers_are_named(tree, similarity, separation, error):
    with pytest.raises(error):
        several_parents(tree, similarity, separation)


def test_no_parent_at_all_is_refused():
    with pytest.raises(OutOfRange, match="max_parents"):
        several_parents([], np.zeros((0, 0)), limits=Limits(max_parents=0))
