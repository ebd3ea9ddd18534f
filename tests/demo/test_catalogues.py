"""The further catalogues: their taxonomies are trees of enough members, and unlike the demo's."""

import json
from itertools import pairwise

import pytest

from worker.demo.catalogues import CATALOGUES, catalogue_recipe
from worker.demo.concepts import Facts, _graded, build_taxonomy, collections_of
from worker.demo.errors import RecipeInvalid
from worker.demo.kinship import KINSHIPS, STANDARD, Grade
from worker.demo.library import make, open_library
from worker.demo.plan import plan_excerpts
from worker.demo.recipe import ART_KINDS, FOLK_KINDS, Recipe, Share, standard_recipe


def planned(recipe):
    """The facts of every excerpt, with properties that vary as notes would."""
    return [
        Facts(
            plan.number,
            plan.kind,
            plan.players,
            plan.drums,
            plan.number % 2 == 0,
            plan.number * 7919 % 101,
            plan.number * 104729 % 103,
        )
        for plan in plan_excerpts(recipe)
    ]


@pytest.mark.parametrize("name", CATALOGUES)
def test_each_catalogue_has_a_taxonomy_of_nested_concepts_with_enough_members(name):
    recipe = catalogue_recipe(name)
    taxonomy = build_taxonomy(planned(recipe), recipe.fewest_members, name)
    assert 400 <= recipe.excerpts <= 700
    assert len(taxonomy.edges) >= 20
    assert min(len(members) for members in taxonomy.members.values()) >= recipe.fewest_members
    assert taxonomy.collections == {name: tuple(sorted(taxonomy.members))}
    for child, parent in taxonomy.edges:
        assert set(taxonomy.members[child]) < set(taxonomy.members[parent])
    assert len({child for child, _ in taxonomy.edges}) == len(taxonomy.edges)


@pytest.mark.parametrize("name", CATALOGUES)
def test_each_catalogue_has_fifteen_edges_that_the_demo_lacks_and_another_seed(name):
    ours = {edge for chain in KINSHIPS[name].players.values() for edge in pairwise(chain)}
    demo = {edge for chain in KINSHIPS[STANDARD].players.values() for edge in pairwise(chain)}
    assert len(ours - demo) >= 15
    assert catalogue_recipe(name).seed != standard_recipe(seed=1883).seed


def test_every_kind_and_player_of_a_kinship_has_a_chain_of_distinct_concepts():
    for kinship in KINSHIPS.values():
        assert set(kinship.kinds) <= set(FOLK_KINDS + ART_KINDS)
        above = {}
        for chain in [*kinship.players.values(), *kinship.kinds.values()]:
            assert len(set(chain)) == len(chain)
            for child, parent in pairwise(chain):
                assert above.setdefault(child, parent) == parent


def test_a_grade_is_a_chain_of_shares():
    library = [Facts(n, "jig", ("Violin",), None, minor=False, notes_per_s=float(n), mean_pitch=0.0) for n in range(60)]
    chains = _graded(library, Grade("notes_per_s", highest=True, concepts=(("Very fast", 0.1), ("Fast", 0.5))))
    assert chains[:30] == [()] * 30
    assert chains[30:54] == [("Fast",)] * 24
    assert chains[54:] == [("Very fast", "Fast")] * 6


def test_libraries_from_before_there_were_other_kinships_keep_their_digest():
    assert standard_recipe(seed=1883).digest() == "01ee70107eba25deac0d981302809ce429aa421e3e2b42a85fc13d283f6f7d68"
    assert catalogue_recipe("world").digest() != catalogue_recipe("jazz").digest()


def test_a_library_of_another_kinship_has_one_collection_of_its_name(tmp_path):
    recipe = Recipe(
        seed=1,
        kinds={"jig": Share(2, 4)},
        seconds=3.0,
        rate_hz=16000,
        instruments=("Sitar", "Koto", "Recorder", "Shanai"),
        fewest_members=1,
        kinship="world",
    )
    made = make(tmp_path / "music", recipe=recipe, processes=1)
    assert tuple(made.playlists) == collections_of("world") == ("world",)
    assert open_library(tmp_path / "music").playlists == made.playlists
    names = {concept["name"] for concept in json.loads(made.taxonomy.read_text())["concepts"]}
    assert {path.stem for path in made.playlists["world"].iterdir()} == names


def test_an_unknown_catalogue_is_refused_by_the_names_there_are():
    with pytest.raises(RecipeInvalid, match=r"one of orchestra, world, .*, arcade, not polka"):
        catalogue_recipe("polka")
