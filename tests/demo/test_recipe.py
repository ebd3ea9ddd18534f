import pytest

from worker.demo.errors import RecipeInvalid
from worker.demo.recipe import ART_KINDS, FOLK_KINDS, Recipe, Share, standard_recipe


def test_the_full_recipe_is_720_excerpts_from_276_scores():
    recipe = standard_recipe(seed=1)
    assert recipe.excerpts == 720
    assert sum(share.scores for share in recipe.kinds.values()) == 276


@pytest.mark.parametrize("scores", ["all", "folk"])
@pytest.mark.parametrize("size", ["full", "small"])
@pytest.mark.parametrize("excerpts", [7, 8, 50, 119, 333, 2000])
def test_any_number_of_excerpts_is_met_exactly(scores, size, excerpts):
    recipe = standard_recipe(seed=1, size=size, scores=scores, excerpts=excerpts)
    assert recipe.excerpts == excerpts
    assert all(1 <= share.scores <= share.excerpts for share in recipe.kinds.values())


def test_folk_books_alone_leave_art_music_out():
    assert set(standard_recipe(seed=1, scores="folk").kinds) == set(FOLK_KINDS)
    assert not set(standard_recipe(seed=1, scores="folk", size="small").kinds) & set(ART_KINDS)


def test_equal_recipes_have_equal_digests_and_any_change_changes_it():
    digest = standard_recipe(seed=1).digest()
    assert digest == standard_recipe(seed=1).digest()
    assert digest != standard_recipe(seed=2).digest()
    assert digest != standard_recipe(seed=1, excerpts=719).digest()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("seconds", 1.0),
        ("rate_hz", 4000),
        ("drums", 1.5),
        ("tempo", (1.2, 0.8)),
        ("transpose", 13),
        ("players", (0.5, 0.5, 0.5, 0.5)),
        ("instruments", ("Violin", "Cello", "Kazoo", "Harp")),
        ("instruments", ("Violin", "Violin", "Violin", "Violin")),
        ("kinds", {"polka": Share(1, 1)}),
        ("kinds", {"jig": Share(3, 2)}),
        ("kinds", {}),
        ("fewest_members", 0),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(setting, value):
    good = {"seed": 1, "kinds": {"jig": Share(1, 1)}}
    with pytest.raises(RecipeInvalid, match=setting):
        Recipe(**(good | {setting: value}))


def test_fewer_excerpts_than_kinds_are_refused():
    with pytest.raises(RecipeInvalid, match="at least 7"):
        standard_recipe(seed=1, excerpts=6)
