from collections import Counter

import pytest

from worker.demo.instruments import INSTRUMENTS, STANDARD_BAND
from worker.demo.plan import hashed_seed, plan_excerpts, queue_of_scores
from worker.demo.recipe import Recipe, Share, standard_recipe
from worker.demo.scores import ScoreRef


@pytest.fixture(scope="module")
def plans():
    return plan_excerpts(standard_recipe(seed=5))


def test_every_instrument_plays_equally_often(plans):
    played = Counter(name for plan in plans for name in plan.players)
    assert set(played) == set(STANDARD_BAND)
    assert max(played.values()) - min(played.values()) <= 1


def test_nobody_plays_twice_in_one_excerpt_and_the_highest_comes_first(plans):
    for plan in plans:
        assert len(set(plan.players)) == len(plan.players)
        middles = [INSTRUMENTS[name].middle for name in plan.players]
        assert middles == sorted(middles, reverse=True)


def test_shares_of_players_and_drums_are_met(plans):
    sizes = Counter(len(plan.players) for plan in plans)
    assert [sizes[n] for n in (1, 2, 3, 4)] == [245, 187, 144, 144]
    assert Counter(plan.drums for plan in plans) == {None: 504, "Rock beat": 108, "Latin beat": 108}


def test_tempo_and_transposition_stay_in_range(plans):
    assert all(0.72 <= plan.tempo <= 1.38 for plan in plans)
    assert {plan.transpose for plan in plans} == set(range(-3, 4))


def test_the_seed_of_an_excerpt_does_not_depend_on_the_other_kinds():
    both = Recipe(seed=3, kinds={"reel": Share(2, 4), "jig": Share(2, 4)})
    alone = Recipe(seed=3, kinds={"jig": Share(2, 4)})
    jigs = [(plan.slot, plan.take, plan.seed, plan.tempo) for plan in plan_excerpts(both) if plan.kind == "jig"]
    assert jigs == [(plan.slot, plan.take, plan.seed, plan.tempo) for plan in plan_excerpts(alone)]


def test_scores_queue_in_the_same_order_however_they_are_listed():
    recipe = standard_recipe(seed=5)
    refs = [ScoreRef(f"book/{n}", "jig", str(n), "Book", "x") for n in range(20)]
    assert queue_of_scores(recipe, "jig", refs) == queue_of_scores(recipe, "jig", refs[::-1])


def test_a_hashed_seed_is_the_same_on_every_machine():
    assert hashed_seed(1883, "jig", 0, 0) == 4960042977899882705
