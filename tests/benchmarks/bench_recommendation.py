"""Held-out tracks of playlists: does recommendation find them, and how do its rivals do?

    python -m tests.benchmarks.bench_recommendation DATA [--collection ID] [--seeds 5] [--k 20]

Every seed hides a tenth of the tracks from all playlists (cold) and a fifth of each playlist's other tracks (warm);
vectors, cross-fitted scores, links and tree are learnt anew from what remains, so nothing has seen what is asked for.
Each playlist is then continued from its remaining tracks: warm among the tracks that some playlist holds, cold among
the hidden tracks. Rivals see the same memberships: popularity; collaborative filtering (truncated SVD of tracks x
playlists, scikit-learn); nearest neighbours by cosine of standardised mean activations.

Then the feedback experiment: three likes and three dislikes, and how the answer moved.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import numpy as np
from sklearn.decomposition import TruncatedSVD

from worker.activations.fingerprint import Fingerprint
from worker.activations.store import Activations
from worker.answers.recommendation import Candidate, Wishes, choose
from worker.answers.taste import Reaction, Tree, gather, particular, strengths
from worker.catalogue.locations import path_of
from worker.catalogue.playlists import read_playlists
from worker.cli.output import note, say
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.similarity import similarity, track_scores
from worker.concepts.training import learn_vectors
from worker.evaluation.ranking import coverage, ndcg, recall, variety
from worker.hierarchy.betweenness import dense_betweenness
from worker.hierarchy.builders import heymann_tree
from worker.jobs.stages.links import choose_links
from worker.jobs.study_material import StudyMaterial, load_study_material

SEED_TRACKS = 50
DIMENSIONS = (8, 16, 32)


@dataclass(frozen=True)
class World:
    """What one seed left to learn from, and what was learnt."""

    concepts: list[str]
    tracks: list[str]
    train: dict[str, np.ndarray]
    warm: dict[str, np.ndarray]
    cold: dict[str, np.ndarray]
    hidden: np.ndarray
    """(tracks,) True for the cold ones."""
    joined: list[dict[str, float]]
    """Strengths of each track."""
    usual: dict[str, float]
    tree: Tree
    sound: np.ndarray
    """(tracks, units) rows of length 1."""


def make_world(material, seed: int) -> World:
    members, draw = material.members, np.random.default_rng(seed)
    tracks, count = list(members.track_ids), len(members.track_ids)
    hidden = np.zeros(count, np.bool_)
    hidden[draw.permutation(count)[: count // 10]] = True
    train, warm, cold = {}, {}, {}
    for position, concept in enumerate(members.concept_ids):
        rows = members.rows(position)
        seen = draw.permutation(rows[~hidden[rows]])
        part = max(len(seen) // 5, 1)
        train[concept], warm[concept], cold[concept] = np.sort(seen[part:]), seen[:part], rows[hidden[rows]]
    left = Members.of({one: [tracks[row] for row in rows] for one, rows in train.items()}, tracks)
    vectors = learn_vectors(material.activations, left, material.folds)
    scores = track_scores(material.activations, vectors, material.folds)
    compared = similarity(scores, left)
    passes = (compared > 0.5) | (compared > 0.5).T
    np.fill_diagonal(passes, val=False)
    edges = heymann_tree(compared, dense_betweenness(passes))
    names = list(left.concept_ids)
    parent = {names[e.child]: None if e.parent is None else names[e.parent] for e in edges}
    children: dict[str | None, list[str]] = {}
    for child, above in parent.items():
        children.setdefault(above, []).append(child)
    links = choose_links(scores, np.arange(len(names)))
    found: list[dict[str, float]] = [{} for _ in tracks]
    for concept, track, score in zip(links.concept_index, links.track_index, links.score, strict=True):
        found[track][names[concept]] = float(score)
    given = [[] for _ in tracks]
    for concept, rows in train.items():
        for row in rows:
            given[row].append(concept)
    joined = [strengths(scores, members) for scores, members in zip(found, given, strict=True)]
    usual = {one: sum(track.get(one, 0.0) for track in joined) / count for one in names}
    offsets = material.activations.offsets
    sound = np.stack([material.activations.values[a:b].mean(0) for a, b in itertools.pairwise(offsets)])
    sound = (sound - sound.mean(0)) / (sound.std(0) + 1e-6)
    sound /= np.linalg.norm(sound, axis=1, keepdims=True)
    return World(names, tracks, train, warm, cold, hidden, joined, usual, Tree(parent, children), sound)


def rendered_material(library: Path, stored: Path) -> StudyMaterial:
    """A catalogue that was rendered and listened to, but not imported: its playlists of 20 tracks and more."""
    rendered = json.loads((library / "tracks.json").read_text())
    tracks = {f"{one['number']:05d}": (library / one["file"]).resolve() for one in rendered}
    of_file = {file: track for track, file in tracks.items()}
    playlists = [one for path in sorted((library / "playlists").rglob("*.*")) for one in read_playlists(path)]
    named = {}
    for one in playlists:
        files = [matched_path(one.path, entry.locations[0]) for entry in one.entries]
        named[one.name] = [of_file[file] for file in files if file in of_file]
    with np.load(stored) as read:
        ids = [f"{number:05d}" for number in read["numbers"]]
        offsets = np.concatenate(([0], np.cumsum(read["counts"]))).astype(np.int64)
        heard = Activations(ids, read["values"], offsets, Fingerprint.parse(str(read["fingerprint"])))
    members = Members.of({name: found for name, found in named.items() if 20 <= len(found) <= len(ids) // 2}, ids)
    folds = assign_folds(members.track_ids)
    return StudyMaterial(library.name, 0, {one: one for one in named}, heard, members, folds, members.track_ids)


def matched_path(playlist: Path, location: str) -> Path:
    """The file that an entry of a playlist names."""
    if location.startswith("file:"):
        return path_of(location).resolve()
    return (playlist.parent / unquote(location)).resolve()


Ranker = Callable[[World, str, np.ndarray, np.ndarray], np.ndarray]
"""(world, playlist, its seed rows, candidate rows) -> candidate rows, best first."""


def ours(reach: float = 0.1, *, named: bool = False, seeded: bool = True, **wishes: float) -> Ranker:
    """Continue a playlist from its tracks (`seeded`), by naming its own concept (`named`), or both."""

    def rank(world: World, concept: str, seeds: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        tracks = [world.joined[row] for row in seeds] if seeded else []
        weights = gather({concept: 1.0} if named else {}, tracks, [], world.usual, world.tree, reach=reach)
        pool = [
            Candidate(str(row), world.joined[row], popularity=sum(v == 1.0 for v in world.joined[row].values()))
            for row in candidates
        ]
        chosen = choose(pool, weights, world.tree, Wishes(50, reach=reach, **{"diversity": 0.0, **wishes}))
        return np.array([int(one.track_id) for one in chosen], np.int64)

    return rank


def by(scores: Callable[[World, str, np.ndarray], np.ndarray]) -> Ranker:
    def rank(world: World, concept: str, seeds: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        return candidates[np.argsort(-scores(world, concept, seeds)[candidates], kind="stable")]

    return rank


def memberships(world: World) -> np.ndarray:
    table = np.zeros((len(world.tracks), len(world.concepts)))
    for column, concept in enumerate(world.concepts):
        table[world.train[concept], column] = 1.0
    return table


def filtering(dimensions: int) -> Ranker:
    kept: list[tuple[World, np.ndarray]] = []

    def scores(world: World, concept: str, _seeds: np.ndarray) -> np.ndarray:
        if not kept or kept[0][0] is not world:
            model = TruncatedSVD(min(dimensions, len(world.concepts) - 1), random_state=0)
            kept[:] = [(world, model.fit_transform(memberships(world)) @ model.components_)]
        return kept[0][1][:, world.concepts.index(concept)]

    return by(scores)


def rivals() -> dict[str, Ranker]:
    return {
        "popularity": by(lambda world, _concept, _seeds: memberships(world).sum(1)),
        **{f"collaborative filtering, {d} dimensions": filtering(d) for d in DIMENSIONS},
        "nearest in activation space": by(lambda world, _concept, seeds: world.sound @ world.sound[seeds].mean(0)),
        "from its tracks": ours(),
        "from its tracks, flat, diversity 0.2": ours(0.0, diversity=0.2),
        "from its tracks, tree, diversity 0.2 (the default)": ours(diversity=0.2),
        "from its tracks, flat, diversity 0.5": ours(0.0, diversity=0.5),
        "from its tracks, tree, diversity 0.5": ours(diversity=0.5),
        "from its tracks, novelty 0.3": ours(novelty=0.3),
        "its concept named, flat": ours(0.0, named=True, seeded=False),
        "its concept named, tree, reach 0.1": ours(0.1, named=True, seeded=False),
        "its concept named, tree, reach 0.3": ours(0.3, named=True, seeded=False),
        "from its tracks, its concept named": ours(named=True),
    }


def measure(world: World, rank: Ranker, k: int) -> np.ndarray:
    """Warm recall, nDCG, variety, coverage; cold recall, nDCG."""
    rows = np.arange(len(world.tracks))
    found, shown, cold = [], [], []
    for concept in world.concepts:
        seeds = world.train[concept][:SEED_TRACKS]
        candidates = np.setdiff1d(rows[~world.hidden], world.train[concept])
        ranked = rank(world, concept, seeds, candidates)
        shown.append(ranked)
        relevant = world.warm[concept]
        found.append((recall(ranked, relevant, k), ndcg(ranked, relevant, k), variety(ranked, world.sound, k)))
        if len(world.cold[concept]):
            ranked = rank(world, concept, seeds, rows[world.hidden])
            cold.append((recall(ranked, world.cold[concept], k), ndcg(ranked, world.cold[concept], k)))
    return np.array([*np.mean(found, axis=0), coverage(shown, int((~world.hidden).sum()), k), *np.mean(cold, axis=0)])


def feedback(world: World, k: int, reach: float) -> dict[str, float]:
    """Three likes and three dislikes after a mixed beginning: how much of the list changes, and towards what."""
    moved = {"kept": [], "liked before": [], "liked after": [], "disliked before": [], "disliked after": []}
    draw = np.random.default_rng(0)
    leaves = [one for one in world.concepts if one not in world.tree.children]
    for _ in range(50):
        liked, disliked = draw.choice(leaves, 2, replace=False)
        rows = {one: draw.choice(world.train[one], 6, replace=False) for one in (liked, disliked)}
        seeds = [world.joined[row] for one in (liked, disliked) for row in rows[one][:3]]
        events = [
            Reaction(said, particular(world.joined[row], world.usual))
            for said, one in (("like", liked), ("dislike", disliked))
            for row in rows[one][3:]
        ]
        out = set(np.concatenate([*rows.values()]).tolist())
        pool = [Candidate(str(row), world.joined[row]) for row in range(len(world.tracks)) if row not in out]
        lists = []
        for said in ([], events):
            weights = gather({}, seeds, said, world.usual, world.tree, reach=reach)
            lists.append([int(one.track_id) for one in choose(pool, weights, world.tree, Wishes(k, reach=reach))])
        moved["kept"].append(len(set(lists[0]) & set(lists[1])) / k)
        for when, found in zip(("before", "after"), lists, strict=True):
            for what, concept in (("liked", liked), ("disliked", disliked)):
                mean = np.mean([world.joined[row].get(concept, 0.0) for row in found]) if found else 0.0
                moved[f"{what} {when}"].append(mean)
    return {name: float(np.mean(values)) for name, values in moved.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="a data folder, or a folder of a rendered catalogue with --activations")
    parser.add_argument("--activations", type=Path, help="npz: values, counts, numbers of tracks.json, fingerprint")
    parser.add_argument("--collection")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--k", type=int, default=20)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    if asked.activations:
        material = rendered_material(asked.data, asked.activations)
    else:
        material = load_study_material(asked.data, asked.collection, min_tracks=20)
    rankers = rivals()
    found = {name: [] for name in rankers}
    moved = []
    for seed in range(asked.seeds):
        world = make_world(material, seed)
        for name, rank in rankers.items():
            found[name].append(measure(world, rank, asked.k))
        moved.append({reach: feedback(world, asked.k, reach) for reach in (0.0, 0.1, 0.3)})
        note(f"seed {seed} done")
    k = asked.k
    tracks, playlists = len(material.members.track_ids), len(material.members.concept_ids)
    say(f"{material.collection}: {tracks} tracks, {playlists} playlists,")
    say(f"mean over {asked.seeds} seeds (+- standard deviation over them)\n")
    say(f"| | warm recall@{k} | warm nDCG@{k} | variety | coverage | cold recall@{k} | cold nDCG@{k} |")
    say("|---|---|---|---|---|---|---|")
    for name, rows in found.items():
        mean, spread = np.mean(rows, axis=0), np.std(rows, axis=0)
        say(f"| {name} | " + " | ".join(f"{m:.3f} ± {s:.3f}" for m, s in zip(mean, spread, strict=True)) + " |")
    told = {
        reach: {name: float(np.mean([one[reach][name] for one in moved])) for name in moved[0][reach]}
        for reach in moved[0]
    }
    for reach, values in told.items():
        say(f"\nfeedback, reach {reach}: " + ", ".join(f"{name} {value:.3f}" for name, value in values.items()))
    if asked.json:
        plain = {name: np.asarray(rows).tolist() for name, rows in found.items()}
        asked.json.write_text(json.dumps({"rankers": plain, "feedback": told}))


if __name__ == "__main__":
    main()
