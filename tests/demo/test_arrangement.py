import numpy as np
import pytest

from worker.demo.arrangement import DRUM_CHANNEL, arrange, into_range
from worker.demo.instruments import INSTRUMENTS
from worker.demo.plan import ExcerptPlan
from worker.demo.scores import Score, ScoreRef, UnsuitableScoreError
from worker.demo.tonality import accompany, key_of

TUNE = ScoreRef("book/tune", "reel", "Tune", "Book", "x", tune="X:1", tonic=7, minor=False)
CHORALE = ScoreRef("bach/x", "chorale", "Chorale", "Book", "x")


def scale(bars, lowest):
    onsets = np.arange(bars * 8) * 0.5
    keys = lowest + np.array([0, 2, 4, 5, 7, 9, 11, 12])[np.arange(bars * 8) % 8]
    return np.column_stack([onsets, np.full(len(onsets), 0.5), keys])


def tune(bars=32):
    return Score((scale(bars, 67),), np.arange(bars + 1) * 4.0)


def chorale(bars=16):
    return Score(tuple(scale(bars, lowest) for lowest in (67, 60, 55, 43)), np.arange(bars + 1) * 4.0)


def plan(players=("Violin",), **others):
    usual = {"drums": None, "tempo": 1.0, "kind": "reel", "seed": 11, "take": 0, "takes": 1, "transpose": 0}
    return ExcerptPlan(number=1, slot=0, players=players, **usual | others)


@pytest.mark.parametrize("name", sorted(INSTRUMENTS))
def test_every_note_lies_in_the_range_of_its_instrument(name):
    instrument = INSTRUMENTS[name]
    for low in range(20, 100, 7):
        keys = into_range(np.arange(low, low + 25, dtype=float), instrument)
        assert keys.min() >= instrument.lowest
        assert keys.max() <= instrument.highest
        assert np.array_equal(keys % 12, np.arange(low, low + 25) % 12)


def test_a_line_that_fits_is_left_alone():
    keys = np.array([60.0, 64.0, 67.0])
    assert np.array_equal(into_range(keys, INSTRUMENTS["Piano"]), keys)


@pytest.mark.parametrize("players", [("Piano",), ("Violin",), ("Violin", "Cello"), ("Flute", "Piano", "Cello")])
@pytest.mark.parametrize(("ref", "score", "kind"), [(TUNE, tune(), "reel"), (CHORALE, chorale(), "chorale")])
def test_every_player_plays_inside_the_excerpt(players, ref, score, kind):
    events = arrange(ref, score, plan(players, kind=kind), 12.0).events
    assert set(events[:, 2]) == set(range(len(players)))
    assert (np.diff(events[:, 0]) >= 0).all()
    assert events[:, 0].min() >= 0
    assert events[:, 0].max() < 12.0
    assert (events[:, 1] > events[:, 0]).all()
    assert ((events[:, 4] >= 1) & (events[:, 4] <= 127)).all()


def test_a_key_is_up_before_it_goes_down_again():
    events = arrange(CHORALE, chorale(), plan(("Piano",), kind="chorale"), 12.0).events
    for key in np.unique(events[:, 3]):
        mine = events[events[:, 3] == key]
        assert (mine[1:, 0] - mine[:-1, 1] > -0.06).all()


def test_the_same_plan_gives_the_same_notes_and_another_seed_others():
    first, again, other = (arrange(TUNE, tune(), plan(seed=seed), 12.0).events for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)


def test_a_faster_tempo_has_more_notes_a_second():
    slow, fast = (arrange(TUNE, tune(), plan(tempo=tempo), 12.0).notes_per_s for tempo in (0.72, 1.38))
    assert fast / slow == pytest.approx(1.38 / 0.72, rel=0.1)


def test_a_tune_that_is_too_short_is_played_again():
    performance = arrange(TUNE, tune(bars=4), plan(), 12.0)
    assert performance.events[:, 0].max() > 10.5


def test_takes_start_in_different_stretches_of_a_long_score():
    bars = [arrange(TUNE, tune(64), plan(take=take, takes=4, seed=take), 6.0).bar for take in range(4)]
    assert bars == sorted(bars)
    assert len(set(bars)) == 4


def test_a_score_without_enough_notes_is_passed_over():
    sparse = Score((np.array([[0.0, 4.0, 67.0], [16.0, 4.0, 67.0]]),), np.arange(33) * 4.0)
    with pytest.raises(UnsuitableScoreError, match="6 notes"):
        arrange(TUNE, sparse, plan(), 12.0)


def test_a_window_in_which_the_tune_rests_is_avoided():
    part = scale(64, 67)
    resting = part[(part[:, 0] < 100) | (part[:, 0] > 180)]
    score = Score((resting,), np.arange(65) * 4.0)
    for seed in range(20):
        performance = arrange(TUNE, score, plan(seed=seed), 12.0)
        assert np.diff(performance.events[:, 0]).max() < 2.0


def test_drums_beat_on_their_own_channel_only_when_planned():
    assert DRUM_CHANNEL not in arrange(TUNE, tune(), plan(), 12.0).events[:, 2]
    patterns = []
    for name in ("Rock beat", "Latin beat"):
        events = arrange(TUNE, tune(), plan(drums=name), 12.0).events
        patterns.append(set(events[events[:, 2] == DRUM_CHANNEL, 3]))
    assert patterns[0]
    assert patterns[1]
    assert not patterns[0] & patterns[1]


@pytest.mark.parametrize(("intervals", "minor"), [((0, 2, 4, 5, 7, 9, 11), False), ((0, 2, 3, 5, 7, 8, 11), True)])
def test_a_scale_is_heard_in_its_key(intervals, minor):
    for tonic in range(12):
        keys = [60 + tonic + step for step in (*intervals, 0, 0, 7, 4 - minor)]
        notes = np.array([[i, 1.0, key] for i, key in enumerate(keys)])
        assert key_of(notes) == (tonic, minor)


def test_the_accompaniment_takes_the_triad_of_the_beat():
    notes = np.array([[0.0, 1.0, 67.0], [1.0, 1.0, 71.0], [2.0, 1.0, 62.0], [3.0, 1.0, 66.0], [3.5, 0.5, 69.0]])
    bass, chords = accompany(notes, np.array([0.0, 4.0]), 2, (7, False))
    assert (bass[:, 2] % 12).tolist() == [7, 2]
    assert sorted(chords[:2, 2] % 12) == [2, 11]
