"""A tree against a reference taxonomy.

Conventions: a tree maps each concept to its parent (a string), its parents (a collection) or None (below the virtual
root, which is left out everywhere); a parent that is no key itself counts as a concept below the root. Only concepts
that both trees know are compared; paths may run through others. All measures lie in 0..1, 1 is best.

Source: taxonomic precision and recall: Dellschaft & Staab 2006, common semantic cotopy without the concept itself;
taxonomic overlap: Maedche & Staab 2002.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np

from worker.evaluation.errors import CyclicTree, NothingInCommon

Tree = Mapping[str, str | Collection[str] | None]
Parents = dict[str, frozenset[str]]
Pairs = frozenset[tuple[str, str]]
"""(upper, lower)"""


@dataclass(frozen=True, slots=True)
class Match:
    """Precision, recall and their harmonic mean."""

    precision: float
    recall: float
    f1: float
    found: int
    """Pairs of the tree."""
    wanted: int
    """Pairs of the reference; with none there is nothing to find, and the figures say nothing."""


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
    """With several parents: the shortest way to the root."""
    width: int
    """Most concepts at one depth."""
    most_children: int
    balance: float | None
    """How evenly parents share out what lies below them: entropy of their branches' sizes over its largest possible,
    mean over concepts with at least 2 children; 1 is even, None without such a concept."""


def parents_of(tree: Tree) -> Parents:
    """Every concept with its set of parents; one that is mentioned only as a parent is below the root.

    Example:
        >>> parents_of({"violin": "strings"})
        {'violin': frozenset({'strings'}), 'strings': frozenset()}
    """
    named = {
        concept: frozenset() if above is None else frozenset([above] if isinstance(above, str) else above)
        for concept, above in tree.items()
    }
    mentioned = set(chain.from_iterable(named.values())) - named.keys()
    return named | dict.fromkeys(mentioned, frozenset())


def known_concepts(tree: Tree) -> frozenset[str]:
    """Every concept that a tree mentions."""
    return frozenset(parents_of(tree))


def taxonomic(tree: Tree, reference: Tree) -> Taxonomic:
    """Taxonomic precision, recall, F and overlap of a tree against a reference.

    Of each common concept the proper ancestors and descendants that are common too are compared. Both sides without
    any count 1, only the denominator empty 0.

    Raises:
        NothingInCommon: no concept is in both.
        CyclicTree: a concept is its own ancestor.
    """
    common = _common(tree, reference)
    ours, theirs = _cotopies(tree, common), _cotopies(reference, common)
    ordered = sorted(common)
    precision = float(np.mean([_share(ours[c] & theirs[c], ours[c], theirs[c]) for c in ordered]))
    recall = float(np.mean([_share(ours[c] & theirs[c], theirs[c], ours[c]) for c in ordered]))
    overlap = float(np.mean([_share(ours[c] & theirs[c], ours[c] | theirs[c], theirs[c]) for c in ordered]))
    return Taxonomic(precision, recall, _harmonic(precision, recall), overlap, len(common))


def edge_match(tree: Tree, reference: Tree) -> Match:
    """Precision, recall and F1 of the parent-child pairs among the common concepts.

    A parent that the other tree does not know is passed over to the nearest ancestors that it does.

    Raises:
        NothingInCommon: no concept is in both.
        CyclicTree: a concept is its own ancestor.
    """
    common = _common(tree, reference)
    return _match(_edges(tree, common), _edges(reference, common))


def ancestor_match(tree: Tree, reference: Tree) -> Match:
    """Precision, recall and F1 of the (ancestor, descendant) pairs among the common concepts.

    Raises:
        NothingInCommon: no concept is in both.
        CyclicTree: a concept is its own ancestor.
    """
    common = _common(tree, reference)
    return _match(_ancestor_pairs(tree, common), _ancestor_pairs(reference, common))


def random_tree(concepts: Collection[str], seed: int = 0) -> dict[str, str | None]:
    """Concepts in random order, each below a random earlier one or the root, all alike likely.

    Args:
        concepts: in any order; the tree depends on the set alone.
        seed: of the draw.
    """
    draw = np.random.default_rng(seed)
    ordered = [sorted(concepts)[place] for place in draw.permutation(len(concepts))]
    tree: dict[str, str | None] = {}
    for place, concept in enumerate(ordered):
        above = int(draw.integers(place + 1))
        tree[concept] = None if above == place else ordered[above]
    return tree


def random_baseline(tree: Tree, reference: Tree, *, trees: int = 1000, seed: int = 0) -> Baseline:
    """Ancestor F1 that random trees over the common concepts reach.

    Args:
        tree: only its set of concepts matters.
        reference: what they are measured by.
        trees: how many are drawn.
        seed: of the draws.

    Raises:
        NothingInCommon: no concept is in both.
        CyclicTree: the reference runs in a circle.
    """
    common = _common(tree, reference)
    wanted = _ancestor_pairs(reference, common)
    scores = [_match(_ancestor_pairs(random_tree(common, _seed(seed, n)), common), wanted).f1 for n in range(trees)]
    return Baseline(float(np.mean(scores)), float(np.quantile(scores, 0.975)), trees)


def reversed_tree(tree: Tree) -> dict[str, tuple[str, ...]]:
    """Every edge turned round: a control, since a measure of hierarchies must see direction."""
    parents = parents_of(tree)
    turned: dict[str, list[str]] = {concept: [] for concept in parents}
    for child in sorted(parents):
        for parent in sorted(parents[child]):
            turned[parent].append(child)
    return {concept: tuple(above) for concept, above in turned.items()}


def shape(tree: Tree) -> Shape:
    """Depth and width.

    Raises:
        CyclicTree: a concept is its own ancestor.
    """
    parents = parents_of(tree)
    ancestors = _ancestors(parents)
    depths: dict[str, int] = {}
    level = [concept for concept, above in parents.items() if not above]
    children: dict[str, list[str]] = {concept: [] for concept in parents}
    for child, above in parents.items():
        for parent in above:
            children[parent].append(child)
    roots, depth = len(level), 0
    while level:
        depth += 1
        depths.update(dict.fromkeys(level, depth))
        level = list({child for concept in level for child in children[concept]} - depths.keys())
    return Shape(
        concepts=len(parents),
        roots=roots,
        depth=max(depths.values(), default=0),
        mean_depth=float(np.mean(list(depths.values()))) if depths else 0.0,
        width=max(Counter(depths.values()).values(), default=0),
        most_children=max((len(below) for below in children.values()), default=0),
        balance=_balance(ancestors, children),
    )


def ancestors_among(tree: Tree, concepts: Collection[str]) -> Parents:
    """Of each concept its proper ancestors among the same concepts; ways may run through others.

    Args:
        tree: need not hold all of them.
        concepts: whose ancestors, and among whom.

    Raises:
        CyclicTree: a concept of the tree is its own ancestor.

    Example:
        >>> ancestors_among({"violin": "bowed", "bowed": "strings"}, ["violin", "strings"])
        {'violin': frozenset({'strings'}), 'strings': frozenset()}
    """
    found, wanted = _ancestors(parents_of(tree)), frozenset(concepts)
    return {concept: found.get(concept, frozenset()) & wanted for concept in concepts}


def _balance(ancestors: Parents, children: Mapping[str, Collection[str]]) -> float | None:
    below = Counter(upper for above in ancestors.values() for upper in above)
    evenness = []
    for branches in children.values():
        if len(branches) > 1:
            sizes = [1 + below[child] for child in branches]
            shares = [size / sum(sizes) for size in sizes]
            evenness.append(-math.fsum(share * math.log(share) for share in shares) / math.log(len(shares)))
    return math.fsum(evenness) / len(evenness) if evenness else None


def _seed(seed: int, number: int) -> int:
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])


def _ancestors(parents: Parents) -> Parents:
    """Proper ancestors of every concept, roots first."""
    waiting = {concept: len(above) for concept, above in parents.items()}
    children: dict[str, list[str]] = {concept: [] for concept in parents}
    for child, above in parents.items():
        for parent in above:
            children[parent].append(child)
    ready = [concept for concept, count in waiting.items() if count == 0]
    found: Parents = {}
    while ready:
        concept = ready.pop()
        found[concept] = parents[concept].union(*(found[parent] for parent in parents[concept]))
        for child in children[concept]:
            waiting[child] -= 1
            if waiting[child] == 0:
                ready.append(child)
    if len(found) < len(parents):
        raise CyclicTree(min(_circle(parents, found)))
    return found


def _circle(parents: Parents, fine: Parents) -> set[str]:
    """The concepts of one circle, found by walking up from any concept that has no finite ancestry."""
    concept, seen = min(parents.keys() - fine.keys()), list[str]()
    while concept not in seen:
        seen.append(concept)
        concept = min(parents[concept] - fine.keys())
    return set(seen[seen.index(concept) :])


def _common(tree: Tree, reference: Tree) -> frozenset[str]:
    ours, theirs = parents_of(tree).keys(), parents_of(reference).keys()
    if not ours & theirs:
        raise NothingInCommon(len(ours), len(theirs))
    return frozenset(ours & theirs)


def _cotopies(tree: Tree, common: frozenset[str]) -> Parents:
    """Of each common concept its proper ancestors and descendants that are common."""
    found: dict[str, set[str]] = {concept: set() for concept in common}
    for upper, lower in _ancestor_pairs(tree, common):
        found[upper].add(lower)
        found[lower].add(upper)
    return {concept: frozenset(near) for concept, near in found.items()}


def _ancestor_pairs(tree: Tree, common: frozenset[str]) -> Pairs:
    ancestors = _ancestors(parents_of(tree))
    return frozenset((upper, lower) for lower in common for upper in ancestors[lower] & common)


def _edges(tree: Tree, common: frozenset[str]) -> Pairs:
    """Pairs of a common concept and its nearest common ancestors."""
    parents = parents_of(tree)
    _ancestors(parents)  # refuses circles
    pairs = set()
    for lower in common:
        above = set(parents[lower])
        while unknown := above - common:
            above = (above & common).union(*(parents[concept] for concept in unknown))
        pairs |= {(upper, lower) for upper in above}
    return frozenset(pairs)


def _match(found: Pairs, wanted: Pairs) -> Match:
    """Both sides empty is a perfect match; one of them empty is none."""
    precision = _share(found & wanted, found, wanted)
    recall = _share(found & wanted, wanted, found)
    return Match(precision, recall, _harmonic(precision, recall), len(found), len(wanted))


def _share(both: Collection[object], of: Collection[object], other: Collection[object]) -> float:
    if of:
        return len(both) / len(of)
    return 0.0 if other else 1.0


def _harmonic(one: float, other: float) -> float:
    return 2 * one * other / (one + other) if one + other else 0.0
