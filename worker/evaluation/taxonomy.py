"""A tree against a reference taxonomy.

Conventions: a tree maps each concept to its parent (a string), its parents (a collection) or None (below the virtual
root, which is left out everywhere). Only concepts that both trees know are compared; paths may run through others. All
measures lie in 0..1, 1 is best.

Source: taxonomic precision and recall: Dellschaft & Staab 2006, common semantic cotopy without the concept itself;
taxonomic overlap: Maedche & Staab 2002.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

Tree = Mapping[str, str | Collection[str] | None]


@dataclass(frozen=True, slots=True)
class Match:
    """Precision, recall and their harmonic mean."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Taxonomic:
    """Taxonomic precision, recall, F and overlap over the common concepts."""

    precision: float
    recall: float
    f: float
    overlap: float
    concepts: int


@dataclass(frozen=True, slots=True)
class Baseline:
    """Ancestor F1 of random trees over the same concepts."""

    mean: float
    upper: float
    """The 97.5 % point: what a random tree exceeds once in forty."""
    trees: int


@dataclass(frozen=True, slots=True)
class Shape:
    """How deep and wide a tree is; the virtual root counts as depth 0."""

    concepts: int
    roots: int
    depth: int
    mean_depth: float
    width: int
    """Most concepts at one depth."""
    most_children: int


def taxonomic(tree: Tree, reference: Tree) -> Taxonomic:
    """Taxonomic precision, recall, F and overlap of a tree against a reference."""
    raise NotImplementedError


def edge_match(tree: Tree, reference: Tree) -> Match:
    """Precision, recall and F1 of the parent-child pairs; a parent that the other tree does not know is skipped to
    the nearest ancestor that it does."""
    raise NotImplementedError


def ancestor_match(tree: Tree, reference: Tree) -> Match:
    """Precision, recall and F1 of the (ancestor, descendant) pairs among the common concepts."""
    raise NotImplementedError


def random_baseline(tree: Tree, reference: Tree, *, trees: int = 1000, seed: int = 0) -> Baseline:
    """Ancestor F1 of random trees: concepts in random order, each below a random earlier one or the root."""
    raise NotImplementedError


def reversed_tree(tree: Tree) -> dict[str, tuple[str, ...]]:
    """Every edge turned round: the control that a measure must see direction."""
    raise NotImplementedError


def shape(tree: Tree) -> Shape:
    """Depth and width."""
    raise NotImplementedError
