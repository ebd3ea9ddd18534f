"""A hierarchy in the formats of others: SKOS as Turtle and JSON-LD, GraphML, CSV, Parquet.

Conventions: each writer takes a `Selection` and yields its text piece by piece, so that a large tree is never held as
one text. Parents come before children. Names are data: whatever they hold, they cannot end the string they stand in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from webapi.exports import graphml, skos, tables
from webapi.exports.selection import Selection


@dataclass(frozen=True, slots=True)
class Format:
    """One format."""

    media_type: str
    suffix: str
    write: Callable[[Selection], Iterator[bytes]]


FORMATS: dict[str, Format] = {
    "turtle": Format("text/turtle", "ttl", skos.turtle),
    "json-ld": Format("application/ld+json", "jsonld", skos.json_ld),
    "graphml": Format("application/graphml+xml", "graphml", graphml.write),
    "csv": Format("text/csv", "csv", tables.as_csv),
    "parquet": Format("application/vnd.apache.parquet", "parquet", tables.as_parquet),
}
