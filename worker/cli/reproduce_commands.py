"""`audio-concepts reproduce`: published studies, computed again from their authors' data."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli.output import note, print_table, say, say_json
from worker.settings import load_settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from worker.jobs.afchar2022 import Cell, Reproduction, Row
    from worker.jobs.afchar2022.table import Central

BY_LIBRARY = "the Graph Data Science library"
BY_PRODUCTS = "matrix products (no stack is running)"


def register(app: typer.Typer) -> None:
    """Add the noun's commands."""
    noun = typer.Typer(help="Compute published studies again from their authors' data.", no_args_is_help=True)
    noun.command("afchar2022")(afchar2022)
    noun.callback()(lambda: None)
    app.add_typer(noun, name="reproduce")


def afchar2022(
    data: Annotated[Path, typer.Option("--data", help="Folder with what the authors published, any part of it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """The table of Afchar, Hennequin, Guigue 2022: vectors, S, centrality, trees, and their cells beside the poster's.

    Whatever rows and columns the files in the folder allow are computed; files are found by the authors' names:
    usg.npy, llm.npy, mwon_w2v.npy, sdoh_w2v.npy, deezer_cav.npy, deezer_playlists.npy with *.tensor
    (docs/reproduce.md says where they come from).
    """
    from rich.console import Console

    from worker.jobs.afchar2022 import find_material, reproduce

    with _centrality() as (how, central), Console(stderr=True).status("Reading") as status:
        material = find_material(data)
        found = reproduce(material, central, lambda doing: status.update(doing[:1].upper() + doing[1:]))
    if as_json:
        say_json({"study": "afchar2022", "centrality": how, **found.as_json()})
        return
    note(f"Centrality by {how}")
    _show(found)


@contextlib.contextmanager
def _centrality() -> Iterator[tuple[str, Central]]:
    """By the running stack, else here."""
    from cypher.errors import GraphError
    from cypher.store import open_graph
    from worker.hierarchy.betweenness import dense_betweenness

    settings = load_settings()
    with contextlib.ExitStack() as stack:
        driver = None
        if settings.neo4j_password is not None:
            password = settings.neo4j_password.get_secret_value()
            with contextlib.suppress(GraphError):
                graph = stack.enter_context(open_graph(settings.neo4j_uri, settings.neo4j_user, password))
                graph.ping()
                driver = graph.driver
        if driver is None:
            yield BY_PRODUCTS, dense_betweenness
            return
        running = driver

        def central(joined: NDArray[np.bool_]) -> NDArray[np.float64]:
            import numpy as np

            from cypher.centrality import betweenness_of_pairs

            upper = np.triu(joined, 1)
            return np.array(betweenness_of_pairs(running, [np.flatnonzero(row).tolist() for row in upper]))

        yield BY_LIBRARY, central


def _show(found: Reproduction) -> None:
    """The table, and what is missing of it."""
    from worker.jobs.afchar2022.table import MEASURES

    spaces = [name for name in MEASURES if name in found.rows[0].cells]
    print_table(
        ("source", "edges", *(f"{name} ({MEASURES[name]})" for name in spaces)),
        [(row.source, _edges(row), *(_cell(row.cells[name]) for name in spaces)) for row in found.rows],
    )
    say("Each cell: mean ± 1.96 standard errors over the tree's edges (the poster's mean)")
    cells = found.cells
    say(f"{found.nodes} concepts; {cells['formed']} of the poster's {cells['of']} cells")
    if not found.of_the_poster:
        note("warning: these are not the poster's playlists, so its values are those of other concepts")
    if found.learnt is not None:
        said = found.learnt
        learnt = f"learnt {said['learnt']} of {said['playlists']} playlists from {said['tracks']} tracks"
        say(f"{learnt}, kept {said['kept']}")
    for what, missing in (("Rows", found.rows_missing), ("Columns", found.spaces_missing)):
        if missing:
            listed = ", ".join(f"{name} ({file})" for name, file in missing.items())
            say(f"{what} whose file is not there: {listed}")
    if found.rows_missing or found.spaces_missing:
        say("docs/reproduce.md says where each file comes from")


def _edges(row: Row) -> str:
    return str(next(iter(row.cells.values())).edges)


def _cell(cell: Cell) -> str:
    return f"{cell.mean:.3f} ± {cell.margin:.3f} ({cell.published:.3f})"
