"""Properties of tracks that are no sound of a concept, but may give it away: loudness, length, year, codec, rate.

Conventions: a property has one value a track, on a scale on which equal steps mean alike (lengths and counts of plays
by their logarithm); NaN where it is not known. A word has no order: its value is its place in `words`. Strata are runs
of one property, numbered from 0; -1 is a track whose value is not known.

Why strata of half a spread: what is left of a numeric property within one of them is a fiftieth of its variance, so
tracks of one stratum may be compared as if they had the same value (Cochran 1968), and a few dozen tracks still fill
them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

PropertyName = Literal["loudness", "length", "year", "codec", "rate", "popularity"]
PROPERTIES: dict[PropertyName, Literal["linear", "log", "word"]] = {
    "loudness": "linear",
    "length": "log",
    "year": "linear",
    "codec": "word",
    "rate": "word",
    "popularity": "log",
}
"""Every property by the scale its values are put on; `popularity` counts, so its logarithm is that of one more."""

STEP = 0.5
"""Width of a stratum, in robust standard deviations of the property over the catalogue."""
REACH = 8
"""Strata on either side of the median; what lies further out belongs to the outermost."""
MOST_WORDS = 24
"""Rarer words share one stratum."""
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Property:
    """One property of every track."""

    name: str
    values: NDArray[np.float64]
    """(tracks,) on its scale; of words the place in `words`; NaN unknown."""
    words: tuple[str, ...] = ()
    """Sorted; empty for a number."""

    @classmethod
    def of(cls, name: PropertyName, track_ids: Sequence[str], known: Mapping[str, float | str]) -> Self:
        """Put what is known of some tracks on the property's scale.

        Args:
            name: of the property.
            track_ids: in the order that is wished for.
            known: value by track id: seconds, dB, a year, a count >= 0, or a word; those not known are missing.

        Example:
            >>> Property.of("length", ["a", "b"], {"a": 1.0}).values.tolist()
            [0.0, nan]
        """
        scale = PROPERTIES[name]
        if scale == "word":
            words = tuple(sorted({str(value) for value in known.values()}))
            place = {word: position for position, word in enumerate(words)}
            values = [place[str(known[track])] if track in known else np.nan for track in track_ids]
            return cls(name, np.array(values, np.float64), words)
        numbers = np.array([float(known.get(track, np.nan)) for track in track_ids], np.float64)
        if scale == "log":
            numbers = np.log1p(numbers) if name == "popularity" else np.log(np.maximum(numbers, 1e-3))
        return cls(name, numbers)

    @property
    def known(self) -> NDArray[np.bool_]:
        """(tracks,) whether the value is known."""
        return np.isfinite(self.values)

    @property
    def spread(self) -> float:
        """Robust standard deviation of what is known, 0 of words and where nothing varies.

        The interquartile range over that of the normal distribution; where more than half the tracks share one value,
        the plain standard deviation.
        """
        found = self.values[self.known]
        if self.words or not len(found):
            return 0.0
        low, high = np.quantile(found, (0.25, 0.75))
        return float((high - low) / 1.349) or float(found.std())

    @property
    def varies(self) -> bool:
        """Whether two tracks are known to differ."""
        found = self.values[self.known]
        return bool(len(found)) and bool(found.min() < found.max())


@dataclass(frozen=True, slots=True)
class Strata:
    """How a property is cut into strata; kept where others shall be cut alike."""

    name: str
    edges: tuple[float, ...] = ()
    """Ascending lower ends of all strata but the lowest; of a number."""
    words: tuple[str, ...] = ()
    """Those with a stratum of their own; all others share the last one."""

    @classmethod
    def of(cls, found: Property) -> Self:
        """Cut by what a catalogue knows."""
        if not found.words:
            spread = found.spread or 1.0
            middle = float(np.median(found.values[found.known])) if found.known.any() else 0.0
            steps = (np.arange(-REACH, REACH + 1) * STEP * spread + middle).tolist()
            return cls(found.name, edges=tuple(steps))
        counts = np.bincount(found.values[found.known].astype(np.int64), minlength=len(found.words))
        commonest = np.argsort(-counts, kind="stable")[:MOST_WORDS]
        return cls(found.name, words=tuple(found.words[place] for place in np.sort(commonest)))

    @property
    def count(self) -> int:
        """Number of strata, empty ones included."""
        return len(self.edges) + 1 if self.edges else len(self.words) + 1

    def places(self, found: Property) -> NDArray[np.int16]:
        """(tracks,) the stratum of each track; `UNKNOWN` where its value is not known."""
        places = np.full(len(found.values), UNKNOWN, np.int16)
        known = found.known
        if self.edges:
            places[known] = np.searchsorted(self.edges, found.values[known], side="right")
            return places
        own = {word: place for place, word in enumerate(self.words)}
        of_word = np.array([own.get(word, len(own)) for word in found.words], np.int16)
        places[known] = of_word[found.values[known].astype(np.int64)]
        return places

    def plain(self) -> dict[str, Any]:
        """As JSON values, exactly."""
        return {"name": self.name, "edges": list(self.edges), "words": list(self.words)}

    @classmethod
    def read(cls, plain: dict[str, Any]) -> Self:
        """Read what `plain` gave."""
        return cls(plain["name"], tuple(plain["edges"]), tuple(plain["words"]))
