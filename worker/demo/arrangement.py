"""From a score and a plan to timed notes: choose a window, share the parts out, add chords and drums, play like people.

Conventions: score time in quarter notes, sounding time in seconds from the excerpt's start; pitches are MIDI note
numbers; events are an (n, 5) float array of (start_s, end_s, channel, key, velocity), sorted by start. Channels 0 to 3
are the players of the plan in order, channel 9 the drums.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worker.demo.instruments import INSTRUMENTS, Instrument
from worker.demo.plan import ExcerptPlan
from worker.demo.rhythm import STYLES, Style, beats_of, drum_events, on_the_beat, seconds_per_quarter, swung
from worker.demo.scores import Notes, Score, ScoreRef, UnsuitableScoreError
from worker.demo.tonality import accompany, key_of

Events = npt.NDArray[np.float64]

FEWEST_NOTES, FEWEST_NOTES_OF_TUNE = 6, 2
LONGEST_REST = 0.15
"""Of a window: one in which the tune rests longer is taken only where the score has no other."""
DRUM_CHANNEL = 9
RING_S = 0.7
"""Silence kept at the end of an excerpt, for the last notes to ring out in."""


@dataclass(frozen=True, slots=True)
class Performance:
    """One excerpt, ready for the synthesiser.

    Attributes:
        events: what sounds when.
        bar: index of the score's bar that the window starts on.
        minor: whether the key's third is minor.
        notes_per_s: of the tune, by which excerpts are fast or slow.
        mean_pitch: of all players, weighted by duration, by which excerpts are high or low.
    """

    events: Events
    bar: int
    minor: bool
    notes_per_s: float
    mean_pitch: float


def arrange(ref: ScoreRef, score: Score, plan: ExcerptPlan, seconds: float) -> Performance:
    """Turn a window of the score into a performance.

    Args:
        ref: names the score's kind and key.
        score: what is played.
        plan: by whom, how fast, how high.
        seconds: length of the excerpt.

    Raises:
        UnsuitableScoreError: no window of it has at least 6 notes.
    """
    rng = np.random.default_rng([plan.seed, 1])
    style = STYLES[plan.kind]
    pace_s = seconds_per_quarter(plan.kind, score) / plan.tempo
    span = (seconds - RING_S) / pace_s
    score = _repeated(score, span)
    bar = _choose_bar(score, plan, span, rng)
    start = score.bars[bar]
    parts = [_window(part, start, span, plan.transpose) for part in score.parts]
    bars = score.bars[(score.bars >= start) & (score.bars <= start + span)] - start
    if ref.tonic is None or ref.minor is None:
        tonic, minor = key_of(np.concatenate(parts))
    else:
        tonic, minor = (ref.tonic + plan.transpose) % 12, ref.minor
    if len(parts) == 1:
        shared = _share_tune(parts[0], accompany(parts[0], bars, style.beats, (tonic, minor)), plan, rng)
    else:
        shared = _share_parts(parts, plan)
    players = enumerate(INSTRUMENTS[name] for name in plan.players)
    played = [_play(notes, (bars, pace_s, style), player, rng) for player, notes in zip(players, shared, strict=True)]
    tune = parts[0]
    lengths = np.concatenate([events[:, 1] - events[:, 0] for events in played])
    keys = np.concatenate([events[:, 3] for events in played])
    if plan.drums is not None:
        played.append(drum_events(plan.drums, bars * pace_s, beats_of(plan.kind, bars, pace_s), rng, DRUM_CHANNEL))
    events = np.concatenate(played)
    events = events[np.lexsort((events[:, 3], events[:, 2], events[:, 0]))]
    return Performance(
        events=events,
        bar=bar,
        minor=minor,
        notes_per_s=len(np.unique(tune[:, 0])) / (span * pace_s),
        mean_pitch=float(np.average(keys, weights=lengths)),
    )


def into_range(keys: npt.NDArray[np.float64], instrument: Instrument) -> npt.NDArray[np.float64]:
    """Move a line by whole octaves to where most of it fits, then fold what still sticks out, octave by octave."""
    shifts = np.array([0, 12, -12, 24, -24, 36, -36, 48, -48])
    moved = keys[None, :] + shifts[:, None]
    fits = ((moved >= instrument.lowest) & (moved <= instrument.highest)).sum(axis=1)
    line = moved[int(np.argmax(fits))]
    line = np.where(line < instrument.lowest, line + 12 * np.ceil((instrument.lowest - line) / 12), line)
    folded = line - 12 * np.ceil((line - instrument.highest) / 12)
    return np.asarray(np.where(line > instrument.highest, folded, line), dtype=np.float64)


def _repeated(score: Score, span: float) -> Score:
    """A tune shorter than the window is played again from the top, as dances are."""
    length = score.bars[-1]
    times = int(np.ceil(span / length)) + 1 if span > length else 1
    if times == 1:
        return score
    parts = tuple(np.concatenate([_moved(part, again * length, 0) for again in range(times)]) for part in score.parts)
    bars = np.concatenate([score.bars[:-1] + again * length for again in range(times)])
    return Score(parts, np.append(bars, times * length))


def _choose_bar(score: Score, plan: ExcerptPlan, span: float, rng: np.random.Generator) -> int:
    """A bar line to start on; takes of one score start in different stretches of it where it is long enough."""
    starts = score.bars[:-1]
    whole = np.diff(score.bars) >= 0.9 * np.median(np.diff(score.bars))
    counts = [np.searchsorted(part[:, 0], starts + span) - np.searchsorted(part[:, 0], starts) for part in score.parts]
    lively = (np.sum(counts, axis=0) >= FEWEST_NOTES) & (counts[0] >= FEWEST_NOTES_OF_TUNE)
    usable = np.flatnonzero(whole & lively & (starts + span <= score.bars[-1]))
    if len(usable) == 0:
        raise UnsuitableScoreError(f"no window of {span:.1f} quarters has {FEWEST_NOTES} notes")
    flowing = [bar for bar in usable if _longest_rest(score.parts[0], starts[bar], span) <= LONGEST_REST * span]
    usable = np.array(flowing) if flowing else usable
    mine = usable[plan.take * len(usable) // plan.takes : (plan.take + 1) * len(usable) // plan.takes]
    return int(rng.choice(mine if len(mine) else usable))


def _longest_rest(part: Notes, start: float, span: float) -> float:
    """The longest stretch of a window, in quarters, in which no note of the part sounds."""
    inside = part[(part[:, 0] >= start) & (part[:, 0] < start + span)]
    silent_from = np.concatenate([[start], np.maximum.accumulate(inside[:, 0] + inside[:, 1])])
    return float(np.max(np.append(inside[:, 0], start + span) - silent_from))


def _window(part: Notes, start: float, span: float, transpose: int) -> Notes:
    return _moved(part[(part[:, 0] >= start) & (part[:, 0] < start + span)], -start, transpose)


def _moved(part: Notes, later: float, higher: float) -> Notes:
    return np.asarray(part + np.array([later, 0.0, higher]))


def _share_tune(tune: Notes, backing: tuple[Notes, Notes], plan: ExcerptPlan, rng: np.random.Generator) -> list[Notes]:
    """A tune for one player or more: the highest leads, the lowest plays the bass, the others double or fill."""
    bass, chords = backing
    match [INSTRUMENTS[name] for name in plan.players]:
        case [alone]:
            accompanied = alone.chordal and bool(rng.integers(2))
            return [np.concatenate([tune, bass]) if accompanied else tune]
        case [_, low]:
            return [tune, np.concatenate([bass, chords]) if low.chordal else bass]
        case [_, _, _]:
            return [tune, tune, bass]
        case [_, _, filler, _]:
            return [tune, tune, chords if filler.chordal else chords[::2], bass]
        case band:
            raise ValueError(f"{len(band)} players")


def _share_parts(parts: list[Notes], plan: ExcerptPlan) -> list[Notes]:
    """Four parts for one to four players; who can play chords takes the inner parts along."""
    top, second, third, bottom = parts
    match [INSTRUMENTS[name] for name in plan.players]:
        case [alone]:
            return [np.concatenate(parts) if alone.chordal else top]
        case [high, low]:
            upper = np.concatenate([top, second]) if high.chordal else top
            return [upper, np.concatenate([third, bottom]) if low.chordal else bottom]
        case [_, middle, _]:
            return [top, np.concatenate([second, third]) if middle.chordal else second, bottom]
        case _:
            return parts


def _play(
    notes: Notes,
    manner: tuple[npt.NDArray[np.float64], float, Style],
    player: tuple[int, Instrument],
    rng: np.random.Generator,
) -> Events:
    """Notes as a person plays them: a little early or late, in the kind's manner, in the instrument's range."""
    bars, pace_s, style = manner
    channel, instrument = player
    notes = notes[np.lexsort((notes[:, 2], notes[:, 0]))]
    if len(notes) == 0:
        return np.zeros((0, 5))
    keys = into_range(notes[:, 2], instrument)
    begun, ended = (swung(times, bars, style.swing) for times in (notes[:, 0], notes[:, 0] + notes[:, 1]))
    starts = begun * pace_s + rng.normal(0.0, 0.010, len(notes)) + rng.uniform(0.0, 0.015)
    starts = np.clip(starts, 0.0, None)
    lengths = (ended - begun) * pace_s * style.touch * rng.uniform(0.92, 1.0, len(notes))
    if instrument.rings:
        lengths = lengths + RING_S
    accents = style.accent * (on_the_beat(notes[:, 0], bars, style.beats) - 0.5)
    loudness = rng.uniform(76, 100) if channel == 0 else rng.uniform(62, 84)
    velocities = np.clip(loudness + accents + rng.normal(0, 6, len(notes)), 30, 124).round()
    ends = _released_before_struck_again(starts, starts + np.maximum(lengths, 0.06), keys)
    return np.column_stack([starts, ends, np.full(len(notes), channel), keys, velocities])


def _released_before_struck_again(
    starts: npt.NDArray[np.float64], ends: npt.NDArray[np.float64], keys: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """A key is up before the same key goes down again."""
    ends = ends.copy()
    for key in np.unique(keys):
        mine = np.flatnonzero(keys == key)
        mine = mine[np.argsort(starts[mine], kind="stable")]
        ends[mine[:-1]] = np.minimum(ends[mine[:-1]], starts[mine[1:]] - 0.005)
    return np.maximum(ends, starts + 0.01)
