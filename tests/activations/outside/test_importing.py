"""Activations from outside in store and catalogue: whole, once, and every left-out thing named."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cypher.model import Track
from worker.activations.errors import BadFingerprint, NothingDeclared, NoUsableActivations, UnknownChoice
from worker.activations.fingerprint import Fingerprint
from worker.activations.outside import declared_fingerprint, find_outside, importing, is_outside
from worker.activations.outside.importing import import_outside
from worker.activations.store import ActivationStore
from worker.catalogue.errors import MembershipsRejected
from worker.catalogue.given_ids import track_id_of
from worker.catalogue.importer import Target
from worker.reasons import Reason

TARGET = Target("moods", "Moods")
ROWS = np.random.default_rng(1).normal(size=(4, 2, 3)).astype(np.float32)
IDS = ["t1", "t2", "t3", "t4"]


@pytest.fixture
def store(tmp_path):
    return ActivationStore(tmp_path / "store", declared_fingerprint("mert"))


@pytest.fixture
def given(tmp_path):
    """Writes activations and memberships; returns their paths."""

    def write(ids=IDS, rows=ROWS, memberships=None):
        memberships = memberships or {"calm": ["t1", "t2"], "loud": ["t3", "t4", "t1"]}
        np.savez(tmp_path / "a.npz", ids=np.array(ids), activations=rows)
        (tmp_path / "m.json").write_text(json.dumps(memberships))
        return {"activations": tmp_path / "a.npz", "memberships": tmp_path / "m.json", "collection": TARGET}

    return write


def reasons(report):
    return [(item.name.rpartition(": ")[2], item.reason) for item in report.left_out]


def test_tracks_activations_and_concepts_come_in(catalogue, store, given):
    report = import_outside(catalogue, store, **given())
    ids = [track_id_of(name) for name in IDS]
    assert np.array_equal(store.read(ids).values, ROWS.reshape(8, 3))
    assert [track.title for track in catalogue.tracks(ids)] == IDS
    calm, loud = (catalogue.memberships("moods")[concept.id] for concept in report.concepts)
    assert (calm, loud) == (sorted(ids[:2]), sorted([ids[2], ids[3], ids[0]]))
    assert (report.units, report.tracks, report.new_tracks, report.stored, report.windows) == (3, 4, 4, 4, 8)
    assert (report.entries, report.matched, report.left_out) == (5, 5, ())
    assert (report.backbone, report.digest) == ("outside:mert", store.fingerprint.digest)
    assert json.dumps(report.as_json())


def test_a_table_tells_of_tracks_by_the_ids_of_their_activations(catalogue, store, given, tmp_path):
    (tmp_path / "t.csv").write_text("track,artist,score\nt1,Trio,Air\nt3,,Air\ngone,,Jig\n")
    report = import_outside(catalogue, store, **given(), tracks=tmp_path / "t.csv")
    told = {track.title: (track.artist, track.work) for track in catalogue.all_tracks()}
    assert told == {"t1": ("Trio", "Air"), "t2": ("", ""), "t3": ("", "Air"), "t4": ("", "")}
    assert report.described == 2
    [left] = report.left_out
    assert (left.name, left.reason, left.detail) == (f"{tmp_path / 't.csv'}:4", Reason.MEMBER_UNKNOWN, "gone")


def test_the_second_time_nothing_is_written_again(catalogue, store, given):
    import_outside(catalogue, store, **given())
    before = store.stats()
    report = import_outside(catalogue, store, **given())
    assert (report.new_tracks, report.stored) == (0, 0)
    assert store.stats() == before
    assert [concept.tracks_before for concept in report.concepts] == [2, 3]


def test_further_tracks_cost_only_themselves(catalogue, store, given):
    import_outside(catalogue, store, **given(IDS[:3], ROWS[:3]))
    report = import_outside(catalogue, store, **given())
    assert (report.tracks, report.new_tracks, report.stored) == (4, 1, 1)


def test_a_stored_track_keeps_its_numbers(catalogue, store, given):
    import_outside(catalogue, store, **given())
    report = import_outside(catalogue, store, **given(rows=np.concatenate([ROWS[:1] + 1, ROWS[1:]])))
    assert reasons(report) == [("t1", Reason.ACTIVATIONS_CHANGED)]
    assert np.array_equal(store.read([track_id_of("t1")]).values, ROWS[0])


def test_a_bad_track_and_an_unknown_member_are_named(catalogue, store, given):
    rows = ROWS.copy()
    rows[1, 0, 0] = np.inf
    report = import_outside(
        catalogue, store, **given(rows=rows, memberships={"calm": ["t1", "t2", "gone"], "x": ["y"]})
    )
    assert reasons(report) == [
        ("t2", Reason.ACTIVATIONS_UNUSABLE),
        ("t2", Reason.MEMBER_UNKNOWN),
        ("gone", Reason.MEMBER_UNKNOWN),
        ("y", Reason.MEMBER_UNKNOWN),
    ]
    assert [(concept.name, concept.tracks) for concept in report.concepts] == [("calm", 1)]


def test_other_units_than_the_stores_are_left_out(catalogue, store, given):
    import_outside(catalogue, store, **given())
    wider = given(["n1"], np.zeros((1, 5), np.float32), {"calm": ["t1"]})
    with pytest.raises(NoUsableActivations, match="5 units, the others 3"):
        import_outside(catalogue, store, **wider)
    assert catalogue.tracks([track_id_of("n1")]) == []


def test_one_id_in_two_files_counts_once(catalogue, store, given, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    wanted = given()
    for name in ("a", "b"):
        np.savez(folder / f"{name}.npz", ids=np.array(IDS), activations=ROWS)
    report = import_outside(catalogue, store, **{**wanted, "activations": folder})
    assert report.tracks == 4
    assert [item.detail for item in report.left_out] == ["its id came before"] * 4


def test_a_track_of_the_catalogue_may_be_called_by_its_own_id(catalogue, store, given):
    heard = "0123456789abcdef01234567"
    catalogue.save_tracks([Track(heard, "Heard here", uri="file:///x.wav")], [])
    report = import_outside(catalogue, store, **given([heard, "t2"], ROWS[:2], {"calm": [heard, "t2"]}))
    assert (report.new_tracks, report.matched) == (1, 2)
    assert catalogue.tracks([heard])[0].title == "Heard here"
    assert store.missing([heard]) == []


def test_two_namespaces_part_equal_ids(catalogue, store, given):
    import_outside(catalogue, store, **given(), namespace="one")
    report = import_outside(catalogue, store, **given(), namespace="two")
    assert (report.new_tracks, report.stored) == (4, 4)
    assert len(list(catalogue.all_tracks())) == 8


def test_nothing_is_written_when_nothing_can_be_used(catalogue, store, given, tmp_path):
    bad = given(rows=np.full((4, 3), np.nan, np.float32))
    with pytest.raises(NoUsableActivations, match="4 activations_unusable"):
        import_outside(catalogue, store, **bad)
    wrong = given()
    (tmp_path / "m.json").write_text("[]")
    with pytest.raises(MembershipsRejected):
        import_outside(catalogue, store, **wrong)
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoUsableActivations, match="holds no activations"):
        import_outside(catalogue, store, **{**given(), "activations": tmp_path / "empty"})
    assert list(catalogue.all_tracks()) == []
    assert catalogue.collections() == []
    assert not (tmp_path / "store").exists()


def test_memberships_of_other_tracks_make_no_concept(catalogue, store, given):
    with pytest.raises(MembershipsRejected, match="none of its 1 entries"):
        import_outside(catalogue, store, **given(memberships={"calm": ["elsewhere"]}))
    assert catalogue.collections() == []


def test_a_rebuild_finds_what_was_declared_by_name_or_digest(tmp_path):
    six, twelve = (Fingerprint("outside", "mert", layer=layer) for layer in ("6", "12"))
    for fingerprint in (six, twelve, declared_fingerprint("clap-2")):
        ActivationStore(tmp_path, fingerprint).write(["t"], [ROWS[0]])
    assert is_outside("outside:mert")
    assert not is_outside("msd_vgg")
    assert find_outside(tmp_path, "outside:clap-2").backbone == "clap-2"
    assert find_outside(tmp_path, "outside:mert", layer="6") == six
    assert find_outside(tmp_path, f"outside:{twelve.digest}") == twelve
    with pytest.raises(UnknownChoice, match=six.digest):
        find_outside(tmp_path, "outside:mert")
    with pytest.raises(NothingDeclared, match="clap-2, mert"):
        find_outside(tmp_path, "outside:muq")
    with pytest.raises(NothingDeclared, match="none are stored"):
        find_outside(tmp_path / "empty", "outside:muq")


def test_a_declaration_is_a_name_or_a_whole_fingerprint():
    whole = Fingerprint("mel-128", "clap", layer="9", window_frames=480)
    assert declared_fingerprint(whole.text) == whole
    assert declared_fingerprint("clap").front_end == "outside"
    for bad in ("", "two words", "backbone=clap"):
        with pytest.raises(BadFingerprint):
            declared_fingerprint(bad)


def test_an_import_that_was_stopped_goes_on_and_comes_to_the_same(catalogue, store, given, monkeypatch):
    monkeypatch.setattr(importing, "BATCH_TRACKS", 1)
    saved = catalogue.save_tracks

    def stops(tracks, files):
        if [track.title for track in tracks] == ["t3"]:
            raise KeyboardInterrupt
        saved(tracks, files)

    catalogue.save_tracks = stops
    with pytest.raises(KeyboardInterrupt):
        import_outside(catalogue, store, **given())
    assert store.verify() == []
    assert catalogue.collections() == []
    catalogue.save_tracks = saved
    report = import_outside(catalogue, store, **given())
    assert (report.tracks, report.stored, report.new_tracks) == (4, 1, 2)
    assert store.verify() == []
    assert np.array_equal(store.read([track_id_of(name) for name in IDS]).values, ROWS.reshape(8, 3))
