"""More tracks make better vectors, random sets are not believed, and siblings of a part are no counter-examples."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from worker.concepts.errors import ShapeMismatch
from worker.concepts.folds import assign_folds
from worker.concepts.learning_curve import CurvePoint, CurveSettings, _bootstrap, _draw, _least, learning_curve
from worker.concepts.members import Members
from worker.concepts.vectors import VectorSettings

SETTINGS = CurveSettings(sizes=(5, 20, 60), parts=3, random_sets=40, vectors=VectorSettings(ridge=0.1))


def catalogue(*, tracks=400, units=20, concepts=4, noise=0.5):
    draw = np.random.default_rng(0)
    ids = [f"track-{number:04d}" for number in range(tracks)]
    latent = draw.normal(size=(tracks, units))
    liking = latent @ draw.normal(size=(units, concepts)) / units**0.5 + noise * draw.normal(size=(tracks, concepts))
    activations = SimpleNamespace(
        track_ids=ids,
        values=latent.astype(np.float32),
        offsets=np.arange(tracks + 1),
        fingerprint=SimpleNamespace(text="front=a"),
    )
    sizes = [40, *[100] * (concepts - 1)]
    memberships = {
        f"c{place}": [ids[t] for t in np.argsort(-liking[:, place])[: sizes[place]]] for place in range(concepts)
    }
    return activations, Members.of(memberships, ids), assign_folds(ids)


@pytest.fixture(scope="module")
def curve():
    return learning_curve(*catalogue(), SETTINGS)


def test_vectors_of_more_tracks_are_better_and_come_up_to_those_of_whole_concepts(curve):
    aucs = [point.auc for point in curve.points]
    assert aucs == sorted(aucs)
    assert aucs[-1] > aucs[0] + 0.05
    behind = [point.behind for point in curve.points]
    assert behind == sorted(behind, reverse=True)
    assert abs(behind[-1]) < 0.05
    assert all(point.auc_low <= point.auc <= point.auc_high for point in curve.points)


def test_only_concepts_that_are_large_enough_have_parts(curve):
    assert [point.concepts for point in curve.points] == [4, 4, 3]
    assert [point.parts for point in curve.points] == [12, 12, 9]


def test_random_sets_are_hardly_ever_kept(curve):
    assert all(point.random_sets == 40 for point in curve.points)
    assert all(point.random_kept <= 0.05 for point in curve.points)
    assert all(point.random_kept <= min(point.random_by_accuracy, point.random_by_test) for point in curve.points)
    assert all(point.random_kept < point.random_kept_high < 0.2 for point in curve.points)


def test_the_curve_is_the_same_for_any_order_of_input_and_another_for_another_seed(curve):
    activations, members, folds = catalogue()
    turn = np.random.default_rng(5).permutation(400)
    turned = SimpleNamespace(
        track_ids=[activations.track_ids[t] for t in turn],
        values=activations.values[turn],
        offsets=activations.offsets,
        fingerprint=activations.fingerprint,
    )
    assert repr(learning_curve(turned, members, folds, SETTINGS)) == repr(curve)
    assert repr(learning_curve(activations, members, folds, dataclasses.replace(SETTINGS, seed=1))) != repr(curve)


def test_a_part_and_what_it_sets_aside_make_up_the_concept():
    _, members, folds = catalogue()
    drawn = _draw(members, folds, 20, SETTINGS)
    for place, source in enumerate(drawn.source.tolist()):
        part, aside = drawn.members.rows(place), drawn.aside.rows(place)
        assert len(part) == 20
        assert len(np.unique(folds[part])) > 1
        assert len(aside) == 0 if source < 0 else sorted([*part, *aside]) == members.rows(source).tolist()


def test_progress_ends_with_the_last_size():
    told = []
    activations, members, folds = catalogue(concepts=2)
    quick = dataclasses.replace(SETTINGS, sizes=(5,), random_sets=5)
    learning_curve(activations, members, folds, quick, lambda *done: told.append(done))
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize("sizes", [(), (1,), (5, 400)])
def test_sizes_that_cannot_be_drawn_are_refused(sizes):
    with pytest.raises(ShapeMismatch, match="sizes"):
        learning_curve(*catalogue(), dataclasses.replace(SETTINGS, sizes=sizes))


def test_a_size_that_any_vector_may_have_is_never_the_smaller_one(curve):
    least, of_any = curve.least_size or np.inf, curve.least_size_of_any or np.inf
    assert least <= of_any


def point(size, *, concepts=9, false=0.01, behind=0.01):
    values = dict.fromkeys(CurvePoint.__dataclass_fields__, 0.5)
    return CurvePoint(
        **(values | {"size": size, "concepts": concepts, "random_kept_high": false, "kept_behind": behind})
    )


@pytest.mark.parametrize(
    ("points", "least"),
    [
        ([point(3), point(10)], 3),
        ([point(3, behind=0.2), point(10), point(20)], 10),
        ([point(3), point(10, false=0.2), point(20)], 20),
        ([point(3, behind=float("nan")), point(10)], 10),
        ([point(3), point(10), point(250, concepts=0, behind=float("nan"))], 3),
        ([point(3), point(10, behind=0.2)], None),
    ],
)
def test_the_least_size_is_where_all_larger_ones_suffice_too(points, least):
    assert _least(points, lambda one: one.kept_behind) == least


def test_the_interval_covers_the_mean_of_what_was_drawn_from():
    draw = np.random.default_rng(0)
    hits = 0
    for number in range(200):
        low, high = _bootstrap(draw.normal(size=40), number)
        hits += low <= 0 <= high
    assert 0.88 <= hits / 200 <= 0.99
