"""An immutable copy of the concepts and the tree of one version of a collection, made to be asked many times.

Conventions: a concept's depth is 1 below the virtual root; children are sorted by descending similarity, then name,
then id, children of the root by name; the key None of `children` is the virtual root. A collection that was never
published has a copy as well: its concepts, all of them waiting, and no tree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cypher.errors import HierarchyInvalid, UnknownConcept
from cypher.model import Collection, Concept, Edge, Hierarchy

ROOT = None


@dataclass(frozen=True, slots=True)
class Copy:
    """One version of one collection. Make it with `make_copy`."""

    collection: Collection
    hierarchy: Hierarchy | None
    concepts: Mapping[str, Concept]
    by_name: tuple[str, ...]
    """Concept ids in the order of `name_key`."""
    edges: Mapping[str, Edge]
    """Child -> its edge, for every concept in the tree."""
    children: Mapping[str | None, tuple[str, ...]]
    depth: Mapping[str, int]
    descendants: Mapping[str, int]
    """Concept -> how many hang below it, at any depth."""
    digest: str
    """Equal for copies that say the same; the ETag is made of it."""

    def concept(self, concept_id: str) -> Concept:
        """One concept.

        Raises:
            UnknownConcept: there is none of that id in this collection.
        """
        try:
            return self.concepts[concept_id]
        except KeyError:
            raise UnknownConcept(concept_id, self.collection.id) from None

    def ancestors(self, concept_id: str) -> list[str]:
        """Ids of what lies above the concept, root first; empty at the top of the tree and outside it."""
        above: list[str] = []
        edge = self.edges.get(concept_id)
        while edge is not None and edge.parent is not None:
            above.append(edge.parent)
            edge = self.edges.get(edge.parent)
        return above[::-1]

    def below(self, concept_id: str | None, depth: int) -> Iterator[tuple[int, str]]:
        """(distance, id) of what hangs below the concept, down to a distance, nearest first and by name."""
        level: list[str] = list(self.children.get(concept_id, ()))
        for distance in range(1, depth + 1):
            level.sort(key=lambda one: name_key(self.concepts[one]))
            yield from ((distance, one) for one in level)
            level = [child for one in level for child in self.children.get(one, ())]


def name_key(concept: Concept) -> tuple[str, str]:
    """Where a concept stands in a list by name: upper and lower case alike, equal names by id."""
    return concept.name.casefold(), concept.id


def flags(concept: Concept) -> list[str]:
    """Confounders by which alone the concept is told from other tracks."""
    return [] if concept.bias is None else list(concept.bias.flagged)


def child_key(concept: Concept, edge: Edge) -> tuple[float, str, str]:
    """Where a child stands among its siblings: most similar to the parent first, then by name."""
    return -(edge.similarity or 0.0), *name_key(concept)


def make_copy(collection: Collection, hierarchy: Hierarchy | None, concepts: list[Concept], edges: list[Edge]) -> Copy:
    """Index what was read.

    Args:
        collection: whose copy it is.
        hierarchy: the published version that `edges` is; None before the first publication.
        concepts: every concept of the collection.
        edges: one for each concept in the tree.

    Raises:
        HierarchyInvalid: an edge names an unknown concept, or the edges hold a cycle.
    """
    known = {concept.id: concept for concept in concepts}
    by_child = {edge.child: edge for edge in edges}
    siblings: dict[str | None, list[str]] = {}
    for edge in edges:
        if edge.child not in known or (edge.parent is not None and edge.parent not in by_child):
            raise HierarchyInvalid(collection.id, f"an edge names {edge.child!r} below {edge.parent!r}, one is unknown")
        siblings.setdefault(edge.parent, []).append(edge.child)
    for members in siblings.values():
        members.sort(key=lambda one: child_key(known[one], by_child[one]))
    depth = _depths(collection.id, siblings, len(edges))
    return Copy(
        collection=collection,
        hierarchy=hierarchy,
        concepts=MappingProxyType(known),
        by_name=tuple(sorted(known, key=lambda one: name_key(known[one]))),
        edges=MappingProxyType(by_child),
        children=MappingProxyType({parent: tuple(members) for parent, members in siblings.items()}),
        depth=MappingProxyType(depth),
        descendants=MappingProxyType(_counts(depth, by_child)),
        digest=_digest(collection, hierarchy, known),
    )


def _depths(collection: str, siblings: Mapping[str | None, list[str]], edges: int) -> dict[str, int]:
    """Depth of every concept in the tree, in the order of depth."""
    depth: dict[str, int] = {}
    level = list(siblings.get(ROOT, ()))
    number = 1
    while level:
        depth.update(dict.fromkeys(level, number))
        level = [child for one in level for child in siblings.get(one, ())]
        number += 1
    if len(depth) != edges:
        raise HierarchyInvalid(collection, f"{edges - len(depth)} concepts hang on a cycle")
    return depth


def _counts(depth: dict[str, int], edges: Mapping[str, Edge]) -> dict[str, int]:
    counts = dict.fromkeys(depth, 0)
    for one in reversed(depth):  # deepest first
        parent = edges[one].parent
        if parent is not None:
            counts[parent] += counts[one] + 1
    return counts


def _digest(collection: Collection, hierarchy: Hierarchy | None, concepts: Mapping[str, Concept]) -> str:
    said = hashlib.sha256(repr((collection.id, collection.name)).encode("utf-8", "surrogatepass"))
    if hierarchy is not None:
        said.update(f"{hierarchy.version} {hierarchy.sha256}".encode())
    for concept_id in sorted(concepts):
        said.update(repr(concepts[concept_id]).encode("utf-8", "surrogatepass"))
    return said.hexdigest()[:32]
