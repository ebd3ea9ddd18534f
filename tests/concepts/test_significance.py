"""Random concepts are not learnt, planted ones are, and p values mean what they say."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import false_discovery_control
from sklearn.metrics import roc_auc_score

from worker.concepts.errors import ShapeMismatch
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.significance import (
    Discriminant,
    NullSettings,
    benjamini_hochberg,
    draw_null,
    learnt_or_not,
    null_key,
)


def catalogue(random=60, planted=4, tracks=240, units=20, seed=0):
    draw = np.random.default_rng(seed)
    ids = [f"track-{number:04d}" for number in range(tracks)]
    values = draw.normal(size=(tracks * 2, units)).astype(np.float32)
    sets = {}
    for number in range(planted):
        rows = draw.choice(tracks, 25, replace=False)
        values.reshape(tracks, 2, units)[rows, :, number] += 1.5
        sets[f"planted-{number}"] = [ids[row] for row in rows]
    for number in range(random):
        rows = draw.choice(tracks, int(draw.integers(10, 100)), replace=False)
        sets[f"random-{number:03d}"] = [ids[row] for row in rows]
    activations = SimpleNamespace(
        track_ids=ids,
        values=np.maximum(values, -0.5),
        offsets=np.arange(tracks + 1) * 2,
        fingerprint=SimpleNamespace(text="front=a"),
    )
    return activations, Members.of(sets, ids), assign_folds(ids)


def test_of_many_random_concepts_hardly_any_is_called_learnt():
    """400 random sets; at most 5 % may be called learnt by the uncorrected p, next to none after correction."""
    activations, members, folds = catalogue(random=400, planted=0)
    learnt = learnt_or_not(activations, members, folds, NullSettings(sets=300))
    p_values = np.array([each.p_value for each in learnt])
    assert 0.02 <= (p_values <= 0.05).mean() <= 0.08
    assert sum(each.q_value <= 0.01 for each in learnt) <= 2


def test_a_few_planted_concepts_are_found_among_many_random_ones():
    activations, members, folds = catalogue(random=200, planted=4)
    learnt = learnt_or_not(activations, members, folds, NullSettings(sets=1000))
    assert [each.concept_id for each in learnt] == list(members.concept_ids)
    called = {each.concept_id for each in learnt if each.q_value <= 0.01}
    assert {f"planted-{number}" for number in range(4)} <= called
    assert len(called) <= 6


def test_the_statistic_is_the_auc_of_a_ridge_discriminant_within_the_left_out_folds():
    activations, members, folds = catalogue(random=3, planted=2)
    found = Discriminant.of(activations, members, folds, NullSettings())
    means = activations.values.reshape(240, 2, 20).astype(np.float64).mean(axis=1)
    means = (means - means.mean(axis=0)) / means.std(axis=0)
    for concept in range(5):
        inside = members.dense()[:, concept]
        wins = pairs = 0.0
        for fold in range(5):
            training, here = folds != fold, folds == fold
            covariance = np.cov(means[training].T, bias=True) + 0.3 * np.eye(20)
            contrast = means[training & inside].mean(axis=0) - means[training].mean(axis=0)
            scores = means[here] @ np.linalg.solve(covariance, contrast)
            count = inside[here].sum() * (~inside[here]).sum()
            wins, pairs = wins + count * roc_auc_score(inside[here], scores), pairs + count
        assert found.aucs([members.rows(concept)])[0] == pytest.approx(wins / pairs, abs=1e-4)


def test_a_kept_null_gives_the_same_answer_and_its_key_says_when_it_may_be_used():
    activations, members, folds = catalogue(random=10)
    settings = NullSettings(sets=100)
    null = draw_null(activations, members, folds, settings)
    assert null.key == null_key(activations, members, folds, settings)
    assert learnt_or_not(activations, members, folds, settings, null=null) == learnt_or_not(
        activations, members, folds, settings
    )
    swapped = Members.of(
        {
            concept: [activations.track_ids[-1 - row] for row in members.rows(place)]
            for place, concept in enumerate(members.concept_ids)
        },
        activations.track_ids,
    )
    assert null_key(activations, swapped, folds, settings) == null.key
    assert null_key(activations, members, (folds + 1) % 5, settings) != null.key
    assert null_key(activations, members, folds, NullSettings(sets=101)) != null.key
    activations.values[0, 0] += 1
    assert null_key(activations, members, folds, settings) != null.key


def test_a_null_of_other_sizes_is_refused():
    activations, members, folds = catalogue(random=10)
    null = draw_null(activations, members, folds, NullSettings(sets=20))
    with pytest.raises(ShapeMismatch, match="sizes of the null"):
        learnt_or_not(activations, members.select([0]), folds, NullSettings(sets=20), null=null)


def test_the_order_of_concepts_does_not_matter():
    activations, members, folds = catalogue(random=10)
    named = {
        concept: [members.track_ids[row] for row in members.rows(place)]
        for place, concept in enumerate(members.concept_ids)
    }
    again = Members.of(dict(reversed(named.items())), reversed(activations.track_ids))
    settings = NullSettings(sets=50)
    assert learnt_or_not(activations, members, folds, settings) == learnt_or_not(activations, again, folds, settings)


def test_adjusted_p_values_equal_scipys():
    p_values = np.random.default_rng(0).random(50) ** 3
    assert benjamini_hochberg(p_values) == pytest.approx(false_discovery_control(p_values))
