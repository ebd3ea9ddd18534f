"""How often drift is found where it was planted, and called where there is none, on the demo's own sound.

Run `python -m tests.benchmarks.bench_drift DATA` with the data folder of a finished demo. Cases: rebuilds with only
another seed; a third of every concept's tracks replaced by tracks of the same concept; 30 % and half of a concept's
tracks replaced by those of one that it is not like (S below 0.5 both ways), four concepts at a time.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.measure import report
from worker.answers.drift.centrality import betweenness_errors
from worker.answers.drift.contrast import Space
from worker.answers.drift.versions import ConceptDrift, VersionView, compare_versions
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.quality import assess
from worker.concepts.similarity import similarity, track_scores
from worker.concepts.training import learn_vectors
from worker.concepts.vectors import VectorSettings
from worker.hierarchy.betweenness import dense_betweenness
from worker.hierarchy.builders import heymann_tree
from worker.jobs.study_material import StudyMaterial, load_study_material

Sets = dict[str, list[str]]
LEAST_TRACKS = 40


class Bench:
    """The demo's concepts, and versions of them."""

    def __init__(self, material: StudyMaterial) -> None:
        self.material, self.tracks = material, material.members.track_ids
        members = material.members
        self.sets: Sets = {
            concept: [self.tracks[row] for row in members.rows(place)]
            for place, concept in enumerate(members.concept_ids)
            if members.sizes[place] >= 10
        }

    def version(self, sets: Sets, seed: int = 0) -> tuple[VersionView, Space]:
        """Learn these sets, and keep what is told above 0.7."""
        members, activations = Members.of(sets, self.tracks), self.material.activations
        folds = assign_folds(self.tracks, 5, seed)
        vectors = learn_vectors(activations, members, folds, VectorSettings(seed=seed, ridge=0.1))
        scores = track_scores(activations, vectors, folds)[members.track_order(activations.track_ids)]
        quality = assess(scores, members)
        kept = [place for place, one in enumerate(quality) if one.accuracy > 0.7]
        ids = [members.concept_ids[place] for place in kept]
        table = similarity(scores, members)[np.ix_(kept, kept)]
        central = dense_betweenness(table > 0.5)
        parents = {
            ids[edge.child]: () if edge.parent is None else (ids[edge.parent],) for edge in heymann_tree(table, central)
        }
        view = VersionView(
            1,
            members,
            vectors,
            scores,
            parents,
            dict(zip(ids, central.tolist(), strict=True)),
            betweenness_errors(scores[:, kept], members.select(kept), 0.5),
            {one.concept_id: (one.auc, one.auc_low, one.auc_high) for one in quality},
        )
        return view, Space.of(activations, members, scores)

    def reseeded(self, times: int) -> Iterator[ConceptDrift]:
        """The same tracks, another seed."""
        before, _ = self.version(self.sets)
        for seed in range(1, times + 1):
            yield from compare_versions(before, *self.version(self.sets, seed))

    def turned_over(self, times: int) -> Iterator[ConceptDrift]:
        """Two draws of three quarters of every concept's tracks."""
        for seed in range(times):
            draw = np.random.default_rng(seed)
            pair = [
                {one: sorted(draw.permutation(held)[: len(held) * 3 // 4]) for one, held in self.sets.items()}
                for _ in range(2)
            ]
            yield from compare_versions(self.version(pair[0])[0], *self.version(pair[1], seed))

    def planted(self, times: int, share: float) -> Iterator[ConceptDrift]:
        """A share of the tracks of some concepts gives way to tracks of another."""
        before, _ = self.version(self.sets)
        table, ids = similarity(before.scores, before.members), before.members.concept_ids
        for seed in range(times):
            draw = np.random.default_rng(seed)
            changed = dict(self.sets)
            big = [at for at, one in enumerate(ids) if one in before.parents and len(self.sets[one]) >= LEAST_TRACKS]
            for at in draw.permutation(big).tolist():
                unlike = [other for other in big if table[at, other] < 0.5 and table[other, at] < 0.5]
                alien = self.sets[ids[int(draw.choice(unlike))]] if unlike else []
                alien = sorted(set(alien) - set(self.sets[ids[at]]))
                count = int(share * len(self.sets[ids[at]]))
                if len(alien) >= count:
                    own = draw.permutation(self.sets[ids[at]]).tolist()
                    changed[ids[at]] = own[count:] + draw.permutation(alien)[:count].tolist()
                if sum(changed[one] is not self.sets[one] for one in ids) == 4:
                    break
            for one in compare_versions(before, *self.version(changed)):
                if changed[one.concept_id] is not self.sets[one.concept_id]:
                    yield one


def line(case: str, found: list[ConceptDrift]) -> dict[str, Any]:
    """One row of the table: how many were compared, moved, flagged, and by which figure."""
    flags = [name for one in found for name in one.drifted]
    return {
        "case": case,
        "concepts": len(found),
        "other_parent": sum(one.parents_before != one.parents_after for one in found),
        "flagged": sum(bool(one.drifted) for one in found),
        **{name: flags.count(name) for name in ("sound", "vector", "parent", "betweenness", "auc")},
    }


if __name__ == "__main__":
    bench = Bench(load_study_material(Path(sys.argv[1]), "timbre-and-form"))
    report(
        "drift",
        [
            line("another seed", list(bench.reseeded(4))),
            line("same sound, other tracks", list(bench.turned_over(4))),
            line("30 % of another sound", list(bench.planted(8, 0.3))),
            line("50 % of another sound", list(bench.planted(8, 0.5))),
        ],
    )
