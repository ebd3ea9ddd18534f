"""What was kept of the past: a concept's history by version, dates of members, pairs that may be one."""

from dataclasses import replace

import pytest

from cypher.errors import UnknownCollection, UnknownConcept
from cypher.model import Example, Quality, Track
from cypher.past import Drift, DriftFigure
from cypher.records import drift_of, said_of_drift

DRIFT = Drift(
    since=1,
    added=4,
    gone=2,
    jaccard=0.8,
    drifted=("sound",),
    figures=(DriftFigure("sound", 3.1, 0.0, 1.4, 0.01), DriftFigure("vector", 0.9, None, None)),
)


def publish(bench, parents, *, drift=None):
    """A version whose concepts are all assessed with this drift."""
    lease = bench.lease()
    staging = bench.graph.hierarchy.begin_staging(lease, bench.collection)
    made = bench.publication(staging, parents)
    quality = Quality(0.9, 0.85, 0.94, 0.8, 0.7, 0.001)
    assessed = tuple(replace(one, quality=quality, drift=drift) for one in made.assessments)
    published = bench.graph.hierarchy.publish(lease, replace(made, assessments=assessed))
    bench.graph.ledger.finish(lease, {"version": published.version})
    return published


def test_what_was_said_of_a_drift_is_read_back():
    assert drift_of(said_of_drift(DRIFT)) == DRIFT
    assert drift_of({"status": "kept"}) is None


def test_a_history_tells_of_every_version_newest_first_with_the_names_it_had_then(bench):
    a, b, c = bench.concepts(3)
    publish(bench, {a: None, b: a, c: a})
    bench.cypher("MATCH (c:Concept {id: $id}) SET c.name = 'Another name'", id=a)
    publish(bench, {a: None, b: a, c: b}, drift=DRIFT)
    newest, oldest = bench.graph.drift.history(b)
    assert [newest.hierarchy.version, oldest.hierarchy.version] == [2, 1]
    assert newest.parents == ((a, "Another name"),)
    assert oldest.parents[0][1] != "Another name"
    assert ([one for one, _ in newest.children], oldest.children) == ([c], ())
    assert (newest.drift, oldest.drift) == (DRIFT, None)
    assert newest.quality.auc == 0.9
    assert newest.status == "kept"


def test_an_activation_says_nothing_of_a_drift_that_is_not_its_own(bench):
    a, b = bench.concepts(2)
    publish(bench, {a: None, b: a})
    publish(bench, {a: None, b: None}, drift=DRIFT)
    bench.graph.versions.activate(bench.collection, 1)
    history = bench.graph.drift.history(b)
    assert [one.hierarchy.origin for one in history] == ["activation", "rebuild", "rebuild"]
    assert [one.drift for one in history] == [None, DRIFT, None]


def test_a_concept_without_versions_has_an_empty_history_and_one_that_is_not_there_none(bench):
    (a,) = bench.concepts(1)
    assert bench.graph.drift.history(a) == []
    with pytest.raises(UnknownConcept):
        bench.graph.drift.history("no-such-concept")


def test_dates_are_those_that_are_known(bench):
    a, b = bench.concepts(2)
    tracks = [f"{bench.collection}-{number}" for number in range(2)]
    bench.graph.catalogue.save_tracks([Track(one, one) for one in tracks], [])
    bench.graph.catalogue.replace_examples({a: [Example(tracks[0], "2021-05-01"), Example(tracks[1])]})
    assert bench.graph.drift.dates(bench.collection) == {a: {tracks[0]: "2021-05-01"}, b: {}}
    with pytest.raises(UnknownCollection):
        bench.graph.drift.dates("no-such-collection")


def test_twins_sound_alike_both_ways_and_share_tracks(bench):
    a, b, c, d = ids = sorted(bench.concepts(4))
    tracks = [f"{bench.collection}-{number}" for number in range(12)]
    bench.graph.catalogue.save_tracks([Track(one, one) for one in tracks], [])
    members = {a: tracks[:6], b: tracks[1:8], c: tracks[2:5], d: tracks[8:]}
    bench.graph.catalogue.replace_examples({one: [Example(track) for track in held] for one, held in members.items()})
    lease = bench.lease()
    staging = bench.graph.hierarchy.begin_staging(lease, bench.collection)
    alike = {(0, 1): 0.8, (1, 0): 0.7, (0, 2): 0.9, (2, 0): 0.55, (1, 2): 0.9, (0, 3): 0.9, (3, 0): 0.9}
    bench.stage(lease, staging, ids, alike)
    bench.graph.hierarchy.publish(lease, bench.publication(staging, dict.fromkeys(ids)))
    bench.graph.ledger.finish(lease, {})
    found = bench.graph.drift.twins(bench.collection)
    assert [(one.first[0], one.second[0]) for one in found] == [(b, a), (a, c)], "b has more tracks than a"
    assert (found[0].there, found[0].back, found[0].shared) == (0.7, 0.8, 5)
    assert found[0].jaccard == pytest.approx(5 / 8)
    assert [one.second[0] for one in bench.graph.drift.twins(bench.collection, min_similarity=0.6)] == [a]
    assert bench.graph.drift.twins(bench.collection, min_jaccard=0.9) == []
    assert len(bench.graph.drift.twins(bench.collection, limit=1)) == 1
    with pytest.raises(UnknownCollection):
        bench.graph.drift.twins("no-such-collection")
