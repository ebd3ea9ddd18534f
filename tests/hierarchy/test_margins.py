"""Margins and leads on any tables, against the builders that write them and trees that are grown again."""

import doctest

import numpy as np
import pytest

from worker.hierarchy import margins
from worker.hierarchy.builders import heymann_tree
from worker.hierarchy.generality import generality_tree
from worker.hierarchy.margins import Move, Scales, undecided

SEEDS = range(40)


def tables(seed):
    """S, separation and betweenness, the values of each apart from one another."""
    draw = np.random.default_rng(seed)
    concepts = int(draw.integers(3, 12))
    return draw.random((concepts, concepts)), draw.random((concepts, concepts)), draw.random(concepts)


def by_generality(seed, *, separated=True):
    similarity, separation, _ = tables(seed)
    apart = separation if separated else None
    limits = {"min_similarity": 0.4, "min_separation": 0.3}
    return generality_tree(similarity, apart, **limits), Scales.by_generality(similarity, apart, **limits)


def by_betweenness(seed):
    similarity, _, central = tables(seed)
    tree = heymann_tree(similarity, central, min_similarity=0.4, max_children=99)
    return tree, Scales.by_betweenness(similarity, central, min_similarity=0.4)


def s_alone(seed):
    return by_generality(seed, separated=False)


RULES = pytest.mark.parametrize("rule", [by_generality, s_alone, by_betweenness])


def test_the_examples_hold():
    assert doctest.testmod(margins).failed == 0


@RULES
def test_on_the_tables_a_tree_was_grown_from_margins_are_those_of_its_edges(rule):
    for seed in SEEDS:
        tree, scales = rule(seed)
        for edge in tree:
            if edge.margin is not None:
                assert scales.margin(edge.child, edge.parent, edge.runner_up) == pytest.approx(edge.margin)


@RULES
def test_the_parent_that_a_rule_chose_leads_all_others(rule):
    for seed in SEEDS:
        tree, scales = rule(seed)
        for edge in tree:
            others = {None, *range(len(tree))} - {edge.child, edge.parent}
            assert all(scales.lead(Move(edge.child, other, edge.parent)) >= 0 for other in others)


@RULES
def test_what_may_not_be_a_parent_leads_nobody_who_may(rule):
    for seed in SEEDS:
        tree, scales = rule(seed)
        for edge in tree:
            if edge.parent is not None:
                for barred in set(range(len(tree))) - {edge.child, edge.parent}:
                    if scales.lead(Move(edge.child, None, barred)) <= 0:
                        assert scales.lead(Move(edge.child, edge.parent, barred)) <= 0


def test_a_lead_is_the_least_of_what_must_change_for_the_old_parent_to_win():
    similarity = np.array([[0, 0.1, 0.1], [0.1, 0, 0.1], [0.9, 0.8, 0]])
    separation = np.array([[0, 0.1, 0.1], [0.1, 0, 0.1], [0.75, 0.90, 0]])
    limits = {"min_similarity": 0.5, "min_separation": 0.6}
    lead = Scales.by_generality(similarity, separation, **limits).lead
    assert lead(Move(2, 0, 1)) == pytest.approx(0.15)  # its preference
    similarity[2, 1] = 0.51
    assert lead(Move(2, 0, 1)) == pytest.approx(0.01)  # its own standing
    separation[2, 0] = 0.5
    assert lead(Move(2, 0, 1)) == pytest.approx(0.1)  # or the old one's
    assert lead(Move(2, 0, None)) == pytest.approx(0.1)
    assert lead(Move(2, None, 1)) == pytest.approx(0.01)


def test_nobody_stays_below_a_concept_that_has_surely_become_the_narrower():
    """By generality as by betweenness, whatever S says."""
    similarity = np.array([[0.0, 0.9], [0.6, 0.0]])
    scales = Scales.by_generality(similarity, None, min_similarity=0.5, min_separation=0.6)
    assert scales.lead(Move(1, 0, None)) == pytest.approx(0.6)
    placed_later = Scales.by_betweenness(similarity, np.array([0.1, 0.9]), min_similarity=0.2)
    assert placed_later.lead(Move(1, 0, None)) >= 1


def test_moves_within_one_standard_error_are_taken_back():
    moves = [Move(0, 2, 1), Move(3, 2, 1), Move(4, None, 1), Move(5, 1, None)]
    assert undecided(moves, [0.02, 0.04, -0.1, 0.03], [0.03, 0.03, 0.05, 0.03]) == {0: 2, 4: None, 5: 1}
    assert undecided(moves[:1], [0.02], [float("nan")]) == {0: 2}
    assert undecided([], [], []) == {}
