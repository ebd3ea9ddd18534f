"""What curators decided, through whole rebuilds on the real graph: it holds, also when it is decided in between."""

from __future__ import annotations

import pytest

from cypher.decisions import Signature

pytestmark = pytest.mark.stack

ADA = Signature("ada")


@pytest.fixture
def named(tiny):
    """Concept ids by name, after a first rebuild."""
    job = tiny.rebuild()
    assert (job.state, job.error_message) == ("succeeded", "")
    return {concept.name: concept.id for concept in tiny.graph.catalogue.concepts("tiny")}


def status(tiny, concept_id):
    found = tiny.graph.catalogue.concept(concept_id)
    return found.status, found.reason.partition(":")[0]


def test_pins_hold_through_rebuilds_with_new_seeds(tiny, named):
    tiny.graph.curation.pin(named["violin"], named["flute"], signed=ADA)
    tiny.graph.curation.pin(named["harp"], None)

    for seed in range(11, 16):
        job = tiny.rebuild(seed=seed)

        tree = tiny.tree()
        assert (tree[named["violin"]], tree[named["harp"]]) == (named["flute"], None)
        assert tiny.result(job, "publish")["pins"] == 2
        assert tiny.result(job, "publish")["pins_waiting"] == []


def test_a_rebuild_after_a_decision_is_published_and_the_next_one_says_the_same(tiny, named):
    tiny.graph.curation.pin(named["violin"], named["flute"])

    first, second = tiny.rebuild(), tiny.rebuild()

    assert tiny.result(first, "publish")["unchanged"] is False
    assert tiny.result(second, "publish")["unchanged"] is True


def test_a_hidden_concept_is_not_learnt_and_comes_back_after_the_undo(tiny, named):
    made = tiny.graph.curation.hide(named["oboe"])
    tiny.rebuild()

    assert named["oboe"] not in tiny.tree()
    assert status(tiny, named["oboe"]) == ("left_out", "hidden")

    tiny.graph.curation.undo(made.id)
    assert status(tiny, named["oboe"]) == ("waiting", "waiting")
    tiny.rebuild()

    assert named["oboe"] in tiny.tree()
    assert status(tiny, named["oboe"]) == ("kept", "")


def test_merged_concepts_learn_from_the_tracks_of_both(tiny, named):
    tiny.graph.curation.merge(named["cello"], named["violin"])
    tiny.rebuild()

    both = set(tiny.memberships["violin"]) | set(tiny.memberships["cello"])
    learnt, _, _ = tiny.graph.driver.execute_query(
        "MATCH (:Concept {id: $id})-[a:ASSESSED]->(:Hierarchy {version: 3}) RETURN a.tracks AS n", id=named["violin"]
    )
    assert learnt[0]["n"] == len(both)
    assert status(tiny, named["cello"]) == ("left_out", "merged")
    assert tiny.graph.catalogue.concept(named["violin"]).aliases == ("cello",)


def test_what_is_decided_while_a_rebuild_runs_is_in_what_it_publishes(tiny, named):
    """The tree is grown, then a curator pins, hides and merges, then it is published."""
    job = tiny.ask(seed=5)
    tiny.drain(job.id, before="publish")
    tiny.graph.curation.pin(named["violin"], named["flute"], signed=ADA)
    tiny.graph.curation.hide(named["oboe"], signed=ADA)

    job = tiny.drain(job.id)

    assert job.state == "succeeded"
    tree = tiny.tree()
    assert tree[named["violin"]] == named["flute"]
    assert named["oboe"] not in tree
    assert status(tiny, named["oboe"]) == ("left_out", "hidden")
    assert job.result_version == 4
