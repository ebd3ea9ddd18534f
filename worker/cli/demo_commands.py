"""`audio-concepts demo`: the main job on music that any machine can make, from nothing to a tree that can be judged.

Nothing here is special to the demo's music but its taxonomy, which is true by construction and so can be compared
with what was learnt: the music is imported, rebuilt and read through the same doors as a user's own. Excerpts of one
score stay within one fold (`group_by=score`), because they would give each other away.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli import browse_commands, job_view, library_commands, stack_commands
from worker.cli.output import note, say, say_json
from worker.settings import Settings, load_settings

if TYPE_CHECKING:
    from webapi.client import Client
    from webapi.schemas import Hierarchy, Job
    from worker.demo.library import DemoLibrary

REBUILD = {"group_by": "score"}
POSTER_THRESHOLD = 0.5
"""Of the graph whose betweenness orders the poster's tree."""


@dataclass
class Clock:
    """Wall seconds of each part of the demo, in order."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time one part and say that it begins."""
        note(f"{name} ...")
        start = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - start, 1)


@dataclass(frozen=True)
class Score:
    """A tree against the taxonomy: ancestor pairs found, beside what random trees find."""

    collection: str
    concepts: int
    left_out: int
    pairs: int
    """Of an ancestor and a descendant in the taxonomy; with none there is nothing to find."""
    precision: float
    recall: float
    f1: float
    poster_f1: float
    """Of the poster's rule on the same similarities."""
    random_f1: float
    random_upper: float
    """A random tree exceeds it once in forty."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    music: Annotated[Path | None, typer.Option(help="Folder of the music; default: demo below the home.")] = None,
    size: Annotated[str, typer.Option(help="full: 720 excerpts of 12 s; small: 120 of 6 s.")] = "full",
    seed: Annotated[
        int | None, typer.Option(help="Another seed is another catalogue; wants a folder of its own.")
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="Another catalogue: orchestra, world, jazz, electronic, chapel, salon, parade or arcade; "
            "replaces size and seed."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make music, learn its concepts, and end with a tree, its scores, an API and a page. May be run again."""
    if size not in {"full", "small"}:
        raise typer.BadParameter("write --size full or --size small")
    clock = Clock()
    with clock.part("servers"):
        settings = _running(load_settings())
    with clock.part("music"):
        folder = "demo" if recipe is None else f"demo-{recipe}"
        library = _make(music or settings.home / folder, size, seed, recipe)
    with clock.part("import"):
        _import(settings, library)
    with _client(settings) as client:
        jobs = []
        for collection in library.playlists:
            with clock.part(f"rebuild {collection}"):
                jobs.append(_rebuild(client, collection))
        trees = [client.hierarchy(collection) for collection in library.playlists]
        flat = [client.hierarchy(collection, shape="flat") for collection in library.playlists]
    scores = [_score(tree, library.taxonomy, settings.data) for tree in flat]
    if as_json:
        _print_json(settings, clock, jobs, scores)
    else:
        _print_report(settings, clock, trees, jobs, scores)


# --- the parts -------------------------------------------------------------------------------------------------------


def _running(settings: Settings) -> Settings:
    from worker.stack.errors import AlreadyRunning

    try:
        return stack_commands.start(settings)
    except AlreadyRunning:
        return load_settings(settings.home)


def _make(target: Path, size: str, seed: int | None, recipe: str | None) -> DemoLibrary:
    from worker.demo.catalogues import catalogue_recipe
    from worker.demo.library import DEFAULT_SEED, make

    named = None if recipe is None else catalogue_recipe(recipe)
    with stage_bars() as show:
        if named is not None:
            return make(target, recipe=named, progress=show)
        chosen = DEFAULT_SEED if seed is None else seed
        return make(target, size="small" if size == "small" else "full", seed=chosen, progress=show)


def _import(settings: Settings, library: DemoLibrary) -> None:
    from cypher.naming import slug
    from worker.catalogue.importer import Target, import_library

    with library_commands.open_catalogue(settings) as catalogue, stage_bars() as show:
        for collection, playlists in library.playlists.items():
            name = collection.replace("-", " ").capitalize()
            target = Target(slug(name), name)
            import_library(
                catalogue,
                audio=[library.audio],
                playlists=playlists,
                tracks=library.table,
                collection=target,
                progress=show,
            )


