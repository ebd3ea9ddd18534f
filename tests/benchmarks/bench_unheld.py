"""Are tracks that no playlist holds tagged as well as those that one does?

`python -m tests.benchmarks.bench_unheld DATA [--collection ID]`, DATA being the data folder of a published version. A
fifth of the catalogue, whole artists at a time, is taken out of everything: not an example, not a counter-example, not
seen by the scaling. Vectors are learnt from the rest and score what was taken out; the truth is the playlists that it
was taken from. Beside it: the cross-fitted AUC of the same concepts on the rest, with folds by artist, which is what a
version tells of itself; and chance, 0.5.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.measure import interval, report
from worker.activations.store import ActivationStore
from worker.cli.output import say
from worker.concepts.folds import assign_folds, hash_order
from worker.concepts.members import Members
from worker.concepts.quality import assess
from worker.concepts.similarity import track_scores
from worker.concepts.training import learn_vectors
from worker.jobs.study_material import StudyMaterial, load_study_material

SHARE, FEWEST, SEEDS = 0.2, 5, 5


def taken_out(keys: tuple[str, ...], seed: int) -> NDArray[np.bool_]:
    """(tracks,) whole artists, drawn by hash, until a fifth of the tracks is out."""
    names = sorted(set(keys))
    drawn = [names[place] for place in np.argsort(hash_order(names, seed, "unheld"), kind="stable")]
    sizes = np.array([keys.count(name) for name in drawn])
    gone = set(drawn[: int(np.searchsorted(np.cumsum(sizes), SHARE * len(keys))) + 1])
    return np.array([key in gone for key in keys])


def measured(material: StudyMaterial, store: ActivationStore, seed: int) -> tuple[list[float], list[float], float]:
    """AUC of each concept outside and inside, and how often the strongest concept of an outside track is true."""
    ids, out = list(material.members.track_ids), taken_out(material.keys, seed)
    inside, outside = ([one for one, gone in zip(ids, out, strict=True) if gone == side] for side in (False, True))
    lists = {
        concept: [ids[row] for row in material.members.rows(place)]
        for place, concept in enumerate(material.members.concept_ids)
    }
    truth = Members.of(lists, outside)
    enough = {concept for concept, size in zip(truth.concept_ids, truth.sizes, strict=True) if size >= FEWEST}
    learnt = Members.of({concept: rows for concept, rows in lists.items() if concept in enough}, inside)
    truth = truth.select([place for place, concept in enumerate(truth.concept_ids) if concept in enough])
    heard = store.read(inside)
    folds = assign_folds([key for key, gone in zip(material.keys, out, strict=True) if not gone], 5, seed)
    vectors = learn_vectors(heard, learnt, folds)
    far = track_scores(store.read(outside), vectors, None)
    near = track_scores(heard, vectors, folds)
    best = far.argmax(axis=1)
    held = np.array([track in set(truth.rows(concept).tolist()) for track, concept in enumerate(best.tolist())])
    return [one.auc for one in assess(far, truth)], [one.auc for one in assess(near, learnt)], float(held.mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--collection")
    asked = parser.parse_args()
    material = load_study_material(asked.data, asked.collection, group_by="artist", min_tracks=10)
    store = ActivationStore(asked.data / "activations", material.activations.fingerprint)
    rounds = [measured(material, store, seed) for seed in range(SEEDS)]
    size = f"{len(material.members.concept_ids)} concepts, {len(material.keys)} tracks, {SEEDS} seeds"
    say(f"{material.collection}: {size}")
    report(
        "unheld",
        [
            {
                "what": "AUC of tracks that no playlist holds",
                "value": interval([float(np.mean(o)) for o, _, _ in rounds]),
            },
            {"what": "cross-fitted AUC of the others", "value": interval([float(np.mean(i)) for _, i, _ in rounds])},
            {
                "what": "their difference, concept by concept",
                "value": interval([float(np.mean(np.subtract(o, i))) for o, i, _ in rounds]),
            },
            {"what": "strongest concept is a true one", "value": interval([top for *_, top in rounds])},
        ],
    )


if __name__ == "__main__":
    main()
