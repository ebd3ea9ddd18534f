"""Correlations of matrices and of numbers, against scipy, and their p values against chance."""

import doctest

import numpy as np
import pytest
from scipy.stats import spearmanr

from worker.evaluation import assumptions
from worker.evaluation.assumptions import jaccard, largest_component, mantel, rank_correlation


def symmetric(seed, concepts=12):
    table = np.random.default_rng(seed).random((concepts, concepts))
    return (table + table.T) / 2


def test_the_examples_hold():
    assert doctest.testmod(assumptions).failed == 0


def test_the_correlation_is_spearmans_over_pairs():
    one, other = symmetric(0), symmetric(0) + 0.5 * symmetric(1)
    upper = np.triu_indices(12, 1)
    found = mantel(one, other)
    assert found.correlation == pytest.approx(spearmanr(one[upper], other[upper]).statistic)
    assert found.p_value == pytest.approx(1 / 200)


def test_matrices_that_have_nothing_to_do_with_each_other_have_uniform_p():
    values = [mantel(symmetric(seed), symmetric(seed + 500), permutations=39).p_value for seed in range(150)]
    assert abs(np.mean(values) - 0.5) < 0.09


def test_what_cannot_be_ranked_has_no_correlation():
    assert np.isnan(mantel(np.ones((5, 5)), symmetric(0, 5)).correlation)
    assert np.isnan(mantel(symmetric(0, 3), symmetric(1, 3)).correlation)
    assert np.isnan(rank_correlation(np.ones(9), np.arange(9.0)).correlation)
    with pytest.raises(ValueError, match="same concepts"):
        mantel(symmetric(0, 3), symmetric(0, 4))


def test_a_large_catalogue_is_sampled(monkeypatch):
    monkeypatch.setattr(assumptions, "MOST_CONCEPTS", 8)
    assert mantel(symmetric(0), symmetric(0)).concepts == 8


def test_numbers_are_ranked_and_shares_counted():
    one = np.random.default_rng(0).random(30)
    other = one + 0.2 * np.random.default_rng(1).random(30)
    assert rank_correlation(one, other).correlation == pytest.approx(spearmanr(one, other).statistic)
    assert jaccard(np.array([[4, 2], [2, 3]])).tolist() == [[1.0, 0.4], [0.4, 1.0]]
    assert largest_component(np.zeros((0, 0), bool)) == 0.0
