"""Versions for real: read back, brought back, held at the gate, pruned, and told from what hands drew."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from importlib.resources import files
from itertools import pairwise
from typing import Any

import pytest

from cypher.comparison import difference
from cypher.errors import (
    HierarchyInvalid,
    StagingGone,
    StagingSuperseded,
    UnknownCollection,
    UnknownVersion,
    VersionMoved,
    VersionStateConflict,
)
from cypher.migrate import parse_migration
from cypher.model import Assessment, Edge, Hierarchy, NewConcept, Publication, hierarchy_sha256
from cypher.versions import publication_of, superfluous

pytestmark = pytest.mark.stack


def chain(ids):
    return dict(zip(ids, [None, *ids], strict=False))


def star(ids):
    return {ids[0]: None, **dict.fromkeys(ids[1:], ids[0])}


def rebuild(bench, ids, parents, similar=None, **how):
    """A whole rebuild with similarities; how: held, seed."""
    lease = bench.lease()
    staging = bench.graph.hierarchy.begin_staging(lease, bench.collection)
    if similar is not None:
        bench.stage(lease, staging, ids, similar)
    publication = replace(bench.publication(staging, parents), **how)
    made = bench.graph.hierarchy.publish(lease, publication)
    bench.graph.hierarchy.sweep(bench.collection, lease)
    bench.graph.ledger.finish(lease, {"version": made.version})
    return made


def drawn(bench, kind="PARENT_OF"):
    rows = bench.cypher(
        f"MATCH (p)-[r:{kind}]->(c)-[:IN]->(:Collection {{id: $collection}}) RETURN c.id AS child, p.id AS parent"
    )
    return {(row["child"], row["parent"]) for row in rows}


def shown(bench, version=None):
    """(child, parent) of a tree as readers get it."""
    _, _, edges = bench.graph.hierarchy.tree(bench.collection, version)
    return {edge.child: edge.parent for edge in edges}


def similar(bench, concept, version=None):
    return {one.id: one.outgoing for one in bench.graph.hierarchy.neighbours(concept, 100, version) if one.outgoing}


# --- reading any version ---------------------------------------------------------------------------------------------


def test_every_version_is_read_back_as_it_was_whatever_was_published_since(bench):
    ids = bench.concepts(5)
    trees = [chain(ids), star(ids), {**chain(ids[:3]), ids[4]: ids[0]}]
    published = [bench.publish(tree) for tree in trees]
    for version, (tree, said) in enumerate(zip(trees, published, strict=True), 1):
        hierarchy, concepts, edges = bench.graph.hierarchy.tree(bench.collection, version)
        assert hierarchy == said
        assert {edge.child: edge.parent for edge in edges} == tree
        assert hierarchy_sha256((edge.child, edge.parent) for edge in edges) == said.sha256
        assert [concept.id for concept in concepts] == sorted(tree)
    _, concepts, _ = bench.graph.hierarchy.tree(bench.collection)
    assert [(one.id, one.status) for one in concepts] == [
        (one, "kept" if one in trees[-1] else "waiting") for one in sorted(ids)
    ]


def test_what_was_measured_of_an_edge_comes_back_with_gaps_where_there_was_nothing(bench):
    ids = bench.concepts(4)
    edges = (
        Edge(ids[0], None, support=0.9, runner_up=ids[1]),
        Edge(ids[1], ids[0], 0.5, 0.1, 0.02, 0.75, 0.6, ids[2], pinned=True),
        Edge(ids[2], None),
        Edge(ids[2], ids[0], 0.4, None, support=0.25),
        Edge(ids[3], ids[2], 0.3),
    )
    kept = tuple(Assessment(one, "kept", tracks=4, members_sha256="m", vector_sha256="v") for one in ids)
    lease = bench.lease()
    bench.graph.hierarchy.publish(
        lease, Publication(bench.collection, 1, edges, kept, {}, "print", files={"tree": "t"})
    )
    for version in (None, 1):
        assert set(bench.graph.hierarchy.tree(bench.collection, version)[2]) == set(edges)
    whole = bench.graph.hierarchy.version(bench.collection, 1)
    assert sorted(whole.assessments, key=lambda one: one.concept_id) == sorted(kept, key=lambda one: one.concept_id)
    assert (whole.hierarchy.files, whole.hierarchy.step) == ({"tree": "t"}, lease.step_id)
    (row,) = bench.cypher("MATCH ()-[r:PARENT_OF]->({id: $id}) RETURN properties(r) AS said", id=ids[1])
    assert row["said"] == {
        "since": 1,
        "similarity": 0.5,
        "margin": 0.1,
        "margin_error": 0.02,
        "support": 0.75,
        "direction": 0.6,
        "runner_up": ids[2],
        "pinned": True,
    }


def test_a_version_keeps_the_names_of_its_day_and_the_current_one_shows_those_of_today(bench):
    new = [NewConcept(f"key-{n}", f"Name {n} {bench.collection}") for n in range(2)]
    ids = list(bench.graph.catalogue.save_concepts(bench.collection, new).values())
    bench.publish(chain(ids))
    bench.graph.catalogue.save_concepts(bench.collection, [replace(new[0], name="Another")])
    then, now = (bench.graph.hierarchy.tree(bench.collection, version)[1] for version in (1, None))
    assert {one.name for one in then} == {one.name for one in new}
    assert {one.name for one in now} == {"Another", new[1].name}


def test_versions_that_are_not_there_are_named(bench):
    ids = bench.concepts(2)
    versions, hierarchy = bench.graph.versions, bench.graph.hierarchy
    with pytest.raises(UnknownVersion, match="no version 1"):
        hierarchy.tree(bench.collection, 1)
    bench.publish(chain(ids))
    for ask in (hierarchy.tree, hierarchy.version, versions.activate, versions.refuse):
        with pytest.raises(UnknownVersion, match="no version 7"):
            ask(bench.collection, 7)
        with pytest.raises(UnknownCollection):
            ask("nowhere", 1)
    with pytest.raises(UnknownVersion):
        hierarchy.neighbours(ids[0], version=7)
    with pytest.raises(UnknownCollection):
        versions.hand_edits("nowhere")
    with pytest.raises(UnknownCollection):
        versions.prune("nowhere", 1)


# --- activation ------------------------------------------------------------------------------------------------------


def test_an_old_version_comes_back_as_a_new_one_with_its_tree_its_links_and_what_was_measured(bench):
    ids = bench.concepts(4)
    first = rebuild(bench, ids, chain(ids), {(0, 1): 0.5, (1, 2): 0.6})
    rebuild(bench, ids, star(ids[:3]), {(0, 1): 0.7, (0, 3): 0.8})
    back = bench.graph.versions.activate(bench.collection, 1, author="ada", note="the second was worse")
    assert (back.version, back.restores, back.origin, back.staging) == (3, 1, "activation", 1)
    assert (back.sha256, back.parameters, back.author, back.note) == (
        first.sha256,
        first.parameters,
        "ada",
        "the second was worse",
    )
    assert shown(bench) == shown(bench, 1) == shown(bench, 3) == chain(ids)
    assert drawn(bench) == {pair for pair in chain(ids).items() if pair[1]}
    assert similar(bench, ids[0]) == similar(bench, ids[0], 3) == {ids[1]: 0.5}
    assert similar(bench, ids[0], 2) == {ids[1]: 0.7, ids[3]: 0.8}
    assert bench.graph.catalogue.concept(ids[3]).status == "kept"
    old, new = (bench.graph.hierarchy.version(bench.collection, version) for version in (1, 3))
    assert (old.assessments, old.edges) == (new.assessments, new.edges)
    history = bench.cypher(
        "MATCH (p)-[r:WAS_PARENT_OF]->(c {id: $id}) RETURN p.id AS p, r.since AS s, r.until AS u", id=ids[2]
    )
    assert {tuple(row.values()) for row in history} == {(ids[1], 1, 2), (ids[0], 2, 3)}


def test_activating_what_is_shown_already_changes_nothing(bench):
    ids = bench.concepts(3)
    bench.publish(chain(ids))
    second = bench.publish(star(ids))
    assert bench.graph.versions.activate(bench.collection, 2) == second
    back = bench.graph.versions.activate(bench.collection, 1)
    assert bench.graph.versions.activate(bench.collection, 1) == back
    assert [one.version for one in bench.graph.hierarchy.versions(bench.collection)] == [3, 2, 1]


def test_whoever_looked_at_another_version_activates_nothing(bench):
    ids = bench.concepts(3)
    bench.publish(chain(ids))
    bench.publish(star(ids))
    with pytest.raises(VersionMoved, match="at version 2, not 1"):
        bench.graph.versions.activate(bench.collection, 1, expected=1)
    assert shown(bench) == star(ids)
    assert bench.graph.versions.activate(bench.collection, 1, expected=2).version == 3


def test_many_who_want_different_versions_each_find_a_whole_one(bench):
    ids = bench.concepts(12)
    trees = [chain(ids), star(ids), chain(ids[::-1])]
    for tree in trees:
        bench.publish(tree)
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda n: bench.graph.versions.activate(bench.collection, n % 3 + 1), range(18)))
    assert shown(bench) in trees
    assert drawn(bench) == {pair for pair in shown(bench).items() if pair[1]}
    assert len({one.version for one in made}) == len({one.version for one in made if one.sha256})
    assert not bench.graph.versions.hand_edits(bench.collection)


def test_what_a_small_publication_makes_of_the_current_version_is_published_in_one_transaction(bench):
    ids = bench.concepts(4)
    bench.publish(chain(ids))

    def move(_, current):
        edges = [edge for edge in current.edges if edge.child != ids[3]]
        pinned = Edge(ids[3], ids[0], 0.5, pinned=True)
        return replace(publication_of(current), edges=(*edges, pinned), origin="curation", author="ada")

    made = bench.graph.versions.revise(bench.collection, move, expected=1)
    assert (made.version, made.origin, made.author, made.staging) == (2, "curation", "ada", 1)
    assert shown(bench) == {**chain(ids), ids[3]: ids[0]}
    with pytest.raises(VersionMoved):
        bench.graph.versions.revise(bench.collection, move, expected=1)

    def knot(_, current):
        turned = Edge(ids[0], ids[3], 0.5)
        return replace(publication_of(current), edges=(*(e for e in current.edges if e.child != ids[0]), turned))

    with pytest.raises(HierarchyInvalid, match="cycle"):
        bench.graph.versions.revise(bench.collection, knot)
    assert [one.version for one in bench.graph.hierarchy.versions(bench.collection)] == [2, 1]


def test_a_rebuild_goes_on_when_somebody_curates_meanwhile_and_takes_the_number_after(bench):
    ids = bench.concepts(4)
    rebuild(bench, ids, chain(ids), {(0, 1): 0.5})
    lease = bench.lease()
    staging = bench.graph.hierarchy.begin_staging(lease, bench.collection)
    bench.stage(lease, staging, ids, {(0, 1): 0.9})
    bench.graph.versions.revise(bench.collection, lambda _, now: replace(publication_of(now), origin="curation"))
    assert similar(bench, ids[0]) == {ids[1]: 0.5}
    made = bench.graph.hierarchy.publish(lease, bench.publication(staging, star(ids)))
    assert (made.version, made.staging) == (3, 2)
    assert similar(bench, ids[0]) == {ids[1]: 0.9}
    assert similar(bench, ids[0], 2) == {ids[1]: 0.5}


def test_what_an_overtaken_rebuild_has_staged_is_refused(bench):
    ids = bench.concepts(3)
    old = bench.lease()
    staging = bench.graph.hierarchy.begin_staging(old, bench.collection)
    bench.graph.ledger.fail(old, "test", "it stops here")
    bench.publish(chain(ids))
    retried = bench.graph.ledger.retry(old.job_id)
    lease = bench.graph.ledger.lease(retried.steps[0].id, "test", 60)
    for act in (
        lambda: bench.stage(lease, staging, ids, {(0, 1): 0.5}),
        lambda: bench.graph.hierarchy.publish(lease, bench.publication(staging, star(ids))),
    ):
        with pytest.raises(StagingSuperseded):
            act()
    assert shown(bench) == chain(ids)


# --- the gate --------------------------------------------------------------------------------------------------------


def test_a_held_version_waits_unseen_and_can_be_read_by_its_number(bench):
    ids = bench.concepts(4)
    rebuild(bench, ids, chain(ids), {(0, 1): 0.5})
    held = rebuild(bench, ids, star(ids), {(0, 1): 0.9}, held="60 % of its edges moved")
    assert (held.version, held.state, held.reason) == (2, "candidate", "60 % of its edges moved")
    assert shown(bench) == chain(ids)
    assert shown(bench, 2) == star(ids)
    assert (similar(bench, ids[0]), similar(bench, ids[0], 2)) == ({ids[1]: 0.5}, {ids[1]: 0.9})
    assert drawn(bench, "CANDIDATE_PARENT_OF") == {pair for pair in star(ids).items() if pair[1]}
    assert bench.graph.catalogue.collection(bench.collection).version == 1


def test_a_candidate_becomes_current_under_its_own_number(bench):
    ids = bench.concepts(4)
    rebuild(bench, ids, chain(ids), {(0, 1): 0.5})
    rebuild(bench, ids, star(ids), {(0, 1): 0.9}, held="review")
    made = bench.graph.versions.activate(bench.collection, 2)
    assert (made.version, made.state, made.reason) == (2, "published", "")
    assert shown(bench) == star(ids)
    assert similar(bench, ids[0]) == {ids[1]: 0.9}
    assert drawn(bench, "CANDIDATE_PARENT_OF") == set()
    assert bench.graph.hierarchy.current(bench.collection) == made


def test_a_candidate_that_was_overtaken_becomes_current_under_the_next_number(bench):
    ids = bench.concepts(4)
    bench.publish(chain(ids))
    bench.publish(star(ids), held="review")
    bench.graph.versions.revise(bench.collection, lambda _, now: replace(publication_of(now), origin="curation"))
    made = bench.graph.versions.activate(bench.collection, 2)
    assert (made.version, made.restores, made.state) == (4, 2, "published")
    assert shown(bench) == star(ids)
    waited = bench.graph.hierarchy.versions(bench.collection)[2]
    assert (waited.version, waited.state, waited.reason) == (2, "refused", "published as version 4")
    assert drawn(bench, "CANDIDATE_PARENT_OF") == set()


def test_a_newer_rebuild_takes_the_place_of_one_that_waits(bench):
    ids = bench.concepts(4)
    bench.publish(chain(ids))
    bench.publish(star(ids), held="review")
    bench.publish(chain(ids[::-1]), held="review")
    states = {one.version: (one.state, one.reason) for one in bench.graph.hierarchy.versions(bench.collection)}
    assert states[2] == ("refused", "a newer rebuild made version 3")
    assert states[3] == ("candidate", "review")
    assert drawn(bench, "CANDIDATE_PARENT_OF") == {pair for pair in chain(ids[::-1]).items() if pair[1]}


def test_a_refused_candidate_leaves_nothing_staged_and_stays_readable(bench):
    ids = bench.concepts(4)
    rebuild(bench, ids, chain(ids), {(0, 1): 0.5, (1, 2): 0.5})
    before = bench.dump()
    rebuild(bench, ids, star(ids), {(0, 1): 0.9}, held="review")
    refused = bench.graph.versions.refuse(bench.collection, 2, reason="too flat")
    assert (refused.state, refused.reason) == ("refused", "too flat")
    assert bench.dump() == before
    assert shown(bench, 2) == star(ids)
    with pytest.raises(StagingGone, match="version 2"):
        bench.graph.hierarchy.neighbours(ids[0], version=2)
    for act in (bench.graph.versions.refuse, bench.graph.versions.activate):
        with pytest.raises(VersionStateConflict, match="is refused"):
            act(bench.collection, 2)
    with pytest.raises(VersionStateConflict, match="is published"):
        bench.graph.versions.refuse(bench.collection, 1)
    assert bench.publish(star(ids)).version == 3, "numbers only grow"


# --- what is kept ----------------------------------------------------------------------------------------------------


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


# --- what hands drew -------------------------------------------------------------------------------------------------


def test_edges_drawn_or_deleted_by_hand_are_found_and_hurt_no_reader(bench):
    ids = bench.concepts(5)
    assert bench.graph.versions.hand_edits(bench.collection) is None
    bench.publish(chain(ids))
    before = bench.graph.hierarchy.tree(bench.collection)
    assert not bench.graph.versions.hand_edits(bench.collection)
    bench.cypher("MATCH ()-[r:PARENT_OF]->(:Concept {id: $id}) DELETE r", id=ids[4])
    bench.cypher("MATCH (a {id: $a}), (b {id: $b}) CREATE (a)-[:PARENT_OF]->(b)", a=ids[0], b=ids[4])
    bench.cypher("MATCH (a {id: $a}), (b {id: $b}) CREATE (a)-[:PARENT_OF]->(b)", a=ids[0], b=ids[1])
    found = bench.graph.versions.hand_edits(bench.collection)
    assert (found.version, found.removed) == (1, ((ids[4], ids[3]),))
    assert set(found.drawn) == {(ids[4], ids[0]), (ids[1], ids[0])}
    assert bench.graph.hierarchy.tree(bench.collection) == before
    bench.publish(chain(ids))
    assert not bench.graph.versions.hand_edits(bench.collection), "a publication draws its own tree"
    assert bench.cypher("MATCH (:Concept {id: $id})-[r:WAS_PARENT_OF]->() RETURN r", id=ids[0]) == []


# --- older databases -------------------------------------------------------------------------------------------------


def test_a_database_of_the_first_schema_is_brought_up_to_date_and_may_be_again(bench):
    ids = bench.concepts(3)
    for tree in (star(ids), chain(ids)):
        bench.publish(tree)
    bench.cypher(
        "MATCH (c:Collection {id: $collection})<-[:OF]-(h:Hierarchy)<-[a:ASSESSED]-() "
        "SET a.parent = CASE WHEN a.parents[0] <> '' THEN a.parents[0] END, a.similarity = a.similarities[0] "
        "REMOVE a.parents, a.similarities, a.name, a.kind, a.source, h.origin, h.author, h.note, h.reason, h.files, "
        "h.links, c.links, c.stagings, c.highest"
    )
    text = (files("cypher") / "migrations" / "002_versions.cypher").read_text(encoding="utf-8")
    for _ in range(2):
        for statement in parse_migration(2, "versions", text).statements:
            bench.cypher(statement)
    assert (shown(bench, 1), shown(bench, 2), shown(bench)) == (star(ids), chain(ids), chain(ids))
    assert [one.staging for one in bench.graph.hierarchy.versions(bench.collection)] == [2, None]
    with pytest.raises(StagingGone):
        bench.graph.hierarchy.neighbours(ids[0], version=1)
    back = bench.graph.versions.activate(bench.collection, 1)
    assert (back.version, back.staging, shown(bench)) == (3, 2, star(ids))
    lease = bench.lease()
    assert bench.graph.hierarchy.begin_staging(lease, bench.collection) == 3


def current_of(benches):
    return {bench.collection: bench.graph.hierarchy.current(bench.collection) for bench in benches}


def test_three_collections_go_their_own_ways_and_every_difference_is_what_sets_say(new_bench):
    """Random trees in turn, then an old one back: the others' sha256 stay, and so do differences counted by sets."""
    dice = random.Random(5)
    benches = [new_bench() for _ in range(3)]
    ids = {bench.collection: bench.concepts(12) for bench in benches}
    for _ in range(4):
        for bench in benches:
            others = {
                one.collection: one.graph.hierarchy.current(one.collection) for one in benches if one is not bench
            }
            mine = dice.sample(ids[bench.collection], dice.randint(8, 12))
            rebuild(bench, mine, {one: dice.choice([None, *mine[:at]]) for at, one in enumerate(mine)})
            assert current_of(one for one in benches if one is not bench) == others
    first = benches[0]
    for before, after in ((1, 4), (2, 3), (4, 1)):
        old, new = dict(shown(first, before)), dict(shown(first, after))
        trees = (first.graph.hierarchy.tree(first.collection, version)[2] for version in (before, after))
        found = difference(*trees)
        assert {move.concept for move in found.moved} == {one for one in old.keys() & new if old[one] != new[one]}
        assert (set(found.new), set(found.gone)) == (new.keys() - old.keys(), old.keys() - new.keys())
    others = current_of(benches[1:])
    wanted = first.graph.hierarchy.version(first.collection, 2).hierarchy.sha256
    assert first.graph.versions.activate(first.collection, 2).sha256 == wanted
    assert drawn(first) == {pair for pair in shown(first, 2).items() if pair[1] is not None}
    assert current_of(benches[1:]) == others
