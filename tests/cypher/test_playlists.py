"""Playlists in a real graph: what is kept of their entries, who may change them, and what is left of a deleted one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cypher.entries import Listed, Playlist, Wanted, dated
from cypher.errors import PlaylistMoved, UnknownCollection, UnknownPlaylist, UnknownTrack
from cypher.model import Example, NewConcept, Track

UNKNOWN = Listed(locations=("gone/a.mp3",), title="Gone", artist="Nobody", reason="entry_missing", detail="gone/a.mp3")


@pytest.fixture
def ids(bench):
    return [f"{bench.collection}-{n}" for n in range(4)]


@pytest.fixture
def store(bench, ids):
    songs = [Track(one, f"Song {n}", artist="Band", uri=f"file:///m/S%C3%96NG%20{n}.mp3") for n, one in enumerate(ids)]
    bench.graph.catalogue.save_tracks(songs, [])
    return bench.graph.playlists


def test_new_tracks_get_a_date_and_old_ones_keep_theirs():
    entries = [Listed("old"), Listed("new"), Listed("told", added_at="2020-01-01"), Listed(title="?")]
    assert [one.added_at for one in dated(entries, {"old": None}, "now")] == [None, "now", "2020-01-01", None]


def test_a_digest_tells_contents_apart_and_nothing_else():
    one = Playlist("a", "A", "c", "other", (Listed("t"), UNKNOWN))
    assert one.digest == replace(one, id="b", collection="d").digest
    others = [replace(one, name="B"), replace(one, kind="mood"), replace(one, entries=one.entries[::-1])]
    assert len({one.digest, *(other.digest for other in others)}) == 4


@pytest.mark.stack
def test_a_playlist_comes_back_in_order_with_what_is_not_known(bench, store, ids):
    entries = [Listed(ids[2], added_at="2024-05-01"), UNKNOWN, Listed(ids[0]), Listed(ids[2])]
    made = store.create("key", bench.collection, "Néw – list", "mood", entries)
    assert (made.name, made.kind, made.tracks) == ("Néw – list", "mood", (ids[2], ids[0]))
    assert list(store.playlist(made.id).entries) == entries
    assert store.create("key", bench.collection, "Néw – list", "mood", entries).id == made.id
    assert bench.graph.catalogue.memberships(bench.collection)[made.id] == [ids[0], ids[2]]
    line = next(one for one in store.playlists(bench.collection) if one.id == made.id)
    assert (line.name, line.tracks, line.changed_at is not None) == ("Néw – list", 2, True)
    assert bench.graph.catalogue.concept(made.id).source_key == "api:key"
    with pytest.raises(UnknownCollection):
        store.create("key", "nobody", "x", "other", [])
    with pytest.raises(UnknownTrack):
        store.create("other", bench.collection, "x", "other", [Listed("nobody")])


@pytest.mark.stack
def test_what_an_import_wrote_is_a_playlist_in_its_order(bench, store, ids):
    catalogue = bench.graph.catalogue
    key = catalogue.save_concepts(bench.collection, [NewConcept("playlist:a.m3u", "A")])["playlist:a.m3u"]
    catalogue.replace_examples({key: [Example(ids[3]), Example(ids[1], "2024-01-01"), Example(ids[2])]})
    assert [one.track for one in store.playlist(key).entries] == [ids[3], ids[1], ids[2]]
    again, changed = store.replace(key, store.playlist(key).entries)
    assert (again.entries, changed) == (store.playlist(key).entries, False)
    _, changed = store.replace(key, [UNKNOWN, Listed(ids[1]), Listed(ids[0])])
    assert changed
    kept = store.playlist(key).entries
    assert [one.track for one in kept] == [None, ids[1], ids[0]]
    assert kept[1].added_at == "2024-01-01"
    assert kept[2].added_at is not None
    catalogue.replace_examples({key: [Example(ids[2])]})
    assert [one.track for one in store.playlist(key).entries] == [ids[2]]


@pytest.mark.stack
def test_who_looked_at_an_older_playlist_changes_nothing(bench, store, ids):
    made = store.create("k", bench.collection, "List", "other", [Listed(ids[0])])
    seen = made.digest
    now, changed = store.replace(made.id, [Listed(ids[1])], name="Another", expected=seen)
    assert (now.name, changed) == ("Another", True)
    for refused in (
        lambda: store.replace(made.id, [], expected=seen),
        lambda: store.delete(made.id, expected=seen),
    ):
        with pytest.raises(PlaylistMoved):
            refused()
    assert store.playlist(made.id).tracks == (ids[1],)
    with pytest.raises(UnknownTrack):
        store.replace(made.id, [Listed("nobody")])
    assert store.playlist(made.id) == now


@pytest.mark.stack
def test_a_deleted_playlist_that_no_version_shows_leaves_nothing(bench, store, ids):
    made = store.create("k", bench.collection, "List", "other", [Listed(ids[0]), Listed(ids[1])])
    assert store.delete(made.id) == 2
    for ask in (store.playlist, store.delete, lambda one: store.replace(one, [])):
        with pytest.raises(UnknownPlaylist):
            ask(made.id)
    assert made.id not in {one.id for one in store.playlists(bench.collection)}
    assert store.create("other", bench.collection, "List", "other", []).id == made.id


@pytest.mark.stack
def test_an_entry_goes_with_its_track(bench, store, ids):
    made = store.create("k", bench.collection, "List", "other", [Listed(ids[3]), UNKNOWN, Listed(ids[1])])
    bench.graph.catalogue.delete_track(ids[3])
    assert [one.track for one in store.playlist(made.id).entries] == [None, ids[1]]


@pytest.mark.stack
def test_candidates_are_found_by_any_mark(store, ids):
    found = store.candidates(Wanted(ids=(ids[0],), files=("s%c3%96ng%201.mp3",), titles=("song 3",)))
    assert {ids[0], ids[1], ids[3]} <= {one.id for one in found}
    assert ids[2] not in {one.id for one in found}
    assert store.candidates(Wanted()) == []


@pytest.mark.stack
def test_a_deleted_playlist_stays_in_its_versions_and_comes_into_no_later_one(bench, store, ids):
    catalogue = bench.graph.catalogue
    parent, child = bench.concepts(2)
    catalogue.replace_examples({parent: [Example(one) for one in ids], child: [Example(ids[0])]})
    bench.publish({parent: None, child: parent})
    assert store.delete(child) == 1
    assert [one.id for one in catalogue.concepts(bench.collection)] == [parent]
    assert list(catalogue.memberships(bench.collection)) == [parent]
    assert catalogue.collection(bench.collection).concepts == 1
    assert bench.graph.planning.survey("rebuild", bench.collection).memberships.keys() == {parent}
    _, concepts, edges = bench.graph.hierarchy.tree(bench.collection)
    assert {(edge.child, edge.parent) for edge in edges} == {(parent, None), (child, parent)}
    assert {one.id for one in concepts} == {parent, child}  # whom the edges name, a reader must find
    bench.publish({parent: None})
    _, concepts, edges = bench.graph.hierarchy.tree(bench.collection)
    assert [one.id for one in concepts] == [parent]
    _, concepts, _ = bench.graph.hierarchy.tree(bench.collection, 1)
    assert [one.id for one in concepts] == sorted((parent, child))
    catalogue.save_concepts(bench.collection, [NewConcept("Concept-1", "back again")])
    assert store.playlist(child).entries == ()
