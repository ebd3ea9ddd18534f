"""What a crash leaves is put right when a worker starts; what hands drew is said; the pointer follows activations."""

import dataclasses

import pytest

from worker.answers.published import POINTER, load_published
from worker.jobs import mending, pointers
from worker.jobs.builds import Builds
from worker.jobs.reaper import Reaper

pytestmark = pytest.mark.stack


def mend(tiny):
    return {one.collection: one for one in mending.mend(tiny.graph, tiny.data)}["tiny"]


def cypher(tiny, text):
    tiny.graph.driver.execute_query(text)


@pytest.fixture
def two_versions(tiny):
    tiny.rebuild()
    tiny.rebuild(seed=9)
    return tiny


def test_nothing_is_found_where_nothing_broke(two_versions):
    found = mend(two_versions)
    assert (found.relationships, found.candidate_edges, found.projections, found.pointer) == (0, 0, 0, False)
    assert not found.hand_edits


def test_what_a_killed_rebuild_left_is_swept_and_its_retry_ends_as_a_calm_run(tiny):
    calm = tiny.rebuild(seed=9)
    wanted = tiny.graph.hierarchy.current("tiny").sha256
    assert calm.result_version == 1
    tiny.rebuild()
    job = tiny.ask(seed=9)
    for _ in range(8):  # up to the links, which are staged
        (step,) = tiny.graph.ledger.due_steps(job.id)
        tiny.runner.run(step.id)
    cypher(tiny, f"MATCH (j:Job {{id: '{job.id}'}}) SET j.state = 'failed', j.active_collection = null")
    assert tiny.staged() > 0
    assert mend(tiny).relationships > 0
    assert tiny.staged() == 0
    assert mend(tiny).relationships == 0
    tiny.graph.ledger.retry(job.id)
    retried = tiny.drain(job.id)
    assert (retried.state, retried.result_version) == ("succeeded", 3)
    assert tiny.graph.hierarchy.current("tiny").sha256 == wanted
    assert tiny.staged() == 0


def test_drawings_of_candidates_that_are_none_are_removed_and_true_ones_stay(tiny):
    tiny.rebuild()
    tiny.rebuild(max_children=1, publish="review", max_moved=0.0)
    cypher(tiny, "MATCH (a:Concept)-[:PARENT_OF]->(b:Concept) CREATE (a)-[:CANDIDATE_PARENT_OF {version: 77}]->(b)")
    drawn = len(tiny.tree()) - list(tiny.tree().values()).count(None)
    assert mend(tiny).candidate_edges == drawn
    assert mend(tiny).candidate_edges == 0
    rows, _, _ = tiny.graph.driver.execute_query("MATCH ()-[r:CANDIDATE_PARENT_OF]->() RETURN count(r) AS n")
    assert rows[0]["n"] == tiny.graph.hierarchy.versions("tiny")[0].edges


def test_a_collection_that_is_being_rebuilt_is_left_to_its_rebuild(two_versions):
    two_versions.ask(seed=4)
    assert mending.mend(two_versions.graph, two_versions.data) == []


def test_edits_by_hand_are_found_and_left_alone(two_versions):
    cypher(two_versions, "MATCH ()-[r:PARENT_OF]->() WITH r LIMIT 1 DELETE r")
    for _ in range(2):
        assert len(mend(two_versions).hand_edits.removed) == 1


def test_the_pointer_follows_an_activation_and_comes_back_when_it_was_lost(two_versions):
    tiny, first = two_versions, two_versions.graph.hierarchy.versions("tiny")[1]
    assert load_published(tiny.data).version == 2
    tiny.graph.versions.activate("tiny", 1)
    reaper = Reaper(tiny.workshop, tiny.rung.append, tiny.settings.redis_url.get_secret_value())
    reaper.look_once()
    published = load_published(tiny.data)
    assert (published.version, published.catalogue) == (3, first.files["catalogue"])
    assert set(published.concept_ids) == {
        one.id for one in tiny.graph.hierarchy.tree("tiny", 1)[1] if one.status == "kept"
    }
    (Builds(tiny.data, "tiny").folder / POINTER).unlink()
    assert mend(tiny).pointer
    assert dataclasses.asdict(load_published(tiny.data))["version"] == 3
    assert not pointers.follow(tiny.graph, tiny.data, tiny.graph.catalogue.collection("tiny"))
