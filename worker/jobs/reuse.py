"""What earlier builds left that a later one may take over, concept by concept; nothing is kept for this alone.

Conventions: a concept's key names all that its vectors were made of: basis, settings, its tracks, their folds. Files of
vectors and scores list the keys of their concepts. A build looks into the `RECENT` newest of each kind, whichever
rebuild wrote them, and takes what has the right key: what is there is whole (see `builds`), so a killed rebuild leaves
either something to take over or nothing. Nothing else has to be kept in step, and the files are bounded as all
builds are. Where the machine's linear algebra does not give a concept the same bits alone and in company, nothing is
taken over: see `may_reuse`.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.concepts.columns import columns_alike
from worker.concepts.errors import BadVectorFile
from worker.concepts.members import Members
from worker.concepts.vectors import ConceptVectors, VectorSettings
from worker.jobs.builds import Builds, content_hash
from worker.jobs.errors import BuildDamaged, BuildMissing

log = logging.getLogger(__name__)

RECENT = 4


def may_reuse(units: int) -> bool:
    """Whether what was computed in other company has the bits it would have in this one; says so where it has not."""
    alike = columns_alike(units)
    if not alike:
        log.warning(
            "this machine's linear algebra computes a concept differently alone and in company (%d units): "
            "rebuilds compute everything here and take nothing over from earlier ones",
            units,
        )
    return alike


def concept_keys(
    basis: str,
    settings: VectorSettings,
    members: Members,
    folds: NDArray[np.int8],
    strata: NDArray[np.int16] | None = None,
) -> tuple[str, ...]:
    """One key a concept: equal keys, equal vectors.

    Args:
        basis: hash of the basis, which covers fingerprint and folds.
        settings: how vectors are learnt.
        members: the concepts.
        folds: (tracks,) fold of each of `members.track_ids`.
        strata: (tracks,) of the property that counter-examples are balanced for; None where they are not.
    """
    shared = content_hash("vector 1", basis, repr(settings))
    keys = []
    for concept in range(len(members.concept_ids)):
        rows = members.rows(concept)
        balanced = [] if strata is None else [strata[rows]]
        keys.append(content_hash(shared, [members.track_ids[row] for row in rows], folds[rows], *balanced))
    return tuple(keys)


@dataclass(slots=True)
class KnownVectors:
    """Vectors by key, as far as recent files hold them."""

    places: dict[str, tuple[ConceptVectors, int]]

    @classmethod
    def of(cls, builds: Builds, keys: Iterable[str], units: int) -> KnownVectors:
        """Look for these, of so many units."""
        wanted = set(keys) if may_reuse(units) else set()
        places: dict[str, tuple[ConceptVectors, int]] = {}
        for name in builds.recent(".safetensors", RECENT):
            with contextlib.suppress(BadVectorFile, BuildMissing, OSError):
                vectors = ConceptVectors.load(builds.path(name, written_by="vectors"))
                for place, key in enumerate(vectors.keys):
                    if key in wanted:
                        places.setdefault(key, (vectors, place))
            if len(places) == len(wanted):
                break
        return cls(places)


@dataclass(frozen=True, slots=True)
class Scored:
    """A file of track scores with what stands in its rows and columns."""

    tracks: list[str]
    folds: list[int]
    """Of the tracks."""
    keys: list[str]
    """Of the columns."""
    names: dict[str, str]
    """Of the files: `scores`, `similarity`."""

    def save(self, builds: Builds, name: str) -> str:
        """Write it down under this name, after the files it names."""
        plain = {"tracks": self.tracks, "folds": self.folds, "keys": self.keys, "names": self.names}
        return builds.place_json(plain, name=name)

    @classmethod
    def latest(cls, builds: Builds, keys: Sequence[str], units: int) -> Scored | None:
        """Of the recent ones whose files are there, that which shares most columns; None if none shares any.

        Args:
            builds: the collection's files.
            keys: of the columns that are wanted.
            units: of the vectors.
        """
        found: list[tuple[int, Scored]] = []
        if not may_reuse(units):
            return None
        for name in builds.recent(SCORED, RECENT):
            with contextlib.suppress(BuildMissing, BuildDamaged, KeyError, TypeError):
                read: dict[str, Any] = builds.read_json(name, written_by="similarity")
                one = cls(read["tracks"], read["folds"], read["keys"], read["names"])
                if all(builds.has(file) for file in one.names.values()):
                    found.append((len(set(keys) & set(one.keys)), one))
        best = max(found, key=lambda pair: pair[0], default=(0, None))
        return best[1] if best[0] else None


SCORED = ".scored.json"


@dataclass(frozen=True, slots=True)
class Shared:
    """Which part of a table stands in an older one: places in the new and, in the same order, in the old."""

    new: NDArray[np.int64]
    old: NDArray[np.int64]

    @classmethod
    def of(cls, new: Sequence[object], old: Sequence[object]) -> Shared:
        """By what stands in each place."""
        place = {what: position for position, what in enumerate(old)}
        both = [(position, place[what]) for position, what in enumerate(new) if what in place]
        pairs = np.array(both, np.int64).reshape(-1, 2)
        return cls(pairs[:, 0], pairs[:, 1])

    def others(self, count: int) -> NDArray[np.int64]:
        """Of `count` new places those that the old table lacks."""
        lacking = np.ones(count, np.bool_)
        lacking[self.new] = False
        return np.flatnonzero(lacking)
