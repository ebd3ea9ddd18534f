"""A whole rebuild with several parents: what sounds like two families hangs below both, in graph, files and history."""

import numpy as np
import pytest

pytestmark = pytest.mark.stack


@pytest.fixture
def duos(bench, library):
    """The tiny library with duos of a string and a wind instrument, which lie in the lists of both families."""
    memberships, sounds = library()
    families = [name for name in memberships if name in {"strings", "winds"}]
    draw = np.random.default_rng(5)
    names = [f"duo{number:02d}" for number in range(20)]
    halves = [sorted(memberships[family]) for family in families]
    for name in names:
        one, other = (sounds[draw.choice(half)] for half in halves)
        sounds[name] = ((one + other) / 1.4).astype(np.float32)
    for family in families:
        memberships[family] = [*memberships[family], *names]
    memberships["duo"] = names
    bench.fill(memberships, sorted(sounds))
    bench.store.write(list(sounds), list(sounds.values()))
    return bench


def test_what_mixes_two_families_hangs_below_both_and_the_tree_stays(duos):
    job = duos.rebuild(parents="several", support_trees=10)
    assert (job.state, job.error_message) == ("succeeded", "")
    _, concepts, edges = duos.graph.hierarchy.tree("tiny")
    names = {one.id: one.name for one in concepts}
    parents = {(names[edge.child], names.get(edge.parent), edge.further) for edge in edges}
    assert {parent for child, parent, _ in parents if child == "duo"} == {"strings", "winds"}
    assert all(edge.support is not None and edge.direction is not None for edge in edges if edge.further)
    assert duos.result(job, "hierarchy")["further"] == sum(further for _, _, further in parents) >= 1
    drawn, _, _ = duos.graph.driver.execute_query(
        "MATCH (p)-[e:PARENT_OF]->(c {name: 'duo'}) RETURN p.name AS parent, e.further AS further"
    )
    assert {(row["parent"], "duo") for row in drawn} == {("strings", "duo"), ("winds", "duo")}
    assert sorted(row["further"] is True for row in drawn) == [False, True]
    one = duos.rebuild(support_trees=10)
    tree = {(names[edge.child], names.get(edge.parent)) for edge in duos.graph.hierarchy.tree("tiny")[2]}
    assert tree == {(child, parent) for child, parent, further in parents if not further}
    assert duos.result(one, "hierarchy")["further"] == 0
