from collections import Counter

import numpy as np
import pytest

from worker.demo.concepts import CHARACTER, TIMBRE_AND_FORM, Facts, build_taxonomy
from worker.demo.plan import plan_excerpts
from worker.demo.recipe import standard_recipe

ROOTS = {"Strings", "Winds", "Keyboards", "Percussive", "Free reeds", "Folk dance", "Art music"}


@pytest.fixture(scope="module")
def taxonomy():
    rng = np.random.default_rng(0)
    library = [
        Facts(
            plan.number,
            plan.kind,
            plan.players,
            plan.drums,
            bool(rng.random() < 0.25),
            rng.uniform(1, 8),
            rng.normal(65, 9),
        )
        for plan in plan_excerpts(standard_recipe(seed=1883))
    ]
    return build_taxonomy(library, 39)


def ancestors(taxonomy, concept):
    parent = taxonomy.parent_of(concept)
    return [] if parent is None else [parent, *ancestors(taxonomy, parent)]


def test_the_full_recipe_has_57_concepts_and_42_edges_of_enough_members(taxonomy):
    assert len(taxonomy.members) == 57
    assert len(taxonomy.edges) == 42
    assert all(46 <= len(members) <= 606 for members in taxonomy.members.values())


def test_every_concept_has_at_most_one_parent_and_seven_trees_grow(taxonomy):
    assert max(Counter(child for child, _ in taxonomy.edges).values()) == 1
    assert {name for _, name in taxonomy.edges} - {name for name, _ in taxonomy.edges} == ROOTS
    assert ancestors(taxonomy, "Violin") == ["Bowed strings", "Strings"]
    assert ancestors(taxonomy, "Rock beat") == ["Drum kit", "Percussive"]
    assert ancestors(taxonomy, "Slip jig") == ["Compound time", "Folk dance"]


def test_members_of_a_child_are_members_of_its_parent(taxonomy):
    for child, parent in taxonomy.edges:
        assert set(taxonomy.members[child]) < set(taxonomy.members[parent])


def test_the_two_collections_share_percussive_alone(taxonomy):
    timbre, character = (set(taxonomy.collections[key]) for key in (TIMBRE_AND_FORM, CHARACTER))
    assert timbre & character == {"Percussive"}
    assert timbre | character == set(taxonomy.members)
    assert character == {"Fast", "Slow", "High", "Low", "Solo", "Ensemble", "Major", "Minor", "Percussive"}


def test_opposites_share_no_track(taxonomy):
    for one, other in (("Fast", "Slow"), ("High", "Low"), ("Solo", "Ensemble"), ("Major", "Minor")):
        assert not set(taxonomy.members[one]) & set(taxonomy.members[other])


def test_a_concept_that_says_no_more_than_its_child_is_left_out_and_its_children_move_up():
    players = ["Violin", "Cello", "Flute"]
    library = [Facts(n, "jig", (players[n % 3],), None, n % 2 == 0, float(n), float(n)) for n in range(30)]
    taxonomy = build_taxonomy(library, 5)
    assert "Woodwinds" not in taxonomy.members
    assert "Strings" not in taxonomy.members
    assert "Folk dance" not in taxonomy.members
    assert taxonomy.edges == (("Cello", "Bowed strings"), ("Violin", "Bowed strings"))
