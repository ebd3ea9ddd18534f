from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.answers.recommendation import Candidate, Wishes, choose, contributions, shortlist
from worker.answers.taste import Tree

PARENTS = {"strings": None, "drums": None, "cello": "strings", "viola": "strings"}
TREE = Tree(PARENTS, {None: ["strings", "drums"], "strings": ["cello", "viola"]})
strength = st.floats(0, 1)
links = st.dictionaries(st.sampled_from(sorted(PARENTS)), strength)
weights = st.dictionaries(st.sampled_from(sorted(PARENTS)), st.floats(-1, 1))


def ids(chosen):
    return [one.track_id for one in chosen]


@settings(deadline=None)
@given(links, weights)
def test_contributions_add_up_to_the_relevance_and_it_stays_within_bounds(track, wanted):
    total = sum(part.value for part in contributions(track, wanted))
    slow = sum(wanted[one] * track[one] for one in track if one in wanted) / (sum(map(abs, wanted.values())) or 1)
    assert total == pytest.approx(slow, abs=1e-12)
    assert -1 - 1e-9 <= total <= 1 + 1e-9


def test_a_shortlist_says_the_same_as_the_contributions():
    draw = random.Random(3)
    tracks = {f"t{n}": {one: draw.random() for one in PARENTS if draw.random() < 0.6} for n in range(50)}
    wanted = {"strings": 1.0, "cello": 0.4, "drums": -0.7}
    by_concept = {one: {t: found[one] for t, found in tracks.items() if one in found} for one in wanted}
    slow = {t: sum(part.value for part in contributions(found, wanted)) for t, found in tracks.items()}
    best = sorted((t for t in slow if slow[t] > 0), key=lambda t: (-slow[t], t))[:10]
    found = shortlist(by_concept, wanted, 10)
    assert [one for one, _ in found] == best
    assert [value for _, value in found] == pytest.approx([slow[one] for one in best])


def test_the_order_of_candidates_changes_nothing():
    pool = [Candidate(f"t{n}", {"cello": 0.5, "drums": (n % 3) / 3}) for n in range(12)]
    once = choose(pool, {"cello": 1.0, "drums": 0.2}, TREE, Wishes(limit=6))
    assert ids(choose(pool[::-1], {"cello": 1.0, "drums": 0.2}, TREE, Wishes(limit=6))) == ids(once)


def test_equal_scores_come_by_id():
    pool = [Candidate(one, {"cello": 0.5}) for one in ("b", "a", "c")]
    assert ids(choose(pool, {"cello": 1.0}, TREE, Wishes(diversity=0.0))) == ["a", "b", "c"]


def test_diversity_over_the_tree_prefers_another_branch_to_a_sibling():
    pool = [
        Candidate("cello 1", {"cello": 1.0}),
        Candidate("viola", {"viola": 1.0}),
        Candidate("drums", {"drums": 0.98}),
    ]
    wanted = {"cello": 1.0, "viola": 0.9, "drums": 0.9}
    plain = choose(pool, wanted, TREE, Wishes(diversity=0.0))
    diverse = choose(pool, wanted, TREE, Wishes(diversity=0.5, reach=0.5))
    assert ids(plain) == ["cello 1", "viola", "drums"]
    assert ids(diverse) == ["cello 1", "drums", "viola"]
    assert diverse[1].alike == 0.0
    assert 0 < diverse[2].alike < 1


def test_an_artist_is_capped_and_the_nameless_are_not():
    pool = [Candidate(f"t{n}", {"cello": 1 - n / 100}, artist="Somebody" if n % 2 else "SOMEBODY") for n in range(4)]
    pool += [Candidate(f"u{n}", {"cello": 0.1}) for n in range(3)]
    found = choose(pool, {"cello": 1.0}, TREE, Wishes(diversity=0.0, max_per_artist=2))
    assert ids(found) == ["t0", "t1", "u0", "u1", "u2"]


def test_novelty_lifts_what_few_playlists_hold_and_is_told_apart():
    pool = [Candidate("known", {"cello": 0.9}, popularity=50), Candidate("new", {"cello": 0.8})]
    assert ids(choose(pool, {"cello": 1.0}, TREE, Wishes(diversity=0.0))) == ["known", "new"]
    found = choose(pool, {"cello": 1.0}, TREE, Wishes(diversity=0.0, novelty=0.5))
    assert ids(found) == ["new", "known"]
    assert found[0].relevance == pytest.approx(0.8)
    assert found[0].score == pytest.approx(0.8 + found[0].lift)
    assert found[1].lift == 0.0


def test_what_is_unwanted_or_unrelated_is_not_recommended():
    pool = [Candidate("drums", {"drums": 1.0}), Candidate("viola", {"viola": 1.0}), Candidate("both", {"cello": 0.5})]
    assert ids(choose(pool, {"cello": 1.0, "drums": -1.0}, TREE, Wishes())) == ["both"]
    assert choose([], {"cello": 1.0}, TREE, Wishes()) == []
    assert shortlist({}, {"cello": 1.0}, 5) == []
