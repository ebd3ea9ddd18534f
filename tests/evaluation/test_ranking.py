from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.evaluation.ranking import coverage, ndcg, recall, variety

lists = st.lists(st.integers(0, 30), unique=True, min_size=1, max_size=20)


@settings(deadline=None)
@given(lists, lists, st.integers(1, 25))
def test_recall_and_ndcg_equal_their_slow_definitions(ranked, relevant, k):
    hits = [one in relevant for one in ranked[:k]]
    best = sum(1 / math.log2(n + 2) for n in range(min(k, len(relevant))))
    gained = sum(1 / math.log2(n + 2) for n, hit in enumerate(hits) if hit)
    assert recall(np.array(ranked), np.array(relevant), k) == pytest.approx(sum(hits) / min(k, len(relevant)))
    assert ndcg(np.array(ranked), np.array(relevant), k) == pytest.approx(gained / best)


@settings(deadline=None)
@given(lists)
def test_a_perfect_list_scores_one_and_an_empty_one_nothing(relevant):
    for k in (1, 5, 50):
        assert ndcg(np.array(relevant), np.array(relevant), k) == pytest.approx(1.0)
        assert recall(np.array(relevant), np.array(relevant), k) == 1.0
        assert recall(np.array([], np.int64), np.array(relevant), k) == 0.0


def test_an_earlier_hit_is_worth_more():
    assert ndcg(np.array([1, 2]), np.array([1]), 2) > ndcg(np.array([2, 1]), np.array([1]), 2)


def test_variety_is_nothing_for_copies_and_one_for_strangers():
    same, apart = np.array([[1.0, 0.0]] * 3), np.eye(3)
    assert variety(np.arange(3), same, 3) == pytest.approx(0.0)
    assert variety(np.arange(3), apart, 3) == pytest.approx(1.0)
    assert variety(np.array([0]), apart, 3) == 0.0


def test_coverage_counts_each_track_once():
    assert coverage([np.array([0, 1, 2]), np.array([1, 3, 5])], 10, 2) == pytest.approx(0.3)
