"""Does the same analysis come out when the setting is another: other tracks, another split, fewer concepts, a network.

Conventions: agreement of two S is Spearman's correlation of their entries off the diagonal; of two trees the taxonomic
F of one against the other. The *ceiling* is the agreement of two halves of the tracks, learnt each by itself: no
setting can agree better with another than with itself on other tracks. A network's share of it is what its S (tree) on
one half agrees with the other network's on the other half, over the root of the product of both ceilings.

Networks are those whose activations of all tracks are stored; `audio-concepts rebuild --set backbone=NAME` stores more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from worker.activations.errors import BadFingerprint
from worker.activations.fingerprint import Fingerprint
from worker.activations.store import ActivationStore
from worker.concepts.folds import hash_order
from worker.evaluation.figures import Figure, mean_figure
from worker.evaluation.taxonomy import taxonomic
from worker.jobs.growing import as_tree, grow_afresh
from worker.jobs.judging.case import Case, Fit, part_of, refit
from worker.jobs.requests import RebuildSettings

if TYPE_CHECKING:
    from worker.activations.store import Activations

HALVES, SEED, SUBSET = "two halves of the tracks (ceiling)", "another seed", "half of the concepts"
OF_S, OF_TREES = "agreement of S", "agreement of trees"
SHARE = "share of the ceiling: "
FINGERPRINT = "fingerprint.txt"


def transfer_figures(
    case: Case,
    networks: dict[str, Activations],
    seeds: int,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Iterator[Figure]:
    """Agreement under other settings.

    Args:
        case: what is judged.
        networks: activations of the same tracks by the name of what made them, the case's own not among them.
        seeds: repetitions of each.
        progress: told (repetitions done, repetitions).
    """
    runs: dict[tuple[str, str], list[float | None]] = {}

    def note(subject: str, s_agrees: float | None, trees_agree: float | None) -> None:
        runs.setdefault((subject, OF_S), []).append(s_agrees)
        runs.setdefault((subject, OF_TREES), []).append(trees_agree)

    whole = refit(case)
    for seed in range(1, seeds + 1):
        left, right = _halves(case, seed)
        mine = [refit(part_of(case, rows)) for rows in (left, right)]
        ceiling = _agreement(mine[0], mine[1], case.settings)
        note(HALVES, *ceiling)
        note(SEED, *_agreement(whole, refit(case, seed=seed), case.settings))
        note(SUBSET, None, _subset_agrees(whole, case.settings, seed))
        for name, activations in networks.items():
            theirs = [refit(part_of(case, rows, activations)) for rows in (left, right)]
            own = _agreement(theirs[0], theirs[1], case.settings)
            across = _agreement(mine[0], theirs[1], case.settings)
            note(name, *across)
            note(SHARE + name, *(_share(*parts) for parts in zip(across, ceiling, own, strict=True)))
        progress(seed, seeds)
    for (subject, measure), values in runs.items():
        if any(value is not None for value in values):
            yield mean_figure("transfer", "same concepts", subject, measure, values)


def stored_networks(data: Path, case: Case) -> dict[str, Activations]:
    """Activations of all tracks that other networks left in the data folder, by backbone and layer."""
    own = case.activations.fingerprint.text
    found: dict[str, Activations] = {}
    for path in sorted((data / "activations").glob(f"*/{FINGERPRINT}")):
        text = path.read_text("utf-8").strip()
        if text == own:
            continue
        try:
            fingerprint = Fingerprint.parse(text)
        except BadFingerprint:
            continue
        store = ActivationStore(data / "activations", fingerprint)
        if not store.missing(list(case.members.track_ids)):
            name = f"{fingerprint.backbone} {fingerprint.layer}"
            name = name if name not in found else f"{name} ({path.parent.name[:8]})"
            found[name] = store.read(case.members.track_ids)
    return found


def _halves(case: Case, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    order = np.argsort(hash_order(case.members.track_ids, seed, "halves"), kind="stable")
    middle = len(order) // 2
    return np.sort(order[:middle]), np.sort(order[middle:])


def _agreement(one: Fit, other: Fit, settings: RebuildSettings) -> tuple[float | None, float | None]:
    """Of S, and of the trees, over the concepts of both."""
    common = sorted(set(one.ids) & set(other.ids))
    parts = [_only(fit, common) for fit in (one, other)]
    off = ~np.eye(len(common), dtype=bool)
    trees = [as_tree(grow_afresh(settings, *part), common) for part in parts]
    return _spearman(parts[0][0][off], parts[1][0][off]), taxonomic(trees[0], trees[1]).f


def _subset_agrees(whole: Fit, settings: RebuildSettings, seed: int) -> float | None:
    order = np.argsort(hash_order(whole.ids, seed, "subset"), kind="stable")
    half = sorted(whole.ids[place] for place in order[: max(3, len(order) // 2)])
    alone = as_tree(grow_afresh(settings, *_only(whole, half)), half)
    everyone = as_tree(grow_afresh(settings, whole.similarity, whole.separation), whole.ids)
    return taxonomic(alone, everyone).f


def _only(fit: Fit, ids: list[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """S and separation of some concepts."""
    place = {concept: position for position, concept in enumerate(fit.ids)}
    rows = [place[one] for one in ids]
    return fit.similarity[np.ix_(rows, rows)], fit.separation[np.ix_(rows, rows)]


def _spearman(one: NDArray[np.float64], other: NDArray[np.float64]) -> float | None:
    from scipy.stats import rankdata

    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(np.corrcoef(rankdata(one), rankdata(other))[0, 1])


def _share(across: float | None, ceiling: float | None, own: float | None) -> float | None:
    if across is None or not ceiling or not own or ceiling * own < 0:
        return None
    return across / math.sqrt(ceiling * own)
