"""`audio-concepts tree | concepts`: look at what was learnt, through the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli.output import inert, note, print_table, say, say_json
from worker.settings import load_settings

if TYPE_CHECKING:
    from webapi import schemas
    from webapi.client import Client

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
InCollection = Annotated[str | None, typer.Option("--collection", help="Collection id; default: the default one.")]

concepts_app = typer.Typer(help="List concepts, or show one.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(tree)
    app.add_typer(concepts_app, name="concepts")


def tree(
    collection: InCollection = None,
    below: Annotated[str | None, typer.Option("--below", help="Concept id to begin at.")] = None,
    depth: Annotated[int, typer.Option("--depth", help="Levels to show.", min=1, max=64)] = 64,
    as_json: AsJson = False,
) -> None:
    """Print the hierarchy: similarity to the parent, number of tracks, ! where a confounder alone tells a concept."""
    with _client() as client:
        found = client.hierarchy(collection, below=below, depth=depth)
    if as_json:
        say_json(found.model_dump(mode="json", exclude={"items"}))
        return
    _warn_if_stale(found)
    say(_title(found))
    for line in tree_lines(found.roots or []):
        say(line)


@concepts_app.command("list")
def list_concepts(
    collection: InCollection = None,
    q: Annotated[str | None, typer.Option("--search", help="Part of the name.")] = None,
    flagged: Annotated[
        bool | None,
        typer.Option("--flagged/--not-flagged", help="Only those told by a confounder alone, or only others."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Concepts of a collection by name; ! marks those that a confounder alone tells from other tracks."""
    with _client() as client:
        found = list(client.concepts(collection, q=q, flagged=flagged))
    if as_json:
        say_json([one.model_dump(mode="json") for one in found])
        return
    rows = [
        (
            one.id,
            one.name,
            one.kind,
            str(one.tracks),
            one.status,
            one.parent.name if one.parent else "",
            _flag(one.flagged),
        )
        for one in found
    ]
    print_table(("id", "name", "kind", "tracks", "status", "parent", "told only by"), rows)


