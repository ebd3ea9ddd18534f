"""Make a demo library in a folder: plan, parse, render, write playlists; finish what an interrupted run left.

The folder: `audio/` by book, `playlists/<collection>/`, `tracks.json`, `tracks.csv`, `taxonomy.json`, and
`library.json`, which names the recipe's digest and says whether the library is finished. Sound files appear under their
names only when whole, so what an interrupted run left is kept and the rest is made.
"""

import errno
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from worker.demo.concepts import Taxonomy, build_taxonomy, collections_of
from worker.demo.errors import (
    DiskFull,
    LibraryUnreadable,
    RenderingStopped,
    TargetNotWritable,
    TargetTaken,
)
from worker.demo.kinship import STANDARD
from worker.demo.manifest import (
    Track,
    describe,
    read_tracks,
    table_text,
    taxonomy_text,
    tracks_text,
    write_changed,
    write_whole,
)
from worker.demo.playlists import playlist_file, playlist_text
from worker.demo.recipe import Recipe, Scores, Size, standard_recipe
from worker.demo.rendering import Mapper, RenderTask, arrange_all, processes_for, render_all
from worker.demo.scores import BOOKS, corpus_folder, list_scores
from worker.demo.synthesis import Tags, check_packages, find_sound_font

DEFAULT_SEED = 1883
Progress = Callable[[str, int, int], None]

_STAMP, _TRACKS, _TABLE, _TAXONOMY = "library.json", "tracks.json", "tracks.csv", "taxonomy.json"
_BYTES_A_SECOND = 8000


@dataclass(frozen=True, slots=True)
class DemoLibrary:
    """Where a finished library lies.

    Attributes:
        target: the folder that holds all of it.
        audio: folder of OGG files (sub-folders by book).
        playlists: collection id (standard: `timbre-and-form`, `character`) -> folder of .m3u8 and .xspf files, one a
            concept, named as the concept is in the taxonomy.
        taxonomy: JSON file {"concepts": [{"name", "parent", "collections", "members"}], "edges": [[child, parent]]}.
        manifest: tracks.json, a list of the rows of `worker.demo.manifest.Track`, each with its true `concepts`; `file`
            is relative to `target`; fold by `score`.
        table: tracks.csv, which tells an import the score of every track.
        tracks: how many excerpts there are.
        rendered: how many of them this call made.
    """

    target: Path
    audio: Path
    playlists: Mapping[str, Path]
    taxonomy: Path
    manifest: Path
    table: Path
    tracks: int
    rendered: int


