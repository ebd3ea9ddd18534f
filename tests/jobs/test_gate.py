"""The gate: what is held, what is not, and what becomes of a version that waits."""

import pytest

from cypher.model import Concept, Edge, Quality
from worker.answers.published import load_published
from worker.jobs.requests import RebuildRequest
from worker.jobs.stages.gate import Finding, compare


def concept(one, auc, status="kept"):
    return Concept(one, one, "c", status=status, quality=Quality(auc, auc, auc, auc, auc))


def test_concepts_below_another_parent_are_counted_and_auc_over_those_both_keep():
    before = [Edge("a", None), Edge("b", "a"), Edge("c", "a"), Edge("d", "a")]
    after = [Edge("a", None), Edge("b", "a"), Edge("c", "b"), Edge("e", "a")]
    concepts = [
        concept("a", 0.9),
        concept("b", 0.8),
        concept("c", 0.7),
        concept("d", 0.5),
        concept("x", 0.1, "left_out"),
    ]
    found = compare(before, concepts, after, {"a": 0.85, "b": 0.75, "c": 0.8, "e": 0.2})
    assert (found.moved, found.common) == (1, 3)
    assert found.auc_loss == pytest.approx((0.05 + 0.05 - 0.1) / 3)


@pytest.mark.parametrize(
    ("finding", "limits", "words"),
    [
        (Finding(2, 10, 0.0), {"max_moved": 0.2}, []),
        (Finding(3, 10, 0.0), {"max_moved": 0.2}, ["3 of 10 concepts got another parent (30%, max_moved is 20%)"]),
        (Finding(0, 10, 0.03), {}, ["kept concepts lost 0.030 of AUC on average (max_auc_loss is 0.02)"]),
        (Finding(0, 10, -0.3), {"max_auc_loss": 0.0}, []),
        (Finding(0, 0, 0.0), {"max_moved": 0.0}, []),
    ],
)
def test_what_crosses_a_limit_is_said_in_words(finding, limits, words):
    assert finding.complaints(RebuildRequest(**limits).settings()) == words


@pytest.mark.stack
def test_a_version_that_changes_too_much_waits_and_its_job_says_so(tiny):
    tiny.rebuild()
    before, pointer = tiny.tree(), load_published(tiny.data).version
    job = tiny.rebuild(max_children=1, publish="review", max_moved=0.0)
    assert (job.state, job.result_version) == ("succeeded", 2)
    gate, published = tiny.result(job, "gate"), tiny.result(job, "publish")
    assert (gate["decision"], gate["compared_with"], published["state"]) == ("hold", 1, "candidate")
    assert gate["moved"] > 0
    assert "got another parent" in published["held"]
    assert tiny.tree() == before
    assert load_published(tiny.data).version == pointer
    assert tiny.staged() == 0, "a candidate shows what was staged for it"
    tiny.graph.versions.activate("tiny", 2)
    assert tiny.tree() == {edge.child: edge.parent for edge in tiny.graph.hierarchy.tree("tiny", 2)[2]} != before


@pytest.mark.stack
def test_without_a_review_and_within_the_limits_a_version_is_published_at_once(tiny):
    first = tiny.rebuild(publish="review", max_moved=0.0)
    assert tiny.result(first, "publish")["state"] == "published", "the first has nothing to be held against"
    again = tiny.rebuild(publish="auto")
    assert tiny.result(again, "publish")["unchanged"], "who may see a version is no part of what it says"
    within = tiny.rebuild(max_children=1, publish="review", max_moved=1.0, max_auc_loss=1.0)
    assert (tiny.result(within, "publish")["state"], within.result_version) == ("published", 2)
    at_once = tiny.rebuild()
    assert (tiny.result(at_once, "publish")["state"], at_once.result_version) == ("published", 3)
