"""Demo music that any machine can make: public-domain scores, synthesised, with playlists and a true taxonomy.

Nothing is shipped and nothing is downloaded: the scores come from the corpus inside music21, the sounds from the
General MIDI font inside pretty_midi, both from the user's own install. `make` is the whole interface; `Recipe` holds
every choice.
"""

from worker.demo.library import DEFAULT_SEED, DemoLibrary, Progress, make, open_library
from worker.demo.recipe import Recipe, Share, standard_recipe

__all__ = ["DEFAULT_SEED", "DemoLibrary", "Progress", "Recipe", "Share", "make", "open_library", "standard_recipe"]
