"""Scores over seconds: where windows lie, how they are smoothed, and which stretches exceed the threshold."""

import dataclasses

import numpy as np
import pytest

from worker.activations.errors import FingerprintMismatch
from worker.activations.fingerprint import Fingerprint
from worker.answers.attribution import window_scores
from worker.answers.errors import NoFrames, NotPublished
from worker.answers.published import PublishedVectors
from worker.answers.seconds import STEP_S
from worker.answers.timeline import timeline, timeline_fingerprint

STORED = Fingerprint("front", "tiny", layer="1", window_frames=187, hop_frames=187, pad_frames=20)
FINE = timeline_fingerprint(STORED)
FRAME_S = 0.016


def published(concepts=2, seed=0):
    rng = np.random.default_rng(seed)
    return PublishedVectors(
        collection="timbre",
        version=1,
        fingerprint=STORED.text,
        concept_ids=tuple(f"c{number}" for number in range(concepts)),
        names=tuple(f"C{number}" for number in range(concepts)),
        weights=rng.normal(size=(concepts, 4)).astype(np.float32),
        bias=rng.normal(size=concepts).astype(np.float32),
    )


def heard(windows, seed=1):
    return np.random.default_rng(seed).normal(size=(windows, 4)).astype(np.float32)


def reaching(windows):
    """Seconds that so many windows cover."""
    return ((windows - 1) * 47 + 187) * FRAME_S


def test_windows_start_every_quarter_of_a_window_and_last_three_seconds():
    found = timeline(published(), heard(5), FINE, 7.0)
    assert found.starts_s == pytest.approx(np.arange(5) * 0.752)
    assert found.ends_s == pytest.approx(np.minimum(found.starts_s + 2.992, 7.0))
    assert found.scores == pytest.approx(window_scores(published(), heard(5)))


@pytest.mark.parametrize("windows", [1, 2, 9])
@pytest.mark.parametrize("tail_s", [0.0, 0.7])
def test_the_curve_is_the_raised_cosine_mean_of_the_windows_over_each_moment(windows, tail_s):
    duration = reaching(windows) + tail_s
    found = timeline(published(), heard(windows), FINE, duration)
    assert len(found.curve) == int(np.ceil(duration / STEP_S))
    for moment, values in enumerate(found.curve):
        time = (moment + 0.5) * STEP_S
        shares = [
            np.sin(np.pi * (time - start) / 2.992) ** 2 if start < time < start + 2.992 else 0.0
            for start in found.starts_s
        ]
        if sum(shares) < 1e-9:
            shares = [float(start == found.starts_s[-1]) for start in found.starts_s]
        assert values == pytest.approx(np.average(found.scores, axis=0, weights=shares))


def test_a_constant_score_is_a_constant_curve():
    found = timeline(published(), np.repeat(heard(1), 12, axis=0), FINE, reaching(12) + 0.5)
    assert found.curve == pytest.approx(np.repeat(found.scores[:1], len(found.curve), axis=0))


def test_the_curve_stays_within_what_the_windows_say():
    found = timeline(published(), heard(30) * 10, FINE, reaching(30))
    assert (found.curve >= found.scores.min(axis=0) - 1e-12).all()
    assert (found.curve <= found.scores.max(axis=0) + 1e-12).all()


def test_a_piece_shorter_than_a_window_has_one_window_that_ends_with_it():
    found = timeline(published(), heard(1), FINE, 1.1)
    assert found.ends_s.tolist() == [1.1]
    assert len(found.curve) == 5
    assert found.curve == pytest.approx(np.repeat(found.scores, 5, axis=0))


def test_passages_are_the_stretches_above_the_threshold():
    found = timeline(published(1), heard(6), FINE, 2.9)
    curve = np.array([0.6, 0.7, 0.5, 0.1, 0.9, 0.2, 0.2, 0.2, 0.2, 0.2, 0.8, 0.8])[:, None]
    shown = dataclasses.replace(found, curve=curve)
    assert [(one.start_s, one.end_s) for one in shown.passages(0)] == [(0.0, 0.5), (1.0, 1.25), (2.5, 2.9)]
    assert [one.score for one in shown.passages(0)] == pytest.approx([0.65, 0.9, 0.8])
    assert [(one.start_s, one.end_s) for one in shown.passages(0, 0.75)] == [(1.0, 1.25), (2.5, 2.9)]
    assert shown.passages(0, 0.95) == []


def test_padding_and_hop_may_differ_and_nothing_else():
    assert (FINE.hop_frames, FINE.pad_frames) == (47, 0)
    with pytest.raises(FingerprintMismatch):
        timeline(published(), heard(3), STORED, 9.0)
    with pytest.raises(FingerprintMismatch, match="layer=2"):
        timeline(published(), heard(3), dataclasses.replace(FINE, layer="2"), 9.0)


def test_activations_that_are_no_windows_have_no_seconds():
    with pytest.raises(NoFrames, match="mert"):
        timeline_fingerprint(Fingerprint("outside", "mert"))


def test_chosen_concepts_keep_their_curves():
    every = timeline(published(5), heard(8), FINE, reaching(8))
    some = timeline(published(5).select(["c3", "c0"]), heard(8), FINE, reaching(8))
    assert some.concept_ids == ("c3", "c0")
    assert np.allclose(some.curve, every.curve[:, [3, 0]], atol=1e-12)


def test_an_unknown_concept_is_named_with_what_was_meant():
    with pytest.raises(NotPublished, match="did you mean c3"):
        published(5).select(["cc3"])
    with pytest.raises(NotPublished, match="audio-concepts concepts"):
        published(5).select(["zither"])
