"""Support and direction of edges, from a rebuild to what the graph keeps; and edges that stay put."""

import numpy as np
import pytest
from pydantic import ValidationError

from cypher.model import Edge
from worker.hierarchy.support import Support
from worker.jobs.builds import Builds
from worker.jobs.growing import grower
from worker.jobs.requests import RebuildRequest
from worker.jobs.trusting import Stay, Trust, draws

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
    assert all(0 < edge.margin_error < 0.5 for edge in edges.values() if edge.margin is not None)
    rows, _, _ = tiny.graph.driver.execute_query(
        "MATCH (:Concept {id: 'strings'})-[e:PARENT_OF]->(:Concept {id: 'violin'}) "
        "RETURN e.support AS support, e.direction AS direction, e.margin_error AS error"
    )
    violin = edges["violin"]
    assert rows[0].values() == [violin.support, violin.direction, violin.margin_error]


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


@pytest.fixture
def twins(bench, library):
    """Two concepts of nearly the same tracks, both wider than cello and violin: whose parent is which is a toss-up."""
    memberships, sounds = library()
    wide = memberships["strings"]
    families = {name: memberships[name] for name in ("strings", "winds", "violin", "cello", "flute", "oboe")}
    bench.memberships = families | {"bows": wide[1:-1]}
    bench.fill(bench.memberships, sorted(sounds))
    bench.store.write(list(sounds), list(sounds.values()))
    return bench


def test_a_toss_up_moves_with_the_seed_and_stays_with_sticky_which_says_why(twins):
    twins.rebuild(support_trees=40)
    before = twins.tree()

    job = twins.rebuild(support_trees=40, seed=1, sticky=True)

    assert twins.tree() == before
    assert twins.result(job, "hierarchy")["kept_in_place"] == 2
    for child in ("cello", "violin"):
        edge = edges_of(twins)[child]
        assert {edge.parent, edge.runner_up} == {"strings", "bows"}
        assert -edge.margin_error <= edge.margin <= 0
        assert not edge.pinned
    twins.rebuild(support_trees=40, seed=1)
    moved = {child for child, parent in twins.tree().items() if parent != before[child]}
    assert moved == {"cello", "violin"}


def test_what_curators_decide_while_a_sticky_rebuild_runs_moves_no_other_edge(twins):
    """The tree is grown, then a curator pins, then it is grown again and published."""
    twins.rebuild(support_trees=40)
    before = twins.tree()
    job = twins.ask(support_trees=40, seed=1, sticky=True)
    twins.drain(job.id, before="publish")
    twins.graph.curation.pin("oboe", "strings")

    job = twins.drain(job.id)

    assert (job.state, job.error_message) == ("succeeded", "")
    assert twins.tree() == before | {"oboe": "strings"}
    edges = edges_of(twins)
    assert {child for child, edge in edges.items() if edge.pinned} == {"oboe"}
    assert all(edge.support is not None for edge in edges.values())
    assert -edges["cello"].margin_error <= edges["cello"].margin <= 0


def test_sticky_lets_go_of_what_sounds_otherwise_now(twins):
    twins.rebuild(support_trees=40)
    assert twins.tree()["violin"] in {"strings", "bows"}
    twins.fill(twins.memberships | {"violin": twins.memberships["flute"][2:]}, [])

    job = twins.rebuild(support_trees=40, sticky=True)

    assert twins.tree()["violin"] in {"winds", "flute"}
    assert twins.result(job, "hierarchy")["kept_in_place"] == 0


def test_sticky_without_draws_is_refused_with_the_remedy():
    with pytest.raises(ValidationError, match="support_trees of at least 2"):
        RebuildRequest(sticky=True, support_trees=0)
    assert RebuildRequest(sticky=True).settings().sticky


def test_trust_goes_through_its_file_and_to_edges_it_knows(tmp_path):
    builds = Builds(tmp_path, "tiny")
    trust = Trust(
        4,
        {("a", "b"): 3, ("b", None): 4, ("a", None): 1},
        {("a", "b"): 0.75},
        {("a", "b", "c"): 0.02, ("b", None, "c"): 0.03},
        {"c": Stay("b", "a", lead=0.01, error=0.04), "d": Stay(None, "a", lead=-0.2, error=0.1)},
    )
    assert Trust.load(builds, trust.save(builds)) == trust
    edges = [Edge("a", "b", margin=0.1, runner_up="c"), Edge("b", None, margin=-0.1, runner_up="c"), Edge("z", "a")]
    one, other, stranger = trust.applied(edges)
    assert (one.support, one.direction, one.margin_error) == (0.75, 0.75, 0.02)
    assert (other.support, other.direction, other.margin_error) == (1.0, None, 0.03)
    assert (stranger.support, stranger.direction, stranger.margin_error) == (0.0, None, None)


def test_an_edge_that_stayed_says_by_how_much_it_was_behind():
    trust = Trust(
        4, {}, {}, {}, {"c": Stay("b", "a", lead=0.01, error=0.04), "d": Stay(None, "a", lead=0.2, error=0.3)}
    )
    above = [Edge("a", None), Edge("b", None)]
    below, top = trust.applied([*above, Edge("c", "b", margin=-0.5), Edge("d", None, margin=0.5)])[2:]
    assert (below.margin, below.margin_error, below.runner_up) == (-0.01, 0.04, "a")
    assert (top.margin, top.margin_error, top.runner_up) == (0.2, 0.3, "a")
    for pinned_or_elsewhere in (Edge("c", "b", pinned=True, margin=-0.5), Edge("c", "a", margin=-0.5)):
        assert trust.applied([*above, pinned_or_elsewhere])[2].margin == -0.5
    rival_is_gone = Edge("c", "b", margin=-0.5)
    assert trust.applied([Edge("b", None), rival_is_gone])[1].margin == -0.5


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
