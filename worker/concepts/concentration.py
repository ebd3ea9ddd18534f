"""Whether a concept is many artists or one: how its tracks spread over groups, and what is lost when groups are parted.

Conventions: a group is an artist or an album, by name; a track of unknown group ('' ) is left out and not counted.

* effective number: 1 / sum of squared shares of a concept's tracks (inverse Simpson): 1 where all are of one group, g
  where g groups have the same number of tracks.
* largest share: of the group with the most tracks.
* AUC lost: AUC of the test's discriminant (`worker.concepts.significance`) with folds by track minus that with folds by
  group, the mean over `SPLITS` seeded assignments of folds, with Student's interval of that mean. A vector that knows
  its artists and not its concept loses; one that hears the concept does not. It says nothing of how it would fare with
  other tracks: for that, and for versions with folds by artist throughout, there is `--group-by`.

Why the discriminant: it costs one factorisation a fold for all concepts together, and sees the same linear signal as
the vectors, so this is part of every rebuild and not a second one.

Source: Simpson 1949; Flexer 2007 for the album effect.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from worker.concepts.errors import ShapeMismatch
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.rows import TrackRows
from worker.concepts.significance import NullSettings, statistics_of

if TYPE_CHECKING:
    from worker.activations.store import Activations

SPLITS = 3
STUDENT = 4.303
"""97.5 % point of Student's distribution with `SPLITS` - 1 degrees of freedom."""


@dataclass(frozen=True, slots=True)
class Concentration:
    """How the tracks of one concept spread over groups."""

    tracks: int
    """Of known group."""
    groups: int
    effective: float
    """1..groups; 0 where no group is known."""
    largest: str
    """The group with the most tracks (ties: the first by name); '' where none is known."""
    largest_share: float


def concentration(members: Members, groups: Sequence[str]) -> list[Concentration]:
    """How each concept's tracks spread.

    Args:
        members: the concepts.
        groups: of each of `members.track_ids`; '' where unknown.

    Raises:
        ShapeMismatch: there are not as many groups as tracks.
    """
    if len(groups) != len(members.track_ids):
        raise ShapeMismatch("groups", len(members.track_ids), len(groups))
    return [
        _spread(Counter(groups[row] for row in members.rows(concept) if groups[row]))
        for concept in range(len(members.concept_ids))
    ]


def _spread(counts: Counter[str]) -> Concentration:
    total = sum(counts.values())
    if not total:
        return Concentration(0, 0, 0.0, "", 0.0)
    largest = min(counts, key=lambda group: (-counts[group], group))
    effective = total**2 / sum(count**2 for count in counts.values())
    return Concentration(total, len(counts), round(effective, 6), largest, round(counts[largest] / total, 6))


@dataclass(frozen=True, slots=True)
class Loss:
    """What parting the groups costs every concept."""

    value: NDArray[np.float64]
    """(concepts,) AUC with folds by track minus AUC with folds by group."""
    reach: NDArray[np.float64]
    """(concepts,) half the width of its interval over assignments of folds."""


def loss_by_group(
    activations: Activations, members: Members, groups: Sequence[str], *, folds: int, seed: int = 0
) -> Loss | None:
    """What each concept's AUC loses when no group stands on both sides of a fold.

    Args:
        activations: rows of every track of `members.track_ids`.
        members: the concepts.
        groups: of each track; a track of unknown group ('') stands for itself.
        folds: how many, 2..127.
        seed: of the assignments.

    Returns:
        None where no group holds two tracks, or all tracks: there is nothing to part.

    Raises:
        ShapeMismatch: there are not as many groups as tracks.
    """
    if len(groups) != len(members.track_ids):
        raise ShapeMismatch("groups", len(members.track_ids), len(groups))
    sizes = Counter(group for group in groups if group)
    if not sizes or max(sizes.values()) < 2 or len(sizes) < folds:  # noqa: PLR2004  a group of one is parted anyway
        return None
    keys = [group or track for group, track in zip(groups, members.track_ids, strict=True)]
    settings, means = NullSettings(seed=seed), TrackRows.of(activations, members).means()
    lost = []
    for split in range(SPLITS):
        by_track, by_group = (assign_folds(of, folds, seed + split) for of in (members.track_ids, keys))
        together, apart = (statistics_of(means, members, part, settings) for part in (by_track, by_group))
        lost.append(together - apart)
    values = np.array(lost)
    reach = STUDENT * values.std(axis=0, ddof=1) / np.sqrt(SPLITS)
    return Loss(values.mean(axis=0), reach)
