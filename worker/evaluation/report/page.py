"""From an evaluation's record to its page: which figures stand where, and what each section asks.

Conventions: a record is plain JSON as `worker.jobs.judging.report` writes it; the page is made of nothing else, so that
a stored record can be drawn again. All text goes through a template that escapes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from worker.evaluation.report.plots import Mark, Point, dot_plot, scatter

Record = Mapping[str, Any]
Lines = Sequence[Mapping[str, Any]]

REGIMES = ("nested", "disjoint", "noisy")
HEADLINE = "ancestor F1"
OURS = "this tree's rule"
ARROWS = {"distance": "↓", "cosine": "↑"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table."""

    text: str
    beneath: str = ""
    """Small: an interval, or what a name means."""
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table."""

    cells: Sequence[Cell]
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table."""

    columns: Sequence[str]
    rows: Sequence[Row]
    title: str = ""
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """One question and its answers."""

    title: str
    text: str
    plots: Sequence[str] = ()
    tables: Sequence[Table] = ()
    key: Sequence[str] = ()
    """Names of the plot's series."""


@dataclass(frozen=True, slots=True)
class Head:
    """What stands on top."""

    title: str
    facts: str
    verdict: Sequence[str] = field(default_factory=tuple)
    foot: str = ""


def render(record: Record) -> str:
    """The whole page.

    Args:
        record: of one evaluation.
    """
    sections = [section for make in SECTIONS if (section := make(record)) is not None]
    return (
        _environment()
        .get_template("page.html")
        .render(head=head_of(record), warnings=record["warnings"], skipped=record["skipped"], sections=sections)
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("worker.evaluation.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def head_of(record: Record) -> Head:
    """Title, facts and the one or two lines that answer the question."""
    of = f"{record['collection']}, version {record['version']}" if record["collection"] else "matrices from outside"
    facts = [f"{record['concepts']} concepts"]
    if record["tracks"]:
        facts.append(f"{record['tracks']} tracks")
    facts.append(f"{record['seeds']} repetitions" if record["seeds"] > 1 else "one repetition")
    facts.append(f"made {record['made_at'][:16].replace('T', ' ')} UTC in {record['seconds']:.0f} s")
    foot = f"audio-concepts {record['release']}. Intervals are 95 %."
    if record["fingerprint"]:
        foot += f" Activations: {record['fingerprint']}"
    return Head(f"Is the hierarchy right? {of}", ", ".join(facts), tuple(_verdict(record)), foot)


def _verdict(record: Record) -> Iterable[str]:
    lines = _of(record, "reference", measure=HEADLINE)
    for regime in REGIMES:
        found = {line["subject"]: line for line in lines if line["regime"] == regime and line["value"] is not None}
        if OURS in found:
            others = [f"{name} {_number(found[name])}" for name in ("preset poster", "random") if name in found]
            yield f"{regime.capitalize()}: ancestor F1 {_number(found[OURS])} {_interval(found[OURS])}; " + ", ".join(
                others
            )


def _reference(record: Record) -> Section | None:
    lines = _of(record, "reference")
    if not lines:
        return None
    regimes = [regime for regime in (*REGIMES, "as given") if any(line["regime"] == regime for line in lines)]
    subjects = _unique(line["subject"] for line in lines)
    headline = {(line["subject"], line["regime"]): line for line in lines if line["measure"] == HEADLINE}
    rows = [
        (subject, [_mark(headline.get((subject, regime)), place, regime) for place, regime in enumerate(regimes)])
        for subject in subjects
    ]
    tables = [
        _grid([line for line in lines if line["regime"] == regime], title=regime.capitalize()) for regime in regimes
    ]
    return Section(
        "Against the reference",
        "How many of the reference's pairs (ancestor, descendant) the tree has, and the other way round. Nested: "
        "memberships as imported, where a wide playlist holds the tracks of its narrow ones. Disjoint: every track "
        "keeps one level of each chain, so that memberships say nothing. Noisy: 30 % of memberships, and a tenth as "
        "many wrong ones.",
        [dot_plot(rows, "Ancestor F1 of every tree in every regime")] if headline else [],
        tables,
        regimes,
    )


def _published(record: Record) -> Section | None:
    lines = _of(record, "published")
    if not lines:
        return None
    return Section(
        "The published tree itself",
        "As it stands, with whatever a curator has decided; of random trees the mean and what one in forty exceeds.",
        tables=[_grid(lines)],
    )


def _labels(record: Record) -> Section | None:
    lines = _of(record, "labels")
    if not lines:
        return None
    tables = [
        _grid([line for line in lines if line["regime"] == regime], title=f"By {regime}")
        for regime in _unique(line["regime"] for line in lines)
    ]
    return Section(
        "By kind and source of concept", "Ancestor F1 of the concepts of each, their ancestors alone.", tables=tables
    )


def _support(record: Record) -> Section | None:
    edges = [edge for edge in record["edges"] if edge["parent"] is not None]
    if not edges:
        return None
    points = [
        Point(
            edge["support"],
            edge["direction"] or 0.0,
            f"{edge['parent_name']} > {edge['child_name']}: "
            f"support {edge['support']:.2f}, direction {edge['direction']:.2f}",
            strong=edge["correct"] is not False,
        )
        for edge in edges
    ]
    judged = any(edge["correct"] is not None for edge in edges)
    columns = ("child", "parent", "support", "direction", "S[c,p] - S[p,c]", "margin", "rival", "its support")
    rows = [
        Row(
            (
                Cell(edge["child_name"], is_name=True),
                Cell(edge["parent_name"], is_name=True),
                Cell(f"{edge['support']:.2f}"),
                Cell(f"{edge['direction']:.2f}"),
                Cell(f"{edge['asymmetry']:.3f}", f"{edge['low']:.3f} to {edge['high']:.3f}"),
                Cell(_plain_number(edge["margin"])),
                Cell(edge["rival_name"] or ("(root)" if edge["rival_support"] else ""), is_name=True),
                Cell(f"{edge['rival_support']:.2f}"),
            )
        )
        for edge in sorted(edges, key=lambda edge: (edge["support"], edge["direction"] or 0.0))
    ]
    return Section(
        "Trust in each edge",
        "Support: share of the trees grown from resampled tracks that have the edge; vectors are held fixed. "
        "Direction: probability that the child's tracks excite the parent's vector more than the other way round. "
        "Weakest first.",
        [scatter(points, "Support and direction of every edge", "support", "direction")],
        [_grid(_of(record, "support")), Table(columns, rows, folded=True)],
        ("in the reference, or not judged", "not in the reference") if judged else (),
    )


def _stability(record: Record) -> Section | None:
    lines = _of(record, "stability")
    if not lines:
        return None
    rules = _unique(line["subject"] for line in lines)
    rows = [
        (regime, [_mark(_one(lines, rule, regime), place, rule) for place, rule in enumerate(rules)])
        for regime in _unique(line["regime"] for line in lines)
    ]
    return Section(
        "What stays when little changes",
        "Share of concepts that keep their parent. Sticky moves an edge only when its margin exceeds its error.",
        [dot_plot(rows, "Share of parents kept, by change and rule")],
        [_grid(lines, across="regime")],
        rules,
    )


def _spaces(record: Record) -> Section | None:
    lines = _of(record, "spaces")
    if not lines:
        return None
    cells = record["poster_cells"]
    rows, columns = cells["rows"], cells["columns"]
    what = [
        Row([Cell(name, is_name=True), Cell(said["what"], is_name=True), Cell(said["poster"] or "none", is_name=True)])
        for name, said in columns.items()
    ]
    titles = {True: "Rows that the poster has", False: "Beside them"}
    return Section(
        "The poster's table on this catalogue",
        "How near the two ends of a tree's edges are: a row says what the tree is from, a column in which space. Means "
        f"over the edges with 95 % intervals; {ARROWS['distance']} low is near, {ARROWS['cosine']} high is near. The "
        "measure does not see direction. All rows are over the "
        f"{cells['concepts']} concepts that have a vector in every space. {cells['formed']} of the poster's "
        f"{cells['of']} cells (five sources and chance, in five spaces) have a counterpart here. None is the poster's "
        "own: audio-concepts reproduce afchar2022 computes those, from its data.",
        tables=[
            Table(("column", "what is compared", "the poster's"), what, "Columns"),
            *(
                _sources([line for line in lines if (rows[line["subject"]]["poster"] is not None) is has], cells, title)
                for has, title in titles.items()
            ),
        ],
    )


def _sources(lines: Lines, cells: Mapping[str, Any], title: str) -> Table:
    """A source a row: how many edges, then a space a column."""
    columns = cells["columns"]
    found = {(line["subject"], line["regime"]): line for line in lines}
    edges = {line["subject"]: line["n"] for line in lines}
    rows = [
        Row(
            [
                Cell(subject, cells["rows"][subject]["what"], is_name=True),
                Cell(str(count)),
                *(_cell(found.get((subject, column))) for column in columns),
            ],
            ours=subject == OURS,
        )
        for subject, count in edges.items()
    ]
    heads = [f"{name} {ARROWS[said['measure']]}" for name, said in columns.items()]
    return Table(("", "edges", *heads), rows, title)


def _assumptions(record: Record) -> Section | None:
    lines = _of(record, "assumptions")
    if not lines:
        return None
    tables = [
        _grid([line for line in lines if line["regime"] == regime], title=regime.capitalize())
        for regime in _unique(line["regime"] for line in lines)
    ]
    return Section(
        "What the method takes for granted",
        "Rank correlations over pairs of concepts (Mantel) or concepts, with the p of permuting the concepts.",
        tables=tables,
    )


def _bias(record: Record) -> Section | None:
    lines = _of(record, "bias")
    if not lines:
        return None
    titles = {
        "properties": "Properties of tracks, means over concepts",
        "flagged": "Flagged: AUC among tracks that do not differ in the property",
        "groups": "Artists and albums, means over concepts",
    }
    tables = [
        _grid([line for line in lines if line["regime"] == regime], title=title)
        for regime, title in titles.items()
        if any(line["regime"] == regime for line in lines)
    ]
    return Section(
        "What concepts may be mistaken for",
        "Whether a concept is heard, or a property that goes with it: how well the property alone tells the concept's "
        "tracks, what is left of the concept's score among tracks of the same value, and how far the scores of other "
        "tracks follow the property. What is told by the property alone is flagged.",
        tables=tables,
    )


def _transfer(record: Record) -> Section | None:
    lines = _of(record, "transfer")
    if not lines:
        return None
    measures = _unique(line["measure"] for line in lines)
    rows = [
        (
            subject,
            [_mark(_one(lines, subject, None, measure), place, measure) for place, measure in enumerate(measures)],
        )
        for subject in _unique(line["subject"] for line in lines)
    ]
    return Section(
        "Does it carry over",
        "Agreement of S (rank correlation) and of trees (taxonomic F) with the same learnt under another setting. Two "
        "halves of the tracks agree no better than the first row: that is the ceiling.",
        [dot_plot(rows, "Agreement under other settings")],
        [_grid(lines)],
        measures,
    )


SECTIONS: tuple[Callable[[Record], Section | None], ...] = (
    _reference,
    _published,
    _labels,
    _support,
    _stability,
    _spaces,
    _assumptions,
    _bias,
    _transfer,
)


def _of(record: Record, section: str, measure: str | None = None) -> Lines:
    return [
        line
        for line in record["figures"]
        if line["section"] == section and (measure is None or line["measure"] == measure)
    ]


def _one(lines: Lines, subject: str, regime: str | None, measure: str | None = None) -> Mapping[str, Any] | None:
    for line in lines:
        if line["subject"] == subject and regime in {None, line["regime"]} and measure in {None, line["measure"]}:
            return line
    return None


def _grid(
    lines: Lines,
    title: str = "",
    across: str = "measure",
    head: Callable[[Mapping[str, Any]], str] = lambda _: "",
) -> Table:
    """Subjects down, measures (or regimes) across."""
    columns = _unique(line[across] for line in lines)
    found = {(line["subject"], line[across]): line for line in lines}
    names = {line[across]: head(line) or line[across] for line in lines}
    rows = [
        Row(
            [Cell(subject, is_name=True), *(_cell(found.get((subject, column))) for column in columns)],
            ours=subject == OURS,
        )
        for subject in _unique(line["subject"] for line in lines)
    ]
    return Table(("", *(names[column] for column in columns)), rows, title)


def _cell(line: Mapping[str, Any] | None) -> Cell:
    if line is None:
        return Cell("")
    return Cell(_number(line), _interval(line))


def _mark(line: Mapping[str, Any] | None, series: int, name: str) -> Mark:
    if line is None or line["value"] is None:
        return Mark(series, None)
    title = f"{line['subject']}, {name}: {_number(line)} {_interval(line)}"
    return Mark(series, line["value"], line["low"], line["high"], title)


def _number(line: Mapping[str, Any]) -> str:
    return _plain_number(line["value"])


def _plain_number(value: float | None) -> str:
    if value is None:
        return "-"
    if value == int(value) and abs(value) >= 2:  # noqa: PLR2004  counts
        return f"{value:.0f}"
    return f"{value:.3f}" if abs(value) >= 0.01 or value == 0 else f"{value:.2g}"  # noqa: PLR2004


def _interval(line: Mapping[str, Any]) -> str:
    if line["low"] is None or line["high"] is None:
        return ""
    return f"({line['low']:z.3f} to {line['high']:z.3f})"


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
