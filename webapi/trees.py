"""A hierarchy as JSON, written piece by piece: the answer is `schemas.Hierarchy`, and it is never held as a whole.

Why not a model of the whole: 50,000 concepts as models and then as one text take 200 MB for each request that asks for
them. So each concept's model is made, written and let go; what a request holds is one piece and the way down to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from webapi import translate
from webapi.copies import Copy
from webapi.exports.selection import pieces
from webapi.snapshot import Held

HOLE = {"nested": '"roots":[', "flat": '"items":['}
"""Where the concepts go in what is said of the whole: the last fields, so that no parameter can look like them."""


def write(held: Held, below: str | None, depth: int, shape: Literal["nested", "flat"]) -> Iterator[bytes]:
    """The tree, or a concept and what hangs below it, down to `depth` levels.

    Raises:
        UnknownConcept: `below` is not in the collection.
    """
    copy = held.copy
    if below is not None:
        copy.concept(below)
    whole = translate.hierarchy(held, shape).model_dump_json()
    start, hole, end = whole.rpartition(HOLE[shape])
    tops = _tops(copy, below)
    concepts = _nested(copy, tops, depth) if shape == "nested" else _flat(copy, tops, depth)
    return pieces(_within(start + hole, concepts, end))


def _within(start: str, parts: Iterator[str], end: str) -> Iterator[str]:
    yield start
    yield from parts
    yield end


def _tops(copy: Copy, below: str | None) -> tuple[str, ...]:
    if below is None:
        return copy.children.get(None, ())
    return (below,) if below in copy.edges else ()


def _nested(copy: Copy, tops: tuple[str, ...], depth: int) -> Iterator[str]:
    """Each concept up to its children, these, and its end; without recursion."""
    way = [iter(tops)]
    comma = ""
    while way:
        one = next(way[-1], None)
        if one is None:
            way.pop()
            comma = ","
            yield "]}" if way else ""
            continue
        written = translate.node(copy, one).model_dump_json()
        yield comma + written.removesuffix("]}")
        way.append(iter(copy.children.get(one, ()) if len(way) < depth else ()))
        comma = ""


def _flat(copy: Copy, tops: tuple[str, ...], depth: int) -> Iterator[str]:
    """Level by level."""
    level, comma = tops, ""
    for _ in range(depth):
        for one in level:
            yield comma + translate.flat_node(copy, one).model_dump_json()
            comma = ","
        level = tuple(child for one in level for child in copy.children.get(one, ()))
