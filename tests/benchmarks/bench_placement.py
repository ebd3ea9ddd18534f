"""Does a placement agree with the rebuild? Run `python -m tests.benchmarks.bench_placement DATA [--collection ID]`.

Every concept of the rebuild's tree is taken out in turn and placed by its tracks, all of them or some, drawn five
times: how often is its parent the rebuild's, or a sibling or the parent of that; how often does it abstain; how long
does one take.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from worker.answers.placement import place
from worker.answers.pool import Pool
from worker.cli.output import say
from worker.concepts.similarity import separation, similarity, track_scores
from worker.concepts.training import learn_vectors
from worker.hierarchy.generality import generality_tree
from worker.jobs.study_material import load_study_material

DRAWS = 5


def without(pool: Pool, position: int) -> Pool:
    """The pool as it was before the concept came."""
    stays = [one for one in range(len(pool.concept_ids)) if one != position]
    return replace(
        pool,
        concept_ids=tuple(pool.concept_ids[one] for one in stays),
        scores=np.ascontiguousarray(pool.scores[:, stays]),
        similarity=pool.similarity[np.ix_(stays, stays)],
        members=tuple(pool.members[one] for one in stays),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--collection")
    parser.add_argument("--tracks", type=int, nargs="*", default=[0, 39, 20, 10], help="0: all of a concept's tracks")
    asked = parser.parse_args()
    material = load_study_material(asked.data, asked.collection, min_tracks=10)
    folder = asked.data / "builds" / material.collection
    kept = set(json.loads((folder / "published.json").read_text())["kept"])
    members = material.members
    members = members.select([n for n, one in enumerate(members.concept_ids) if one in kept])
    vectors = learn_vectors(material.activations, members, material.folds)
    scores = track_scores(material.activations, vectors, material.folds)
    compared, apart = similarity(scores, members), separation(scores, members)
    names = members.concept_ids
    tree = {edge.child: edge.parent for edge in generality_tree(compared, apart)}
    pool = Pool(members.track_ids, names, scores, compared, tuple(members.rows(n) for n in range(len(names))))
    draw = np.random.default_rng(0)
    say(f"{material.collection}: {len(names)} concepts, {len(members.track_ids)} tracks\n")
    say("| tracks | same parent | or its sibling or parent | at the top | abstained | ms, median |")
    say("|---|---|---|---|---|---|")
    for count in asked.tracks:
        same = near = top = abstained = 0
        took = []
        rounds = DRAWS if count else 1
        for position in list(range(len(names))) * rounds:
            rows = members.rows(position)
            rows = draw.permutation(rows)[:count] if count else rows
            before = without(pool, position)
            start = time.perf_counter()
            found = place(before, [members.track_ids[row] for row in rows])
            took.append(1000 * (time.perf_counter() - start))
            true = tree[position]
            parent = None if found.parent is None else names.index(found.parent)
            abstained += found.status == "abstained"
            top += found.status == "top"
            equal = found.status != "abstained" and parent == true
            same += equal
            near += equal or _near(tree, parent, true)
        number = len(names) * rounds
        say(
            f"| {count or 'all'} | {same / number:.2f} | {near / number:.2f} | {top / number:.2f} "
            f"| {abstained / number:.2f} | {np.median(took):.0f} |"
        )


def _near(tree: dict[int, int | None], parent: int | None, true: int | None) -> bool:
    """Whether the one is a sibling or the parent of the other."""
    if parent is None or true is None:
        return true is not None and tree[true] is None
    return tree[true] == parent or tree.get(parent) == tree[true]


if __name__ == "__main__":
    main()
