"""Support and direction of edges, from a rebuild to what the graph keeps; and edges that stay put."""

import numpy as np
import pytest

from worker.hierarchy.support import Support
from worker.jobs.builds import Builds
from worker.jobs.growing import grower
from worker.jobs.requests import RebuildRequest
from worker.jobs.trusting import Trust, draws

pytestmark = pytest.mark.stack


def edges_of(bench):
    return {edge.child: edge for edge in bench.graph.hierarchy.tree("tiny")[2]}


def test_every_edge_of_a_published_version_says_how_far_it_can_be_trusted(tiny):
    job = tiny.rebuild(support_trees=40)
    assert job.state == "succeeded", job.error_message
    edges = edges_of(tiny)
    assert all(edge.support is not None and 0 <= edge.support <= 1 for edge in edges.values())
    below = [edge for edge in edges.values() if edge.parent is not None]
    assert below
    assert all(0 <= edge.direction <= 1 for edge in below)
    assert edges["violin"].parent == "strings"
    assert edges["violin"].support > 0.5
    assert edges["violin"].direction > 0.9
    rows, _, _ = tiny.graph.driver.execute_query(
        "MATCH (:Concept {id: 'strings'})-[e:PARENT_OF]->(:Concept {id: 'violin'}) "
        "RETURN e.support AS support, e.direction AS direction"
    )
    assert (rows[0]["support"], rows[0]["direction"]) == (edges["violin"].support, edges["violin"].direction)


def test_the_same_rebuild_gives_the_same_support_and_none_is_an_option(tiny):
    tiny.rebuild(support_trees=20)
    first = edges_of(tiny)
    again = tiny.rebuild(support_trees=20)
    assert tiny.result(again, "publish")["unchanged"]
    assert edges_of(tiny) == first
    tiny.rebuild(support_trees=0)
    assert {edge.support for edge in edges_of(tiny).values()} == {None}


def test_the_presets_tree_has_support_too(tiny):
    tiny.rebuild(support_trees=10, builder="heymann", min_similarity=0.2, max_children=20)
    assert all(edge.support is not None for edge in edges_of(tiny).values())


def test_sticky_keeps_a_parent_that_the_tracks_do_not_speak_against(tiny):
    tiny.rebuild(support_trees=20)
    before = tiny.tree()
    job = tiny.rebuild(support_trees=20, sticky=True, seed=7)
    assert tiny.result(job, "hierarchy")["kept_in_place"] >= 0
    free = tiny.tree()
    common = before.keys() & free.keys()
    assert sum(before[one] == free[one] for one in common) >= len(common) - 2


def test_trust_goes_through_its_file_and_to_edges_it_knows(tmp_path):
    from cypher.model import Edge

    builds = Builds(tmp_path, "tiny")
    trust = Trust(4, {("a", "b"): 3, ("b", None): 4, ("a", None): 1}, {("a", "b"): 0.75})
    assert Trust.load(builds, trust.save(builds, "x.trust.json")) == trust
    one, other, stranger = trust.applied([Edge("a", "b"), Edge("b", None), Edge("a", "z")])
    assert (one.support, one.direction) == (0.75, 0.75)
    assert (other.support, other.direction) == (1.0, None)
    assert (stranger.support, stranger.direction) == (0.0, None)


def test_a_draw_of_every_track_once_gives_s_and_separation_themselves():
    from worker.concepts.members import Members
    from worker.concepts.similarity import separation, similarity

    draw = np.random.default_rng(0)
    scores = draw.random((30, 4)).astype(np.float32)
    tracks = [f"t{number:02d}" for number in range(30)]
    members = Members.of({name: draw.choice(tracks, 9, replace=False) for name in "abcd"}, tracks)
    ((s, apart),) = draws(scores, members, np.ones((1, 30), np.float32), separated=True)
    assert np.allclose(s, similarity(scores, members), atol=2e-6)
    assert np.allclose(apart, separation(scores, members), atol=2e-5)
    ((_, nothing),) = draws(scores, members, np.ones((1, 30), np.float32), separated=False)
    assert nothing is None
    rule = grower(RebuildRequest().settings(), np.zeros(4))
    assert len(rule(s, apart)) == 4
    assert Support(1, {(0, None): 1}).share(0, None) == 1.0
