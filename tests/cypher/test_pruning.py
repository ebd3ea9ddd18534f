"""What is kept of the versions: each shows its own links as long as it is there."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest

from cypher.errors import UnknownVersion
from cypher.model import Hierarchy
from cypher.versions import superfluous
from tests.cypher.trees import chain, rebuild, similar, star

pytestmark = pytest.mark.stack


@dataclass
class History:
    """Random acts on a collection, and what every kept version must show after each."""

    bench: Any
    ids: list[str]
    chance: random.Random
    expected: dict[int, dict[tuple[int, int], float]] = field(default_factory=dict)
    waiting: int | None = None

    def wish(self):
        return {(a, b): self.chance.choice([0.5, 0.6, 0.7]) for a, b in pairwise(self.chance.sample(range(6), 5))}

    def build(self, held=""):
        wanted = self.wish()
        made = rebuild(self.bench, self.ids, star(self.chance.sample(self.ids, 6)), wanted, held=held)
        self.expected.pop(self.waiting, None)
        self.expected[made.version], self.waiting = wanted, made.version if held else None

    def hold(self):
        self.build(held="wait")

    def abort(self):
        lease = self.bench.lease()
        staging = self.bench.graph.hierarchy.begin_staging(lease, self.bench.collection)
        self.bench.stage(lease, staging, self.ids, self.wish())
        self.bench.graph.ledger.fail(lease, "test", "it stops here")
        if self.chance.random() < 0.5:
            self.bench.graph.hierarchy.sweep(self.bench.collection)

    def activate(self):
        if not self.expected:
            return
        version = self.chance.choice(sorted(self.expected))
        made = self.bench.graph.versions.activate(self.bench.collection, version)
        self.expected[made.version] = self.expected[version]
        if version == self.waiting:
            self.waiting = None
            if made.version != version:
                del self.expected[version]

    def refuse(self):
        if self.waiting is not None:
            self.bench.graph.versions.refuse(self.bench.collection, self.waiting)
            del self.expected[self.waiting]
            self.waiting = None

    def prune(self):
        self.bench.graph.versions.prune(self.bench.collection, 2)
        left = {one.version for one in self.bench.graph.hierarchy.versions(self.bench.collection)}
        self.expected = {version: wanted for version, wanted in self.expected.items() if version in left}

    def seen(self, version):
        return {
            (place, self.ids.index(other)): weight
            for place, one in enumerate(self.ids)
            for other, weight in similar(self.bench, one, version).items()
        }


@pytest.mark.parametrize("seed", range(3))
def test_every_kept_version_shows_its_own_links_whatever_is_built_held_brought_back_and_pruned(bench, seed):
    history = History(bench, bench.concepts(6), random.Random(seed))
    for _ in range(14):
        act = history.chance.choice(["build", "build", "hold", "abort", "activate", "refuse", "prune"])
        getattr(history, act)()
        for version, wanted in history.expected.items():
            assert history.seen(version) == wanted, (act, version)


def test_pruning_keeps_the_newest_the_current_one_and_what_waits(bench):
    ids = bench.concepts(4)
    for weight in (0.5, 0.6, 0.7):
        rebuild(bench, ids, chain(ids), {(0, 1): weight})
    bench.graph.versions.activate(bench.collection, 1)
    rebuild(bench, ids, star(ids), {(0, 1): 0.9}, held="review")
    plan = bench.graph.versions.prune(bench.collection, 2, dry_run=True)
    assert (plan.versions, plan.kept, plan.relationships) == ((2, 1), (5, 4, 3), 1)
    assert len(bench.graph.hierarchy.versions(bench.collection)) == 5
    assert bench.graph.versions.prune(bench.collection, 2) == plan
    assert [one.version for one in bench.graph.hierarchy.versions(bench.collection)] == [5, 4, 3]
    assert [similar(bench, ids[0], version) for version in (5, 4, 3)] == [{ids[1]: w} for w in (0.9, 0.5, 0.7)]
    with pytest.raises(UnknownVersion):
        bench.graph.hierarchy.tree(bench.collection, 2)
    assert bench.graph.versions.prune(bench.collection, 2).versions == ()
    with pytest.raises(ValueError, match="at least one"):
        bench.graph.versions.prune(bench.collection, 0)


def test_refused_versions_go_with_the_older_ones():
    def version(number, state):
        return Hierarchy("genres", number, None, 0, "", {}, "", {}, state)

    every = [version(n, s) for n, s in ((5, "published"), (4, "refused"), (3, "published"), (2, "refused"))]
    assert superfluous(every, 5, 2) == [2]
    assert superfluous(every, 5, 1) == [4, 3, 2]
    assert superfluous(every, 3, 1) == [5, 2]
