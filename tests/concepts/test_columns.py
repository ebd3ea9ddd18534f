"""A column comes out the same alone and in company; a concept is solved the same alone and in company."""

from types import SimpleNamespace

import numpy as np
import pytest

from worker.concepts import columns
from worker.concepts.basis import Basis
from worker.concepts.columns import COLUMNS, ROWS, WIDE, dots, long_sums, product, sums, table
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.similarity import separation, similarity, similarity_error, track_scores
from worker.concepts.training import find_basis, learn_vectors
from worker.concepts.vectors import VectorSettings


@pytest.mark.parametrize("inner", [13, 129, 769])
@pytest.mark.parametrize("rows", [7, 300, 1024])
def test_a_column_of_a_product_does_not_depend_on_its_company(rows, inner):
    rng = np.random.default_rng(rows + inner)
    left = rng.normal(size=(rows, inner)).astype(np.float32)
    right = rng.normal(size=(inner, 3 * COLUMNS + 5)).astype(np.float32)
    whole = product(left, right)
    assert whole == pytest.approx(left @ right, abs=1e-3)
    for chosen in ([0], [COLUMNS], [3, 70, 100], list(range(40, 90)), list(range(100, -1, -1))):
        assert np.array_equal(product(left, right[:, chosen]), whole[:, chosen])
        assert np.array_equal(product(left.T.copy().T, np.asfortranarray(right[:, chosen])), whole[:, chosen])


@pytest.mark.parametrize("inner", [12, 128, 768])
def test_an_entry_of_a_table_does_not_depend_on_its_company(inner):
    rng = np.random.default_rng(inner)
    left = rng.normal(size=(ROWS + 300, inner)).astype(np.float32)
    right = rng.normal(size=(inner, WIDE + 40)).astype(np.float32)
    whole = table(left, right)
    assert whole == pytest.approx(left @ right, abs=1e-3)
    for some in (slice(0, 1), slice(500, 531), slice(1000, 1300)):
        for chosen in ([0], [130, 4], list(range(60, 168))):
            assert np.array_equal(table(left[some], right[:, chosen]), whole[some][:, chosen])


def test_sums_over_rows_do_not_depend_on_the_number_of_columns():
    rng = np.random.default_rng(2)
    one, other = rng.normal(size=(2, 5000, 23)).astype(np.float32)
    for chosen in ([4], [4, 9], list(range(23))):
        some, more = one[:, chosen], other[:, chosen]
        assert np.array_equal(sums(some), sums(one)[chosen])
        assert np.array_equal(long_sums(some), long_sums(one)[chosen])
        assert np.array_equal(dots(some, more), dots(one, other)[chosen])
        assert np.array_equal(sums(np.asfortranarray(some)), sums(one)[chosen])


@pytest.mark.parametrize("units", [12, 128, 768])
def test_this_machine_treats_columns_alike(units):
    assert columns.columns_alike(units)


def test_linear_algebra_that_lets_a_column_feel_its_company_is_found_out(monkeypatch):
    def moody(left, right, out=None):
        found = (left.astype(np.float64) @ right + 1e-4 * np.abs(right).mean()).astype(np.float32)
        if out is not None:
            out[:] = found
        return found

    monkeypatch.setattr(columns.np, "matmul", moody)
    assert not columns.columns_alike.__wrapped__(12)


def catalogue(units, tracks=160, concepts=9, seed=0):
    rng = np.random.default_rng(seed)
    ids = [f"t{number:03d}" for number in range(tracks)]
    counts = rng.integers(1, 4, tracks)
    values = rng.normal(size=(counts.sum(), units)).astype(np.float32)
    sets = {}
    for number in range(concepts):
        chosen = rng.choice(tracks, int(rng.integers(8, 40)), replace=False)
        sets[f"c{number}"] = [ids[track] for track in chosen]
    offsets = np.concatenate(([0], np.cumsum(counts)))
    heard = SimpleNamespace(track_ids=ids, values=values, offsets=offsets, fingerprint=SimpleNamespace(text="a"))
    return heard, Members.of(sets, ids), sets, assign_folds(ids)


def part_of(heard, tracks):
    """Only some of the tracks, as the store hands them out."""
    place = {track: number for number, track in enumerate(heard.track_ids)}
    rows = [heard.values[heard.offsets[place[one]] : heard.offsets[place[one] + 1]] for one in tracks]
    offsets = np.concatenate(([0], np.cumsum([len(row) for row in rows])))
    return SimpleNamespace(
        track_ids=list(tracks), values=np.concatenate(rows), offsets=offsets, fingerprint=heard.fingerprint
    )


@pytest.mark.parametrize("method", ["logistic", "mean_difference", "pattern"])
@pytest.mark.parametrize(("units", "most"), [(12, 2000), (128, 50), (300, 40)], ids=["small", "pool", "by rows"])
def test_under_one_basis_a_concept_is_learnt_the_same_alone_and_in_company(method, units, most):
    heard, members, sets, folds = catalogue(units)
    settings = VectorSettings(method=method, ridge=0.05, max_negatives=most)
    basis = find_basis(heard, members, folds, settings)
    together = learn_vectors(heard, members, folds, settings)
    for chosen in (["c3"], ["c0", "c8"], ["c1", "c2", "c4", "c5"]):
        tracks = sorted({*basis.pool, *(track for concept in chosen for track in sets[concept])})
        some = Members.of({concept: sets[concept] for concept in chosen}, tracks)
        alone = learn_vectors(part_of(heard, tracks), some, assign_folds(tracks), settings, basis=basis)
        places = [int(concept[1:]) for concept in chosen]
        for name in ("weights", "bias", "fold_weights", "fold_bias"):
            assert np.array_equal(getattr(alone, name), getattr(together.select(places), name)), name


def test_scores_and_similarity_are_the_same_in_part_and_whole():
    heard, members, _, folds = catalogue(20, tracks=300)
    vectors = learn_vectors(heard, members, folds, VectorSettings(ridge=0.1))
    whole = track_scores(heard, vectors, folds)
    tracks, concepts = np.array([5, 17, 123, 299]), np.array([7, 2])
    part = track_scores(
        part_of(heard, [heard.track_ids[one] for one in tracks]), vectors.select(concepts), folds[tracks]
    )
    assert np.array_equal(part, whole[np.ix_(tracks, concepts)])
    for measure in (similarity, similarity_error, separation):
        for some in (np.ix_([4], [0]), np.ix_([0, 3], [8, 1]), np.ix_(range(9), [6])):
            found = measure(whole, members, np.ravel(some[0]), np.ravel(some[1]))
            assert np.array_equal(found, measure(whole, members)[some])


def test_a_basis_survives_json_exactly():
    heard, members, _, folds = catalogue(12)
    basis = find_basis(heard, members, folds, VectorSettings(max_negatives=50))
    read = Basis.read(basis.plain())
    assert np.array_equal(read.scaling.metric, basis.scaling.metric)
    assert np.array_equal(read.scaling.mean, basis.scaling.mean)
    assert read.plain() == basis.plain()
    assert read.ridge_losses.keys() == basis.ridge_losses.keys()