def _rebuild(client: Client, collection: str) -> Job:
    job = job_view.watch(client.watch(str(client.rebuild({"collection": collection, **REBUILD}).id)))
    if job.state != "succeeded":
        note(job_view.summary_text(job))
        raise typer.Exit(1)
    return job


def _score(tree: Hierarchy, taxonomy: Path, data: Path) -> Score:
    from worker.evaluation.taxonomy import ancestor_match, random_baseline

    names = {item.id: item.name for item in tree.items or []}
    learnt = {item.name: names[item.parent.id] if item.parent else None for item in tree.items or []}
    reference = _reference(taxonomy)
    match, random = ancestor_match(learnt, reference), random_baseline(learnt, reference)
    poster = {names[child]: None if above is None else names[above] for child, above in _poster_tree(data, tree)}
    return Score(
        collection=tree.collection.id,
        concepts=len(learnt),
        left_out=tree.left_out,
        pairs=match.wanted,
        precision=round(match.precision, 3),
        recall=round(match.recall, 3),
        f1=round(match.f1, 3),
        poster_f1=round(ancestor_match(poster, reference).f1, 3),
        random_f1=round(random.mean, 3),
        random_upper=round(random.upper, 3),
    )


def _poster_tree(data: Path, tree: Hierarchy) -> Iterator[tuple[str, str | None]]:
    """Child and parent of every concept, by the poster's rule on the S that the published tree was grown from."""
    from worker.answers.published import load_published_similarity
    from worker.hierarchy.betweenness import dense_betweenness
    from worker.hierarchy.builders import heymann_tree

    ids, similarity = load_published_similarity(data, tree.collection.id)
    for edge in heymann_tree(similarity, dense_betweenness(similarity > POSTER_THRESHOLD)):
        yield ids[edge.child], None if edge.parent is None else ids[edge.parent]


def _reference(taxonomy: Path) -> dict[str, str | None]:
    told = json.loads(taxonomy.read_text("utf-8"))
    return {concept["name"]: concept["parent"] for concept in told["concepts"]}


# --- how it looks ----------------------------------------------------------------------------------------------------


@contextmanager
def stage_bars() -> Iterator[Any]:
    """Bars on standard error, one a stage, drawn by calls of (stage, done, total)."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("  {task.description:<10}"), BarColumn(28), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}

        def show(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield show


def _print_report(
    settings: Settings, clock: Clock, trees: list[Hierarchy], jobs: list[Job], scores: list[Score]
) -> None:
    for tree, job in zip(trees, jobs, strict=True):
        say(f"\n{tree.collection.name}, version {tree.version}")
        for line in browse_commands.tree_lines(tree.roots or []):
            say(f"  {line}")
        say(job_view.summary_text(job))
    say("\nAncestor pairs against the taxonomy that the music was made by")
    names = ("concepts", "left out", "pairs", "precision", "recall", "F1", "poster F1")
    say(f"  {'collection':<18}" + "".join(f" {name:>9}" for name in names) + "  random F1 (97.5%)")
    for one in scores:
        say(_score_line(one))
    say("\nWall seconds: " + ", ".join(f"{name} {seconds}" for name, seconds in clock.seconds.items()))
    say(stack_commands.welcome(settings, with_api=True))


def _score_line(one: Score) -> str:
    line = f"  {one.collection:<18} {one.concepts:>9} {one.left_out:>9} {one.pairs:>9}"
    if one.pairs == 0:
        return f"{line}  the taxonomy holds no pair of these, so there is nothing to find"
    found = "".join(f" {value:>9.3f}" for value in (one.precision, one.recall, one.f1, one.poster_f1))
    return f"{line}{found}  {one.random_f1:.3f} ({one.random_upper:.3f})"


def _print_json(settings: Settings, clock: Clock, jobs: list[Job], scores: list[Score]) -> None:
    told = {
        "seconds": clock.seconds,
        "rebuilds": [job_view.summary(job) for job in jobs],
        "scores": [asdict(score) for score in scores],
        "api": f"http://{settings.api_host}:{settings.api_port}",
    }
    say_json(told)


def _client(settings: Settings) -> Client:
    from webapi.client import connect

    return connect(settings)
