"""`audio-concepts drift`, `concepts history`, `concepts twins`: what became of concepts, and which two may be one.

Histories and twins are asked of the API. The comparison of any two versions, and of the years in which tracks were
added, is computed here from the data folder; the graph says which files are whose and when tracks were added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.browse_commands import concepts_app
from worker.cli.output import inert, print_table, say, say_json
from worker.settings import load_settings

if TYPE_CHECKING:
    from cypher.store import Graph
    from webapi.client import Client
    from webapi.schemas.drift import Moment
    from worker.answers.drift.figures import Figure
    from worker.answers.drift.periods import PeriodDrift
    from worker.answers.drift.versions import ConceptDrift

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
InCollection = Annotated[str | None, typer.Option("--collection", help="Collection id; default: the default one.")]
Advance = Callable[[int, int], None]
DIGITS = 6


class Periods(StrEnum):
    """Lengths of a period."""

    year = "year"
    quarter = "quarter"


def register(app: typer.Typer) -> None:
    """Add the commands; those of one concept join the noun `concepts`."""
    app.command()(drift)
    concepts_app.command("history")(history)
    concepts_app.command("twins")(twins)


def drift(
    *,
    collection: InCollection = None,
    before: Annotated[int | None, typer.Option("--from", min=1, help="Version; default: the one before.")] = None,
    after: Annotated[int | None, typer.Option("--to", min=1, help="Version; default: the current one.")] = None,
    periods: Annotated[
        Periods | None, typer.Option(help="Compare the tracks added in each year or quarter, not versions.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Concepts that have not drifted as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """Which concepts have changed beyond what chance explains, between two versions or over the years."""
    with _graph() as graph:
        if periods is None:
            _between_versions(graph, collection, before, after, every=every, as_json=as_json)
        else:
            _over_periods(graph, collection, after, periods, every=every, as_json=as_json)


def history(concept_id: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
    """One concept in every version: parent, figures, tracks that came and went, and what of it is drift."""
    from webapi.drift_client import DriftClient

    with _client() as client:
        found = DriftClient(client).history(concept_id)
    if as_json:
        say_json(found.model_dump(mode="json"))
        return
    say(f"{inert(found.concept.name)}  [{found.concept.id}]  in {inert(found.collection.name)}")
    if not found.items:
        say(f"no version yet; grow one with `audio-concepts rebuild --collection {found.collection.id}`")
        return
    head = ("version", "published", "below", "depth", "betweenness", "AUC", "tracks", "+", "-", "cosine", "drift")
    print_table(head, [_moment_cells(one) for one in found.items])


def twins(
    *,
    collection: InCollection = None,
    min_similarity: Annotated[float, typer.Option(min=0, max=1, help="S of both directions reaches it.")] = 0.5,
    min_jaccard: Annotated[float, typer.Option(min=0, max=1, help="Their tracks overlap so far.")] = 0.3,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 20,
    as_json: AsJson = False,
) -> None:
    """Pairs of concepts that may be one: alike both ways, with tracks in common."""
    from webapi.drift_client import DriftClient

    with _client() as client:
        found = DriftClient(client).merge_suggestions(
            collection, min_similarity=min_similarity, min_jaccard=min_jaccard, limit=limit
        )
    if as_json:
        say_json(found.model_dump(mode="json"))
        return
    if not found.items:
        say(f"{inert(found.collection.name)}: no two concepts are so much alike; lower --min-jaccard to see more")
        return
    head = ("first", "name", "second", "name", "there", "back", "shared", "jaccard", "names alike")
    rows = [
        (
            one.first.id,
            one.first.name,
            one.second.id,
            one.second.name,
            _uncertain(one.there, one.there_error),
            _uncertain(one.back, one.back_error),
            str(one.shared),
            f"{one.jaccard:.2f}",
            f"{one.names:.2f}",
        )
        for one in found.items
    ]
    print_table(head, rows)


# --- between versions ------------------------------------------------------------------------------------------------


def _between_versions(
    graph: Graph, collection: str | None, before: int | None, after: int | None, *, every: bool, as_json: bool
) -> None:
    from worker.jobs.drift import compare, material_of_version

    settings, told = load_settings(), graph.catalogue.collection(collection)
    published = [one.version for one in graph.hierarchy.versions(told.id) if one.state == "published"]
    later = after if after is not None else (told.version or 1)
    earlier = before if before is not None else max((one for one in published if one < later), default=0)
    if earlier < 1:
        asked = {"collection": {"id": told.id, "name": told.name}, "from": None, "to": told.version}
        _say_nothing({**asked, "compared": 0, "drifted": 0, "concepts": []}, told.name, as_json=as_json)
        return
    pair = [material_of_version(settings.data, graph.hierarchy.version(told.id, number)) for number in (earlier, later)]
    with _bar("Comparing concepts") as advance:
        found = compare(settings.data, pair[0], pair[1], advance)
    names = {**pair[0].names, **pair[1].names}
    drifted = [one for one in found if one.drifted]
    if as_json:
        said = [_version_json(one, names) for one in (found if every else drifted)]
        say_json(
            {
                "collection": {"id": told.id, "name": told.name},
                "from": earlier,
                "to": later,
                "compared": len(found),
                "drifted": len(drifted),
                "concepts": said,
            }
        )
        return
    say(f"{inert(told.name)}, version {earlier} to {later}: {len(drifted)} of {len(found)} concepts have drifted")
    shown = found if every else drifted
    if shown:
        head = ("id", "name", "+", "-", "sound", "cosine", "parent's lead", "betweenness", "AUC", "drift")
        print_table(head, [_version_cells(one, names) for one in shown])
        say("In brackets what no change gives in 95 % of cases.")


def _say_nothing(said: dict[str, Any], name: str, *, as_json: bool) -> None:
    if as_json:
        say_json(said)
    else:
        say(f"{inert(name)}: there is no earlier version to compare with; rebuild when something has changed")


def _version_cells(one: ConceptDrift, names: dict[str, str]) -> tuple[str, ...]:
    cells = [_cell(figure) for figure in one.figures]
    return (
        one.concept_id,
        names[one.concept_id],
        str(len(one.added)),
        str(len(one.gone)),
        *cells,
        ", ".join(one.drifted),
    )


def _cell(figure: Figure) -> str:
    if figure.value is None:
        return "-"
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} [{figure.low:.2f}, {figure.high:.2f}]"


def _version_json(one: ConceptDrift, names: dict[str, str]) -> dict[str, Any]:
    def labels(ids: tuple[str, ...]) -> list[dict[str, str]]:
        return [{"id": concept_id, "name": names[concept_id]} for concept_id in ids]

    return {
        "id": one.concept_id,
        "name": names[one.concept_id],
        "drifted": list(one.drifted),
        "jaccard": round(one.jaccard, DIGITS),
        "tracks_added": list(one.added),
        "tracks_gone": list(one.gone),
        "parents_before": labels(one.parents_before),
        "parents_after": labels(one.parents_after),
        "children_gained": labels(one.children_gained),
        "children_lost": labels(one.children_lost),
        "figures": [_plain(asdict(figure)) for figure in one.figures],
    }


# --- over the years --------------------------------------------------------------------------------------------------


def _over_periods(
    graph: Graph, collection: str | None, version: int | None, periods: Periods, *, every: bool, as_json: bool
) -> None:
    from worker.answers.drift.periods import drift_by_period
    from worker.jobs.drift import material_of_version

    settings, told = load_settings(), graph.catalogue.collection(collection)
    number = version if version is not None else (told.version or 1)
    material = material_of_version(settings.data, graph.hierarchy.version(told.id, number))
    space, dates = material.space(settings.data), graph.drift.dates(told.id)
    with _bar("Comparing periods") as advance:
        found = drift_by_period(space, material.learnt, dates, periods.value, advance)
    drifted = [one for one in found if one.drifted]
    tested = sum(one.p_value is not None for one in found)
    if as_json:
        said = [_period_json(one, material.names) for one in (found if every else drifted)]
        say_json(
            {
                "collection": {"id": told.id, "name": told.name},
                "version": number,
                "periods": periods.value,
                "tested": tested,
                "drifted": len(drifted),
                "concepts": said,
            }
        )
        return
    say(f"{inert(told.name)}, by {periods.value}: {len(drifted)} of {tested} concepts have drifted")
    if not tested:
        reason = found[0].reason if found else "there are no concepts"
        say(f"nothing could be compared: {reason}; import playlists that say when tracks were added (column added_at)")
    for one in found if every else drifted:
        for line in _period_lines(one, material.names):
            say(line)


def _period_lines(one: PeriodDrift, names: Any) -> Iterator[str]:
    title = f"{inert(names[one.concept_id])}  [{one.concept_id}]"
    if one.p_value is None:
        yield f"{title}  {one.reason}"
        return
    yield f"{title}  shift {one.shift:.2f} (no change: up to {one.limit:.2f}), q = {one.q_value:.2g}"
    for period in one.periods:
        line = f"  {period.name}  {period.tracks} tracks"
        if period.cosine is not None:
            line += f", cosine with the period before {period.cosine:.2f} (no change: above {period.cosine_low:.2f})"
            line += f", score on its vector {period.score:.2f} ({period.score_low:.2f} to {period.score_high:.2f})"
        yield line
    for word, moved in (("more like", one.toward), ("less like", one.away)):
        if moved:
            yield f"  {word}  {', '.join(f'{inert(names[concept_id])} {value:+.2f}' for concept_id, value in moved)}"


def _period_json(one: PeriodDrift, names: Any) -> dict[str, Any]:
    found: dict[str, Any] = _plain(asdict(one))
    for side in ("toward", "away"):
        found[side] = [
            {"id": concept_id, "name": names[concept_id], "change": round(value, DIGITS)}
            for concept_id, value in getattr(one, side)
        ]
    return {"id": found.pop("concept_id"), "name": names[one.concept_id], "drifted": one.drifted, **found}


# --- how it looks ----------------------------------------------------------------------------------------------------


def _moment_cells(one: Moment) -> tuple[str, ...]:
    changed = one.drift
    cosine = next((figure for figure in changed.figures if figure.name == "vector"), None) if changed else None
    within = "" if cosine is None or cosine.low is None else f" (above {cosine.low:.2f})"
    return (
        f"{one.version}" if one.state == "published" else f"{one.version} ({one.state})",
        f"{one.published_at:%Y-%m-%d}",
        ", ".join(parent.name for parent in one.parents) or ("(top)" if one.depth else f"({one.status})"),
        "-" if one.depth is None else str(one.depth),
        "-" if one.betweenness is None else f"{one.betweenness:.4f}",
        "-" if one.quality is None else f"{one.quality.auc:.3f}",
        str(one.tracks),
        "-" if changed is None else str(changed.added),
        "-" if changed is None else str(changed.gone),
        "-" if cosine is None else f"{cosine.value:.3f}{within}",
        "-" if changed is None else (", ".join(changed.drifted) or "none"),
    )


def _plain(value: Any) -> Any:
    """The same for JSON, no figure with more than six decimals."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return round(value, DIGITS) if isinstance(value, float) else value


def _uncertain(value: float, error: float | None) -> str:
    return f"{value:.3f}" if error is None else f"{value:.3f} ± {error:.3f}"


@contextmanager
def _bar(title: str) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None)

        def advance(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield advance


def _client() -> Client:
    from webapi.client import connect

    return connect(load_settings())


@contextmanager
def _graph() -> Iterator[Graph]:
    from cypher.store import open_graph
    from worker.jobs.errors import WrongSettings

    settings = load_settings()
    if settings.neo4j_password is None:
        raise WrongSettings("AUDIO_CONCEPTS_NEO4J_PASSWORD")
    with open_graph(settings.neo4j_uri, settings.neo4j_user, settings.neo4j_password.get_secret_value()) as graph:
        yield graph
