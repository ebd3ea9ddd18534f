"""By way of the rows the same optimum is reached, and only where that way is the shorter."""

from types import SimpleNamespace

import numpy as np
import pytest

from worker.concepts.dual import solve_by_rows, suits
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.problem import Fits
from worker.concepts.solver import Goal, solve
from worker.concepts.training import Training, all_tracks, cross_fits, learn_vectors
from worker.concepts.vectors import VectorSettings


def training(*, units=300, tracks=120, pool=60, aside=None, stray=1.0):
    draw = np.random.default_rng(0)
    ids = [f"t{number:04d}" for number in range(tracks)]
    values = (draw.normal(size=(2 * tracks, 30)) @ draw.normal(size=(30, units))).astype(np.float32)
    values[0] *= stray
    activations = SimpleNamespace(
        track_ids=ids,
        values=values + draw.normal(size=values.shape).astype(np.float32),
        offsets=2 * np.arange(tracks + 1),
        fingerprint=SimpleNamespace(text="front=a"),
    )
    members = Members.of({"a": ids[:30], "b": ids[20:70], "c": ids[::9]}, ids)
    folds = assign_folds(ids)
    settings = VectorSettings(max_negatives=pool)
    put = None if aside is None else Members.of({"a": aside, "b": [], "c": []}, ids)
    return Training.of(activations, members, folds, settings, aside=put), activations, members, folds


def fits_of(made):
    crossed, whole = cross_fits(3, made.count), all_tracks(3, made.count)
    order = np.lexsort((np.concatenate([crossed.fold, whole.fold]), np.concatenate([crossed.concept, whole.concept])))
    return Fits(
        np.concatenate([crossed.concept, whole.concept])[order], np.concatenate([crossed.fold, whole.fold])[order]
    )


@pytest.mark.parametrize("ridge", [1.0, 1e-2, 1e-4])
@pytest.mark.parametrize("aside", [None, ["t0040", "t0100"]], ids=["all tracks", "some set aside"])
def test_loss_and_gradient_are_those_of_the_optimum(ridge, aside):
    made, _, members, _ = training(aside=aside)
    problem, fits = made.problem(members), fits_of(made)
    penalty = problem.penalty(fits, ridge)
    far = np.zeros((301, len(fits)), np.float32)
    best = problem.state(fits, solve(problem, fits, far, Goal(ridge, 1e-5, made.preconditioner)).values, penalty)
    found = problem.state(fits, solve_by_rows(problem, fits, ridge, 1e-5), penalty)
    assert found.loss == pytest.approx(best.loss, abs=2e-6)
    assert np.sqrt((found.gradient.astype(float) ** 2).sum(axis=0)).max() < 1e-4


def test_a_row_far_from_all_others_does_not_stop_it():
    made, _, members, _ = training(stray=1e3)
    problem, fits = made.problem(members), fits_of(made)
    found = problem.state(fits, solve_by_rows(problem, fits, 0.01, 1e-5), problem.penalty(fits, 0.01))
    assert np.isfinite(found.solution).all()
    assert found.loss.max() < np.log(2)


def test_it_is_taken_where_rows_are_fewer_than_units():
    for units, wanted in ((300, True), (130, False)):
        made, _, members, _ = training(units=units)
        problem = made.problem(members)
        assert {suits(problem, concept) for concept in range(len(problem.own))} == {wanted}


def test_vectors_are_the_same_whichever_way_is_taken(monkeypatch):
    _, activations, members, folds = training()
    settings = VectorSettings(ridge=0.03, max_negatives=60)
    one = learn_vectors(activations, members, folds, settings)
    monkeypatch.setattr("worker.concepts.training.suits", lambda *_: False)
    other = learn_vectors(activations, members, folds, settings)
    assert one.fold_weights == pytest.approx(other.fold_weights, abs=1e-4)
    assert one.weights == pytest.approx(other.weights, abs=1e-4)
