"""Concepts that sound only in known seconds of tracks nobody has heard before: the timeline finds them.

The real chain: sound rendered here -> front end -> msd_vgg -> vectors learnt from whole tracks, nobody told in which
seconds -> the timeline of new tracks. Every track has a backing (drone, surf or plucks) from start to end; a concept
lies over it, 3 dB below, in one or two passages that make up about half of a member's seconds.
"""

import numpy as np
import pytest

from worker.activations.backbones import load_backbone
from worker.activations.store import Activations
from worker.answers.attribution import window_scores
from worker.answers.erasure import erasures
from worker.answers.published import PublishedVectors
from worker.answers.seconds import STEP_S
from worker.answers.timeline import timeline, timeline_fingerprint
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.training import learn_vectors
from worker.concepts.vectors import VectorSettings

RATE = 16_000
LEVEL = 0.1
CONCEPT_DB = -3.0
LEARN_TRACKS, LEARN_S = 60, 12.1
NEW_TRACKS, NEW_S = 9, 24.0


def notes(length, step_s, sound):
    """One sound after another, each `step_s` later."""
    out = np.zeros(length)
    for start in range(0, length, int(step_s * RATE)):
        note = sound()[: length - start]
        out[start : start + len(note)] += note
    return out


def bells(length, rng):
    time = np.arange(RATE) / RATE

    def bell():
        pitch = rng.uniform(500, 1200)
        swing = 3 * np.exp(-4 * time) * np.sin(2 * np.pi * pitch * 1.41 * time)
        return np.exp(-5 * time) * np.sin(2 * np.pi * pitch * time + swing)

    return notes(length, 0.35, bell)


