"""Properties lie on scales on which steps mean alike; strata are cut once and hold whoever comes later."""

import numpy as np
import pytest

from worker.concepts.properties import MOST_WORDS, Property, Strata

IDS = [f"t{number:03d}" for number in range(200)]


def test_lengths_and_plays_lie_on_a_logarithm_and_what_is_missing_is_not_known():
    length = Property.of("length", ["a", "b", "c"], {"a": 1.0, "b": 100.0})
    assert length.values[:2] == pytest.approx([0.0, np.log(100)])
    assert length.known.tolist() == [True, True, False]
    assert Property.of("popularity", ["a"], {"a": 0}).values.tolist() == [0.0]


def test_half_a_spread_is_a_stratum_and_outliers_share_the_last():
    numbers = np.random.default_rng(0).normal(-14, 4, 200)
    numbers[0], numbers[1] = -90, 60
    found = Property.of("loudness", IDS, dict(zip(IDS, numbers.tolist(), strict=True)))
    strata = Strata.of(found)
    places = strata.places(found)
    assert found.spread == pytest.approx(4, rel=0.2)
    assert (places[0], places[1]) == (0, strata.count - 1)
    for level in range(1, strata.count - 1):
        inside = found.values[places == level]
        assert len(inside) < 2 or np.ptp(inside) <= found.spread / 2


def test_a_property_that_hardly_varies_has_a_spread_all_the_same():
    numbers = dict.fromkeys(IDS, 12.0) | {"t000": 24.0, "t001": 6.0}
    found = Property.of("length", IDS, numbers)
    assert found.varies
    assert found.spread > 0


def test_words_have_a_stratum_each_and_the_rare_ones_one_together():
    words = {track: f"codec {number % 30:02d}" if number < 60 else "flac" for number, track in enumerate(IDS)}
    found = Property.of("codec", IDS, words)
    strata = Strata.of(found)
    assert len(strata.words) == MOST_WORDS
    assert "flac" in strata.words
    later = Property.of("codec", ["x", "y", "z"], {"x": "flac", "y": "never heard of"})
    assert strata.places(later).tolist() == [strata.words.index("flac"), MOST_WORDS, -1]
    assert found.spread == 0.0


def test_strata_are_read_back_as_they_were():
    numbers = dict(zip(IDS, np.random.default_rng(1).normal(size=200).tolist(), strict=True))
    for found in (Property.of("year", IDS, numbers), Property.of("rate", IDS, dict.fromkeys(IDS, 44100))):
        strata = Strata.of(found)
        assert Strata.read(strata.plain()) == strata
    assert not Property.of("year", IDS, {}).varies
    assert Strata.of(Property.of("year", IDS, {})).places(Property.of("year", IDS, {})).tolist() == [-1] * 200
