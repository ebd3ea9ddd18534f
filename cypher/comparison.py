"""What differs between two trees of one collection; no database in here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cypher.model import Edge

Parents = tuple[str | None, ...]
"""Of one concept, sorted; None is the virtual root."""


@dataclass(frozen=True, slots=True)
class Move:
    """A concept that both trees have, below other parents."""

    concept: str
    before: Parents
    after: Parents


@dataclass(frozen=True, slots=True)
class Difference:
    """How one tree becomes another."""

    moved: tuple[Move, ...]
    """By concept."""
    new: tuple[str, ...]
    """Concepts that only the later tree has, by id."""
    gone: tuple[str, ...]
    """Concepts that only the earlier tree has, by id."""
    common: int
    """Concepts that both have."""

    @property
    def moved_share(self) -> float:
        """Of the concepts that both have, the share below other parents; 0 when they have none."""
        return len(self.moved) / self.common if self.common else 0.0


def difference(before: Iterable[Edge], after: Iterable[Edge]) -> Difference:
    """Compare two trees by the parents of each concept.

    >>> found = difference([Edge("a", None), Edge("b", "a")], [Edge("a", None), Edge("b", None), Edge("c", "a")])
    >>> found.moved, found.new, found.gone, found.moved_share
    ((Move(concept='b', before=('a',), after=(None,)),), ('c',), (), 0.5)
    """
    one, other = parents_of(before), parents_of(after)
    common = sorted(one.keys() & other.keys())
    return Difference(
        moved=tuple(Move(each, one[each], other[each]) for each in common if one[each] != other[each]),
        new=tuple(sorted(other.keys() - one.keys())),
        gone=tuple(sorted(one.keys() - other.keys())),
        common=len(common),
    )


def parents_of(edges: Iterable[Edge]) -> dict[str, Parents]:
    """Parents of every concept in a tree, sorted, the root first."""
    found: dict[str, list[str | None]] = {}
    for edge in edges:
        found.setdefault(edge.child, []).append(edge.parent)
    return {child: tuple(sorted(parents, key=lambda parent: parent or "")) for child, parents in found.items()}


def primary_edges(edges: Iterable[Edge]) -> dict[str, Edge]:
    """The edge of every concept that belongs to the tree: the one that is not marked as further.

    Where an edit has left none such, or several, it is the pinned one, else the most similar, else the first by id.

    >>> edges = [Edge("funk-rock", "funk"), Edge("funk-rock", "rock", 0.9, further=True), Edge("funk", None)]
    >>> sorted((child, edge.parent) for child, edge in primary_edges(edges).items())
    [('funk', None), ('funk-rock', 'funk')]
    """
    found: dict[str, Edge] = {}
    for edge in edges:
        if edge.child not in found or _rank(edge) < _rank(found[edge.child]):
            found[edge.child] = edge
    return found


def _rank(edge: Edge) -> tuple[bool, bool, float, str]:
    return edge.further, not edge.pinned, -(edge.similarity or 0.0), edge.parent or ""
