"""What of a hierarchy is exported: a part of one version's tree, and under which addresses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from cypher.model import Concept, Edge
from webapi.copies import Copy

ROWS = 256
"""Concepts that make up one piece of an export."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of a tree. An edge whose parent is not part of it counts as an edge to the root."""

    copy: Copy
    base: str
    """Address of the API, ending in `/`: concepts are named by where they answer."""
    concept_ids: tuple[str, ...]
    """Parents in the tree before children."""
    inside: frozenset[str]
    """The same."""

    @classmethod
    def of(cls, copy: Copy, base: str, below: str | None, depth: int) -> Selection:
        """The tree below a concept, itself included, or the whole, down to so many levels.

        Raises:
            UnknownConcept: `below` is not in the collection.
        """
        found: list[str] = []
        if below is not None:
            copy.concept(below)
            found += [below] if below in copy.edges else []
        if below is None or found:
            found += [one for _, one in copy.below(below, depth if below is None else depth - 1)]
        return cls(copy, base, tuple(sorted(found, key=copy.depth.__getitem__)), frozenset(found))

    def __iter__(self) -> Iterator[tuple[Concept, Edge, str | None]]:
        """Each concept with its edge and its parent within the selection."""
        for one in self.concept_ids:
            edge = self.copy.edges[one]
            yield self.copy.concepts[one], edge, edge.parent if edge.parent in self.inside else None

    def further(self, concept_id: str) -> list[Edge]:
        """Edges to parents beside the one in the tree, within the selection."""
        return [edge for edge in self.copy.further.get(concept_id, ()) if edge.parent in self.inside]

    def address(self, concept_id: str) -> str:
        """Where a concept answers."""
        return f"{self.base}concepts/{quote(concept_id, safe='')}"

    @property
    def scheme(self) -> str:
        """Where the hierarchy answers, with its version."""
        collection = self.copy.collection
        version = f"&version={collection.version}" if collection.version is not None else ""
        return f"{self.base}hierarchy?collection={quote(collection.id, safe='')}{version}"


def pieces(lines: Iterator[str]) -> Iterator[bytes]:
    """Lines joined into pieces worth sending."""
    held: list[str] = []
    for line in lines:
        held.append(line)
        if len(held) >= ROWS:
            yield "".join(held).encode()
            held.clear()
    if held:
        yield "".join(held).encode()
