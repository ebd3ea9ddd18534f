"""Versions for real: every one read back, an old one brought back, and told from what hands drew."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from cypher.comparison import difference
from cypher.errors import (
    HierarchyInvalid,
    StagingSuperseded,
    UnknownCollection,
    UnknownVersion,
    VersionMoved,
)
from cypher.model import Assessment, Edge, NewConcept, Publication, hierarchy_sha256
from cypher.versions import publication_of
from tests.cypher.trees import chain, drawn, rebuild, shown, similar, star

pytestmark = pytest.mark.stack


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
