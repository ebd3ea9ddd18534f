"""The catalogue for real: what is saved is found again, whoever saves at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from cypher.catalogue import BATCH, CatalogueStore
from cypher.errors import UnknownCollection, UnknownConcept, UnknownTrack
from cypher.loader import load_query
from cypher.model import AudioFile, Example, NewConcept, Track

HOSTILE = [
    "<script>alert(1)</script>",
    "'; MATCH (n) DETACH DELETE n //",
    'quo"te `tick` \\back $id {id: 1}',
    "=1+1",
    "🎸🔥",
    "x" * 10_000,
    "名前" * 5_000,
    "",
    "\x00\x01 line\nbreak",
]


def tracks_of(prefix, count):
    return [Track(f"{prefix}-{index:05d}", f"Title {index}", duration_s=1.5, isrc="X") for index in range(count)]


def test_bulk_travels_in_batches(recording):
    runner = recording({"save_files": lambda params: [{"sha256": file["sha256"]} for file in params["files"]]})
    tracks = tracks_of("t", 2 * BATCH + 1)
    CatalogueStore(runner).save_tracks(tracks, [AudioFile(track.id, track.id, "u", 1) for track in tracks])
    assert runner.names == ["save_tracks"] * 3 + ["save_files"] * 3
    assert sum(len(params["tracks"]) for _, params in runner.calls[:3]) == len(tracks)


def test_names_travel_as_parameters_only(recording):
    runner = recording(
        {"find_collection": [{"id": "c", "name": "C", "is_default": True, "version": None, "concepts": 0}]}
    )
    CatalogueStore(runner).save_concepts("c", [NewConcept(name or "key", name) for name in HOSTILE])
    saved = next(params for name, params in runner.calls if name == "save_concepts")
    assert [concept["name"] for concept in saved["concepts"]] == HOSTILE


@pytest.mark.stack
def test_hostile_names_come_back_as_they_were_given_and_do_nothing(bench):
    catalogue = bench.graph.catalogue
    ids = catalogue.save_concepts(bench.collection, [NewConcept(f"key-{name}", name) for name in HOSTILE])
    assert {concept.id: concept.name for concept in catalogue.concepts(bench.collection)} == {
        ids[f"key-{name}"]: name for name in HOSTILE
    }
    for name in HOSTILE:
        assert catalogue.concept(ids[f"key-{name}"]).name == name
    tracks = [Track(f"{bench.collection}-{index}", name, name, name) for index, name in enumerate(HOSTILE)]
    catalogue.save_tracks(tracks, [])
    assert catalogue.tracks(track.id for track in tracks) == tracks


@pytest.mark.stack
@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("find_tracks_by_code", {"isrc": "X", "mbid": None}),
        ("find_tracks_by_code", {"isrc": None, "mbid": "m"}),
        ("find_tracks_by_code", {"isrc": "X", "mbid": "m"}),
        ("find_tracks_by_codes", {"isrcs": ["X", "Y"], "mbids": ["m"]}),
    ],
)
def test_codes_are_looked_up_in_their_indexes(graph, query, codes):
    with graph.driver.session() as session:
        found = session.run("EXPLAIN " + load_query(query).text, codes | {"limit": 5})
        plan = str(found.consume().plan)
    assert "NodeIndexSeek" in plan
    assert "LabelScan" not in plan


@pytest.mark.stack
def test_the_first_collection_is_the_default_and_there_is_one(graph, bench):
    collections = graph.catalogue.collections()
    assert [collection.is_default for collection in collections] == [True] + [False] * (len(collections) - 1)
    assert graph.catalogue.collection(None) == collections[0]
    assert bench.collection in {collection.id for collection in collections}


@pytest.mark.stack
def test_what_is_unknown_is_named(bench):
    catalogue = bench.graph.catalogue
    with pytest.raises(UnknownCollection, match="'nowhere'"):
        catalogue.collection("nowhere")
    with pytest.raises(UnknownCollection):
        catalogue.concepts("nowhere")
    with pytest.raises(UnknownCollection):
        catalogue.memberships("nowhere")
    with pytest.raises(UnknownCollection):
        catalogue.save_concepts("nowhere", [NewConcept("a", "A")])
    with pytest.raises(UnknownConcept, match="'nobody'"):
        catalogue.concept("nobody")
    with pytest.raises(UnknownTrack, match="'nothing'"):
        catalogue.track("nothing")
    with pytest.raises(UnknownTrack, match="'nothing'"):
        catalogue.save_tracks([], [AudioFile("hash", "nothing", "u", 1)])
    (concept,) = bench.concepts(1)
    with pytest.raises(UnknownTrack, match="'nothing'"):
        catalogue.replace_examples({concept: [Example("nothing")]})
    with pytest.raises(UnknownConcept, match="'nobody'"):
        catalogue.replace_examples({"nobody": []})


@pytest.mark.stack
def test_a_file_keeps_its_track_and_a_track_takes_several_files(bench):
    catalogue, name = bench.graph.catalogue, bench.collection
    track = Track(f"{name}-t", "Title", "Artist", "Album", 3.25, "file:///a.wav", "ISRC", "MBID", "Air")
    files = [AudioFile(f"{name}-{copy}", track.id, f"file:///{copy}.wav", 10) for copy in "ab"]
    for _ in range(2):
        catalogue.save_tracks([track], files)
    assert catalogue.known_files([f"{name}-a", f"{name}-b", "other"]) == {f"{name}-a": track.id, f"{name}-b": track.id}
    assert catalogue.track(track.id) == track


@pytest.mark.stack
def test_tracks_come_in_the_order_asked_for_and_all_of_them_by_id(bench):
    catalogue = bench.graph.catalogue
    tracks = tracks_of(bench.collection, BATCH + 5)
    catalogue.save_tracks(tracks, [])
    asked = [tracks[7].id, "unknown", tracks[3].id]
    assert [track.id for track in catalogue.tracks(asked)] == [tracks[7].id, tracks[3].id]
    every = [track.id for track in catalogue.all_tracks()]
    assert every == sorted(every)
    assert {track.id for track in tracks} <= set(every)


@pytest.mark.stack
def test_a_concept_keeps_its_id_when_its_name_changes(bench):
    catalogue = bench.graph.catalogue
    first = catalogue.save_concepts(bench.collection, [NewConcept("key", "Before", "genre", "editor")])
    again = catalogue.save_concepts(bench.collection, [NewConcept("key", "After", "mood", "user")])
    assert first == again
    concept = catalogue.concept(first["key"])
    assert (concept.name, concept.kind, concept.source_key, concept.status) == ("After", "mood", "key", "waiting")


@pytest.mark.stack
def test_simultaneous_imports_of_equal_names_get_distinct_ids_and_equal_keys_equal_ones(new_bench):
    benches = [new_bench(), new_bench()]
    name = f"Same {benches[0].collection}"
    new = [NewConcept(f"key-{index}", name) for index in range(20)]

    def save(number):
        return benches[number % 2].graph.catalogue.save_concepts(benches[number % 2].collection, new)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(save, range(8)))
    assert all(answer == answers[number % 2] for number, answer in enumerate(answers))
    assert len({*answers[0].values(), *answers[1].values()}) == 40


@pytest.mark.stack
def test_examples_become_exactly_what_is_given_and_others_stay(bench):
    catalogue = bench.graph.catalogue
    tracks = [track.id for track in tracks_of(bench.collection, 4)]
    catalogue.save_tracks(tracks_of(bench.collection, 4), [])
    one, other, empty = bench.concepts(3)
    catalogue.replace_examples(
        {one: [Example(tracks[0]), Example(tracks[1], "2020-01-01")], other: [Example(tracks[3])]}
    )
    catalogue.replace_examples({one: [Example(tracks[2]), Example(tracks[1], "2021-01-01")]})
    assert catalogue.memberships(bench.collection) == {one: tracks[1:3], other: [tracks[3]], empty: []}
    assert catalogue.concept(one).tracks == 2
    (row,) = bench.cypher(
        "MATCH (:Track {id: $track})-[e:EXAMPLE_OF]->(:Concept {id: $one}) RETURN e.added_at AS since",
        track=tracks[1],
        one=one,
    )
    assert row["since"] == "2021-01-01"
