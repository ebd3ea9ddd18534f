"""`audio-concepts curate`: decide what a machine cannot know, through the API."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli.output import print_table, say, say_json, user
from worker.settings import load_settings

if TYPE_CHECKING:
    from webapi.client import Client
    from webapi.schemas.curation import Curation

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Because = Annotated[str, typer.Option("--reason", help="Why; kept with the decision.")]
InCollection = Annotated[str | None, typer.Option("--collection", help="Collection id; default: the default one.")]
ConceptId = Annotated[str, typer.Argument(metavar="CONCEPT", help="Concept id.")]

OUTCOMES = {
    "pin": "pinned below {}",
    "stands": "hangs below {} already",
    "top": "nothing is above it: left where it hangs",
    "several_parents": "has several parents: pin it by hand",
    "unknown": "no concept is called so",
    "ambiguous": "several concepts are called so",
    "not_in_tree": "stands outside the tree",
}

app = typer.Typer(
    help="Pin, rename, merge or hide concepts. Decisions are published at once, hold through rebuilds, can be undone.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="curate")


@app.command("pin")
def pin(
    concept_id: ConceptId,
    parent: Annotated[str | None, typer.Argument(metavar="[PARENT]", help="Concept id of the parent.")] = None,
    top: Annotated[bool, typer.Option("--top", help="At the top of the tree.")] = False,
    reason: Because = "",
    as_json: AsJson = False,
) -> None:
    """Hang a concept below a parent, whatever its sound says."""
    if (parent is None) == (not top):
        raise typer.BadParameter("name a parent, or say --top")
    with _client() as client:
        _print([client.curation.pin(concept_id, parent, reason=reason)], as_json=as_json)


@app.command("unpin")
def unpin(concept_id: ConceptId, as_json: AsJson = False) -> None:
    """Let rebuilds place a concept by its sound again."""
    with _client() as client:
        _print([client.curation.unpin(concept_id)], as_json=as_json)


@app.command("rename")
def rename(
    concept_id: ConceptId,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="The new name.")] = None,
    alias: Annotated[list[str] | None, typer.Option("--alias", help="Another name; all of them, repeat it.")] = None,
    reason: Because = "",
    as_json: AsJson = False,
) -> None:
    """Give a concept another name; the old one becomes an alias, the id stays."""
    if name is None and alias is None:
        raise typer.BadParameter("say a new name, or --alias")
    with _client() as client:
        _print(client.curation.change(concept_id, name=name, aliases=alias, reason=reason), as_json=as_json)


@app.command("hide")
def hide(concept_id: ConceptId, reason: Because = "", as_json: AsJson = False) -> None:
    """Take a concept out of the tree; its children go to its parent."""
    with _client() as client:
        _print(client.curation.change(concept_id, hidden=True, reason=reason), as_json=as_json)


@app.command("show")
def show(concept_id: ConceptId, reason: Because = "", as_json: AsJson = False) -> None:
    """Let a hidden concept into the tree again."""
    with _client() as client:
        _print(client.curation.change(concept_id, hidden=False, reason=reason), as_json=as_json)


@app.command("merge")
def merge(
    concept_id: ConceptId,
    into: Annotated[str, typer.Argument(metavar="INTO", help="Concept id of the one that stays.")],
    reason: Because = "",
    as_json: AsJson = False,
) -> None:
    """Make a concept part of another: one place in the tree, and one set of tracks at the next rebuild."""
    with _client() as client:
        _print([client.curation.merge(concept_id, into, reason=reason)], as_json=as_json)


@app.command("undo")
def undo(
    curation_id: Annotated[str, typer.Argument(metavar="ID", help="As `curate log` shows it.")],
    reason: Because = "",
    as_json: AsJson = False,
) -> None:
    """Take a decision back."""
    with _client() as client:
        _print([client.curation.undo(curation_id, reason=reason)], as_json=as_json)


@app.command("import")
def import_pins(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="SKOS (.ttl, .jsonld, .rdf, .nt), CSV or JSON.")],
    *,
    collection: InCollection = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would become of each entry.")] = False,
    reason: Because = "",
    as_json: AsJson = False,
) -> None:
    """Pin what a taxonomy says, such as SKOS that was exported and edited: all of it as one version, or nothing."""
    from worker.evaluation.adoption import plan_pins
    from worker.evaluation.reference import read_entries

    entries = read_entries(file)
    with _client() as client:
        concepts = list(client.concepts(collection))
        parents = {one.id: one.parent.id if one.parent else None for one in concepts if one.depth is not None}
        plan = plan_pins(entries, {one.id: one.name for one in concepts}, parents)
        wanted = {} if dry_run else plan.pins
        made = client.curation.pin_all(wanted, collection, reason=reason or f"from {file.name}") if wanted else []
    if as_json:
        say_json({
            "entries": [dataclasses.asdict(one) for one in plan.entries],
            "curations": [one.model_dump(mode="json") for one in made],
        })  # fmt: skip
        return
    said = {one.id: one.name for one in concepts}
    rows = [
        (
            one.label,
            said.get(one.concept or "", ""),
            OUTCOMES[one.outcome].format(said.get(one.parent or "", "the root")),
            one.detail,
        )
        for one in plan.entries
    ]
    print_table(("entry", "concept", "what becomes of it", "note"), rows)
    if made:
        say(f"{len(made)} pins, version {made[0].version}; `audio-concepts curate log` lists them.")
    else:
        say(f"{len(plan.pins)} pins to make; leave out --dry-run." if dry_run else "Nothing to pin.")


@app.command("log")
def log(
    collection: InCollection = None,
    concept: Annotated[str | None, typer.Option("--concept", help="Only decisions about this concept id.")] = None,
    standing: Annotated[bool, typer.Option("--standing", help="Only those that hold.")] = False,
    as_json: AsJson = False,
) -> None:
    """Who decided what, when and why, newest first."""
    with _client() as client:
        found = list(client.curation.curations(collection, concept=concept, state="standing" if standing else None))
    if as_json:
        say_json([one.model_dump(mode="json") for one in found])
        return
    if not found:
        say("Nobody has decided anything yet; `audio-concepts curate --help` says what can be decided.")
        return
    rows = [(one.id, f"{one.at:%Y-%m-%d %H:%M}", one.author, sentence(one), one.state, one.reason) for one in found]
    print_table(("id", "when (UTC)", "who", "what", "state", "why"), rows)


@app.command("edits")
def edits(
    collection: InCollection = None,
    adopt: Annotated[bool, typer.Option("--adopt", help="Make pins of them.")] = False,
    revert: Annotated[bool, typer.Option("--revert", help="Draw the tree again as it was.")] = False,
    reason: Because = "",
    as_json: AsJson = False,
) -> None:
    """What somebody edited of PARENT_OF in Neo4j Browser: show it, adopt it or revert it."""
    if adopt and revert:
        raise typer.BadParameter("adopt or revert, not both")
    with _client() as client:
        if adopt or revert:
            made = client.curation.decide_hand_edits("adopt" if adopt else "revert", collection, reason=reason)
            _print(made, as_json=as_json)
            return
        found = client.curation.hand_edits(collection)
    if as_json:
        say_json(found.model_dump(mode="json"))
        return
    if not found.drawn and not found.removed:
        say(f"PARENT_OF of {found.collection.name} is as version {found.version} has it.")
        return
    rows = [("drawn", one.child.name, one.parent.name) for one in found.drawn]
    rows += [("deleted", one.child.name, one.parent.name) for one in found.removed]
    print_table(("edit", "child", "parent"), rows)
    say("Keep them with `audio-concepts curate edits --adopt`, undo them with `--revert`.")


def sentence(one: Curation) -> str:
    """What was decided, in words."""
    other = one.other.name if one.other is not None else None
    return {
        "pin": f"{one.concept.name} below {other or 'the root'}",
        "merge": f"{one.concept.name} is part of {other}",
        "hide": f"{one.concept.name} is hidden",
        "rename": f"{one.concept.name} has new names",
        "undo": f"taken back about {one.concept.name}",
        "revert": "edits made by hand reverted",
    }[one.kind]


def _print(made: Sequence[Curation], *, as_json: bool) -> None:
    if as_json:
        say_json([one.model_dump(mode="json") for one in made])
        return
    for one in made:
        published = f"version {one.version}" if one.version is not None else "not published yet"
        say(f"{sentence(one)[:1].upper()}{sentence(one)[1:]} ({published}; curation {one.id}).")


def _client() -> Client:
    from webapi.client import connect

    return connect(load_settings(), author=user())