@concepts_app.command("show")
def show(concept_id: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
    """One concept: its ancestry, quality, neighbours and strongest tracks."""
    with _client() as client:
        concept = client.concept(concept_id)
        ancestry = client.ancestry(concept_id)
        neighbours = client.neighbours(concept_id, limit=8)
        tracks = client.tracks_of(concept_id)
        strongest = [link for link, _ in zip(tracks, range(8), strict=False)]
    if as_json:
        say_json(
            {
                "concept": concept.model_dump(mode="json"),
                "ancestry": ancestry.model_dump(mode="json"),
                "neighbours": [one.model_dump(mode="json") for one in neighbours],
                "tracks": [one.model_dump(mode="json") for one in strongest],
            }
        )
        return
    _warn_if_stale(concept)
    for line in _portrait(concept, ancestry):
        say(line)
    similar = [
        (
            one.id,
            one.name,
            _uncertain(one.outgoing, one.outgoing_error),
            _uncertain(one.incoming, one.incoming_error),
            one.relation or "",
        )
        for one in neighbours
    ]
    if similar:
        say("\nSimilar concepts (there, back; ± standard error)")
        print_table(("id", "name", "there", "back", ""), similar)
    if strongest:
        say("\nStrongest tracks (* given as an example)")
        marks = [("*" if one.is_example else " ", _number(one.score), one.track) for one in strongest]
        print_table(
            ("", "score", "title", "artist"), [(a, b, track.title or track.id, track.artist) for a, b, track in marks]
        )


# --- how it looks ----------------------------------------------------------------------------------------------------


def tree_lines(roots: list[schemas.TreeNode]) -> Iterator[str]:
    """The outline of a tree, one line a concept, parents before children."""
    todo = [(root, "", "") for root in reversed(roots)]
    while todo:
        node, before, indent = todo.pop()
        similarity = f"  {node.similarity:.2f}" if node.similarity is not None else ""
        similarity += f", support {node.support:.2f}" if similarity and node.support is not None else ""
        hidden = node.descendants if not node.children else 0
        more = f"  … {hidden} below" if hidden else ""
        only = f"  {_flag(node.flagged)}" if node.flagged else ""
        yield f"{before}{inert(node.name)}{similarity}  ({node.tracks}){only}{more}"
        last = len(node.children) - 1
        todo += [
            (child, indent + ("└─ " if n == last else "├─ "), indent + ("   " if n == last else "│  "))
            for n, child in reversed(list(enumerate(node.children)))
        ]


def _title(found: schemas.Hierarchy) -> str:
    name = inert(found.collection.name)
    if found.version is None:
        return f"{name}: no hierarchy yet; grow one with `audio-concepts rebuild --collection {found.collection.id}`"
    return f"{name}, version {found.version}: {found.concepts} concepts in the tree, {found.left_out} left out"


def _portrait(concept: schemas.Concept, ancestry: schemas.Ancestry) -> Iterator[str]:
    yield f"{inert(concept.name)}  [{concept.id}]  {concept.kind}, {concept.tracks} tracks, {concept.status}"
    if concept.reason:
        yield f"  why            {inert(concept.reason)}"
    if ancestry.concept is not None:
        names = [inert(one.name) for one in (*ancestry.items, ancestry.concept)]
        yield f"  ancestry       {' > '.join(names)}"
        if concept.parent is not None:
            margin = _uncertain(concept.margin, concept.margin_error)
            yield f"  to its parent  similarity {_number(concept.similarity)}, margin {margin}"
            trust = f"support {_number(concept.support)}, direction {_number(concept.direction)}"
            yield f"  trust          {trust}{_rival(concept)}"
        if further := [one for one in concept.parents if not one.primary]:
            beside = ", ".join(f"{inert(one.name)} (similarity {_number(one.similarity)})" for one in further)
            yield f"  also below     {beside}"
        yield f"  below it       {concept.descendants} concepts, {concept.children} of them directly"
    if concept.quality is not None:
        quality = concept.quality
        interval = f"{quality.auc_low:.3f} to {quality.auc_high:.3f}"
        yield f"  learnt         AUC {quality.auc:.3f} ({interval}), balanced accuracy {quality.accuracy:.3f}"
    if concept.betweenness is not None:
        yield f"  betweenness    {concept.betweenness:.4g}"
    if concept.bias is not None:
        yield from _biases(concept.bias)


def _biases(bias: schemas.Bias) -> Iterator[str]:
    for what, spread in (("artists", bias.artists), ("albums", bias.albums)):
        if spread is not None:
            lost = "" if spread.auc_lost is None else f"; AUC {spread.auc_lost:+.3f} lost when they are parted"
            most = f"{spread.largest_share:.0%} from {inert(spread.largest)}"
            yield f"  {what:<13}  {spread.groups}, as good as {spread.effective:.1f} of equal shares, {most}{lost}"
    for one in bias.confounders:
        within = "-" if one.within is None else f"{one.within:.2f}"
        yield (
            f"  {one.name:<13}  alone AUC {one.tells:.2f}; the concept's {one.overall:.2f}, among the same "
            f"{one.name} {within}; follows it by {one.follows:.0%} (n = {one.tracks})"
        )
        if one.sentence:
            yield f"  ! {inert(one.sentence)}"


def _flag(flagged: list[str]) -> str:
    """Empty where nothing is flagged."""
    return f"! {', '.join(flagged)}" if flagged else ""


def _rival(concept: schemas.Concept) -> str:
    return "" if concept.runner_up is None else f", else below {inert(concept.runner_up.name)}"


def _uncertain(value: float | None, error: float | None) -> str:
    return _number(value) if error is None else f"{_number(value)} ± {error:.3f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _warn_if_stale(found: schemas.FromCopy) -> None:
    if found.stale:
        note(f"Neo4j does not answer; this was current {found.age_s:.0f} s ago.")


def _client() -> Client:
    from webapi.client import connect

    return connect(load_settings())
