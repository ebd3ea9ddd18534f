"""Betweenness from the real Graph Data Science library, against networkx and igraph."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import igraph
import neo4j
import networkx as nx
import numpy as np
import pytest

from cypher import centrality
from cypher.centrality import PREFIX, betweenness, betweenness_of_pairs, rounded
from cypher.errors import GraphTooSmall, GraphUnavailable, UnknownConcept

pytestmark = pytest.mark.stack

CYCLE = {(0, 1), (1, 2), (2, 3), (3, 0)}


def both_ways(pairs):
    return {*pairs, *((b, a) for a, b in pairs)}


def random_pairs(count, share, seed):
    drawn = np.random.default_rng(seed).random((count, count)) < share
    np.fill_diagonal(drawn, val=False)
    return {(int(a), int(b)) for a, b in np.argwhere(drawn)}


def measured(bench, count, pairs, **how):
    ids = bench.concepts(count)
    lease = bench.lease()
    weights = np.random.default_rng(0).random(len(pairs))
    bench.stage(lease, 1, ids, dict(zip(sorted(pairs), weights.tolist(), strict=True)))
    found = betweenness(bench.graph.driver, ids, collection=bench.collection, staging=1, fence=lease.fence, **how)
    assert list(found) == ids or set(found) == set(ids)
    return [found[concept] for concept in ids]


def by_networkx(count, pairs):
    graph = nx.Graph(list(pairs))
    graph.add_nodes_from(range(count))
    values = nx.betweenness_centrality(graph)
    return [values[node] for node in range(count)]


@pytest.mark.parametrize(
    ("count", "pairs"),
    [
        pytest.param(40, random_pairs(40, 0.08, 1), id="random"),
        pytest.param(25, random_pairs(25, 0.3, 2), id="random dense"),
        pytest.param(4, CYCLE, id="tied cycle"),
        pytest.param(4, both_ways(CYCLE), id="reciprocal cycle"),
        pytest.param(4, CYCLE | {(1, 0)}, id="one reciprocal pair"),
        pytest.param(6, {(0, node) for node in range(1, 6)}, id="star"),
        pytest.param(8, {(a, b) for a in range(4) for b in range(4, 8)}, id="tied bipartite"),
        pytest.param(9, both_ways(CYCLE) | {(4, 5), (5, 6), (7, 5)}, id="disconnected with an isolated one"),
        pytest.param(5, {(0, 1)}, id="mostly isolated"),
        pytest.param(3, {(0, 1), (1, 2)}, id="path of three"),
    ],
)
def test_betweenness_equals_networkx(bench, count, pairs):
    assert measured(bench, count, pairs) == pytest.approx(by_networkx(count, pairs), abs=1e-12)


def test_betweenness_of_an_11_percent_dense_graph_equals_igraph(bench):
    count = 400
    pairs = random_pairs(count, 0.11, 3)
    oracle = igraph.Graph(count, sorted({(min(pair), max(pair)) for pair in pairs})).betweenness()
    expected = np.array(oracle) * 2 / ((count - 1) * (count - 2))
    assert np.abs(np.array(measured(bench, count, pairs)) - expected).max() < 1e-12


def test_ties_are_equal_to_the_last_digit_on_any_number_of_threads(bench):
    pairs = {(a, b) for a in range(5) for b in range(5, 12)}
    values = measured(bench, 12, pairs, threads=4)
    assert len(set(values[:5])) == 1
    assert len(set(values[5:])) == 1


def test_a_larger_weight_does_not_make_a_longer_path(bench):
    ids = bench.concepts(3)
    lease = bench.lease()
    bench.stage(lease, 1, ids, {(0, 1): 0.9, (1, 2): 0.9, (0, 2): 0.51})
    found = betweenness(bench.graph.driver, ids, collection=bench.collection, staging=1, fence=1)
    assert found == dict.fromkeys(ids, 0.0)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_than_three_concepts_have_no_between(bench, count):
    assert measured(bench, count, {(0, 1)} if count > 1 else set()) == [0.0] * count


def test_only_edges_of_the_staging_and_only_the_concepts_given_count(bench):
    ids = bench.concepts(5)
    path, star = {(0, 1): 0.6, (1, 2): 0.6, (2, 3): 0.6}, {(0, 1): 0.6, (0, 2): 0.6, (0, 3): 0.6, (0, 4): 0.6}
    lease = bench.lease()
    bench.stage(lease, 1, ids, path)
    bench.graph.hierarchy.publish(lease, bench.publication(1, dict.fromkeys(ids)))
    bench.graph.ledger.finish(lease, {})
    lease = bench.lease()
    bench.stage(lease, 2, ids, star)

    def ask(staging, some):
        return betweenness(bench.graph.driver, some, collection=bench.collection, staging=staging, fence=lease.fence)

    assert list(ask(1, ids).values()) == pytest.approx(by_networkx(5, path))
    assert list(ask(2, ids).values()) == pytest.approx(by_networkx(5, star))
    assert list(ask(2, ids[:4]).values()) == pytest.approx(by_networkx(4, {(0, 1), (0, 2), (0, 3)}))
    with pytest.raises(UnknownConcept, match="'nobody'"):
        ask(2, [*ids, "nobody"])


def test_two_builds_at_once_do_not_meet_and_leave_nothing_behind(new_bench):
    benches = [new_bench() for _ in range(4)]
    graphs = [random_pairs(30, 0.1, seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(measured, benches, [30] * 4, graphs))
    for values, pairs in zip(found, graphs, strict=True):
        assert values == pytest.approx(by_networkx(30, pairs), abs=1e-12)
    for bench in benches:
        assert projections(bench) == []


def projections(bench):
    rows = bench.cypher(
        "CALL gds.graph.list() YIELD graphName AS name WHERE name STARTS WITH $prefix + '/' + $collection RETURN name",
        prefix=PREFIX,
    )
    return [row["name"] for row in rows]


def test_a_projection_is_dropped_when_counting_fails_and_a_crashed_ones_is_swept(bench, monkeypatch):
    stale = f"{PREFIX}/{bench.collection}/1/1/crashed"
    bench.cypher("MATCH (c:Concept) WITH c LIMIT 1 RETURN gds.graph.project($name, c, null) AS g", name=stale)

    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(centrality, "_streamed", fail)
    with pytest.raises(KeyboardInterrupt):
        measured(bench, 5, {(0, 1), (1, 2)})
    assert projections(bench) == []


def test_too_large_a_graph_is_refused_before_anything_is_projected(bench, monkeypatch):
    monkeypatch.setattr(centrality, "HEAP_SHARE", 1e-9)
    with pytest.raises(GraphTooSmall, match="AUDIO_CONCEPTS_NEO4J_HEAP") as refused:
        measured(bench, 5, {(0, 1), (1, 2)})
    assert refused.value.code == "graph_too_small"
    assert projections(bench) == []


def test_twelve_significant_digits_survive():
    assert rounded(0.123456789012345) == 0.123456789012
    assert rounded(1.23456789012345e-7) == 1.23456789012e-7


def test_a_graph_that_is_in_no_database_has_networkx_s_betweenness_and_leaves_nothing(bench):
    graph = nx.gnp_random_graph(60, 0.05, seed=2)
    assert any(not graph[node] for node in graph)
    driver = bench.graph.driver
    found = betweenness_of_pairs(driver, [[other for other in graph[node] if other > node] for node in graph])
    wanted = nx.betweenness_centrality(graph)
    assert max(abs(found[node] - wanted[node]) for node in graph) < 1e-9
    listed, _, _ = driver.execute_query("CALL gds.graph.list() YIELD graphName RETURN collect(graphName) AS names")
    assert not [name for name in listed[0]["names"] if "no-collection" in name]
    assert betweenness_of_pairs(driver, [[], []]) == [0.0, 0.0]
    assert betweenness_of_pairs(driver, [[], [], []]) == [0.0, 0.0, 0.0]


# --- a server that is away -------------------------------------------------------------------------------------------


def test_a_server_that_is_away_is_said_in_the_graphs_own_words(fresh_settings, tmp_path):
    address = f"bolt://127.0.0.1:{fresh_settings(tmp_path).neo4j_bolt_port}"
    with (
        neo4j.GraphDatabase.driver(address, auth=("neo4j", "x"), max_transaction_retry_time=0.5) as driver,
        pytest.raises(GraphUnavailable, match="Couldn't connect"),
    ):
        centrality.betweenness(driver, ["a", "b", "c"], collection="none", staging=1, fence=1)


def test_a_projection_lost_with_its_server_counts_as_a_server_that_was_away(graph):
    with pytest.raises(GraphUnavailable, match="started anew"), centrality._science(graph.driver) as gds:
        gds.run_cypher("CALL gds.betweenness.stream('audio-concepts of nobody') YIELD nodeId RETURN nodeId")
