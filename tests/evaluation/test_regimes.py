"""Regimes of memberships: what each promises, at random taxonomies and memberships, nested or not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.evaluation.errors import CyclicTree
from worker.evaluation.regimes import REGIMES, disjoint, in_regime, nested, noisy
from worker.evaluation.taxonomy import ancestors_among

FAMILY = {"violin": "bowed", "cello": "bowed", "bowed": "strings", "harp": "strings", "jig": "dance"}


def nested_members(tracks=300):
    """Every third track a violin, cello or harp; all are strings; every second one a jig."""
    members = {concept: [] for concept in ("violin", "cello", "bowed", "harp", "strings", "jig", "dance")}
    for number in range(tracks):
        track = f"t{number:04}"
        players = ("violin", "bowed"), ("cello", "bowed"), ("harp",)
        for concept in (*players[number % 3], "strings", *(("jig",) if number % 2 else ()), "dance"):
            members[concept].append(track)
    return members


@st.composite
def catalogues(draw):
    """A graph of kinds with several parents here and there, and memberships that do not care about it."""
    names = [f"c{number}" for number in range(draw(st.integers(1, 7)))]
    graph = {
        name: draw(st.lists(st.sampled_from(names[:place]), max_size=2, unique=True)) if place else None
        for place, name in enumerate(names)
    }
    tracks = st.lists(st.sampled_from([f"t{number}" for number in range(12)]), max_size=8)
    return graph, {name: draw(tracks) for name in [*names[1:], "stranger"]}, draw(st.integers(0, 3))


@settings(deadline=None)
@given(catalogues())
def test_no_track_lies_in_a_concept_and_in_an_ancestor_of_it(catalogue):
    taxonomy, members, seed = catalogue
    kept = disjoint(members, taxonomy, seed=seed)
    for concept, above in ancestors_among(taxonomy, members).items():
        for upper in above:
            assert not set(kept[concept]) & set(kept[upper])


@settings(deadline=None)
@given(catalogues())
def test_disjoint_loses_no_track_and_invents_none(catalogue):
    taxonomy, members, seed = catalogue
    kept = disjoint(members, taxonomy, seed=seed)
    assert kept.keys() == members.keys()
    assert all(set(kept[concept]) <= set(members[concept]) for concept in members)
    assert set().union(*kept.values()) == set().union(*members.values())
    assert set(kept["stranger"]) == set(members["stranger"])


@settings(deadline=None)
@given(catalogues(), st.randoms())
@pytest.mark.parametrize("regime", REGIMES)
def test_the_order_of_concepts_and_tracks_means_nothing(regime, catalogue, random):
    taxonomy, members, seed = catalogue
    shuffled = [(concept, random.sample(tracks, len(tracks))) for concept, tracks in members.items()]
    random.shuffle(shuffled)
    assert in_regime(regime, dict(shuffled), taxonomy, seed=seed) == in_regime(regime, members, taxonomy, seed=seed)


def test_narrow_levels_are_kept_more_often():
    kept = disjoint(nested_members(3000), FAMILY)
    shares = [
        len(kept[concept]) / 1000 for concept in ("violin", "cello", "harp")
    ]  # of 1000 tracks each: two levels above violin and cello, one above harp
    assert shares == pytest.approx([9 / 19, 9 / 19, 3 / 5], abs=0.05)
    assert len(kept["bowed"]) / 2000 == pytest.approx(6 / 19, abs=0.03)


def test_each_tree_of_the_taxonomy_draws_for_itself():
    kept = disjoint(nested_members(3000), FAMILY)
    both = set(kept["jig"]) & set(kept["violin"])
    assert len(both) / 3000 == pytest.approx((len(kept["jig"]) / 3000) * (len(kept["violin"]) / 3000), abs=0.02)


def test_noisy_keeps_three_tenths_and_adds_a_tenth_of_that():
    members = nested_members()
    for concept, tracks in noisy(members).items():
        right = set(tracks) & set(members[concept])
        wrong = set(tracks) - set(members[concept])
        assert len(right) == round(0.3 * len(members[concept]))
        if len(members[concept]) < 300:  # strings and dance hold every track there is, so none is wrong for them
            assert len(wrong) == round(0.1 * len(right))


@pytest.mark.parametrize("regime", ["disjoint", "noisy"])
def test_another_seed_draws_anew(regime):
    members = nested_members()
    assert in_regime(regime, members, FAMILY, seed=1) != in_regime(regime, members, FAMILY, seed=2)


def test_nested_is_what_was_imported():
    assert nested({"b": ["2", "1", "2"], "a": []}) == {"a": (), "b": ("1", "2")}
    assert in_regime("nested", nested_members(), FAMILY) == nested(nested_members())


def test_tracks_of_a_narrower_playlist_that_the_wider_one_lacks_stay_where_they_are():
    kept = disjoint({"violin": ["1", "2"], "strings": ["3"]}, FAMILY)
    assert kept == {"strings": ("3",), "violin": ("1", "2")}


def test_a_taxonomy_that_runs_in_a_circle_is_refused():
    with pytest.raises(CyclicTree):
        disjoint({"a": ["1"]}, {"a": "b", "b": "a"})
