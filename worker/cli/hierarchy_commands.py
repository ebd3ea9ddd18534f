"""`audio-concepts hierarchy`: a tree from anyone's matrix of similarities; no server, no music."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.output import say, say_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from worker.hierarchy.builders import ParentOf


def register(app: typer.Typer) -> None:
    """Add the noun's commands."""
    noun = typer.Typer(help="Grow a hierarchy from similarities of your own.", no_args_is_help=True)
    noun.command("build")(build)
    noun.callback()(lambda: None)
    app.add_typer(noun, name="hierarchy")


def build(
    *,
    similarity: Annotated[
        Path, typer.Option(help="Square matrix with ids (npz, npy, csv, parquet): row = whose tracks.")
    ],
    centrality: Annotated[
        Path | None, typer.Option(help="One number an id; default: betweenness of the graph of the matrix.")
    ] = None,
    separation: Annotated[
        Path | None,
        typer.Option(
            help="Matrix of the same ids: how surely a track of the row scores higher on the column than others do."
        ),
    ] = None,
    preset: Annotated[str, typer.Option(help="default or poster.")] = "default",
    parents: Annotated[str, typer.Option(help="one, or several for what mixes others; not for poster.")] = "one",
    min_similarity: Annotated[
        float | None, typer.Option(help="Similarity that a parent exceeds; below 0 for distances turned negative.")
    ] = None,
    max_children: Annotated[int | None, typer.Option(min=1, help="A concept has no more children.")] = None,
    graph_threshold: Annotated[float | None, typer.Option(help="An edge of the graph exceeds it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Grow a tree, and say of each edge how near it was to another."""
    from worker.jobs.growing import betweenness_of, grower
    from worker.jobs.judging.given import read_centrality, read_separation, read_square
    from worker.jobs.requests import RebuildRequest

    if preset not in {"default", "poster"}:
        raise typer.BadParameter("write --preset default or --preset poster")
    if parents not in {"one", "several"} or (parents, preset) == ("several", "poster"):
        raise typer.BadParameter("write --parents one, or with --preset default --parents several")
    said = {
        "parents": parents,
        "min_similarity": min_similarity,
        "max_children": max_children,
        "graph_threshold": graph_threshold,
    }
    settings = (
        RebuildRequest(preset="poster" if preset == "poster" else "default")
        .settings()
        .model_copy(update={name: value for name, value in said.items() if value is not None})
    )
    read = read_square(similarity)
    central = betweenness_of(settings, read.values) if centrality is None else read_centrality(centrality, read.ids)
    apart = None if separation is None else read_separation(separation, read.ids)
    edges = grower(settings, central)(read.values, apart)
    if as_json:
        say_json(_plain(preset, read.ids, central.tolist(), edges))
    else:
        say("\n".join(_outline(read.ids, edges)) or "(no concept)")


def _plain(preset: str, ids: Sequence[str], central: list[float], edges: Sequence[ParentOf]) -> dict[str, Any]:
    return {
        "preset": preset,
        "concepts": [{"id": one, "centrality": value} for one, value in zip(ids, central, strict=True)],
        "edges": [
            {
                "child": ids[edge.child],
                "parent": None if edge.parent is None else ids[edge.parent],
                "similarity": edge.similarity,
                "margin": edge.margin,
                "runner_up": None if edge.runner_up is None else ids[edge.runner_up],
                "further": edge.further,
            }
            for edge in sorted(edges, key=lambda edge: edge.child)
        ],
    }


def _outline(ids: Sequence[str], edges: Sequence[ParentOf]) -> Iterator[str]:
    """A line a concept, children indented; whoever has several parents stands below each."""
    children: dict[int | None, list[int]] = {}
    for edge in sorted(edges, key=lambda edge: edge.child):
        children.setdefault(edge.parent, []).append(edge.child)
    waiting = [(0, child) for child in reversed(children.get(None, []))]
    while waiting:
        depth, concept = waiting.pop()
        yield f"{'  ' * depth}{ids[concept]}"
        waiting.extend((depth + 1, child) for child in reversed(children.get(concept, [])))
