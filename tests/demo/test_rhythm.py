import numpy as np
import pytest

from worker.demo.recipe import ART_KINDS, FOLK_KINDS
from worker.demo.rhythm import STYLES, drum_events, on_the_beat, seconds_per_quarter, swung
from worker.demo.scores import Score

BARS = np.arange(5) * 4.0


def test_every_kind_has_a_style():
    assert set(STYLES) == set(FOLK_KINDS + ART_KINDS)


@pytest.mark.parametrize("quarters", [2.0, 4.0])
def test_a_bar_of_a_reel_lasts_as_long_however_it_is_written(quarters):
    score = Score((np.zeros((1, 3)),), np.arange(9) * quarters)
    assert seconds_per_quarter("reel", score) * quarters == pytest.approx(STYLES["reel"].bar_s)


def test_beats_are_found():
    onsets = np.arange(16) * 0.5
    assert np.flatnonzero(on_the_beat(onsets, BARS, 2)).tolist() == [0, 4, 8, 12]


def test_swing_delays_the_second_of_a_pair_and_leaves_the_first():
    times = np.array([0.0, 0.5, 1.0, 1.5, 4.0, 4.5])
    assert swung(times, BARS, 0.64) == pytest.approx([0.0, 0.64, 1.0, 1.64, 4.0, 4.64])


def test_even_time_is_left_alone_and_swung_time_keeps_its_order():
    times = np.sort(np.random.default_rng(0).uniform(0, 18, 200))
    assert swung(times, BARS, 0.5) == pytest.approx(times)
    assert (np.diff(swung(times, BARS, 0.66)) >= 0).all()


@pytest.mark.parametrize("pattern", ["Rock beat", "Latin beat"])
@pytest.mark.parametrize("beats", [(2, 3), (3, 3), (2, 4), (4, 4), (1, 2), (3, 2)])
def test_a_drummer_repeats_the_pattern_in_every_bar(pattern, beats):
    rng = np.random.default_rng(0)
    events = drum_events(pattern, np.arange(5) * 1.2, beats, rng, 9)
    counts = [int(((events[:, 0] >= bar - 0.02) & (events[:, 0] < bar + 1.1)).sum()) for bar in np.arange(4) * 1.2]
    assert len(set(events[:, 2])) == 1
    assert events[:, 0].max() < 4.8
    assert min(counts) > 0
