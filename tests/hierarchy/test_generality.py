"""The default tree: the rule said slowly, hierarchies planted in S, pins, bounds and refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from worker.hierarchy.errors import NotFinite, OutOfRange, PinsInCircle, ShapeMismatch
from worker.hierarchy.generality import generality, generality_tree


def plain_tree(similarity, separation, min_similarity, min_separation, max_children):
    """The rule, said slowly."""
    concepts = range(len(similarity))
    wide = {c: sum(similarity[o][c] - similarity[c][o] for o in concepts if o != c) for c in concepts}
    parents = {}
    for child in sorted(concepts, key=lambda c: (-round(wide[c], 9), c)):
        allowed = [
            p
            for p in sorted(parents)
            if similarity[child][p] > min_similarity
            and separation[child][p] > min_separation
            and list(parents.values()).count(p) < max_children
        ]
        parents[child] = max(allowed, key=lambda p: (separation[child][p], -p), default=None)
    return parents


def parents_of(edges):
    return {edge.child: edge.parent for edge in edges}


def ends(parents, concept):
    for _ in parents:
        concept = parents.get(concept)
    return concept is None


@st.composite
def problems(draw):
    """Few distinct values, so that ties are the rule."""
    concepts = draw(st.integers(1, 9))
    values = st.sampled_from([0.0, 0.25, 0.5, 0.625, 0.75, 1.0])
    similarity, separation = (draw(arrays(np.float64, (concepts, concepts), elements=values)) for _ in range(2))
    limits = {
        "min_similarity": draw(st.sampled_from([-1.0, 0.25, 0.5])),
        "min_separation": draw(st.sampled_from([-1.0, 0.5, 0.6])),
        "max_children": draw(st.sampled_from([1, 2, 9])),
    }
    return similarity, separation, limits


@st.composite
def pins_for(draw, concepts):
    order = draw(st.permutations(range(concepts)))
    chosen = draw(st.lists(st.integers(0, concepts - 1), unique=True))
    return {order[place]: draw(st.sampled_from([None, *order[:place]])) for place in chosen}


@settings(deadline=None)
@given(problems())
def test_the_tree_equals_the_rule_said_slowly(problem):
    similarity, separation, limits = problem
    edges = generality_tree(similarity, separation, **limits)
    slowly = plain_tree(similarity.tolist(), separation.tolist(), **limits)
    assert list(parents_of(edges).items()) == list(slowly.items())


@settings(deadline=None)
@given(problems())
def test_where_s_is_all_that_is_known_the_largest_s_is_taken(problem):
    similarity, _, limits = problem
    edges = generality_tree(similarity, **limits)
    slowly = plain_tree(similarity.tolist(), similarity.tolist(), **(limits | {"min_separation": -9.0}))
    assert list(parents_of(edges).items()) == list(slowly.items())


@settings(deadline=None)
@given(problems())
def test_an_edge_says_what_spoke_for_it(problem):
    similarity, separation, limits = problem
    placed, children = [], dict.fromkeys(range(len(similarity)), 0)
    for edge in generality_tree(similarity, separation, **limits):
        over = {
            p: min(
                similarity[edge.child, p] - limits["min_similarity"],
                separation[edge.child, p] - limits["min_separation"],
            )
            for p in placed
            if children[p] < limits["max_children"]
        }
        passing = [p for p, by in over.items() if by > 0 and p != edge.parent]
        if edge.parent is None:
            assert not passing
            assert edge.similarity is None
            assert edge.margin == max(over.values(), default=None)
            assert edge.runner_up is None if edge.margin is None else over[edge.runner_up] == edge.margin <= 0
        else:
            assert edge.similarity == similarity[edge.child, edge.parent]
            assert over[edge.parent] > 0
            best = max((separation[edge.child, p] for p in passing), default=None)
            if best is None:
                assert (edge.runner_up, edge.margin) == (None, over[edge.parent])
            else:
                assert separation[edge.child, edge.runner_up] == best
                assert edge.margin == separation[edge.child, edge.parent] - best >= 0
            children[edge.parent] += 1
        placed.append(edge.child)
    assert sorted(placed) == list(range(len(similarity)))


@settings(deadline=None)
@given(problems(), st.data())
def test_pins_hold_and_close_no_circle(problem, data):
    similarity, separation, limits = problem
    pins = data.draw(pins_for(len(similarity)))
    edges = generality_tree(similarity, separation, **limits, pins=pins)
    parents = parents_of(edges)
    assert len(edges) == len(parents) == len(similarity)
    assert all(parents[child] == parent for child, parent in pins.items())
    assert all(ends(parents, concept) for concept in parents)
    for edge in edges:
        assert edge.pinned == (edge.child in pins)
        assert edge.similarity == (None if edge.parent is None else similarity[edge.child, edge.parent])
    for parent in set(parents.values()) - {None}:
        free = [child for child, above in parents.items() if above == parent and child not in pins]
        pinned = [child for child, above in pins.items() if above == parent]
        assert len(free) <= max(limits["max_children"] - len(pinned), 0)


@settings(deadline=None)
@given(problems())
def test_pinning_the_tree_as_it_is_leaves_it_as_it_is(problem):
    similarity, separation, limits = problem
    free = parents_of(generality_tree(similarity, separation, **limits))
    assert parents_of(generality_tree(similarity, separation, **limits, pins=free)) == free
    unpinned = generality_tree(similarity, separation, **limits)
    assert generality_tree(similarity, separation, **limits, pins={}) == unpinned


@settings(deadline=None)
@given(st.integers(2, 12), st.randoms())
def test_without_ties_the_tree_is_the_same_in_every_order_of_the_input(concepts, random):
    draw = np.random.default_rng(random.getrandbits(32))
    similarity, separation = np.round(draw.random((2, concepts, concepts)), 6)
    turn = draw.permutation(concepts)
    turned = np.ix_(turn, turn)
    one = parents_of(generality_tree(similarity, separation, max_children=2))
    other = parents_of(generality_tree(similarity[turned], separation[turned], max_children=2))
    assert one == {int(turn[c]): None if p is None else int(turn[p]) for c, p in other.items()}


def planted(depth, branching, rng, noise):
    """A full tree, and tracks of its leaves heard by vectors that say yes below their concept, wide ones more softly.

    Every concept has tracks of its own alone, so that no membership gives the tree away.
    """
    parents, level = [None], [0]
    for _ in range(depth):
        level = [len(parents) + place for place in range(len(level) * branching)]
        parents += [(child - level[0]) // branching + (level[0] - len(level) // branching) for child in level]
    line = {concept: [concept] for concept in range(len(parents))}
    for concept, way in line.items():
        while parents[way[-1]] is not None:
            way.append(parents[way[-1]])
        assert way[0] == concept
    tracks = [concept for concept in line for _ in range(30)]
    leaves = [c for c in line if c not in parents]
    scores = np.empty((len(tracks), len(parents)))
    for track, concept in enumerate(tracks):
        under = line[rng.choice([leaf for leaf in leaves if concept in line[leaf]])]
        for vector, way in line.items():
            softness = 0.04 * (depth + 1 - len(way))
            scores[track, vector] = 0.85 - softness if vector in under else 0.15 + softness
    scores += rng.normal(0, noise, scores.shape)
    inside = np.array([[track == concept for track in tracks] for concept in line])
    similarity = inside @ scores / 30
    higher = (scores[:, None, :] > scores[None, :, :]) + 0.5 * (scores[:, None, :] == scores[None, :, :])
    apart = np.array([higher[mine][:, ~mine].mean(axis=(0, 1)) for mine in inside])
    return parents, np.round(similarity, 6), np.round(apart, 6)


def match(parents, edges):
    """Share of the edges below a root that are there."""
    found = parents_of(edges)
    edged = [child for child, parent in enumerate(parents) if parent is not None]
    return np.mean([found[child] == parents[child] for child in edged])


@pytest.mark.parametrize(("depth", "branching"), [(1, 6), (2, 3), (3, 2)])
def test_a_planted_hierarchy_is_found(depth, branching):
    parents, similarity, separation = planted(depth, branching, np.random.default_rng(0), noise=0.02)
    parents_below = {c: p for c, p in enumerate(parents) if p}  # the topmost holds everything: it says nothing
    found = parents_of(generality_tree(similarity, separation))
    assert all(found[child] == parent for child, parent in parents_below.items())
    back = parents_of(generality_tree(similarity.T, separation.T))
    assert sum(back[child] == parent for child, parent in parents_below.items()) <= len(parents_below) / 2


def test_a_vector_that_says_yes_to_everybody_is_nobodys_parent():
    similarity = np.array([[1, 0.1, 0.1], [0.8, 1, 0.1], [0.8, 0.7, 1]])
    separation = np.array([[0.9, 0.3, 0.3], [0.5, 0.9, 0.3], [0.5, 0.7, 0.9]])
    assert parents_of(generality_tree(similarity, separation)) == {0: None, 1: None, 2: 1}
    assert parents_of(generality_tree(similarity)) == {0: None, 1: 0, 2: 0}


def test_the_direction_of_a_similarity_matters():
    similarity = np.array([[1, 0.1, 0.1], [0.9, 1, 0.2], [0.8, 0.2, 1]])
    assert parents_of(generality_tree(similarity)) == {0: None, 1: 0, 2: 0}
    assert parents_of(generality_tree(similarity.T))[0] is not None


def test_generality_sums_to_nothing_and_turns_with_the_direction():
    similarity = np.random.default_rng(0).random((7, 7))
    assert generality(similarity).sum() == pytest.approx(0, abs=1e-6)
    assert generality(similarity.T).tolist() == (-generality(similarity)).tolist()


def test_limits_are_exceeded_and_not_only_reached():
    similarity, separation = np.array([[1, 0.2], [0.6, 1]]), np.array([[1, 0.2], [0.7, 1]])
    assert parents_of(generality_tree(similarity, separation)) == {0: None, 1: 0}
    assert parents_of(generality_tree(similarity, separation, min_similarity=0.6)) == {0: None, 1: None}
    assert parents_of(generality_tree(similarity, separation, min_separation=0.7)) == {0: None, 1: None}


def test_a_pin_says_what_it_was_preferred_to():
    similarity = np.array([[1, 0.1, 0.1, 0.1], [0.9, 1, 0.1, 0.1], [0.1, 0.2, 1, 0.1], [0.1, 0.1, 0.3, 1]])
    edges = {edge.child: edge for edge in generality_tree(similarity, pins={1: 3, 2: None})}
    assert (edges[1].parent, edges[1].similarity, edges[1].pinned) == (3, 0.1, True)
    assert edges[1].margin == pytest.approx(0.1 - 0.9)
    assert edges[1].runner_up == 0
    assert (edges[2].parent, edges[2].pinned) == (None, True)


def test_the_diagonal_is_ignored_whatever_it_holds():
    similarity = np.array([[np.nan, 0.2, 0.1], [0.9, np.inf, 0.1], [0.2, 0.1, 7.0]])
    plain = similarity.copy()
    np.fill_diagonal(plain, 0.0)
    assert generality_tree(similarity, similarity) == generality_tree(plain, plain)


def test_no_concept_gives_no_edge():
    assert generality_tree(np.zeros((0, 0))) == []
    assert parents_of(generality_tree(np.zeros((1, 1)))) == {0: None}


@pytest.mark.parametrize(
    ("similarity", "limits", "error"),
    [
        (np.zeros((2, 3)), {}, ShapeMismatch),
        (np.array([[0, np.nan], [0, 0]]), {}, NotFinite),
        (np.zeros((2, 2)), {"max_children": 0}, OutOfRange),
        (np.zeros((2, 2)), {"separation": np.zeros((3, 3))}, ShapeMismatch),
        (np.zeros((2, 2)), {"separation": np.array([[0, np.inf], [0, 0]])}, NotFinite),
        (np.zeros((2, 2)), {"pins": {0: 2}}, OutOfRange),
        (np.zeros((2, 2)), {"pins": {0: 1, 1: 0}}, PinsInCircle),
    ],
)
def test_what_does_not_fit_is_refused(similarity, limits, error):
    with pytest.raises(error):
        generality_tree(similarity, **limits)
