"""The rivals' trees, on cases small enough to be worked out."""

import doctest
import itertools

import numpy as np
import pytest

from worker.evaluation import rivals
from worker.evaluation.rivals import arborescence, name_similarity, names_only, subsumption, upgma


def test_the_examples_hold():
    assert doctest.testmod(rivals).failed == 0


def test_equal_sets_do_not_subsume_each_other_and_empty_ones_nobody():
    assert subsumption(np.array([[5, 5, 0], [5, 5, 0], [0, 0, 0]])).tolist() == [-1, -1, -1]


def test_a_set_that_holds_most_is_above_and_the_narrowest_of_several():
    shared = np.array([[100, 40, 9], [40, 40, 8], [9, 8, 10]])
    assert subsumption(shared).tolist() == [-1, 0, 1]


def test_names_hang_below_the_shorter_name_they_contain():
    names = ["Strings", "Bowed strings", "Plucked strings", "Jig", "Slip jig", "Kazoo"]
    assert names_only(names).tolist() == [-1, 0, 0, -1, 3, -1]
    assert names_only(["", " "]).tolist() == [-1, -1]
    assert np.allclose(np.diag(name_similarity(names)), 1.0)


def test_upgma_puts_the_most_general_of_a_branch_at_its_head():
    similarity = np.full((5, 5), 0.1)
    similarity[np.ix_([0, 1, 2], [0, 1, 2])] = 0.8
    similarity[np.ix_([3, 4], [3, 4])] = 0.7
    found = upgma(similarity, np.array([0.5, 0.9, 0.1, 0.2, 0.3])).tolist()
    assert found[1] == -1
    assert found[3] == 4
    assert found[4] == 1
    assert {found[0], found[2]} <= {0, 1}
    assert upgma(np.ones((1, 1)), np.ones(1)).tolist() == [-1]


@pytest.mark.parametrize("seed", range(6))
def test_no_tree_has_more_similarity_than_the_arborescence(seed):
    similarity = np.random.default_rng(seed).random((4, 4))

    def worth(parents):
        return sum(0.2 if above == -1 else similarity[above, child] for child, above in enumerate(parents))

    def ends(parents):
        for child in range(4):
            above = child
            for _ in range(5):
                above = -1 if above == -1 else parents[above]
            if above != -1:
                return False
        return True

    every = [parents for parents in itertools.product(range(-1, 4), repeat=4) if ends(parents)]
    assert worth(arborescence(similarity)) == pytest.approx(max(worth(parents) for parents in every))


def test_too_many_concepts_for_an_arborescence_are_left_out(monkeypatch):
    monkeypatch.setattr(rivals, "MOST_FOR_ARBORESCENCE", 2)
    assert arborescence(np.ones((3, 3))) is None


def test_names_that_share_rare_letters_are_more_alike_than_those_that_share_common_ones():
    alike = name_similarity(["Jazz fusion", "Jazz trio", "Latin fusion", "Latin"])

    assert alike[0, 1] > 0.2
    assert alike[3, 2] == alike[3].copy()[[0, 1, 2]].max()
    assert np.allclose(np.diag(alike), 1.0)
