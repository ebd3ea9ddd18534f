"""Nouns of what a concept may be mistaken for: few artists, or a property of tracks that goes with it.

Conventions: as in `model`; AUCs are 0..1, intervals 95 %. What each number is, stands in `worker.concepts.confounders`
and `worker.concepts.concentration`. On ASSESSED all of it is one JSON text, with the names of the confounders that flag
the concept beside it as a list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Spread:
    """How the tracks of a concept spread over artists, or albums."""

    tracks: int
    """Whose artist is known."""
    groups: int
    effective: float
    """Effective number: 1 where one has all tracks, `groups` where all have as many."""
    largest: str
    largest_share: float
    auc_lost: float | None = None
    """AUC with folds by track minus that with folds by group; None where there is nothing to part."""
    auc_lost_low: float | None = None
    auc_lost_high: float | None = None


@dataclass(frozen=True, slots=True)
class Confounding:
    """A concept and one property of tracks."""

    name: str
    """`loudness`, `length`, `year`, `codec`, `rate` or `popularity`."""
    tracks: int
    """Of known value."""
    members: int
    """Of these, the concept's."""
    tells: float
    """AUC of the property alone."""
    tells_low: float
    tells_high: float
    q_value: float
    """Smallest false discovery rate, over all concepts and properties, at which the property tells the members."""
    overall: float
    """AUC of the concept's score over tracks of known value."""
    within: float | None
    """The same among tracks that do not differ in the property; None where no such pair is there."""
    within_low: float | None
    within_high: float | None
    matched: int
    """Members with a counterpart of the same value."""
    follows: float
    """Share of the score's variance among other tracks that follows the property."""
    sentence: str = ""
    """Why the concept is flagged for it, and what helps; empty where it is not."""

    @property
    def flagged(self) -> bool:
        """Whether the concept is told from others only by the property."""
        return bool(self.sentence)


@dataclass(frozen=True, slots=True)
class Bias:
    """All that is known of it."""

    artists: Spread | None = None
    """None where no artist of a track is known."""
    albums: Spread | None = None
    confounders: tuple[Confounding, ...] = ()
    """Those that could be measured."""

    @property
    def flagged(self) -> tuple[str, ...]:
        """Names of those that the concept is told from other tracks by alone."""
        return tuple(one.name for one in self.confounders if one.flagged)

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False, allow_nan=False)


def bias_of(text: str | None) -> Bias | None:
    """What `Bias.text` wrote; None for none."""
    return read_bias(json.loads(text)) if text else None


def read_bias(read: Mapping[str, Any] | None) -> Bias | None:
    """The same from plain values, such as `dataclasses.asdict` gives; None for none."""
    if read is None:
        return None
    artists, albums = (None if read[name] is None else Spread(**read[name]) for name in ("artists", "albums"))
    return Bias(artists, albums, tuple(Confounding(**one) for one in read["confounders"]))
