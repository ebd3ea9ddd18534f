"""What a curator's decision does to a tree, and how it is taken back. Pure: edges in, edges out.

Conventions: a tree is its edges, one a concept and parent; `parent` None is the virtual root. A concept is in the tree
when it stands in an edge as a child. Edges that an edit adds know no similarity unless it is given: the next rebuild
measures it. Nothing here makes a cycle: what would is refused.

Why an edit keeps its moves: a decision is undone by taking back just what it changed, and only where nobody has moved
the concept since. A version's tree could be compared with the one before, but that one may have been pruned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from cypher.comparison import Move, Parents, parents_of
from cypher.errors import NotInTree, WouldCycle
from cypher.model import Edge

Edges = tuple[Edge, ...]


def pinned(child: str, parent: str | None, similarity: float | None = None) -> Edge:
    """The edge that a curator asks for."""
    return Edge(child, parent, similarity, pinned=True)


def pin(edges: Sequence[Edge], child: str, parent: str | None, similarity: float | None = None) -> Edges:
    """Hang a concept below a parent, or below the root, whatever it hung below before.

    Args:
        edges: the tree.
        child: the concept.
        parent: where it shall hang; None: below the root.
        similarity: S[parent, child] where it is known.

    Raises:
        NotInTree: one of the two is not in the tree.
        WouldCycle: the parent is the concept itself or hangs below it.
    """
    parents = parents_of(edges)
    for one in (child, parent):
        if one is not None and one not in parents:
            raise NotInTree(one)
    if parent is not None and (parent == child or child in ancestors(parents, parent)):
        raise WouldCycle(child, parent)
    return (*(edge for edge in edges if edge.child != child), pinned(child, parent, similarity))


def unpin(edges: Sequence[Edge], child: str) -> Edges:
    """Leave the concept where it hangs, as one that the next rebuild may move."""
    return tuple(replace(edge, pinned=False) if edge.child == child else edge for edge in edges)


def remove(edges: Sequence[Edge], concept: str) -> Edges:
    """Take a concept out of the tree; what hung below it hangs below what it hung below.

    Raises:
        NotInTree: it is not in the tree.
    """
    parents = parents_of(edges)
    if concept not in parents:
        raise NotInTree(concept)
    return _reparented(edges, concept, parents[concept])


def merge(edges: Sequence[Edge], absorbed: str, into: str) -> Edges:
    """Take a concept out of the tree; what hung below it hangs below the one that takes its place.

    Where that one hangs below the absorbed one itself, the children go to the absorbed one's parents instead, so that
    no cycle comes of it.

    Raises:
        NotInTree: one of the two is not in the tree.
        WouldCycle: a concept into itself.
    """
    parents = parents_of(edges)
    for one in (absorbed, into):
        if one not in parents:
            raise NotInTree(one)
    if absorbed == into:
        raise WouldCycle(absorbed, into)
    heirs = parents[absorbed] if absorbed in ancestors(parents, into) else (into,)
    return _reparented(edges, absorbed, heirs)


def moves(before: Sequence[Edge], after: Sequence[Edge]) -> tuple[Move, ...]:
    """Every concept whose parents differ between two trees, by id."""
    old, new = parents_of(before), parents_of(after)
    return tuple(
        Move(child, old.get(child, ()), new.get(child, ()))
        for child in sorted(old.keys() | new.keys())
        if old.get(child, ()) != new.get(child, ())
    )


def take_back(edges: Sequence[Edge], done: Iterable[Move], *, returning: frozenset[str] = frozenset()) -> Edges:
    """Undo moves where they still stand.

    Args:
        edges: the tree as it is now.
        done: what the decision changed, as `moves` said then.
        returning: concepts that may come back into the tree; others that have left it meanwhile stay outside.

    Returns:
        The tree in which each moved concept that nobody has moved since hangs where it hung before: below those of its
        old parents that are in the tree and do not hang below it. Where none of them is, it stays where it is.
    """
    parents = {child: list(above) for child, above in parents_of(edges).items()}
    known = {(edge.child, edge.parent): edge for edge in edges}
    pending = [move for move in done if _stands(move, parents, returning)]
    for move in pending:  # those that return come first into the tree, so that others find their parents there
        if move.before and not move.after:
            parents[move.concept] = [None]
        elif move.after and not move.before:
            parents.pop(move.concept, None)
    for move in pending:
        possible = [one for one in move.before if one is None or _may_hang_below(parents, move.concept, one)]
        if possible:
            parents[move.concept] = possible
    _drop_dangling(parents)
    return tuple(known.get((child, one), Edge(child, one)) for child in parents for one in parents[child])


def depths(edges: Iterable[Edge]) -> dict[str, int]:
    """How deep every concept of a tree hangs: 1 below the virtual root, one more than its highest parent elsewhere.

    >>> depths([Edge("violin", "strings"), Edge("strings", None)])
    {'strings': 1, 'violin': 2}
    """
    children: dict[str | None, list[str]] = {}
    for edge in edges:
        children.setdefault(edge.parent, []).append(edge.child)
    found: dict[str, int] = {}
    level, depth = children.get(None, []), 0
    while level:
        depth += 1
        found.update((child, depth) for child in level if child not in found)
        level = [child for parent in level for child in children.get(parent, ()) if child not in found]
    return found


def ancestors(parents: Mapping[str, Sequence[str | None]], concept: str) -> set[str]:
    """All that a concept hangs below, itself left out unless a cycle leads back to it."""
    found: set[str] = set()
    waiting = [concept]
    while waiting:
        for one in parents.get(waiting.pop(), ()):
            if one is not None and one not in found:
                found.add(one)
                waiting.append(one)
    return found


def _may_hang_below(parents: Mapping[str, Sequence[str | None]], child: str, parent: str) -> bool:
    return parent in parents and parent != child and child not in ancestors(parents, parent)


def _reparented(edges: Sequence[Edge], concept: str, heirs: Parents) -> Edges:
    """Without the concept; its children below the heirs, unless they have another parent already."""
    kept = [edge for edge in edges if concept not in (edge.child, edge.parent)]
    others = parents_of(kept)
    orphans = sorted({edge.child for edge in edges if edge.parent == concept} - others.keys())
    return (*kept, *(Edge(child, heir) for child in orphans for heir in heirs))


def _stands(move: Move, parents: Mapping[str, Sequence[str | None]], returning: frozenset[str]) -> bool:
    now = parents.get(move.concept, ())
    if not move.after:
        return not now and move.concept in returning
    return sorted(now, key=_root_first) == sorted(move.after, key=_root_first)


def _drop_dangling(parents: dict[str, list[str | None]]) -> None:
    """A concept that left the tree is nobody's parent."""
    for child, above in parents.items():
        left = [one for one in above if one is None or one in parents]
        if len(left) < len(above):
            parents[child] = left or [None]


def _root_first(parent: str | None) -> str:
    return parent or ""
