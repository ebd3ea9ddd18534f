"""Measures against a stored case, against slow restatements, and at their bounds."""

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.evaluation.errors import CyclicTree, NothingInCommon
from worker.evaluation.taxonomy import (
    ancestor_match,
    edge_match,
    random_baseline,
    random_tree,
    reversed_tree,
    shape,
    taxonomic,
)

TOY = json.loads((Path(__file__).parents[1] / "data" / "taxonomic_metrics_cases.json").read_text())["toy"]
NAMES = "abcdefghij"


def above(tree, concept):
    """Proper ancestors, by walking."""
    found = set()
    while (concept := tree.get(concept)) is not None:
        found.add(concept)
    return found


@st.composite
def trees(draw):
    names = draw(st.permutations(NAMES))[: draw(st.integers(1, 8))]
    return {name: draw(st.sampled_from([None, *names[:place]])) for place, name in enumerate(names)}


def test_the_stored_case_is_met():
    found = taxonomic(TOY["L"], TOY["R"])
    assert found.concepts == TOY["n"]
    assert found.precision == pytest.approx(TOY["TP"])
    assert found.recall == pytest.approx(TOY["TR"])
    assert found.f == pytest.approx(TOY["TF"])
    assert found.overlap == pytest.approx(TOY["TO"])


@settings(deadline=None)
@given(trees(), trees())
def test_ancestor_pairs_and_cotopies_equal_those_found_by_walking(tree, reference):
    common = tree.keys() & reference.keys()
    if not common:
        with pytest.raises(NothingInCommon):
            ancestor_match(tree, reference)
        return
    ours, theirs = ({(u, c) for c in common for u in above(each, c) & common} for each in (tree, reference))
    found = ancestor_match(tree, reference)
    assert found.precision == pytest.approx(len(ours & theirs) / len(ours) if ours else float(not theirs))
    assert found.recall == pytest.approx(len(ours & theirs) / len(theirs) if theirs else float(not ours))
    precisions = []
    for concept in common:
        near, near_reference = (
            {other for pair in pairs if concept in pair for other in pair if other != concept}
            for pairs in (ours, theirs)
        )
        both = len(near & near_reference)
        precisions.append(both / len(near) if near else float(not near_reference))
    assert taxonomic(tree, reference).precision == pytest.approx(sum(precisions) / len(precisions))


@settings(deadline=None)
@given(trees(), trees())
def test_exchanging_the_trees_exchanges_precision_and_recall(tree, reference):
    if not tree.keys() & reference.keys():
        return
    for measure in (taxonomic, edge_match, ancestor_match):
        one, other = measure(tree, reference), measure(reference, tree)
        assert one.precision == pytest.approx(other.recall)
        assert one.recall == pytest.approx(other.precision)
        assert 0 <= one.precision <= 1


@settings(deadline=None)
@given(trees())
def test_a_tree_agrees_with_itself(tree):
    assert taxonomic(tree, tree).overlap == 1
    assert edge_match(tree, tree).f1 == 1
    assert ancestor_match(tree, tree).f1 == 1


@settings(deadline=None)
@given(trees(), st.randoms())
def test_the_order_of_concepts_does_not_matter(tree, random):
    items = list(tree.items())
    random.shuffle(items)
    reference = random_tree(NAMES, 3)
    assert taxonomic(dict(items), reference) == taxonomic(tree, reference)
    assert shape(dict(items)) == shape(tree)
    assert random_baseline(dict(items), reference, trees=5) == random_baseline(tree, reference, trees=5)


def test_a_parent_the_other_tree_does_not_know_is_passed_over():
    tree = {"music": None, "strings": "music", "bowed": "strings", "violin": "bowed"}
    reference = {"music": None, "strings": "music", "violin": "strings"}
    assert edge_match(tree, reference).f1 == 1
    assert ancestor_match(tree, reference).f1 == 1


def test_direction_matters():
    tree = {"strings": None, "violin": "strings", "cello": "strings"}
    assert edge_match(reversed_tree(tree), tree).f1 == 0
    assert ancestor_match(reversed_tree(tree), tree).f1 == 0
    assert reversed_tree(reversed_tree(tree)) == {"strings": (), "violin": ("strings",), "cello": ("strings",)}


def test_several_parents_are_several_pairs():
    graph = {"funk": None, "rock": None, "funk rock": ("funk", "rock")}
    found = ancestor_match({**graph, "funk rock": "funk"}, graph)
    assert (found.precision, found.recall) == (1.0, 0.5)


def test_a_parent_that_is_no_key_counts_as_a_concept():
    assert shape({"violin": "strings"}).concepts == 2
    assert ancestor_match({"violin": "strings"}, {"strings": None, "violin": "strings"}).f1 == 1


def test_a_circle_is_refused_by_the_name_of_one_in_it():
    circle = {"a": "c", "b": "a", "c": "b", "leaf": "a", "z": None}
    for measure in (taxonomic, edge_match, ancestor_match):
        with pytest.raises(CyclicTree, match=r"^a is its own ancestor"):
            measure({"z": None}, circle)
    with pytest.raises(CyclicTree):
        shape({"a": "a"})


def test_the_shape_of_a_small_tree():
    found = shape({"a": None, "b": "a", "c": "a", "d": "b", "e": None})
    assert (found.concepts, found.roots, found.depth, found.width, found.most_children) == (5, 2, 3, 2, 2)
    assert found.mean_depth == pytest.approx(9 / 5)
    assert shape({}).depth == 0


def test_random_trees_are_trees_and_depend_on_the_seed_alone():
    assert random_tree("abc", 5) == random_tree(["c", "a", "b"], 5)
    seen = {tuple(sorted(random_tree("abc", seed).items(), key=str)) for seed in range(300)}
    parents = itertools.product([None, "a", "b", "c"], repeat=3)
    forests = [dict(zip("abc", each, strict=True)) for each in parents]
    acyclic = [tree for tree in forests if all(_ends(tree, concept) for concept in tree)]
    assert len(seen) == len(acyclic) == 16


def _ends(tree, concept):
    for _ in range(4):
        concept = tree.get(concept)
    return concept is None


def test_the_random_baseline_lies_below_a_right_tree():
    reference = {f"leaf-{number}": f"branch-{number % 5}" for number in range(40)}
    found = random_baseline(reference, reference, trees=200)
    assert 0 < found.mean < found.upper < 0.3
    assert found == random_baseline(reference, reference, trees=200)
    assert found != random_baseline(reference, reference, trees=200, seed=1)


def test_balance_is_one_where_branches_are_even_and_lower_where_they_are_not():
    assert shape({"a": None, "b": "a", "c": "a"}).balance == pytest.approx(1.0)
    lopsided = {"a": None, "b": "a", "c": "a", **{f"d{n}": "b" for n in range(8)}}
    assert 0.3 < shape(lopsided).balance < 0.8
    assert shape({"a": None}).balance is None
