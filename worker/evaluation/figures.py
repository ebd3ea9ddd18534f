"""One line of an evaluation: what was measured of what, with its interval.

Conventions: `value` is None where nothing can be said (no edge, no pair); intervals are 95 %. Lines are flat, so that a
report, a table of Parquet and a program read the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure."""

    section: str
    """Which question: `reference`, `shape`, `spaces`, `assumptions`, `bias`, `transfer`, `stability`, `support`."""
    regime: str
    """Under which memberships or change; for a table the column."""
    subject: str
    """Whose figure: a builder, a rival, a source, a space."""
    measure: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    """Of how many (seeds, edges, pairs) it is the mean."""


def mean_figure(section: str, regime: str, subject: str, measure: str, values: Iterable[float | None]) -> Figure:
    """The mean of repetitions with Student's interval.

    Args:
        section: see `Figure`.
        regime: see `Figure`.
        subject: see `Figure`.
        measure: see `Figure`.
        values: one a repetition; None and NaN are left out.
    """
    from scipy.stats import t

    found = np.array([value for value in values if value is not None and math.isfinite(value)], np.float64)
    if not len(found):
        return Figure(section, regime, subject, measure, None, None, None, 0)
    middle, reach = float(found.mean()), 0.0
    if len(found) > 1:
        reach = float(t.ppf(0.975, len(found) - 1) * found.std(ddof=1) / math.sqrt(len(found)))
    low, high = (middle - reach, middle + reach) if len(found) > 1 else (None, None)
    return rounded(Figure(section, regime, subject, measure, middle, low, high, len(found)))


def rounded(figure: Figure) -> Figure:
    """The same with at most six decimals, and None for what is not finite."""
    value, low, high = (
        None if part is None or not math.isfinite(part) else round(part, DECIMALS)
        for part in (figure.value, figure.low, figure.high)
    )
    return Figure(figure.section, figure.regime, figure.subject, figure.measure, value, low, high, figure.n)


def merged(runs: Sequence[dict[tuple[str, str], float | None]], section: str, regime: str) -> list[Figure]:
    """Means over runs that measured the same.

    Args:
        runs: value by (subject, measure), one a run.
        section: see `Figure`.
        regime: see `Figure`.

    Example:
        >>> merged([{("ours", "F1"): 0.5}, {("ours", "F1"): 0.7}], "reference", "nested")[0].value
        0.6
    """
    keys = list(dict.fromkeys(key for run in runs for key in run))
    return [
        mean_figure(section, regime, subject, measure, [run.get((subject, measure)) for run in runs])
        for subject, measure in keys
    ]
