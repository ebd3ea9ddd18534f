"""A hierarchy as a table, one row a concept: CSV for spreadsheets, Parquet for frames.

Why a text of a CSV that begins like a formula gets an apostrophe before it: spreadsheets run what begins with `=`, `+`,
`-` or `@`, and names come from strangers. Parquet holds names as they are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from webapi.errors import FormatUnavailable
from webapi.exports.selection import Selection, pieces

COLUMNS = (
    "id", "name", "kind", "source", "tracks", "depth", "parent", "parent_name", "similarity", "margin",
    "margin_error", "support", "direction", "betweenness", "auc", "accuracy", "path",
)  # fmt: skip
FURTHER = "further_parents"
"""A column more where concepts have several parents: ids with spaces between, the most similar first."""
NUMBERS = ("similarity", "margin", "margin_error", "support", "direction", "betweenness", "auc", "accuracy")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(selection: Selection) -> Iterator[bytes]:
    """As CSV with a header line, comma, RFC 4180."""
    return pieces(_lines(selection))


def as_parquet(selection: Selection) -> Iterator[bytes]:
    """As one Parquet file.

    Raises:
        FormatUnavailable: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise FormatUnavailable("parquet", "pyarrow") from error
    rows = [{name: row[name] for name in _columns(selection)} for row in _rows(selection)]
    number, text = pa.float64(), pa.string()
    kinds = {"tracks": pa.int64(), "depth": pa.int64()}
    kinds |= dict.fromkeys(NUMBERS, number)
    schema = pa.schema([(name, kinds.get(name, text)) for name in _columns(selection)])
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), sink)
    return iter((sink.getvalue(),))


def _columns(selection: Selection) -> tuple[str, ...]:
    return (*COLUMNS, FURTHER) if selection.copy.further else COLUMNS


def _rows(selection: Selection) -> Iterator[dict[str, Any]]:
    copy = selection.copy
    for concept, edge, parent in selection:
        quality = concept.quality
        above = [copy.concepts[one].name for one in copy.ancestors(concept.id)]
        yield {
            "id": concept.id,
            "name": concept.name,
            "kind": concept.kind,
            "source": concept.source,
            "tracks": concept.tracks,
            "depth": copy.depth[concept.id],
            "parent": parent,
            "parent_name": copy.concepts[parent].name if parent is not None else None,
            "similarity": edge.similarity if parent is not None else None,
            "margin": edge.margin,
            "margin_error": edge.margin_error,
            "support": edge.support,
            "direction": edge.direction,
            "betweenness": concept.betweenness,
            "auc": quality.auc if quality is not None else None,
            "accuracy": quality.accuracy if quality is not None else None,
            "path": " > ".join([*above, concept.name]),
            FURTHER: " ".join(edge.parent or "" for edge in selection.further(concept.id)),
        }


def _lines(selection: Selection) -> Iterator[str]:
    line = io.StringIO(newline="")
    writer = csv.writer(line)
    columns = _columns(selection)
    writer.writerow(columns)
    for row in _rows(selection):
        writer.writerow([_inert(row[name]) for name in columns])
        yield line.getvalue()
        line.seek(0)
        line.truncate()
    if line.tell():
        yield line.getvalue()


def _inert(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
