"""What an import may expect of a catalogue store: the fake of these tests and the real one keep the same promises."""

from __future__ import annotations

import pytest

from cypher.errors import UnknownCollection, UnknownTrack
from cypher.model import AudioFile, Example, NewConcept, Track
from cypher.traits import TrackTraits

ONE = Track("a" * 24, "One", "Artist", "Album", 1.5, "file:///one.wav", "GBAYE6700001", "", "Air")
TWO = Track("b" * 24, "Two", uri="file:///two.wav")


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.stack)])
def store(request, fake_catalogue_class):
    if request.param == "fake":
        return fake_catalogue_class()
    return request.getfixturevalue("real_graph").catalogue


def test_the_first_collection_is_the_default(store):
    store.save_collection("genres", "Genres")
    store.save_collection("moods", "Moods")
    store.save_collection("moods", "Moods, renamed")
    assert [(each.id, each.name, each.is_default) for each in store.collections()] == [
        ("genres", "Genres", True),
        ("moods", "Moods, renamed", False),
    ]


def test_files_are_remembered_by_their_hash(store):
    store.save_tracks([ONE], [AudioFile("f" * 64, ONE.id, ONE.uri, 100)])
    assert store.known_files(["f" * 64, "0" * 64]) == {"f" * 64: ONE.id}
    assert store.known_files([]) == {}


def test_a_track_is_saved_again_under_its_id(store):
    store.save_tracks([ONE, TWO], [])
    changed = Track(ONE.id, "Other", uri="file:///moved.wav")
    store.save_tracks([changed], [])
    assert store.tracks([TWO.id, "c" * 24, ONE.id]) == [TWO, changed]
    assert list(store.all_tracks()) == [changed, TWO]


def test_a_file_may_be_bound_to_a_track_that_is_known_already(store):
    store.save_tracks([ONE], [])
    store.save_tracks([], [AudioFile("f" * 64, ONE.id, ONE.uri, 100)])
    assert store.known_files(["f" * 64]) == {"f" * 64: ONE.id}
    with pytest.raises(UnknownTrack):
        store.save_tracks([], [AudioFile("0" * 64, "c" * 24, "file:///x", 1)])


def test_concepts_keep_their_id_by_source_key_within_a_collection(store):
    store.save_collection("genres", "Genres")
    store.save_collection("moods", "Moods")
    first = store.save_concepts("genres", [NewConcept("playlist:a.m3u", "Jazz", "genre")])
    again = store.save_concepts("genres", [NewConcept("playlist:a.m3u", "Cool Jazz", "genre")])
    other = store.save_concepts("moods", [NewConcept("playlist:a.m3u", "Jazz")])
    assert first == again
    assert first != other
    [concept] = store.concepts("genres")
    assert (concept.name, concept.source_key, concept.kind, concept.tracks) == (
        "Cool Jazz",
        "playlist:a.m3u",
        "genre",
        0,
    )
    with pytest.raises(UnknownCollection):
        store.save_concepts("nowhere", [NewConcept("x", "X")])


def test_examples_are_replaced_concept_by_concept(store):
    store.save_collection("genres", "Genres")
    store.save_tracks([ONE, TWO], [])
    ids = store.save_concepts("genres", [NewConcept("x", "X"), NewConcept("y", "Y")])
    store.replace_examples({ids["x"]: [Example(ONE.id), Example(TWO.id, "2024-05-01")], ids["y"]: [Example(ONE.id)]})
    store.replace_examples({ids["x"]: [Example(TWO.id)]})
    assert store.memberships("genres") == {ids["x"]: [TWO.id], ids["y"]: [ONE.id]}
    assert {concept.id: concept.tracks for concept in store.concepts("genres")} == {ids["x"]: 1, ids["y"]: 1}
    with pytest.raises(UnknownTrack):
        store.replace_examples({ids["x"]: [Example("c" * 24)]})


def test_what_is_told_of_a_track_later_adds_to_what_is_known(store):
    store.save_tracks([ONE, TWO], [])
    assert store.unmeasured([ONE.id, TWO.id, "c" * 24]) == {ONE.id, TWO.id}
    store.save_traits([TrackTraits(ONE.id, -14.5, 44_100, "flac", 1998), TrackTraits("c" * 24, -1.0)])
    store.save_traits([TrackTraits(ONE.id, year=1999, popularity=12.0)])
    store.save_tracks([ONE], [])
    assert list(store.traits()) == [TrackTraits(ONE.id, -14.5, 44_100, "flac", 1999, 12.0), TrackTraits(TWO.id)]
    assert store.unmeasured([ONE.id, TWO.id]) == {TWO.id}