def saws(length, rng):
    time = np.arange(RATE // 2) / RATE
    fade = np.minimum(1, np.minimum(time / 0.01, (0.5 - time) / 0.05))

    def saw():
        pitch = rng.uniform(110, 330)
        phase = 2 * np.pi * pitch * time + pitch / 100 * np.sin(2 * np.pi * 6 * time)
        return fade * sum(np.sin(part * phase) / part for part in range(1, 20))

    return notes(length, 0.5, saw)


def hats(length, rng):
    decay = np.exp(-60 * np.arange(int(0.08 * RATE)) / RATE)
    return np.diff(notes(length, rng.uniform(0.12, 0.2), lambda: rng.normal(size=len(decay)) * decay), prepend=0)


def drone(length, rng):
    time, pitch = np.arange(length) / RATE, rng.uniform(90, 180)
    return sum(np.sin(2 * np.pi * pitch * part * time + rng.uniform(0, 6)) for part in (1, 1.5, 2, 3))


def surf(length, rng):
    swell = 1 + 0.5 * np.sin(2 * np.pi * 0.3 * np.arange(length) / RATE + rng.uniform(0, 6))
    return swell * np.convolve(rng.normal(size=length), np.ones(24) / 24, "same")


def plucks(length, rng):
    time = np.arange(RATE // 2) / RATE

    def pluck():
        pitch = rng.choice([196, 220, 262, 294, 330, 392])
        return np.exp(-6 * time) * sum(np.sin(2 * np.pi * pitch * part * time) / part**2 for part in (1, 2, 3))

    return notes(length, 0.25, pluck)


CONCEPTS = {"bells": bells, "hats": hats, "saws": saws}
BACKINGS = (drone, surf, plucks)


def loud(sound, level):
    return level * sound / np.sqrt((sound**2).mean())


def track(seed, concept, duration_s, passages):
    """Samples, and the seconds in which the concept sounds."""
    rng = np.random.default_rng([2026, seed])
    samples = loud(BACKINGS[seed % len(BACKINGS)](int(duration_s * RATE), rng), LEVEL)
    planted, part = [], duration_s / passages
    for number in range(passages if concept else 0):
        lasts = rng.uniform(0.4, 0.65) * part
        starts = number * part + rng.uniform(0, part - lasts)
        first, last = int(starts * RATE), int((starts + lasts) * RATE)
        samples[first:last] += loud(CONCEPTS[concept](last - first, rng), LEVEL * 10 ** (CONCEPT_DB / 20))
        planted.append((starts, starts + lasts))
    return samples.astype(np.float32), planted


@pytest.fixture(scope="module")
def learnt():
    """Vectors from whole tracks: a quarter has each concept, a quarter none."""
    backbone = load_backbone("msd_vgg", threads=1)
    kinds = [None, *CONCEPTS]
    ids = [f"track-{number:02d}" for number in range(LEARN_TRACKS)]
    memberships = {concept: [] for concept in CONCEPTS}
    heard = []
    for number, track_id in enumerate(ids):
        # A backing says nothing: each concept meets every one of them.
        concept = kinds[number % len(kinds)]
        heard.append(backbone.activations(track(number * 7 + number // 4, concept, LEARN_S, 1)[0], RATE))
        if concept:
            memberships[concept].append(track_id)
    offsets = np.cumsum([0, *(len(values) for values in heard)])
    activations = Activations(ids, np.concatenate(heard), offsets, backbone.fingerprint)
    vectors = learn_vectors(
        activations, Members.of(memberships, ids), assign_folds(ids, 4), VectorSettings(), workers=1
    )
    names = tuple(concept.title() for concept in vectors.concept_ids)
    return PublishedVectors(
        "planted", 1, vectors.fingerprint, vectors.concept_ids, names, vectors.weights, vectors.bias
    )


@pytest.fixture(scope="module")
def found(learnt):
    """(concept's position, planted seconds, timeline) of tracks with two passages each."""
    mark = timeline_fingerprint(load_backbone("msd_vgg", threads=1).fingerprint)
    backbone = load_backbone("msd_vgg", hop_frames=mark.hop_frames, threads=1)
    new = []
    for number in range(NEW_TRACKS):
        concept = list(CONCEPTS)[number % len(CONCEPTS)]
        samples, planted = new_track(number, concept)
        heard = timeline(learnt, backbone.activations(samples, RATE), backbone.fingerprint, NEW_S)
        new.append((learnt.concept_ids.index(concept), planted, heard))
    return new


def new_track(number, concept):
    return track(1000 + 4 * number + number // 3, concept, NEW_S, 2)


def sounding(times, planted):
    return np.array([any(start <= time < end for start, end in planted) for time in times])


def iou(heard, concept, planted):
    """Seconds in both, over seconds in either, moment by moment."""
    times = (np.arange(len(heard.curve)) + 0.5) * STEP_S
    above, true = heard.curve[:, concept] > 0.5, sounding(times, planted)
    return (above & true).sum() / (above | true).sum()


def auc(heard, concept, planted):
    """Of windows at least half in a passage against those that are not."""
    share = np.array(
        [
            sum(max(0.0, min(end, until) - max(start, since)) for since, until in planted) / (end - start)
            for start, end in zip(heard.starts_s, heard.ends_s, strict=True)
        ]
    )
    inside, outside = heard.scores[share >= 0.5, concept], heard.scores[share < 0.5, concept]
    return np.mean([(one > outside).mean() + (one == outside).mean() / 2 for one in inside])


def test_the_timeline_finds_the_planted_seconds(found):
    overlaps = [iou(heard, concept, planted) for concept, planted, heard in found]
    assert np.mean(overlaps) >= 0.6, overlaps


def test_windows_in_a_passage_score_above_the_others(found):
    areas = [auc(heard, concept, planted) for concept, planted, heard in found]
    assert np.mean(areas) >= 0.9, areas


def test_a_concept_that_is_not_there_is_not_found(found):
    """The two other concepts lie above the threshold for a small part of the seconds."""
    shares = [(heard.curve[:, other] > 0.5).mean() for concept, _, heard in found for other in {0, 1, 2} - {concept}]
    assert np.mean(shares) <= 0.2, shares


def test_the_passages_are_counted(found):
    """Two were planted in each track."""
    counts = [len(heard.passages(concept)) for concept, _, heard in found]
    assert np.mean(np.abs(np.array(counts) - 2)) <= 1, counts


def test_the_score_rests_on_the_seconds_that_the_timeline_points_at(learnt, found):
    """Without them it falls further, and of them alone more is left, than with the same cuts elsewhere."""
    backbone = load_backbone("msd_vgg", threads=1)
    deletions, insertions = [], []
    for number, (concept, _, heard) in enumerate(found):
        samples, _ = new_track(number, learnt.concept_ids[concept])
        one = learnt.select([learnt.concept_ids[concept]])

        def score(altered, one=one):
            return float(window_scores(one, backbone.activations(altered, RATE)).mean())

        rng = np.random.default_rng(number)
        for erased in erasures(samples, RATE, heard.curve[:, concept], score, rng, shifts=1):
            deletions.append(erased.deletion)
            insertions.append(erased.insertion)
    assert np.mean(deletions) > 0.05, deletions
    assert np.mean(insertions) > 0.05, insertions
