"""How each kind of music goes: its pace, beats, accents and touch, and what a drummer adds.

Conventions: seconds; keys are General MIDI percussion notes; events as in `worker.demo.arrangement`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worker.demo.scores import Score


@dataclass(frozen=True, slots=True)
class Style:
    """How a kind of music is played.

    Attributes:
        bar_s: a bar at its usual tempo; books disagree on whether a reel is written in eighths or sixteenths.
        quarter_s: a quarter note, for music without a usual bar.
        beats: of a bar.
        touch: how much of its written length a note sounds.
        accent: velocity that notes on the beat have more than those between.
        swing: where in a pair of equal notes the second one falls; 0.5 is even.
        compound: beats have three strokes, not two or four.
    """

    beats: int
    touch: float
    accent: float
    bar_s: float | None = None
    quarter_s: float = 1.0
    swing: float = 0.5
    compound: bool = False


STYLES = {
    "jig": Style(beats=2, touch=0.70, accent=20, bar_s=1.04, compound=True),
    "slip jig": Style(beats=3, touch=0.96, accent=12, bar_s=1.68, compound=True),
    "reel": Style(beats=2, touch=0.92, accent=8, bar_s=1.05),
    "hornpipe": Style(beats=2, touch=0.78, accent=16, bar_s=1.64, swing=0.64),
    "strathspey": Style(beats=4, touch=0.52, accent=24, bar_s=2.00),
    "chorale": Style(beats=4, touch=1.0, accent=2, quarter_s=0.80),
    "quartet": Style(beats=4, touch=0.85, accent=6, quarter_s=0.56),
}
_BEAT_S = 0.55
_SIXTEENTHS = 4
_PAIRS = 4
_AT_ONCE, _ON_BEAT = 1e-6, 0.02

_KICK, _SNARE, _HAT, _OPEN_HAT = 36, 38, 42, 46
_HIGH_CONGA, _LOW_CONGA, _MARACAS, _CLAVES = 63, 64, 70, 75


def seconds_per_quarter(kind: str, score: Score) -> float:
    """The kind's own pace, before the plan's tempo factor."""
    style = STYLES[kind]
    if style.bar_s is None:
        return style.quarter_s
    return style.bar_s / float(np.median(np.diff(score.bars)))


def beats_of(kind: str, bars: npt.NDArray[np.float64], pace_s: float) -> tuple[int, int]:
    """Beats in a bar and strokes in a beat, for the drummer."""
    style = STYLES[kind]
    if style.bar_s is not None:
        return style.beats, 3 if style.compound else 4
    bar_s = float(np.median(np.diff(bars))) * pace_s if len(bars) > 1 else 4 * pace_s
    return max(1, round(bar_s / _BEAT_S)), 2


def on_the_beat(onsets: npt.NDArray[np.float64], bars: npt.NDArray[np.float64], beats: int) -> npt.NDArray[np.bool_]:
    """Whether each onset falls on a beat."""
    _, inside = _places(onsets, bars, beats)
    return np.asarray(np.minimum(inside, 1 - inside) < _ON_BEAT)


def swung(times: npt.NDArray[np.float64], bars: npt.NDArray[np.float64], swing: float) -> npt.NDArray[np.float64]:
    """Times in quarters, with the second half of every quarter of a bar begun at `swing` of it instead of 0.5."""
    starts, inside = _places(times, bars, _PAIRS)
    length = _usual_length(bars) / _PAIRS
    bent = np.where(inside < 0.5, inside * 2 * swing, swing + (inside - 0.5) * 2 * (1 - swing))  # noqa: PLR2004 - halves
    return np.asarray(starts + bent * length)


def _places(
    times: npt.NDArray[np.float64], bars: npt.NDArray[np.float64], cells: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Where the cell of a bar begins that each time lies in, and how far into it, 0 to 1."""
    bar = bars[np.maximum(np.searchsorted(bars, times + _AT_ONCE, side="right") - 1, 0)]
    cell = _usual_length(bars) / cells
    index = np.floor((times - bar + _AT_ONCE) / cell)
    start = bar + index * cell
    return start, np.clip((times - start) / cell, 0.0, 1.0)


def _usual_length(bars: npt.NDArray[np.float64]) -> float:
    return float(np.median(np.diff(bars))) if len(bars) > 1 else _PAIRS


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
