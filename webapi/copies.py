"""An immutable copy of the concepts and the tree of one version of a collection, made to be asked many times.

Conventions: a concept's depth is 1 below the virtual root; children are sorted by descending similarity, then name,
then id, children of the root by name; the key None of `children` is the virtual root. A collection that was never
published has a copy as well: its concepts, all of them waiting, and no tree.

In a version with several parents the *tree* is that of the primary ones: ancestors, depth, siblings, the way between
two concepts and whatever is drawn follow it. Below a concept hangs everything that has it above, by whichever parent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from cypher.comparison import primary_edges
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
    """Child -> its edge, for every concept in the tree; where it has several parents, that to the primary one."""
    further: Mapping[str, tuple[Edge, ...]]
    """Child -> its edges to further parents, most similar first; only those that have some."""
    children: Mapping[str | None, tuple[str, ...]]
    """In the tree."""
    joining: Mapping[str, tuple[str, ...]]
    """Parent -> children that have it as a further parent; only those that have some."""
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

    def above(self, concept_id: str) -> set[str]:
        """Ids of all that lies above the concept, by whichever parent."""
        found: set[str] = set()
        waiting = [concept_id]
        while waiting:
            new = {one for one in self.parents(waiting.pop()) if one not in found}
            found |= new
            waiting.extend(new)
        return found

    def parents(self, concept_id: str) -> list[str]:
        """Ids of the concept's parents, the primary one first; none at the top of the tree and outside it."""
        primary = self.edges.get(concept_id)
        every = [] if primary is None else [primary, *self.further.get(concept_id, ())]
        return [edge.parent for edge in every if edge.parent is not None]

    def children_of(self, concept_id: str) -> list[tuple[str, Edge]]:
        """Children, each with its edge to this concept: most similar first, then by name."""
        own = [(one, self.edges[one]) for one in self.children.get(concept_id, ())]
        joining = [
            (one, next(edge for edge in self.further[one] if edge.parent == concept_id))
            for one in self.joining.get(concept_id, ())
        ]
        return sorted(own + joining, key=lambda pair: child_key(self.concepts[pair[0]], pair[1])) if joining else own

    def below(self, concept_id: str | None, depth: int) -> Iterator[tuple[int, str]]:
        """(distance, id) of what hangs below the concept, down to a distance, nearest first and by name.

        Below the root (None) distances are those in the tree.
        """
        joining = self.joining if concept_id is not None else {}
        seen: set[str] = set()
        level = self.children.get(concept_id, ())
        if concept_id is not None:
            level = (*level, *joining.get(concept_id, ()))
        for distance in range(1, depth + 1):
            here = sorted(set(level) - seen, key=lambda one: name_key(self.concepts[one]))
            seen.update(here)
            yield from ((distance, one) for one in here)
            level = tuple(child for one in here for child in (*self.children.get(one, ()), *joining.get(one, ())))


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
        edges: one or several for each concept in the tree.

    Raises:
        HierarchyInvalid: an edge names an unknown concept, or the edges hold a cycle.
    """
    known = {concept.id: concept for concept in concepts}
    by_child = primary_edges(edges)
    for edge in edges:
        if edge.child not in known or (edge.parent is not None and edge.parent not in by_child):
            raise HierarchyInvalid(collection.id, f"an edge names {edge.child!r} below {edge.parent!r}, one is unknown")
    siblings: dict[str | None, list[str]] = {}
    for edge in by_child.values():
        siblings.setdefault(edge.parent, []).append(edge.child)
    for members in siblings.values():
        members.sort(key=lambda one: child_key(known[one], by_child[one]))
    depth = _depths(collection.id, siblings, len(by_child))
    further = _further(edges, by_child)
    joining: dict[str, list[str]] = {}
    for one, beside in further.items():
        for edge in beside:
            joining.setdefault(str(edge.parent), []).append(one)
    return Copy(
        collection=collection,
        hierarchy=hierarchy,
        concepts=MappingProxyType(known),
        by_name=tuple(sorted(known, key=lambda one: name_key(known[one]))),
        edges=MappingProxyType(by_child),
        further=MappingProxyType(further),
        joining=MappingProxyType({parent: tuple(members) for parent, members in joining.items()}),
        children=MappingProxyType({parent: tuple(members) for parent, members in siblings.items()}),
        depth=MappingProxyType(depth),
        descendants=MappingProxyType(_counts(depth, by_child, further)),
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


def _further(edges: Iterable[Edge], primary: Mapping[str, Edge]) -> dict[str, tuple[Edge, ...]]:
    """The edges beside the primary ones, by child; below the root there is nothing beside."""
    found: dict[str, list[Edge]] = {}
    for edge in edges:
        if edge.parent is not None and edge is not primary[edge.child]:
            found.setdefault(edge.child, []).append(edge)
    return {
        child: tuple(sorted(beside, key=lambda edge: (-(edge.similarity or 0.0), edge.parent or "")))
        for child, beside in sorted(found.items())
    }


def _counts(
    depth: Mapping[str, int], primary: Mapping[str, Edge], further: Mapping[str, Sequence[Edge]]
) -> dict[str, int]:
    """How many different concepts hang below each."""
    counts = dict.fromkeys(depth, 0)
    for one in depth:
        waiting, above = [one], set[str]()
        while waiting:
            here = waiting.pop()
            for edge in (primary[here], *further.get(here, ())):
                if edge.parent is not None and edge.parent not in above:
                    above.add(edge.parent)
                    counts[edge.parent] += 1
                    waiting.append(edge.parent)
    return counts


def _digest(collection: Collection, hierarchy: Hierarchy | None, concepts: Mapping[str, Concept]) -> str:
    said = hashlib.sha256(repr((collection.id, collection.name)).encode("utf-8", "surrogatepass"))
    if hierarchy is not None:
        said.update(f"{hierarchy.version} {hierarchy.sha256}".encode())
    for concept_id in sorted(concepts):
        said.update(repr(concepts[concept_id]).encode("utf-8", "surrogatepass"))
    return said.hexdigest()[:32]