def make(
    target: Path,
    *,
    excerpts: int | None = None,
    seed: int = DEFAULT_SEED,
    scores: Scores = "all",
    size: Size = "full",
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
        recipe: replaces excerpts, seed, scores and size.
        processes: rendering processes; None for one a core. The sound does not depend on it.
        progress: called with (stage, done, total); stages `scores`, `music` and `playlists`.

    Returns:
        Where everything lies.

    Raises:
        DemoPackageMissing: music21, tinysoundfont, soundfile or pretty_midi is not installed.
        SoundFontMissing: pretty_midi is there without its font.
        RecipeInvalid: too few excerpts.
        ScoresMissing: the corpus has too few scores of a kind.
        TargetTaken: the folder holds other files, or another recipe's library.
        TargetNotWritable: the folder cannot be made or written to.
        DiskFull: the disk ran out; the next run goes on.
        RenderingStopped: a rendering process was killed; the next run goes on.
    """
    recipe = recipe or standard_recipe(seed=seed, size=size, scores=scores, excerpts=excerpts)
    tell: Progress = progress or (lambda _stage, _done, _total: None)
    tracks = _finished_tracks(target, recipe)
    rendered = 0
    if tracks is None:
        _check_target(target, recipe)
        check_packages()
        with _errors_with_remedies(target, recipe):
            _claim(target, recipe)
            with processes_for(processes) as spread:
                tracks, rendered = _make_music(target, recipe, spread, tell)
            taxonomy = _taxonomy(tracks, recipe)
            write_whole(target / _TRACKS, tracks_text(tracks, taxonomy).encode())
            write_whole(target / _TAXONOMY, taxonomy_text(taxonomy).encode())
            _stamp(target, recipe, finished=True)
    with _errors_with_remedies(target, recipe):
        write_changed(target / _TABLE, table_text(tracks).encode())
        _write_playlists(target, tracks, recipe, tell)
    return _library(target, recipe.kinship, len(tracks), rendered)


def open_library(target: Path) -> DemoLibrary:
    """Find a finished library, without making anything.

    Raises:
        LibraryUnreadable: there is none, it was interrupted, or its playlists are gone.
    """
    stamp = _read_stamp(target)
    if stamp is None or not stamp.get("finished"):
        raise LibraryUnreadable(target, "it was never finished" if stamp else f"it has no {_STAMP}")
    try:
        tracks = read_tracks(target / _TRACKS)
    except (OSError, ValueError) as problem:
        raise LibraryUnreadable(target, str(problem)) from problem
    library = _library(target, _kinship(stamp), len(tracks), 0)
    if not all(folder.is_dir() for folder in library.playlists.values()):
        raise LibraryUnreadable(target, "it has no playlists")
    return library


def _make_music(target: Path, recipe: Recipe, spread: Mapper, tell: Progress) -> tuple[list[Track], int]:
    """Arrange every excerpt, and render those that are not there yet."""
    folk_only = not any(kind in recipe.kinds for kind in ("chorale", "quartet"))
    refs = list_scores(corpus_folder(), folk_only=folk_only)
    font = find_sound_font()
    excerpts = arrange_all(recipe, refs, spread, lambda done, total: tell("scores", done, total))
    tracks = [describe(it.ref, it.plan, it.performance, recipe.seconds) for it in excerpts]
    folk = {book.album for book in BOOKS if book.folk}
    tasks = [
        RenderTask(
            excerpt,
            target / track.file,
            Tags(track.title, track.artist, track.album, track.number, "Folk" if track.album in folk else "Classical"),
            recipe.seconds,
            recipe.rate_hz,
            font,
        )
        for excerpt, track in zip(excerpts, tracks, strict=True)
        if not (target / track.file).is_file()
    ]
    there = len(tracks) - len(tasks)
    render_all(tasks, spread, lambda done, _: tell("music", there + done, len(tracks)))
    return tracks, len(tasks)


def _write_playlists(target: Path, tracks: list[Track], recipe: Recipe, tell: Progress) -> None:
    """One file a concept and collection; those that are right already are left alone."""
    taxonomy = _taxonomy(tracks, recipe)
    by_number = {track.number: track for track in tracks}
    folders = _playlist_folders(target, recipe.kinship)
    total = sum(len(concepts) for concepts in taxonomy.collections.values())
    done = 0
    for collection, concepts in taxonomy.collections.items():
        for position, concept in enumerate(concepts):
            path = playlist_file(folders[collection], concept, position)
            entries = [by_number[number].entry() for number in taxonomy.members[concept]]
            content = playlist_text(concept, entries, path, target).encode()
            write_changed(path, content)
            done += 1
            tell("playlists", done, total)


def _taxonomy(tracks: list[Track], recipe: Recipe) -> Taxonomy:
    return build_taxonomy([track.facts() for track in tracks], recipe.fewest_members, recipe.kinship)


def _finished_tracks(target: Path, recipe: Recipe) -> list[Track] | None:
    """The rows of a finished library of this recipe whose files are all there; None when there is work to do."""
    stamp = _read_stamp(target)
    if stamp is None or stamp.get("digest") != recipe.digest() or not stamp.get("finished"):
        return None
    try:
        tracks = read_tracks(target / _TRACKS)
    except (OSError, ValueError):
        return None
    whole = (target / _TAXONOMY).is_file() and all((target / track.file).is_file() for track in tracks)
    return tracks if whole and len(tracks) == recipe.excerpts else None


def _check_target(target: Path, recipe: Recipe) -> None:
    """Refuse a folder that holds something else."""
    if target.exists() and not target.is_dir():
        raise TargetTaken(target, "a file of that name")
    stamp = _read_stamp(target)
    if stamp is not None and stamp.get("digest") != recipe.digest():
        raise TargetTaken(target, "a demo library of another recipe")
    if stamp is None and target.is_dir() and any(not _ours(path) for path in target.iterdir()):
        raise TargetTaken(target, "files that are not the demo's")


def _ours(path: Path) -> bool:
    """Whether a run that was stopped before its first stamp may have left this."""
    return path.name.startswith(_STAMP)


def _claim(target: Path, recipe: Recipe) -> None:
    """Make the folder, clear what half-written files an interrupted run left, and name the recipe."""
    target.mkdir(parents=True, exist_ok=True)
    for part in target.rglob("*.part"):
        part.unlink(missing_ok=True)
    missing = _needed_bytes(recipe) - sum(file.stat().st_size for file in target.rglob("*.ogg"))
    if shutil.disk_usage(target).free < missing:
        raise DiskFull(target, _needed_bytes(recipe))
    _stamp(target, recipe, finished=False)


def _stamp(target: Path, recipe: Recipe, *, finished: bool) -> None:
    content = {"digest": recipe.digest(), "finished": finished, "recipe": recipe.as_json()}
    write_whole(target / _STAMP, json.dumps(content, indent=1).encode())


def _read_stamp(target: Path) -> dict[str, object] | None:
    try:
        stamp = json.loads((target / _STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return stamp if isinstance(stamp, dict) else None


def _kinship(stamp: dict[str, object]) -> str:
    recipe = stamp.get("recipe")
    return str(recipe.get("kinship", STANDARD)) if isinstance(recipe, dict) else STANDARD


@contextmanager
def _errors_with_remedies(target: Path, recipe: Recipe) -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool as problem:
        raise RenderingStopped(target) from problem
    except OSError as problem:
        if problem.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull(target, _needed_bytes(recipe)) from problem
        raise TargetNotWritable(target, problem.strerror or str(problem)) from problem


def _needed_bytes(recipe: Recipe) -> int:
    return round(recipe.excerpts * recipe.seconds * _BYTES_A_SECOND) + 1_000_000


def _playlist_folders(target: Path, kinship: str) -> dict[str, Path]:
    return {collection: target / "playlists" / collection for collection in collections_of(kinship)}


def _library(target: Path, kinship: str, tracks: int, rendered: int) -> DemoLibrary:
    return DemoLibrary(
        target=target,
        audio=target / "audio",
        playlists=_playlist_folders(target, kinship),
        taxonomy=target / _TAXONOMY,
        manifest=target / _TRACKS,
        table=target / _TABLE,
        tracks=tracks,
        rendered=rendered,
    )
