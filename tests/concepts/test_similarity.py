"""S against its definition written out, its direction, and that no track is scored by a vector that saw it."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from worker.activations.errors import FingerprintMismatch
from worker.concepts.errors import NotFinite, ShapeMismatch, UnusableConcept
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.similarity import ranks, separation, similarity, similarity_error, track_scores
from worker.concepts.training import learn_vectors
from worker.concepts.vectors import ConceptVectors, VectorSettings


def heard(ids, values, counts, fingerprint="front=a"):
    return SimpleNamespace(
        track_ids=list(ids),
        values=values.astype(np.float32),
        offsets=np.concatenate(([0], np.cumsum(counts))),
        fingerprint=SimpleNamespace(text=fingerprint),
    )


def some_vectors(concepts, units, folds=3, seed=0):
    draw = np.random.default_rng(seed)
    return ConceptVectors(
        tuple(f"concept-{number:03d}" for number in range(concepts)),
        draw.normal(size=(concepts, units)).astype(np.float32),
        draw.normal(size=concepts).astype(np.float32),
        draw.normal(size=(folds, concepts, units)).astype(np.float32),
        draw.normal(size=(folds, concepts)).astype(np.float32),
        0.1,
        "front=a",
        VectorSettings(),
        {},
    )


def some_tracks(tracks=40, units=6, seed=1):
    draw = np.random.default_rng(seed)
    counts = draw.integers(1, 5, tracks)
    ids = [f"track-{number:03d}" for number in range(tracks)]
    return heard(ids, draw.normal(size=(counts.sum(), units)), counts)


def planted(memberships, tracks, seed=0, windows=3, noise=0.5):
    """Each concept has a direction of its own; a track's windows are the sum of its concepts' directions and noise."""
    draw = np.random.default_rng(seed)
    ids = [f"track-{number:04d}" for number in range(tracks)]
    values = noise * draw.normal(size=(tracks * windows, 16))
    for rows in memberships.values():
        direction = draw.normal(size=16) / 4
        for row in rows:
            values[row * windows : (row + 1) * windows] += 2 * direction
    named = {concept: [ids[row] for row in rows] for concept, rows in memberships.items()}
    return heard(ids, values, [windows] * tracks), Members.of(named, ids), assign_folds(ids)


def test_track_scores_are_the_mean_over_windows_of_the_sigmoid_of_the_unseen_folds_vector():
    activations, vectors = some_tracks(), some_vectors(7, 6)
    folds = assign_folds(activations.track_ids, 3)
    scores = track_scores(activations, vectors, folds)
    for track in range(40):
        rows = activations.values[activations.offsets[track] : activations.offsets[track + 1]].astype(np.float64)
        for concept in range(7):
            logits = rows @ vectors.fold_weights[folds[track], concept] + vectors.fold_bias[folds[track], concept]
            assert scores[track, concept] == pytest.approx(np.mean(1 / (1 + np.exp(-logits))), abs=1e-6)


def test_new_tracks_are_scored_by_the_vectors_of_all_folds():
    activations, vectors = some_tracks(), some_vectors(7, 6)
    first = activations.values[: activations.offsets[1]] @ vectors.weights.T + vectors.bias
    expected = (1 / (1 + np.exp(-first))).mean(axis=0)
    assert track_scores(activations, vectors, None)[0] == pytest.approx(expected, abs=1e-6)


def test_similarity_is_the_mean_score_of_the_rows_tracks_on_the_columns_vector():
    draw = np.random.default_rng(0)
    scores = draw.random((30, 3), np.float32)
    ids = [f"t{number:02d}" for number in range(30)]
    sets = {"a": [0, 1, 2], "b": [2, 3], "c": list(range(10, 30))}
    members = Members.of({concept: [ids[row] for row in rows] for concept, rows in sets.items()}, ids)
    table = similarity(scores, members)
    for row, tracks in enumerate(sets.values()):
        for column in range(3):
            assert table[row, column] == round(float(scores[tracks, column].astype(np.float64).mean()), 6)


def test_the_direction_of_a_similarity_matters():
    """A part of a whole excites the whole's vector; not every track of the whole excites the part's."""
    whole, part = list(range(150)), list(range(50))
    activations, members, folds = planted({"whole": whole, "part": part}, 400)
    vectors = learn_vectors(activations, members, folds)
    table = similarity(track_scores(activations, vectors, folds), members)
    part_row, whole_row = 0, 1
    assert members.concept_ids == ("part", "whole")
    assert table[part_row, whole_row] > table[whole_row, part_row] + 0.1


def test_planted_nested_concepts_are_nearer_to_their_own_whole_than_to_another():
    sets = {"strings": range(120), "violin": range(60), "winds": range(120, 240), "flute": range(120, 180)}
    activations, members, folds = planted(sets, 400)
    vectors = learn_vectors(activations, members, folds)
    table = similarity(track_scores(activations, vectors, folds), members)
    place = {concept: position for position, concept in enumerate(members.concept_ids)}
    for child, parent, other in (("violin", "strings", "winds"), ("flute", "winds", "strings")):
        assert table[place[child], place[parent]] > table[place[child], place[other]] + 0.3
        assert table[place[parent], place[child]] > table[place[other], place[child]] + 0.1


def test_the_score_of_a_track_does_not_depend_on_its_own_label():
    activations, members, folds = planted({"a": range(60), "b": range(30, 90)}, 160)
    named = {
        concept: [members.track_ids[row] for row in members.rows(place)]
        for place, concept in enumerate(members.concept_ids)
    }
    settings = VectorSettings(ridge=0.01)
    before = track_scores(activations, learn_vectors(activations, members, folds, settings), folds)
    for track in (0, 45, 150):
        name = members.track_ids[track]
        turned = Members.of({**named, "a": sorted(set(named["a"]) ^ {name})}, members.track_ids)
        after = track_scores(activations, learn_vectors(activations, turned, folds, settings), folds)
        assert after[track, 0] == pytest.approx(before[track, 0], abs=1e-5)
        others = folds != folds[track]
        assert np.abs(after[others, 0] - before[others, 0]).max() > 1e-4


def test_scores_of_random_concepts_do_not_know_their_members():
    draw = np.random.default_rng(3)
    sets = {f"random-{number}": np.sort(draw.choice(200, 40, replace=False)) for number in range(12)}
    activations, _, folds = planted({}, 200)
    ids = activations.track_ids
    members = Members.of({concept: [ids[row] for row in rows] for concept, rows in sets.items()}, ids)
    scores = track_scores(activations, learn_vectors(activations, members, folds), folds)
    inside = members.dense()
    lead = [scores[inside[:, c], c].mean() - scores[~inside[:, c], c].mean() for c in range(12)]
    assert abs(np.mean(lead)) < 0.05


def test_the_order_of_tracks_does_not_change_s():
    activations, vectors = some_tracks(), some_vectors(5, 6)
    folds = assign_folds(activations.track_ids, 3)
    order = np.random.default_rng(0).permutation(40)
    parts = [activations.values[activations.offsets[t] : activations.offsets[t + 1]] for t in order]
    moved = heard([activations.track_ids[t] for t in order], np.concatenate(parts), [len(part) for part in parts])
    scores, again = track_scores(activations, vectors, folds), track_scores(moved, vectors, folds[order])
    assert again == pytest.approx(scores[order], abs=1e-6)


def test_s_and_its_error_stay_within_their_bounds():
    draw = np.random.default_rng(0)
    scores = draw.random((50, 4), np.float32)
    ids = [f"t{number:02d}" for number in range(50)]
    members = Members.of({"a": ids[:1], "b": ids[:2], "c": ids[5:], "d": ids}, ids)
    table, error = similarity(scores, members), similarity_error(scores, members)
    assert table.min() >= 0
    assert table.max() <= 1
    assert np.isnan(error[0]).all()
    rows = scores[5:].astype(np.float64)
    assert error[2] == pytest.approx(rows.std(axis=0, ddof=1) / np.sqrt(45), abs=5.1e-7)


def test_the_standard_error_covers_the_mean_as_it_should():
    draw = np.random.default_rng(0)
    ids = [f"t{number:02d}" for number in range(60)]
    members = Members.of({"a": ids}, ids)
    misses = 0
    for _ in range(400):
        scores = draw.beta(2, 3, size=(60, 1)).astype(np.float32)
        misses += abs(similarity(scores, members) - 0.4) > 1.96 * similarity_error(scores, members)
    assert 0.02 < misses / 400 < 0.09


def test_scores_can_be_written_into_a_map(tmp_path):
    activations, vectors = some_tracks(), some_vectors(5, 6)
    out = np.lib.format.open_memmap(tmp_path / "scores.npy", mode="w+", dtype=np.float32, shape=(40, 5))
    told = []
    track_scores(activations, vectors, None, lambda done, total: told.append((done, total)), out=out)
    assert np.array_equal(out, track_scores(activations, vectors, None))
    assert told[-1] == (40, 40)


def test_activations_of_another_network_are_refused():
    with pytest.raises(FingerprintMismatch, match="front=b"):
        track_scores(heard(["t"], np.zeros((1, 6)), [1], "front=b"), some_vectors(2, 6), None)


def test_other_units_folds_and_shapes_are_refused():
    activations, vectors = some_tracks(), some_vectors(2, 6)
    for bad in (
        lambda: track_scores(activations, some_vectors(2, 5), None),
        lambda: track_scores(activations, vectors, np.zeros(3, np.int8)),
        lambda: track_scores(activations, vectors, np.full(40, 3, np.int8)),
        lambda: track_scores(activations, vectors, None, out=np.zeros((1, 2), np.float32)),
        lambda: similarity(np.zeros((3, 2), np.float32), Members.of({"a": ["t"]}, ["t"])),
    ):
        with pytest.raises(ShapeMismatch):
            bad()


def test_a_concept_without_tracks_and_a_track_without_numbers_are_refused():
    with pytest.raises(UnusableConcept, match="empty"):
        similarity(np.zeros((1, 1), np.float32), Members.of({"empty": []}, ["t"]))
    activations = some_tracks()
    activations.values[activations.offsets[3]] = np.nan
    with pytest.raises(NotFinite, match="track-003"):
        track_scores(activations, some_vectors(2, 6), None)


def test_ranks_run_from_the_lowest_to_the_highest_with_ties_in_the_middle():
    scores = np.array([[0.5, 0.2], [0.1, 0.2], [0.9, 0.2]], np.float32)
    assert ranks(scores).tolist() == np.array([[3 / 6, 0.5], [1 / 6, 0.5], [5 / 6, 0.5]], np.float32).tolist()


def some_members(tracks, sizes, seed=0):
    draw = np.random.default_rng(seed)
    ids = [f"track-{number:03d}" for number in range(tracks)]
    return Members.of({f"c{n:03d}": draw.choice(ids, size, replace=False) for n, size in enumerate(sizes)}, ids)


def test_separation_is_the_area_under_the_curve_of_every_pair():
    members = some_members(60, [5, 30, 59, 12])
    scores = np.random.default_rng(1).integers(0, 9, (60, 4)).astype(np.float32) / 9  # with many ties
    found = separation(scores, members)
    for one in range(4):
        mine = np.zeros(60, bool)
        mine[members.rows(one)] = True
        for other in range(4):
            assert found[one, other] == pytest.approx(roc_auc_score(mine, scores[:, other]), abs=1e-6)


def test_separation_does_not_care_at_which_level_a_vector_speaks():
    members, scores = some_members(50, [10, 20, 7]), np.random.default_rng(2).random((50, 3)).astype(np.float32)
    bent = scores.copy()
    bent[:, 1] = bent[:, 1] ** 3 / 10
    assert (separation(bent, members) == separation(scores, members)).all()


def test_separation_does_not_depend_on_the_number_of_threads_or_blocks():
    members = some_members(40, [8] * 70)
    scores = np.random.default_rng(3).random((40, 70)).astype(np.float32)
    whole = separation(scores, members, workers=3)
    assert (whole == separation(scores, members, workers=1)).all()
    few = members.select(range(5))
    assert (separation(scores[:, :5], few) == whole[:5, :5]).all()


def test_few_tracks_are_ranked_as_all_are():
    members = some_members(400, [12, 20, 390, 9])
    scores = np.random.default_rng(4).integers(0, 60, (400, 4)).astype(np.float32) / 60  # with many ties
    whole = separation(scores, members)
    for rows in ([0], [3], [1, 0], [2]):
        assert (separation(scores, members, np.array(rows)) == whole[rows]).all()
        assert (separation(scores, members, np.array(rows), np.array([3, 1])) == whole[np.ix_(rows, [3, 1])]).all()


def test_a_concept_of_every_track_is_told_from_nothing():
    members = some_members(10, [10, 4])
    assert separation(np.random.default_rng(0).random((10, 2)).astype(np.float32), members)[0].tolist() == [0.5, 0.5]


def test_scores_of_other_concepts_have_no_separation():
    with pytest.raises(ShapeMismatch):
        separation(np.zeros((40, 3), np.float32), some_members(40, [8, 8]))
