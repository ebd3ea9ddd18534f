"""Curators' decisions for real: published at once, written down, taken back, and never lost by a rebuild."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cypher.decisions import Signature
from cypher.errors import (
    CurationMeaningless,
    CurationMoved,
    CurationOver,
    NotInTree,
    UnknownConcept,
    VersionMoved,
    WouldCycle,
)
from cypher.model import NewConcept

pytestmark = pytest.mark.stack

ADA = Signature("ada", "I can hear it")


def shape(bench):
    """Child -> parent of the current version as the API reads it, and the same as plain Cypher sees it."""
    _, _, edges = bench.graph.hierarchy.tree(bench.collection)
    drawn = bench.cypher(
        "MATCH (p:Concept)-[:PARENT_OF]->(c:Concept)-[:IN]->(:Collection {id: $collection}) "
        "RETURN c.id AS child, p.id AS parent"
    )
    read = {edge.child: edge.parent for edge in edges}
    assert {row["child"]: row["parent"] for row in drawn} == {c: p for c, p in read.items() if p is not None}
    return read


@pytest.fixture
def tree(bench):
    """music > rock > metal, punk; music > funk: published."""
    ids = dict(zip(("music", "rock", "metal", "punk", "funk"), bench.concepts(5), strict=True))
    parents = {"music": None, "rock": "music", "metal": "rock", "punk": "rock", "funk": "music"}
    bench.publish({ids[child]: parent and ids[parent] for child, parent in parents.items()})
    return ids


def test_a_pin_is_published_at_once_and_says_who_wanted_it(bench, tree):
    before = bench.graph.hierarchy.current(bench.collection)

    made = bench.graph.curation.pin(tree["punk"], tree["funk"], signed=ADA)

    now = bench.graph.hierarchy.current(bench.collection)
    assert shape(bench)[tree["punk"]] == tree["funk"]
    assert (now.version, made.version, now.origin) == (before.version + 1, before.version + 1, "curation")
    assert (made.author, made.reason, made.kind, made.state) == ("ada", "I can hear it", "pin", "standing")
    assert (made.concept, made.other) == (tree["punk"], tree["funk"])
    assert bench.graph.curation.standing(bench.collection).pins == {tree["punk"]: tree["funk"]}
    assert bench.cypher(
        "MATCH (:Concept)-[e:PARENT_OF {pinned: true}]->(c {id: $id}) RETURN e.since AS since", id=tree["punk"]
    ) == [{"since": now.version}]


def test_a_pin_shows_the_similarity_that_was_measured(bench, tree):
    ids = [tree["funk"], tree["punk"]]
    lease = bench.lease()
    staging = bench.graph.hierarchy.begin_staging(lease, bench.collection)
    bench.stage(lease, staging, ids, {(0, 1): 0.7})
    parents = shape(bench)
    bench.graph.hierarchy.publish(lease, bench.publication(staging, parents))

    bench.graph.curation.pin(tree["punk"], tree["funk"])

    _, _, edges = bench.graph.hierarchy.tree(bench.collection)
    pinned = next(edge for edge in edges if edge.pinned)
    assert (pinned.child, pinned.similarity) == (tree["punk"], 0.7)


def test_undoing_a_pin_puts_the_concept_back(bench, tree):
    before = shape(bench)
    sha256 = bench.graph.hierarchy.current(bench.collection).sha256
    made = bench.graph.curation.pin(tree["punk"], tree["funk"])

    undone = bench.graph.curation.undo(made.id, signed=ADA)

    assert shape(bench) == before
    assert bench.graph.hierarchy.current(bench.collection).sha256 == sha256
    assert (undone.kind, undone.undoes, bench.graph.curation.curation(made.id).state) == ("undo", made.id, "undone")
    assert bench.graph.curation.standing(bench.collection).pins == {}
    with pytest.raises(CurationOver, match="undone"):
        bench.graph.curation.undo(made.id)


def test_a_second_pin_of_a_concept_replaces_the_first(bench, tree):
    first = bench.graph.curation.pin(tree["punk"], tree["funk"])
    bench.graph.curation.pin(tree["punk"], None)

    assert bench.graph.curation.curation(first.id).state == "replaced"
    assert bench.graph.curation.standing(bench.collection).pins == {tree["punk"]: None}
    assert shape(bench)[tree["punk"]] is None


def test_what_cannot_be_pinned_writes_nothing(bench, tree):
    before = bench.dump()
    stranger = bench.concepts(1, "Stranger")[0]
    with pytest.raises(WouldCycle):
        bench.graph.curation.pin(tree["rock"], tree["metal"])
    with pytest.raises(NotInTree, match="waiting"):
        bench.graph.curation.pin(tree["rock"], stranger)
    with pytest.raises(UnknownConcept):
        bench.graph.curation.pin(tree["rock"], "nobody-there")
    with pytest.raises(VersionMoved):
        bench.graph.curation.pin(tree["punk"], tree["funk"], expected=7)

    assert bench.dump() == before
    assert bench.graph.curation.curations(bench.collection) == []


def test_a_concept_of_another_collection_is_no_parent(bench, tree, new_bench):
    other = new_bench().concepts(1)[0]
    with pytest.raises(UnknownConcept):
        bench.graph.curation.pin(tree["rock"], other)
    with pytest.raises(UnknownConcept):
        bench.graph.curation.merge(tree["rock"], other)


def test_a_hidden_concept_leaves_the_tree_and_comes_back(bench, tree):
    before = shape(bench)
    made = bench.graph.curation.hide(tree["rock"], signed=ADA)

    now = shape(bench)
    assert tree["rock"] not in now
    assert now[tree["metal"]] == now[tree["punk"]] == tree["music"]
    hidden = bench.graph.catalogue.concept(tree["rock"])
    assert (hidden.status, hidden.reason) == ("left_out", "hidden: a curator hid it")
    with pytest.raises(CurationMeaningless, match="hidden already"):
        bench.graph.curation.hide(tree["rock"])

    bench.graph.curation.undo(made.id)

    assert shape(bench) == before
    assert bench.graph.catalogue.concept(tree["rock"]).status == "kept"


def test_after_a_rebuild_a_hidden_concept_comes_back_at_the_next_one(bench, tree):
    made = bench.graph.curation.hide(tree["rock"])
    parents = shape(bench)
    bench.publish(parents, left_out=[tree["rock"]])

    bench.graph.curation.undo(made.id)

    assert tree["rock"] not in shape(bench)
    assert bench.graph.catalogue.concept(tree["rock"]).status == "waiting"
    assert bench.graph.curation.standing(bench.collection).hidden == frozenset()


def test_merged_concepts_are_one_in_the_tree_and_found_by_both_names(bench, tree):
    before = shape(bench)
    made = bench.graph.curation.merge(tree["rock"], tree["funk"])

    now = shape(bench)
    assert tree["rock"] not in now
    assert now[tree["metal"]] == now[tree["punk"]] == tree["funk"]
    assert bench.graph.catalogue.concept(tree["funk"]).aliases == (f"Concept {bench.collection} 1",)
    assert bench.graph.catalogue.concept(tree["rock"]).reason.startswith("merged: it is part of")
    with pytest.raises(CurationMeaningless, match="part of"):
        bench.graph.curation.merge(tree["rock"], tree["music"])
    with pytest.raises(CurationMeaningless, match="itself"):
        bench.graph.curation.merge(tree["music"], tree["music"])

    bench.graph.curation.undo(made.id)

    assert shape(bench) == before
    assert bench.graph.catalogue.concept(tree["funk"]).aliases == ()


def test_a_new_name_survives_the_next_import_and_the_old_one_is_an_alias(bench, tree):
    old = bench.graph.catalogue.concept(tree["rock"])
    made = bench.graph.curation.rename(tree["rock"], name="Rock'n'Roll", signed=ADA)

    bench.graph.catalogue.save_concepts(bench.collection, [NewConcept(old.source_key, old.name)])

    renamed = bench.graph.catalogue.concept(tree["rock"])
    assert (renamed.id, renamed.name, renamed.aliases) == (old.id, "Rock'n'Roll", (old.name,))
    _, concepts, _ = bench.graph.hierarchy.tree(bench.collection)
    assert {one.id: one.name for one in concepts}[old.id] == "Rock'n'Roll"
    with pytest.raises(CurationMeaningless, match="called that already"):
        bench.graph.curation.rename(tree["rock"], name="Rock'n'Roll")

    bench.graph.curation.undo(made.id)

    assert bench.graph.catalogue.concept(tree["rock"]) == bench.graph.catalogue.concept(old.id)
    assert (bench.graph.catalogue.concept(old.id).name, bench.graph.catalogue.concept(old.id).aliases) == (old.name, ())
    bench.graph.catalogue.save_concepts(bench.collection, [NewConcept(old.source_key, "Rock again")])
    assert bench.graph.catalogue.concept(old.id).name == "Rock again"


def test_before_the_first_publication_a_concept_can_be_named_and_hidden(bench):
    concept = bench.concepts(1)[0]
    bench.graph.curation.rename(concept, name="Better")
    bench.graph.curation.hide(concept)

    assert bench.graph.catalogue.concept(concept).name == "Better"
    assert bench.graph.curation.standing(bench.collection).hidden == {concept}
    with pytest.raises(NotInTree):
        bench.graph.curation.pin(concept, None)


def test_a_rebuild_that_has_not_seen_a_decision_is_told_to_look_again(bench, tree):
    lease = bench.lease()
    staging = bench.graph.hierarchy.begin_staging(lease, bench.collection)
    seen = bench.graph.curation.standing(bench.collection).seen
    parents = shape(bench)
    publication = replace(bench.publication(staging, parents), curations=seen)
    bench.graph.curation.pin(tree["punk"], tree["funk"])

    with pytest.raises(CurationMoved, match="grow it again"):
        bench.graph.hierarchy.publish(lease, publication)

    assert shape(bench)[tree["punk"]] == tree["funk"]
    again = replace(bench.publication(staging, shape(bench)), curations=seen + 1)
    assert bench.graph.hierarchy.publish(lease, again).version == 3


# --- edits made by hand ----------------------------------------------------------------------------------------------


def draw(bench, child, parent):
    bench.cypher(
        "MATCH (c:Concept {id: $child}), (p:Concept {id: $parent}) OPTIONAL MATCH (:Concept)-[old:PARENT_OF]->(c) "
        "DELETE old CREATE (p)-[:PARENT_OF]->(c)",
        child=child,
        parent=parent,
    )


def test_edits_made_by_hand_are_found_and_adopted_as_pins(bench, tree):
    draw(bench, tree["punk"], tree["funk"])
    bench.cypher("MATCH (:Concept)-[e:PARENT_OF]->(:Concept {id: $id}) DELETE e", id=tree["metal"])

    found = bench.graph.versions.hand_edits(bench.collection)
    made = bench.graph.curation.adopt(bench.collection, signed=ADA)

    assert found.drawn == ((tree["punk"], tree["funk"]),)
    assert {one.concept: one.other for one in made} == {tree["punk"]: tree["funk"], tree["metal"]: None}
    now = shape(bench)
    assert (now[tree["punk"]], now[tree["metal"]]) == (tree["funk"], None)
    assert not bench.graph.versions.hand_edits(bench.collection)
    with pytest.raises(CurationMeaningless, match="nobody edited"):
        bench.graph.curation.adopt(bench.collection)


def test_what_was_turned_round_by_hand_can_be_adopted(bench, tree):
    draw(bench, tree["rock"], tree["metal"])
    draw(bench, tree["metal"], tree["music"])

    bench.graph.curation.adopt(bench.collection)

    now = shape(bench)
    assert (now[tree["rock"]], now[tree["metal"]]) == (tree["metal"], tree["music"])


def test_a_circle_drawn_by_hand_is_not_adopted_and_can_be_reverted(bench, tree):
    before = shape(bench)
    draw(bench, tree["rock"], tree["metal"])
    with pytest.raises(WouldCycle):
        bench.graph.curation.adopt(bench.collection)

    made = bench.graph.curation.revert(bench.collection, signed=ADA)

    assert shape(bench) == before
    assert (made.kind, made.author, made.state) == ("revert", "ada", "done")
    assert bench.graph.hierarchy.current(bench.collection).version == 1


# --- the audit trail -------------------------------------------------------------------------------------------------


def test_decisions_are_listed_newest_first_page_by_page(bench, tree):
    made = [
        bench.graph.curation.pin(tree["punk"], tree["funk"]),
        bench.graph.curation.hide(tree["metal"]),
        bench.graph.curation.rename(tree["rock"], aliases=["Rawk"]),
    ]

    first = bench.graph.curation.curations(bench.collection, limit=2)
    rest = bench.graph.curation.curations(bench.collection, before=first[-1].id)

    assert [one.id for one in (*first, *rest)] == [one.id for one in reversed(made)]
    assert [one.kind for one in bench.graph.curation.curations(concept=tree["funk"])] == ["pin"]
    assert [one.kind for one in bench.graph.curation.curations(bench.collection, state="undone")] == []


def test_pins_hold_through_rebuilds_of_other_trees(bench, tree):
    """Five rebuilds, each of another random tree grown around the pin, as the stage `hierarchy` does."""
    from worker.hierarchy.builders import heymann_tree
    from worker.jobs.curated import places

    bench.graph.curation.pin(tree["punk"], tree["funk"])
    ids = sorted(tree.values())
    for seed in range(5):
        rng = np.random.default_rng(seed)
        standing = bench.graph.curation.standing(bench.collection)
        pins = places(standing, ids).pins
        grown = heymann_tree(rng.random((5, 5)), rng.random(5), pins=pins)
        lease = bench.lease()
        staging = bench.graph.hierarchy.begin_staging(lease, bench.collection)
        parents = {ids[edge.child]: None if edge.parent is None else ids[edge.parent] for edge in grown}
        bench.graph.hierarchy.publish(lease, replace(bench.publication(staging, parents), curations=standing.seen))
        bench.graph.ledger.finish(lease, {})

        assert shape(bench)[tree["punk"]] == tree["funk"]
