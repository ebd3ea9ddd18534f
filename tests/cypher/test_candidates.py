"""The gate for real: a version that waits is unseen, becomes current, is overtaken or refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cypher.errors import StagingGone, VersionStateConflict
from cypher.versions import publication_of
from tests.cypher.trees import chain, drawn, rebuild, shown, similar, star

pytestmark = pytest.mark.stack


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
