"""Folds are a function of the key alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.concepts.folds import assign_folds, hash_order


@settings(deadline=None)
@given(st.lists(st.text(), min_size=1, max_size=30), st.integers(2, 10), st.randoms())
def test_a_key_has_its_fold_whatever_stands_beside_it(keys, folds, random):
    alone = {key: int(assign_folds([key], folds)[0]) for key in keys}
    random.shuffle(keys)
    assert assign_folds(keys, folds).tolist() == [alone[key] for key in keys]


def test_folds_are_about_equally_large():
    sizes = np.bincount(assign_folds([f"track-{number}" for number in range(20_000)]))
    assert len(sizes) == 5
    assert sizes.min() > 3_800
    assert sizes.max() < 4_200


def test_another_seed_is_an_independent_assignment():
    keys = [f"track-{number}" for number in range(20_000)]
    together = np.mean(assign_folds(keys, seed=0) == assign_folds(keys, seed=1))
    assert together == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("folds", [-1, 0, 1, 128])
def test_less_than_two_folds_or_more_than_a_byte_holds_are_refused(folds):
    with pytest.raises(ValueError, match="must be 2"):
        assign_folds(["a"], folds)


def test_two_draws_under_one_seed_are_independent():
    ids = [f"track-{number}" for number in range(2_000)]
    one, other = (np.argsort(np.argsort(hash_order(ids, 0, purpose))) for purpose in ("one", "other"))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.1
