"""Heymann's tree: stored cases of the published behaviour, an obvious restatement, and what it refuses."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from worker.hierarchy.builders import heymann_order, heymann_tree, similarity_graph
from worker.hierarchy.errors import NotFinite, OutOfRange, PinsInCircle, ShapeMismatch
from worker.hierarchy.generality import generality_tree

CASES = json.loads((Path(__file__).parents[1] / "data" / "heymann_cases.json").read_text())["cases"]


def plain_tree(similarity, centrality, min_similarity, max_children):
    """The rule, said slowly."""
    order = sorted(range(len(centrality)), key=lambda c: (-centrality[c], -c))
    parents, children = {}, dict.fromkeys(order, 0)
    for child in order:
        best = None
        for parent in sorted(parents):
            if children[parent] >= max_children:
                continue
            if best is None or similarity[parent][child] > similarity[best][child]:
                best = parent
        if best is None or not similarity[best][child] > min_similarity:
            parents[child] = None
        else:
            parents[child] = best
            children[best] += 1
    return parents


@st.composite
def problems(draw):
    """Few distinct values, so that ties are the rule."""
    concepts = draw(st.integers(1, 9))
    values = st.sampled_from([-3.0, 0.0, 0.2, 0.3, 0.5, 0.9])
    similarity = draw(arrays(np.float64, (concepts, concepts), elements=values))
    centrality = draw(arrays(np.float64, concepts, elements=st.sampled_from([0.0, 0.1, 0.5])))
    return similarity, centrality, draw(st.sampled_from([-4.0, 0.0, 0.2, 0.5])), draw(st.integers(1, 4))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_published_behaviour_is_met_in_order_parents_and_matrix(case):
    similarity, centrality = np.array(case["S"]), np.array(case["centrality"])
    limits = case["params"]
    edges = heymann_tree(
        similarity,
        centrality,
        min_similarity=limits["min_sim"],
        max_children=limits["max_children_per_node"],
        parents_per_node=limits["parents_per_node"],
        additional_threshold=limits["additional_threshold"],
    )
    assert heymann_order(centrality).tolist() == case["processing_order"]
    assert list(dict.fromkeys(edge.child for edge in edges)) == case["processing_order"]
    parents = {child: [] for child in range(case["n"])}
    matrix = np.zeros(case["H_shape"], int)
    for edge in edges:
        parents[edge.child].append("ROOT" if edge.parent is None else edge.parent)
        matrix[-1 if edge.parent is None else edge.parent, edge.child] += 1
    assert [sorted(parents[child], key=str) for child in range(case["n"])] == case["parents_by_child"]
    assert matrix.tolist() == case["H"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_graph_has_the_edges_of_the_published_behaviour(case):
    source, target, weight = similarity_graph(np.array(case["S"]), case["graph_threshold"])
    undirected = {tuple(sorted(pair)) for pair in zip(source.tolist(), target.tolist(), strict=True)}
    assert undirected == {tuple(sorted(pair)) for pair in case["edges_undirected"]}
    assert (weight > case["graph_threshold"]).all()
    assert (np.array(case["S"])[source, target] == weight).all()


@settings(deadline=None)
@given(problems())
def test_the_tree_equals_the_rule_said_slowly(problem):
    similarity, centrality, min_similarity, max_children = problem
    edges = heymann_tree(similarity, centrality, min_similarity=min_similarity, max_children=max_children)
    expected = plain_tree(similarity.tolist(), centrality.tolist(), min_similarity, max_children)
    assert [(edge.child, edge.parent) for edge in edges] == list(expected.items())


@settings(deadline=None)
@given(problems())
def test_the_tree_is_a_tree_within_its_limits(problem):
    similarity, centrality, min_similarity, max_children = problem
    edges = heymann_tree(similarity, centrality, min_similarity=min_similarity, max_children=max_children)
    placed, children = set(), dict.fromkeys(range(len(centrality)), 0)
    for edge in edges:
        assert edge.child not in placed
        if edge.parent is not None:
            assert edge.parent in placed
            assert edge.similarity == similarity[edge.parent, edge.child] > min_similarity
            children[edge.parent] += 1
        placed.add(edge.child)
    assert placed == set(range(len(centrality)))
    assert max(children.values()) <= max_children


@settings(deadline=None)
@given(problems())
def test_margin_and_runner_up_are_those_of_the_open_candidates(problem):
    similarity, centrality, min_similarity, max_children = problem
    children = dict.fromkeys(range(len(centrality)), 0)
    placed = []
    for edge in heymann_tree(similarity, centrality, min_similarity=min_similarity, max_children=max_children):
        rest = [p for p in placed if children[p] < max_children and p != edge.parent]
        best = max((similarity[p, edge.child] for p in rest), default=None)
        if best is None:
            assert edge.runner_up is None
            assert edge.margin is None
        else:
            assert edge.runner_up == min(p for p in rest if similarity[p, edge.child] == best)
            chosen = min_similarity if edge.parent is None else edge.similarity
            assert edge.margin == pytest.approx(best - chosen if edge.parent is None else chosen - best)
        if edge.parent is not None:
            children[edge.parent] += 1
        placed.append(edge.child)


@settings(deadline=None)
@given(problems(), st.randoms())
def test_without_ties_the_tree_is_the_same_in_every_order_of_the_input(problem, random):
    concepts = len(problem[1])
    draw = np.random.default_rng(random.getrandbits(32))
    similarity, centrality = draw.random((concepts, concepts)), draw.random(concepts)
    turn = draw.permutation(concepts)
    one = heymann_tree(similarity, centrality, max_children=2)
    other = heymann_tree(similarity[np.ix_(turn, turn)], centrality[turn], max_children=2)
    back = [(int(turn[e.child]), None if e.parent is None else int(turn[e.parent])) for e in other]
    assert [(edge.child, edge.parent) for edge in one] == back


def test_the_direction_of_a_similarity_matters():
    similarity = np.array([[0, 0.9, 0.9], [0.1, 0, 0.1], [0.1, 0.1, 0]])
    assert [edge.parent for edge in heymann_tree(similarity, np.array([1.0, 0, 0]))] == [None, 0, 0]
    assert [edge.parent for edge in heymann_tree(similarity.T, np.array([1.0, 0, 0]))] == [None, None, None]


def test_a_child_of_a_full_parent_takes_the_next_best():
    similarity = np.full((4, 4), 0.3)
    similarity[0], similarity[1] = 0.9, 0.5
    edges = heymann_tree(similarity, np.array([4.0, 3, 2, 1]), max_children=2)
    assert [(edge.child, edge.parent) for edge in edges] == [(0, None), (1, 0), (2, 0), (3, 1)]


def test_further_parents_without_the_published_root_edges():
    case = next(case for case in CASES if case["name"] == "multi_parent_3_tight_10")
    edges = heymann_tree(
        np.array(case["S"]),
        np.array(case["centrality"]),
        parents_per_node=3,
        additional_threshold=0.05,
        root_for_failing=False,
    )
    found = {child: [e.parent for e in edges if e.child == child and e.parent is not None] for child in range(10)}
    for child, parents in enumerate(case["parents_by_child"]):
        assert sorted(found[child]) == [parent for parent in parents if parent != "ROOT"]
    assert sum(edge.parent is None for edge in edges) == 1


def test_noise_in_the_last_digits_of_a_centrality_does_not_decide():
    noisy = np.array([0.1 + 0.2, 0.3, 0.3 - 1e-16, 0.0])
    assert heymann_order(noisy).tolist() == [2, 1, 0, 3]


def test_the_diagonal_is_ignored_whatever_it_holds():
    similarity = np.array([[np.nan, 0.9], [0.1, np.inf]])
    assert [edge.parent for edge in heymann_tree(similarity, np.array([1.0, 0]))] == [None, 0]
    assert similarity_graph(similarity)[0].tolist() == [0]


def test_no_concept_gives_no_edge():
    assert heymann_tree(np.zeros((0, 0)), np.zeros(0)) == []


@pytest.mark.parametrize(
    ("similarity", "centrality", "error"),
    [
        (np.zeros((2, 3)), np.zeros(2), ShapeMismatch),
        (np.zeros(4), np.zeros(4), ShapeMismatch),
        (np.zeros((2, 2)), np.zeros(3), ShapeMismatch),
        (np.array([[0, np.nan], [0, 0]]), np.zeros(2), NotFinite),
        (np.array([[0, np.inf], [0, 0]]), np.zeros(2), NotFinite),
        (np.zeros((2, 2)), np.array([0, np.nan]), NotFinite),
    ],
)
def test_numbers_that_do_not_fit_are_refused(similarity, centrality, error):
    with pytest.raises(error):
        heymann_tree(similarity, centrality)


@pytest.mark.parametrize("setting", ["max_children", "parents_per_node"])
def test_limits_below_one_are_refused(setting):
    with pytest.raises(OutOfRange, match=f"{setting} must be at least 1, not 0"):
        heymann_tree(np.zeros((2, 2)), np.zeros(2), **{setting: 0})


@st.composite
def pins_for(draw, concepts):
    """Pins that a tree can hold: each below one of lower rank in some order, or below the root."""
    order = draw(st.permutations(range(concepts)))
    chosen = draw(st.lists(st.integers(0, concepts - 1), unique=True))
    above = {place: draw(st.sampled_from([None, *order[:place]])) for place in chosen}
    return {order[place]: parent for place, parent in above.items()}


def parents_of(edges):
    return {edge.child: edge.parent for edge in edges}


def by_heymann(similarity, pins):
    return heymann_tree(similarity, np.zeros(len(similarity)), pins=pins)


def by_generality(similarity, pins):
    return generality_tree(similarity, pins=pins)


def ends(parents, concept):
    """Whether the way up from a concept ends at the root."""
    for _ in parents:
        concept = parents.get(concept)
    return concept is None


@settings(deadline=None)
@given(problems(), st.data())
def test_pins_hold_and_close_no_circle(problem, data):
    similarity, centrality, min_similarity, max_children = problem
    pins = data.draw(pins_for(len(centrality)))
    edges = heymann_tree(similarity, centrality, min_similarity=min_similarity, max_children=max_children, pins=pins)
    parents = parents_of(edges)
    assert len(edges) == len(parents) == len(centrality)
    assert all(parents[child] == parent for child, parent in pins.items())
    assert all(ends(parents, concept) for concept in parents)
    for edge in edges:
        assert edge.pinned == (edge.child in pins)
        assert edge.similarity == (None if edge.parent is None else similarity[edge.parent, edge.child])
    for parent in set(parents.values()) - {None}:
        free = [child for child, above in parents.items() if above == parent and child not in pins]
        pinned = [child for child, above in pins.items() if above == parent]
        assert len(free) <= max(max_children - len(pinned), 0)


@pytest.mark.parametrize("build", [by_heymann, by_generality])
def test_no_circle_closes_through_a_pinned_concept_that_has_no_place_yet(build):
    """2 is pinned below 0, 0 below 1: 1 may not go below 2, although 0 comes last."""
    parents = parents_of(build(np.full((6, 6), 0.9), {0: 1, 2: 0, 3: None, 4: None, 5: None}))
    assert (parents[0], parents[2]) == (1, 0)
    assert all(ends(parents, concept) for concept in parents)


@settings(deadline=None)
@given(problems())
def test_pinning_the_tree_as_it_is_leaves_it_as_it_is(problem):
    similarity, centrality, min_similarity, max_children = problem
    limits = {"min_similarity": min_similarity, "max_children": max_children}
    free = parents_of(heymann_tree(similarity, centrality, **limits))
    assert parents_of(heymann_tree(similarity, centrality, **limits, pins=free)) == free
    assert heymann_tree(similarity, centrality, **limits, pins={}) == heymann_tree(similarity, centrality, **limits)


def test_a_concept_pinned_below_a_later_one_takes_its_children_along():
    similarity = np.array([[0, 0.9, 0.9], [0.1, 0, 0.8], [0.1, 0.1, 0]])
    centrality = np.array([3.0, 2, 1])
    assert parents_of(heymann_tree(similarity, centrality)) == {0: None, 1: 0, 2: 0}
    assert parents_of(heymann_tree(similarity, centrality, pins={0: 2})) == {0: 2, 1: 0, 2: None}


def test_a_pin_says_what_it_was_preferred_to():
    similarity = np.array([[0, 0.9, 0.7], [0.1, 0, 0.3], [0.1, 0.1, 0]])
    edges = heymann_tree(similarity, np.array([3.0, 2, 1]), pins={2: 1})
    assert (edges[-1].parent, edges[-1].similarity, edges[-1].runner_up) == (1, 0.3, 0)
    assert edges[-1].margin == pytest.approx(-0.4)
    assert heymann_tree(similarity, np.array([3.0, 2, 1]), pins={2: None})[-1].margin == pytest.approx(0.5)


def test_pinned_children_take_their_parents_room_first():
    similarity = np.full((4, 4), 0.3)
    similarity[0] = 0.9
    edges = heymann_tree(similarity, np.array([4.0, 3, 2, 1]), max_children=1, pins={3: 0})
    assert parents_of(edges) == {0: None, 1: None, 2: 1, 3: 0}


@pytest.mark.parametrize(
    ("pins", "error", "said"),
    [
        ({0: 1, 1: 2, 2: 0}, PinsInCircle, r"0 -> 1 -> 2 -> 0"),
        ({1: 1}, PinsInCircle, r"1 -> 1"),
        ({3: None}, OutOfRange, r"the pinned concept 3 must be a position 0..2, not 3"),
        ({0: -1}, OutOfRange, r"the parent pinned for 0 must be a position 0..2, not -1"),
    ],
)
def test_pins_that_no_tree_can_hold_are_refused(pins, error, said):
    with pytest.raises(error, match=said):
        heymann_tree(np.zeros((3, 3)), np.zeros(3), pins=pins)
