"""A hierarchy written piece by piece: the same as its model, and never in memory as a whole."""

from __future__ import annotations

import random
import tracemalloc
from datetime import UTC, datetime

import pytest

from cypher.model import Collection, Concept, Edge, Hierarchy, hierarchy_sha256
from tests.webapi.library import HOSTILE
from webapi import schemas, trees
from webapi.copies import make_copy
from webapi.snapshot import Held


def held(parents: list[int | None], parameters=None) -> Held:
    """A copy of a tree: concept n hangs below concept parents[n]."""
    concepts = [
        Concept(f"c{n}", f"{HOSTILE} {n}", "many", "genre", status="kept", tracks=n) for n in range(len(parents))
    ]
    edges = [Edge(f"c{n}", None if p is None else f"c{p}", 0.5, 0.1, support=0.9) for n, p in enumerate(parents)]
    digest = hierarchy_sha256((one.child, one.parent) for one in edges)
    below = sum(one is not None for one in parents)
    hierarchy = Hierarchy("many", 3, datetime(2026, 1, 2, tzinfo=UTC), below, digest, parameters or {}, "made up", {})
    collection = Collection("many", "Many", version=3, concepts=len(concepts))
    return Held(make_copy(collection, hierarchy, concepts, edges), 0.0, stale=False)


def written(one: Held, below=None, depth=64, shape="nested") -> schemas.Hierarchy:
    return schemas.Hierarchy.model_validate_json(b"".join(trees.write(one, below, depth, shape)))


def expected(one: Held, ids, depth):
    """The slow and obvious nested tree."""
    return [(child, expected(one, one.copy.children.get(child, ()), depth - 1)) for child in ids if depth > 0]


def shown(nodes):
    return [(node.id, shown(node.children)) for node in nodes]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("depth", [1, 2, 3, 64])
def test_the_nested_tree_is_the_recursive_one(seed, depth):
    rng = random.Random(seed)
    one = held([rng.choice([None, *range(n)]) if n else None for n in range(40)])
    assert shown(written(one, depth=depth).roots) == expected(one, one.copy.children[None], depth)
    assert shown(written(one, "c0", depth).roots) == expected(one, ["c0"], depth)


def test_the_flat_tree_names_every_concept_after_its_parent():
    rng = random.Random(1)
    one = held([rng.choice([None, *range(n)]) if n else None for n in range(40)])
    flat = written(one, shape="flat")
    assert flat.roots is None
    seen = set()
    for item in flat.items:
        assert item.parent is None or item.parent.id in seen
        seen.add(item.id)
    assert seen == set(one.copy.edges)


def test_names_and_parameters_that_look_like_the_answer_do_no_harm():
    odd = {"roots": [], "note": '"roots":[', "items": []}
    for shape in ("nested", "flat"):
        found = written(held([None, 0, 0], odd), shape=shape)
        assert found.parameters == odd
        assert len(found.items or found.roots[0].children) in {2, 3}
        assert (found.roots or found.items)[0].name == f"{HOSTILE} 0"


def test_a_tree_of_nothing_is_an_answer_too():
    assert written(held([])).roots == []
    assert written(held([]), shape="flat").items == []


@pytest.mark.parametrize("shape", ["nested", "flat"])
def test_what_is_held_does_not_grow_with_the_tree(shape):
    """Twenty times the concepts, twenty times the bytes, the same memory but for the ids of a level."""
    small, large = (held([None if n < 10 else (n - 10) // 3 for n in range(count)]) for count in (1000, 20_000))

    def measured(one: Held) -> tuple[int, int]:
        tracemalloc.start()
        length = sum(len(piece) for piece in trees.write(one, None, 64, shape))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return length, peak

    (short, low), (long, high) = measured(small), measured(large)
    assert long > 19 * short
    assert high < low + 20_000 * 16
    assert high < long / 5
