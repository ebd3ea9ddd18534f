"""Keys and chords: which key a passage is in, and a bass and chords for a tune that has none.

Conventions: pitch classes 0 = C to 11 = B; notes as in `worker.demo.scores`.
Source: key profiles of Krumhansl & Kessler 1982.
"""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from worker.demo.scores import Notes

_MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
_MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
_TRIADS = {
    False: ((0, 4, 7), (5, 9, 0), (7, 11, 2), (9, 0, 4)),
    True: ((0, 3, 7), (10, 2, 5), (5, 8, 0), (7, 10, 2)),
}
_BASS, _CHORD = 43, 60


def key_of(notes: Notes) -> tuple[int, bool]:
    """Tonic pitch class, and whether the key is minor, that fit the durations of the pitch classes best."""
    weights = np.bincount(notes[:, 2].astype(int) % 12, weights=notes[:, 1], minlength=12)
    fits = [
        (float(np.corrcoef(np.roll(profile, tonic), weights)[0, 1]), -tonic, minor)
        for minor, profile in ((False, _MAJOR), (True, _MINOR))
        for tonic in range(12)
    ]
    _, tonic, minor = max(fits)
    return -tonic, minor


def accompany(tune: Notes, bars: npt.NDArray[np.float64], beats: int, key: tuple[int, bool]) -> tuple[Notes, Notes]:
    """A bass note and two upper chord notes on each beat, by the triad of the key that the beat's notes fit best.

    Args:
        tune: the melody of the window.
        bars: bar lines of the window.
        beats: of a bar.
        key: tonic pitch class, and whether it is minor.

    Returns:
        Bass and chords; the chords come in pairs of equal onset.
    """
    tonic, minor = key
    bass, chords = [], []
    for bar, after in pairwise(bars):
        length = (after - bar) / beats
        for beat in range(beats):
            onset = bar + beat * length
            here = tune[(tune[:, 0] >= onset - 1e-9) & (tune[:, 0] < onset + length - 1e-9)]
            weights = np.bincount((here[:, 2].astype(int) - tonic) % 12, weights=here[:, 1], minlength=12)
            fits = [weights[list(triad)].sum() - 0.05 * rank for rank, triad in enumerate(_TRIADS[minor])]
            root, third, fifth = ((tonic + tone) % 12 for tone in _TRIADS[minor][int(np.argmax(fits))])
            bass.append((onset, length, _BASS + (root - _BASS) % 12))
            half = length / 2
            chords += [(onset + half, half, _CHORD + (tone - _CHORD) % 12) for tone in (third, fifth)]
    shape = (-1, 3)
    return np.array(bass, dtype=np.float64).reshape(shape), np.array(chords, dtype=np.float64).reshape(shape)
