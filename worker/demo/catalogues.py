"""Further catalogues by name, to try a method of growing trees on music and taxonomies that it was not made with.

Conventions: each has instruments, scores, seed and kinship of its own; sound and playlists are made as the demo's.

Why groups: a method is developed on the demo, one is chosen among a few on `SELECTION`, and what was chosen is reported
once on `SEALED`. Those have been seen since, so the layer that is listened to is reported on `SEALED_LATER`.
docs/trees.md keeps that record.
"""

from __future__ import annotations

from collections.abc import Mapping

from worker.demo.errors import RecipeInvalid
from worker.demo.kinship import KINSHIPS
from worker.demo.recipe import Recipe, Share

SELECTION = ("orchestra", "world")
SEALED = ("jazz", "electronic", "chapel")
SEALED_LATER = ("salon", "parade", "arcade")
CATALOGUES = (*SELECTION, *SEALED, *SEALED_LATER)

_SEEDS = dict(zip(CATALOGUES, (1601, 1602, 2601, 2602, 2603, 3601, 3602, 3603), strict=True))
_KINDS: Mapping[str, Mapping[str, Share]] = {
    "orchestra": {
        "jig": Share(25, 60),
        "hornpipe": Share(25, 60),
        "chorale": Share(60, 160),
        "quartet": Share(16, 140),
    },
    "world": dict.fromkeys(("slip jig", "jig", "reel", "strathspey"), Share(40, 100)),
    "jazz": dict.fromkeys(("reel", "hornpipe", "jig", "slip jig"), Share(40, 105)),
    "electronic": dict.fromkeys(("strathspey", "reel", "hornpipe"), Share(40, 100)) | {"quartet": Share(16, 120)},
    "chapel": {"chorale": Share(60, 160), "quartet": Share(16, 140), "jig": Share(25, 60), "slip jig": Share(25, 60)},
    "salon": {
        "chorale": Share(50, 100),
        "quartet": Share(16, 120),
        "jig": Share(40, 100),
        "strathspey": Share(40, 100),
    },
    "parade": dict.fromkeys(("reel", "hornpipe", "slip jig"), Share(40, 100)) | {"quartet": Share(16, 120)},
    "arcade": dict.fromkeys(("jig", "reel", "strathspey", "hornpipe"), Share(40, 105)),
}
_DRUMS = {"jazz": 0.45, "electronic": 0.45, "chapel": 0.0, "salon": 0.0, "parade": 0.5, "arcade": 0.4}
_FEWEST_MEMBERS = 30


def catalogue_recipe(name: str) -> Recipe:
    """The recipe of one of them.

    Args:
        name: one of `CATALOGUES`.

    Raises:
        RecipeInvalid: it is none of these; the error names them.
    """
    if name not in _SEEDS:
        raise RecipeInvalid("recipe", f"must be one of {', '.join(_SEEDS)}, not {name}")
    return Recipe(
        seed=_SEEDS[name],
        kinds=_KINDS[name],
        instruments=tuple(KINSHIPS[name].players),
        drums=_DRUMS.get(name, 0.3),
        fewest_members=_FEWEST_MEMBERS,
        kinship=name,
    )
