"""`audio-concepts evaluate`: is the hierarchy right. Needs the data folder; the graph for the tree as published."""

from __future__ import annotations

import contextlib
import webbrowser
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from worker.cli.output import note, print_table, say, say_json
from worker.settings import load_settings

if TYPE_CHECKING:
    from worker.evaluation.names import NamesBy
    from worker.evaluation.taxonomy import Tree
    from worker.jobs.judging.given import GivenSpace
    from worker.jobs.judging.report import Question
    from worker.jobs.requests import RebuildSettings
    from worker.settings import Settings

HEADLINE = "ancestor F1"
WAYS: dict[str | None, tuple[NamesBy, ...]] = {
    None: (),
    "minilm": ("minilm",),
    "ngrams": ("ngrams",),
    "both": ("minilm", "ngrams"),
}
"""How names are compared, by what was said."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(evaluate)


def evaluate(
    *,
    collection: Annotated[
        str | None, typer.Option(help="Id of the collection; may be left out where one is published.")
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(help="Taxonomy to hold the tree against: SKOS, CSV or JSON.")
    ] = None,
    spaces: Annotated[
        Path | None, typer.Option(help="Folder of further spaces: ids and vectors, NAME.cosine.* or NAME.distance.*")
    ] = None,
    similarity: Annotated[
        Path | None, typer.Option(help="Judge this matrix instead of a published version (npz, npy, csv, parquet).")
    ] = None,
    centrality: Annotated[Path | None, typer.Option(help="With --similarity: one number an id.")] = None,
    transfer: Annotated[
        list[str] | None,
        typer.Option(help="Have this network hear the tracks too, to be compared: logmel, mtt_vgg, msd_vgg:pool4."),
    ] = None,
    names: Annotated[
        Literal["minilm", "ngrams", "both"] | None,
        typer.Option(
            help="How names are compared: minilm, by meaning (the default where its weights are installed), ngrams, by "
            "letters, or both side by side."
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, max=100, help="Repetitions of whatever is drawn.")] = 5,
    out: Annotated[Path | None, typer.Option(help="Copy the page, the record and the table into this folder.")] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole record.")] = False,
) -> None:
    """Judge a hierarchy by every question that has an answer: a page with plots, a record and a table."""
    from worker.jobs.evaluations import RECORD, REPORT, TABLE, Evaluations
    from worker.jobs.judging.given import read_spaces
    from worker.jobs.judging.report import Question, write

    settings = load_settings()
    given = [] if spaces is None else read_spaces(spaces)
    if similarity is None:
        question = Question(spaces=given, seeds=seeds, names_by=WAYS[names])
        record = _published(settings, collection, reference, question, transfer or ())
    elif names:
        raise typer.BadParameter("--names needs a published version: a matrix from outside has ids, and no names")
    else:
        record = _given(similarity, centrality, reference, given, seeds)
    folder = Evaluations(settings.data).place(record["id"], lambda place: write(record, place))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name in (REPORT, RECORD, TABLE):
            (out / name).write_bytes((folder / name).read_bytes())
        folder = out
    if as_json:
        say_json({**record, "folder": str(folder)})
    else:
        _show(record)
        say(f"Page: {folder / REPORT}")
    if open_page:
        webbrowser.open((folder / REPORT).resolve().as_uri())


def _published(
    settings: Settings,
    collection: str | None,
    reference: Path | None,
    question: Question,
    transfer: Sequence[str],
) -> dict[str, Any]:
    """Judge what is published; the networks of `transfer` hear the tracks first."""
    from worker.evaluation.reference import matched, read_reference
    from worker.jobs.judging.case import load_case
    from worker.jobs.judging.hearing import hear
    from worker.jobs.judging.report import judge_published

    read = None if reference is None else read_reference(reference)
    grown, tree, labels = _from_graph(settings, collection)
    case = load_case(settings.data, collection, grown)
    known = None if tree is None else {one: tree.get(one, ()) for one in case.names}
    question = replace(
        question,
        reference=None if read is None else matched(read, case.names),
        published=known,
        labels=labels,
    )
    with _bars() as told:
        for network in transfer:
            lost = hear(
                settings.data,
                case.collection,
                case.members.track_ids,
                network,
                device=settings.device,
                progress=lambda done, total, network=network: told(network, done, total),  # type: ignore[misc]
            )
            if lost:
                note(f"{network} could not hear {len(lost)} tracks ({min(lost.values())}) and is not compared")
        return judge_published(case, settings.data, question, told)


def _given(
    similarity: Path, centrality: Path | None, reference: Path | None, given: list[GivenSpace], seeds: int
) -> dict[str, Any]:
    from worker.evaluation.reference import matched, read_reference
    from worker.jobs.judging.given import read_centrality, read_square
    from worker.jobs.judging.report import Question, judge_given
    from worker.jobs.requests import RebuildRequest

    rows = read_square(similarity)
    central = None if centrality is None else read_centrality(centrality, rows.ids)
    read = None if reference is None else matched(read_reference(reference), {one: one for one in rows.ids})
    return judge_given(rows, central, RebuildRequest().settings(), Question(read, given, seeds))


def _from_graph(
    settings: Settings, collection: str | None
) -> tuple[RebuildSettings | None, Tree | None, dict[str, dict[str, str]]]:
    """Settings, tree, kinds and sources of the published version; nothing where no graph answers."""
    from cypher.errors import GraphError
    from cypher.store import open_graph
    from worker.answers.published import load_published
    from worker.jobs.requests import published_settings

    name = load_published(settings.data, collection).collection
    if settings.neo4j_password is None:
        return None, None, {}
    secret = settings.neo4j_password.get_secret_value()
    with contextlib.suppress(GraphError), open_graph(settings.neo4j_uri, settings.neo4j_user, secret) as graph:
        found = graph.hierarchy.tree(name)
        if found is not None:
            hierarchy, concepts, edges = found
            tree: dict[str, tuple[str, ...]] = {}
            for edge in edges:
                tree[edge.child] = (*tree.get(edge.child, ()), *([edge.parent] if edge.parent else []))
            labels: dict[str, dict[str, str]] = {
                "kind": {one.id: one.kind for one in concepts},
                "source": {one.id: one.source for one in concepts},
            }
            return published_settings(hierarchy.parameters), tree, labels
    note("Neo4j does not answer: the tree is grown anew from the stored activations (`audio-concepts up` starts it)")
    return None, None, {}


def _show(record: dict[str, Any]) -> None:
    """The headline in the terminal; the page holds the rest."""
    lines = [line for line in record["figures"] if line["section"] == "reference" and line["measure"] == HEADLINE]
    regimes = list(dict.fromkeys(line["regime"] for line in lines))
    if regimes:
        by = {(line["subject"], line["regime"]): line for line in lines}
        rows = [
            (subject, *(_cell(by.get((subject, regime))) for regime in regimes))
            for subject in dict.fromkeys(line["subject"] for line in lines)
        ]
        print_table((HEADLINE, *regimes), rows)
    _show_table(record)
    for line in record["figures"]:
        if line["section"] in {"support", "stability"}:
            say(f"{line['subject']}, {line['measure']}, {line['regime']}: {_cell(line)}")
    for warning in record["warnings"]:
        note(f"warning: {warning}")
    for skipped in record["skipped"]:
        note(skipped)


def _show_table(record: dict[str, Any]) -> None:
    """The poster's table: where trees are from down, spaces across."""
    lines = [line for line in record["figures"] if line["section"] == "spaces"]
    if not lines:
        return
    cells = record["poster_cells"]
    by = {(line["subject"], line["regime"]): line for line in lines}
    edges = {line["subject"]: line["n"] for line in lines}
    heads = (f"{name} ({said['measure']})" for name, said in cells["columns"].items())
    rows = [
        (source, str(count), *(_cell(by.get((source, column))) for column in cells["columns"]))
        for source, count in edges.items()
    ]
    say("")
    print_table(("the poster's table", "edges", *heads), rows)
    say(
        f"{cells['concepts']} concepts; {cells['formed']} of the poster's {cells['of']} cells have a counterpart here, "
        "and none is its own (audio-concepts reproduce afchar2022)"
    )
    say("")


def _cell(line: dict[str, Any] | None) -> str:
    if line is None or line["value"] is None:
        return "-"
    interval = "" if line["low"] is None else f" ({line['low']:z.2f} to {line['high']:z.2f})"
    return f"{line['value']:.2f}{interval}"


@contextlib.contextmanager
def _bars() -> Iterator[Any]:
    from worker.cli.demo_commands import stage_bars

    with stage_bars() as show:
        yield show
