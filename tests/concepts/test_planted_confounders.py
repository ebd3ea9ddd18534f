"""The experiment of docs/bias.md on a library that is made in a second: real sound, listened to as a rebuild does."""

import numpy as np
import pytest

from tests.benchmarks.planted_confounders import NARROW, QUIET, Library, Sound, false_flags, measured, plant
from worker.activations.backbones import load_backbone

RATE_HZ, SECONDS = 16_000, 1.0


@pytest.fixture(scope="module")
def backbone():
    return load_backbone("logmel", device="cpu", threads=1)


@pytest.fixture(scope="module")
def library():
    """240 chords in noise; two concepts are timbres (the share of high partials), of 60 tracks each."""
    draw = np.random.default_rng(3)
    time = np.arange(int(SECONDS * RATE_HZ)) / RATE_HZ
    sounds = {}
    for number in range(240):
        brightness = 1.0 if number < 60 else 0.1 if number < 120 else 0.35
        pitch = 110 * 2 ** draw.uniform(0, 2)
        partials = np.arange(1, 11)
        strengths = brightness ** (partials / 3) * draw.uniform(0.5, 1.5, 10)
        sound = (strengths[:, None] * np.sin(2 * np.pi * pitch * partials[:, None] * time)).sum(axis=0)
        sound += 0.05 * draw.standard_normal(len(time))
        sounds[f"track-{number:03d}"] = Sound(sound.astype(np.float32), RATE_HZ)
    ids = list(sounds)
    return Library(sounds, {"bright": ids[:60], "dull": ids[60:120]})


@pytest.mark.parametrize("seed", range(2))
def test_planted_confounders_are_flagged_real_concepts_are_not_and_balancing_listens_to_them_less(
    library, backbone, seed
):
    planted = plant(library, backbone, seed)
    plain, ridge = measured(planted, None)
    flagged = {(concept, name) for concept, found in plain.items() for name, one in found.items() if one.flagged}
    assert flagged == {(QUIET, "loudness"), (NARROW, "rate")}
    assert false_flags([(planted, {None: plain})]) == ([], 2)  # one concept is neither planted nor confounded
    for concept, name in ((QUIET, "loudness"), (NARROW, "rate")):
        balanced, _ = measured(planted, name, ridge)
        assert balanced[concept][name].follows < plain[concept][name].follows
    quieter = plain[planted.confounded]["loudness"]
    assert quieter.tells > 0.6
    assert quieter.within > 0.9
