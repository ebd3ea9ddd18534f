"""Make a demo library in a folder: plan, parse, render, write playlists; finish what an interrupted run left."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from worker.demo.recipe import Recipe, Regime, Scores

DEFAULT_SEED = 1883
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class DemoLibrary:
    """Where a finished library lies.

    Attributes:
        target: the folder that holds all of it.
        audio: folder of OGG files (sub-folders by book).
        playlists: collection id (`timbre-and-form`, `character`) -> folder of .m3u8 and .xspf files, one a concept.
        taxonomy: JSON file {"concepts": [{"name", "collections", "parents", "members"}], "edges": [[child, parent], ...]};
            names equal the playlists' file stems and #PLAYLIST names.
        manifest: tracks.json: a list of {"file" (relative to `target`), "score", "kind", "title", "artist", "album",
            "seed", "instruments", "concepts" (all true ones), "tempo_factor", ...}; fold by "score".
        regime: whose memberships the playlists hold.
        reused: excerpts that were there already.
        rendered: excerpts made by this call.
    """

    target: Path
    audio: Path
    playlists: Mapping[str, Path]
    taxonomy: Path
    manifest: Path
    regime: Regime
    reused: int
    rendered: int


def make(
    target: Path,
    *,
    excerpts: int | None = None,
    seed: int = DEFAULT_SEED,
    scores: Scores = "all",
    size: Literal["full", "small"] = "full",
    regime: Regime = "nested",
    recipe: Recipe | None = None,
    processes: int | None = None,
    progress: Progress | None = None,
) -> DemoLibrary:
    """Render demo music, its playlists and its taxonomy into a folder; a finished one is recognised at once.

    Args:
        target: made when it does not exist; must be empty, or hold this very library, finished or not.
        excerpts: how many in all; None for the size's own (720, or 120 for the small one).
        seed: everything random follows from it.
        scores: `folk` uses the two folk books alone.
        size: `small` is fewer and shorter excerpts by fewer instruments, for tests.
        regime: memberships of the playlists; the sound is the same in all three, so another regime costs nothing.
            nested -> `playlists/`, others -> `playlists-<regime>/`.
        recipe: replaces excerpts, seed, scores and size.
        processes: rendering processes; None for one a core. The sound does not depend on it.
        progress: called with (stage, done, total); stages "scores", "music", "playlists".

    Returns:
        Where everything lies.

    Raises:
        DemoPackageMissing: music21, tinysoundfont or soundfile is not installed.
        TargetTaken: the folder holds other files, or another recipe's library.
        TargetNotWritable: the folder cannot be made or written to.
        DiskFull: the disk ran out; the next run goes on.
    """
    raise NotImplementedError


def open_library(target: Path, *, regime: Regime = "nested") -> DemoLibrary:
    """Find a finished library, without making anything.

    Raises:
        LibraryUnreadable: there is none, or it was interrupted.
    """
    raise NotImplementedError
