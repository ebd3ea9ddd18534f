"""What a published version was learnt from, put together again without a server: for studies of the method.

Conventions: tracks and concepts sorted by id, folds by the same seeded hash as a rebuild's. All concepts that pass the
screen of a rebuild are taken, those it left out for their quality included: a study of kept concepts only would find
every method good.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from worker.activations.fingerprint import Fingerprint
from worker.activations.store import ActivationStore
from worker.answers.errors import PointerDamaged
from worker.answers.published import POINTER, load_published
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.quality import KeepSettings, screen
from worker.jobs.builds import Builds
from worker.jobs.catalogue_copy import CatalogueCopy
from worker.jobs.errors import NothingLearnable
from worker.jobs.learning import count_reasons
from worker.jobs.requests import GroupBy

if TYPE_CHECKING:
    from worker.activations.store import Activations


@dataclass(frozen=True, slots=True)
class StudyMaterial:
    """One published version's material."""

    collection: str
    version: int
    names: dict[str, str]
    """Name by concept id."""
    activations: Activations
    members: Members
    """The concepts that can be learnt."""
    folds: NDArray[np.int8]
    """(tracks,) of `members.track_ids`."""
    keys: tuple[str, ...]
    """What stays within one fold, of each of `members.track_ids`; for studies that draw folds anew."""
    copy: CatalogueCopy = field(default_factory=lambda: CatalogueCopy({}, {}, ()))
    """What was frozen of the catalogue."""


def load_study_material(
    data: Path, collection: str | None = None, *, group_by: GroupBy = "track", folds: int = 5, min_tracks: int = 2
) -> StudyMaterial:
    """Read catalogue copy and activations of a published version.

    Args:
        data: the data folder.
        collection: its id; None where only one is published.
        group_by: what is kept within one fold.
        folds: how many.
        min_tracks: smaller concepts are left out.

    Raises:
        NothingPublished: the collection has never been published here.
        SeveralPublished: none was named and there are several.
        PointerDamaged: it was published by a release that did not say what it learnt from.
        NothingLearnable: no concept passes the screen.
    """
    published = load_published(data, collection)
    builds = Builds(data, published.collection)
    if published.catalogue is None or published.heard is None:
        raise PointerDamaged(str(builds.folder / POINTER), "it does not say what was learnt from")
    copy = CatalogueCopy.load(builds, published.catalogue)
    heard: list[str] = builds.read_json(published.heard, written_by="vectors")
    members = copy.members(heard)
    keys = copy.fold_keys(members.track_ids, group_by)
    assigned = assign_folds(keys, folds)
    verdicts = screen(members, assigned, KeepSettings(min_tracks=min_tracks))
    passed = [position for position, verdict in enumerate(verdicts) if verdict.kept]
    if not passed:
        raise NothingLearnable(published.collection, len(verdicts), count_reasons(verdicts), min_tracks)
    store = ActivationStore(data / "activations", Fingerprint.parse(published.fingerprint))
    return StudyMaterial(
        published.collection,
        published.version,
        copy.names,
        store.read(members.track_ids),
        members.select(passed),
        assigned,
        tuple(keys),
        copy,
    )
