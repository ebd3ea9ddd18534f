"""How fast each kind of music goes by itself, and what a drummer adds.

Conventions: seconds; keys are General MIDI percussion notes; events as in `worker.demo.arrangement`.
"""

import numpy as np
import numpy.typing as npt

from worker.demo.scores import Score

BAR_S = {"jig": 1.08, "slip jig": 1.62, "reel": 1.16, "hornpipe": 1.50, "strathspey": 1.90}
"""A bar of a dance at its usual tempo; books disagree on whether a reel is written in eighths or sixteenths."""
QUARTER_S = {"chorale": 0.80, "quartet": 0.56}
BEATS = {"jig": 2, "slip jig": 3, "reel": 2, "hornpipe": 2, "strathspey": 4, "chorale": 4, "quartet": 4}
_COMPOUND = {"jig", "slip jig"}
_BEAT_S = 0.55
_SIXTEENTHS = 4

_KICK, _SNARE, _HAT, _OPEN_HAT = 36, 38, 42, 46
_HIGH_CONGA, _LOW_CONGA, _MARACAS, _CLAVES = 63, 64, 70, 75


def seconds_per_quarter(kind: str, score: Score) -> float:
    """The kind's own pace, before the plan's tempo factor."""
    if kind in QUARTER_S:
        return QUARTER_S[kind]
    return BAR_S[kind] / float(np.median(np.diff(score.bars)))


def beats_of(kind: str, bars: npt.NDArray[np.float64], pace_s: float) -> tuple[int, int]:
    """Beats in a bar and strokes in a beat, for the drummer."""
    if kind in BAR_S:
        return BEATS[kind], 3 if kind in _COMPOUND else 4
    bar_s = float(np.median(np.diff(bars))) * pace_s if len(bars) > 1 else 4 * pace_s
    return max(1, round(bar_s / _BEAT_S)), 2


def drum_events(
    pattern: str,
    bars_s: npt.NDArray[np.float64],
    beats: tuple[int, int],
    rng: np.random.Generator,
    channel: int,
) -> npt.NDArray[np.float64]:
    """A drum pattern over every whole bar of a window.

    Args:
        pattern: one of `worker.demo.recipe.DRUM_PATTERNS`.
        bars_s: bar lines inside the window; the stretch after the last one is filled as long as a bar before it.
        beats: beats in a bar, strokes in a beat.
        rng: for the drummer's hands.
        channel: of the drums.
    """
    lengths = np.diff(bars_s)
    usual = float(np.median(lengths)) if len(lengths) else beats[0] * _BEAT_S
    grid = [(start, length) for start, length in zip(bars_s[:-1], lengths, strict=True) if length > 0.5 * usual]
    strokes = _rock(*beats) if pattern == "Rock beat" else _latin(*beats)
    rows = [
        (start + length * place, key, velocity)
        for start, length in grid or [(0.0, usual)]
        for place, key, velocity in strokes
    ]
    drums = np.array(rows)
    starts = np.clip(drums[:, 0] + rng.normal(0, 0.005, len(drums)), 0, None)
    velocities = np.clip(drums[:, 2] + rng.normal(0, 6, len(drums)), 30, 124).round()
    return np.column_stack([starts, starts + 0.12, np.full(len(drums), channel), drums[:, 1], velocities])


def _rock(beats: int, strokes: int) -> list[tuple[float, int, int]]:
    """Kick and snare in turn, hi-hat on the strokes."""
    step = strokes // _SIXTEENTHS + 1
    out = [(beat / beats, _KICK if beat % 2 == 0 else _SNARE, 104) for beat in range(beats)]
    places = [i for i in range(beats * strokes) if i % step == 0]
    out += [(i / (beats * strokes), _HAT, 86 if i % strokes == 0 else 68) for i in places[:-1]]
    return [*out, (places[-1] / (beats * strokes), _OPEN_HAT, 74)]


def _latin(beats: int, strokes: int) -> list[tuple[float, int, int]]:
    """Congas off the beat, maracas throughout, claves on the bar."""
    total = beats * strokes
    out = [(i / total, _MARACAS, 88 if i % strokes == 0 else 64) for i in range(total)]
    out += [(i / total, _LOW_CONGA, 98) for i in range(0, total, strokes)]
    out += [(i / total, _HIGH_CONGA, 92) for i in range(strokes - 1, total, strokes)]
    return [*out, (0.0, _CLAVES, 90), ((total // 2 + strokes // 2) % total / total, _CLAVES, 84)]
